"""
Quickstart: noisy digits, classified right
==========================================

A classifier that was trained on clean images fails on noisy ones. A ``UNetDenoiser`` in front of it,
in the same pipeline, mends that. Runs in about a minute; writes ``quickstart.png``.
"""

from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, plot_image_rows

# %%
# Digits of 8x8 pixels ship with scikit-learn. To the test images we add Gaussian noise whose standard
# deviation is half of the way from black to white.

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
noisy = add_noise(X_test, noise_factor=0.5, random_state=0)

# %%
# Alone, a support vector machine loses most of its accuracy.

svc = SVC().fit(X_train, y_train)
print(f"SVC alone, clean images: {svc.score(X_test, y_test):.3f}")
print(f"SVC alone, noisy images: {svc.score(noisy, y_test):.3f}")

# %%
# The pipeline trains the denoiser on noise that it draws itself, then the classifier on denoised
# images. ``verbose=1`` shows a progress bar.

denoiser = UNetDenoiser(noise_factor=0.5, random_state=0, verbose=1)
pipeline = Pipeline([("denoise", denoiser), ("classify", SVC())]).fit(X_train, y_train)

# %%
# On the same noisy images:

print(f"denoising pipeline, noisy images: {pipeline.score(noisy, y_test):.3f}")

# %%
# A classifier that cannot be trained again, because it was bought or certified, is helped too: the
# fitted denoiser stands in front of it as it is.

rescued = Pipeline([("denoise", pipeline["denoise"]), ("classify", FrozenEstimator(svc))])
print(f"the old SVC behind the denoiser, noisy images: {rescued.score(noisy, y_test):.3f}")

# %%
# What the classifier gets to see:

figure = plot_image_rows(
    {
        "noisy": noisy[:10],
        "denoised": pipeline["denoise"].transform(noisy[:10]),
        "clean": X_test[:10],
    }
)
figure.savefig("quickstart.png", dpi=150)
