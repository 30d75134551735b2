"""
Choosing a denoiser
===================

The U-Net, a classical filter, a subspace, or none at all? All of them have the same interface, so that
``GridSearchCV`` can choose. Each candidate is given clean images and the noise to expect; while it is
fitted, it hands on denoised noisy images to the classifier, so that all candidates are compared on
equal terms. Runs in about two minutes.
"""

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
# The noise is said once, and given to all. ``NoiseAugmenter`` is the rival that does not denoise: the
# classifier itself learns on noisy images. "passthrough" is the classifier alone.

expected = {"noise": "gaussian", "noise_factor": 0.5, "random_state": 0}
candidates = {
    "U-Net": UNetDenoiser(**expected),
    "non-local means": FilterDenoiser("nl_means", **expected),
    "total variation": FilterDenoiser("tv_chambolle", **expected),
    "Gaussian filter": FilterDenoiser("gaussian", **expected),
    "PCA, 20 components": SubspaceDenoiser(20, wiener=False, **expected),
    "Wiener filter": SubspaceDenoiser(**expected),
    "trained on noise": NoiseAugmenter(**expected),
    "alone": "passthrough",
}

# %%
# The scorer noises the validation images, in the same way for every candidate.

search = GridSearchCV(
    Pipeline([("denoise", "passthrough"), ("classify", SVC())]),
    {"denoise": list(candidates.values())},
    scoring=noisy_scorer("accuracy", noise_factor=0.5),
    cv=3,
).fit(X_train, y_train)

results = pd.Series(search.cv_results_["mean_test_score"], index=list(candidates))
print(results.sort_values(ascending=False).round(3).to_string())

# %%
# The winner, on test images that no candidate has seen:

noisy = add_noise(X_test, noise_factor=0.5, random_state=1)
print(f"accuracy on noisy test images: {search.best_estimator_.score(noisy, y_test):.3f}")

# %%
# The parameters of the candidates can be searched as well, in a grid of their own:
# ``{"denoise": [FilterDenoiser("nl_means", **expected)], "denoise__h": [0.4, 0.6, 0.8]}``.
