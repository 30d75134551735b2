"""
Searching for the noise to train on
===================================

How noisy will the images be? ``GridSearchCV`` chooses the noise factor to train on like any other
parameter, under one condition: the validation images must be noisy too. Otherwise the weakest
training noise always looks best.
"""

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, noisy_scorer

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# ``noisy_scorer`` adds noise to the validation images of each fold, the same noise for every candidate.
# A pair of numbers is a range of factors; one factor is drawn from it for each image. "passthrough" is
# the candidate without a denoiser.

pipeline = Pipeline(
    [("denoise", UNetDenoiser(epochs=10, random_state=0)), ("classify", SVC())]
)
search = GridSearchCV(
    pipeline,
    [
        {"denoise__noise_factor": [0.1, 0.3, 0.5, (0, 0.6)]},
        {"denoise": ["passthrough"]},
    ],
    scoring={
        "accuracy, clean": noisy_scorer("accuracy", noise_factor=0),
        "accuracy, noise 0.5": noisy_scorer("accuracy", noise_factor=0.5),
    },
    refit="accuracy, noise 0.5",
    cv=3,
).fit(X_train, y_train)

# %%
# The denoiser trained on noise 0.1 is the best denoiser on clean images. Under noise of 0.5 the four differ by less than
# three points: on so few pixels it pays to keep more than the level of the noise suggests.

results = pd.DataFrame(search.cv_results_)
columns = {f"mean_test_{name}": name for name in search.scorer_}
labels = results["params"].map(
    lambda p: str(p.get("denoise__noise_factor", "no denoiser"))
)
table = (
    results[list(columns)]
    .rename(columns=columns)
    .set_index(labels.rename("trained on"))
)
print(table.round(3).to_string())
print("\nchosen:", search.best_params_)

ax = table.plot.bar(rot=0, ylabel="accuracy", ylim=(0, 1), figsize=(7, 3.5))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
ax.figure.set_layout_engine("constrained")
ax.figure.savefig("grid_search_noise_factor.png", dpi=150)

# %%
# The chosen pipeline, on test images and noise that no candidate has seen:

noisy = add_noise(X_test, noise_factor=0.5, random_state=0)
print(
    f"accuracy on noisy test images: {search.best_estimator_.score(noisy, y_test):.3f}"
)

# %%
# Where candidates are as close as these, another processor may choose another one. A range of noise is the safe choice
# if the level is not known.

# sphinx_gallery_thumbnail_path = "images/thumbnails/grid_search_noise_factor.jpg"
