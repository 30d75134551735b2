"""
One denoiser for several kinds of noise
=======================================

Often the kind of noise is not known. ``RandomChoice`` draws one model for each image, so a denoiser
learns all of them, blind to which one an image has. Runs in about two minutes.
"""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    CommonCorruption,
    RandomChoice,
    UNetDenoiser,
    add_noise,
    plot_image_rows,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# Strengths are the severities of ImageNet-C, 1 to 5, also drawn for each image.

kinds = ["gaussian", "salt_and_pepper", "poisson", "contrast", "low_light"]
corruptions = {
    kind: CommonCorruption(kind, severity=(1, 5), scale="imagenet")
    for kind in kinds
}


def pipeline(noise):
    """Put a denoiser for this noise in front of an SVC."""
    return make_pipeline(UNetDenoiser(noise, random_state=0), SVC())


# %%
# A specialist for Gaussian noise, and a generalist for all five:

fitted = {
    "no denoiser": SVC().fit(X_train, y_train),
    "for gaussian": pipeline(corruptions["gaussian"]).fit(X_train, y_train),
    "for all five": pipeline(RandomChoice(list(corruptions.values()))).fit(
        X_train, y_train
    ),
}

# %%
# Accuracy at the highest severity. Under low contrast, the specialist for Gaussian noise fails, and the
# generalist loses almost nothing. On these small images, some noise does not harm an SVC (low light,
# photons): there a denoiser gains nothing. On clean images it costs a little.

table = pd.DataFrame(index=[*kinds, "clean"], columns=list(fitted))
for kind in kinds:
    noisy = add_noise(
        X_test, kind, severity=5, scale="imagenet", random_state=1
    )
    table.loc[kind] = [model.score(noisy, y_test) for model in fitted.values()]
table.loc["clean"] = [model.score(X_test, y_test) for model in fitted.values()]
print(table.astype(float).round(3).to_string())

# %%
# A digit under each kind of noise, and what the two denoisers make of it:

noisy = np.stack(
    [
        add_noise(
            X_test[:1], kind, severity=5, scale="imagenet", random_state=1
        )[0]
        for kind in kinds
    ]
)
rows = {"noisy": noisy} | {
    name: model[0].transform(noisy)
    for name, model in fitted.items()
    if name != "no denoiser"
}
figure = plot_image_rows(rows, value_range=(0, 1))
for ax, kind in zip(figure.axes[: len(kinds)], kinds, strict=True):
    ax.set_title(kind.replace("_", " "), fontsize="small")
figure.savefig("several_kinds_of_noise.png", dpi=150)

# sphinx_gallery_thumbnail_path = "images/thumbnails/several_kinds_of_noise.jpg"
