"""
Quickstart: noisy digits, classified right
==========================================

A classifier trained on clean images fails on noisy ones. A ``UNetDenoiser`` in front of it, in the same
pipeline, corrects that. Runs in about a minute; writes ``quickstart.png``.
"""

from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, plot_image_rows

# %%
# Digits of 8x8 pixels ship with scikit-learn. We add Gaussian noise to the test images. Its standard
# deviation is half of the distance from black to white.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
noisy = add_noise(X_test, noise_factor=0.5, random_state=0)

# %%
# Without a denoiser, a support vector machine loses most of its accuracy.

svc = SVC().fit(X_train, y_train)
print(f"no denoiser, clean images: {svc.score(X_test, y_test):.3f}")
print(f"no denoiser, noisy images: {svc.score(noisy, y_test):.3f}")

# %%
# The pipeline trains the denoiser on noise it generates itself, then the classifier on denoised images.
# ``verbose=1`` shows a progress bar.

denoiser = UNetDenoiser(noise_factor=0.5, random_state=0, verbose=1)
pipeline = Pipeline([("denoise", denoiser), ("classify", SVC())]).fit(
    X_train, y_train
)

# %%
# On the same noisy images:

print(f"with the denoiser, noisy images: {pipeline.score(noisy, y_test):.3f}")

# %%
# The denoiser also helps a classifier that cannot be trained again, because it was bought or certified.
# Put the fitted denoiser in front of it.

rescued = Pipeline(
    [("denoise", pipeline["denoise"]), ("classify", FrozenEstimator(svc))]
)
print(
    f"with the denoiser, SVC not retrained, noisy images: {rescued.score(noisy, y_test):.3f}"
)

# %%
# The images that the classifier gets:

figure = plot_image_rows(
    {
        "noisy": noisy[:10],
        "denoised": pipeline["denoise"].transform(noisy[:10]),
        "clean": X_test[:10],
    }
)
figure.savefig("quickstart.png", dpi=150)

# %%
# The denoiser brings back more than half of what the noise has cost. The classifier needs no change for it:
# retraining it on denoised images gains hardly more here.
