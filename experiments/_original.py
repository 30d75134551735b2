"""The original recipe as a plain Keras script, with nothing of this package: a peer."""

import keras
import numpy as np
from keras.layers import Concatenate, Conv2D, Input, MaxPooling2D, UpSampling2D

NOISE = 0.4


def build(dtype="float32", jit_compile="auto"):
    """Return the network, compiled as in the original; its output is float32."""

    def conv(x, filters, activation="relu", dtype=dtype):
        return Conv2D(filters, 3, padding="same", activation=activation, dtype=dtype)(x)

    def upsampled(x, skip):
        return Concatenate(dtype=dtype)([UpSampling2D(dtype=dtype)(x), skip])

    inputs = Input((28, 28, 1))
    a = conv(inputs, 64)
    b = conv(MaxPooling2D(dtype=dtype)(a), 128)
    x = conv(MaxPooling2D(dtype=dtype)(b), 256)
    x = conv(upsampled(x, b), 128)
    x = conv(upsampled(x, a), 64)
    model = keras.Model(inputs, conv(x, 1, "sigmoid", dtype="float32"))
    model.compile("adam", "binary_crossentropy", jit_compile=jit_compile)
    return model


def fit(model, X, *, seed, validation_split=0.1, epochs=1, callbacks=()):
    """Train on clean images (n, 28, 28, 1) and one fixed draw of noise, as in the original."""
    noisy = X + NOISE * np.random.default_rng(seed).standard_normal(X.shape, dtype=np.float32)
    model.fit(
        noisy,
        X,
        batch_size=128,
        epochs=epochs,
        validation_split=validation_split,
        callbacks=list(callbacks),
        verbose=0,
    )
