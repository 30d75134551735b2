"""The original recipe as a plain Keras script, with nothing of this package: a peer."""

import keras
import numpy as np
from keras.layers import Concatenate, Conv2D, Input, MaxPooling2D, UpSampling2D

NOISE = 0.4


def build():
    """Return the network, compiled as in the original."""
    inputs = Input((28, 28, 1))
    a = _conv(inputs, 64)
    b = _conv(MaxPooling2D()(a), 128)
    x = _conv(MaxPooling2D()(b), 256)
    x = _conv(Concatenate()([UpSampling2D()(x), b]), 128)
    x = _conv(Concatenate()([UpSampling2D()(x), a]), 64)
    model = keras.Model(inputs, _conv(x, 1, "sigmoid"))
    model.compile("adam", "binary_crossentropy")
    return model


def fit(model, X, *, seed, validation_split=0.1):
    """Train for an epoch on clean images (n, 28, 28, 1) and one fixed draw of noise, as in the original."""
    noisy = X + NOISE * np.random.default_rng(seed).standard_normal(X.shape, dtype=np.float32)
    model.fit(noisy, X, batch_size=128, validation_split=validation_split, verbose=0)


def _conv(x, filters, activation="relu"):
    return Conv2D(filters, 3, padding="same", activation=activation)(x)
