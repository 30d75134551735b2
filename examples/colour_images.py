"""
Colour images: CIFAR-10 and a small network
===========================================

The denoiser takes colour images as well as grey ones, as arrays of shape (n, height, width, 3). A Keras
classifier takes the denoised images. ``compare_denoising`` measures whether this is better than training
the classifier on noisy images. It also trains the classifier on fresh noise in every epoch, for as long
as the denoiser took. Reads ``cifar10.npz`` (``x_train, y_train, x_test, y_test``) from the folder
``SKDENOISE_DATA``; runs for about half an hour on 2 cores, and writes ``colour_images.png``.
"""

import os
from pathlib import Path

import keras
import numpy as np
from keras import layers
from scikeras.wrappers import KerasClassifier

from skdenoise import DenoisingDisplay, UNetDenoiser, compare_denoising

path = Path(os.environ.get("SKDENOISE_DATA", "../shared/data")) / "cifar10.npz"
with np.load(path) as data:
    X_train, y_train = data["x_train"][:5000], data["y_train"][:5000].ravel()
    X_test, y_test = data["x_test"], data["y_test"].ravel()
X_train, X_test = (
    X_train.astype(np.float32) / 255,
    X_test.astype(np.float32) / 255,
)


# %%
# A small convolutional network, as a scikit-learn classifier.


def small_cnn(meta):
    """Return a network for the shape of the images and the number of classes."""
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


classifier = KerasClassifier(
    small_cnn,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    epochs=10,
    batch_size=64,
    verbose=0,
)

# %%
# One noise level, clipped as in an image file.

comparison = compare_denoising(
    classifier,
    X_train,
    y_train,
    X_test,
    y_test,
    noise_factors=[0.2],
    denoisers=UNetDenoiser(),
    n_copies=(1, 4),
    n_components=(100,),
    n_repeats=1,
    clip=True,
    return_estimator=True,
    random_state=0,
    verbose=1,
)
print(comparison)

# %%
# The images that the classifier gets:

pipeline = comparison.estimators["matched", 0.2, "U-Net"]
display = DenoisingDisplay.from_estimator(pipeline, X_test[:8])
display.figure_.savefig("colour_images.png", dpi=150)

# %%
# A network that is trained on noisy images learns to ignore the noise by itself, so the denoiser has to beat that,
# not the network alone. The first sentence of the summary says whether it does.

# sphinx_gallery_thumbnail_path = "images/thumbnails/colour_images.jpg"
