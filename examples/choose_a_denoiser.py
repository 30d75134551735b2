"""
Choosing a denoiser
===================

The U-Net, a classical filter, a subspace, or no denoiser? All of them have the same interface, so
``GridSearchCV`` can choose. Each candidate gets clean images and the noise to expect. While it is
fitted, it passes denoised noisy images to the classifier, so the comparison is fair. Runs in about two
minutes.
"""

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import (
    FilterDenoiser,
    NoiseAugmenter,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    noisy_scorer,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# The noise is set once, for all candidates. ``NoiseAugmenter`` does not denoise: the classifier itself
# learns on noisy images. With "passthrough" there is no denoiser.

expected = {"noise": "gaussian", "noise_factor": 0.5, "random_state": 0}
candidates = {
    "U-Net": UNetDenoiser(**expected),
    "non-local means": FilterDenoiser("nl_means", **expected),
    "total variation": FilterDenoiser("tv_chambolle", **expected),
    "Gaussian filter": FilterDenoiser("gaussian", **expected),
    "PCA, 20 components": SubspaceDenoiser(20, wiener=False, **expected),
    "Wiener filter": SubspaceDenoiser(**expected),
    "noise augmentation": NoiseAugmenter(**expected),
    "no denoiser": "passthrough",
}

# %%
# The scorer adds noise to the validation images, the same noise for every candidate.

search = GridSearchCV(
    Pipeline([("denoise", "passthrough"), ("classify", SVC())]),
    {"denoise": list(candidates.values())},
    scoring=noisy_scorer("accuracy", noise_factor=0.5),
    cv=3,
).fit(X_train, y_train)

results = pd.Series(
    search.cv_results_["mean_test_score"], index=list(candidates)
)
results = results.sort_values()
print(results[::-1].round(3).to_string())

figure, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
ax.barh(results.index, results)
ax.bar_label(ax.containers[0], fmt="%.3f", padding=3)
ax.set(xlim=(0, 1), xlabel="accuracy at noise factor 0.5, three folds")
figure.savefig("choose_a_denoiser.png", dpi=150)

# %%
# The best candidate, on test images that no candidate has seen:

noisy = add_noise(X_test, noise_factor=0.5, random_state=1)
print(
    f"accuracy on noisy test images: {search.best_estimator_.score(noisy, y_test):.3f}"
)

# %%
# You can search over the parameters of a candidate as well, in a separate grid:
# ``{"denoise": [FilterDenoiser("nl_means", **expected)], "denoise__h": [0.4, 0.6, 0.8]}``.

# On these 8x8 digits, the U-Net and principal components are ahead of training on noisy images by two to three points.
# Of the classical filters, which are made for photographs, only the Wiener filter comes near.

# sphinx_gallery_thumbnail_path = "images/thumbnails/choose_a_denoiser.jpg"
