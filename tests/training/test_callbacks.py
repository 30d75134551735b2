"""Callbacks of the user's own."""

import keras
import pytest
from conftest import quick_denoiser

from skdenoise.backend import compiled as pool


class CountEpochs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.count = 0

    def on_epoch_end(self, epoch, logs=None):
        self.count += 1
        if self.count == 2:
            self.model.stop_training = True


def test_callbacks_are_copied_for_each_fit(digits):
    callback = CountEpochs()
    denoiser = quick_denoiser(epochs=4, callbacks=[callback])
    for _ in range(2):
        assert denoiser.fit(digits[0][:100]).n_iter_ == 2
    assert callback.count == 0


def test_a_fit_that_a_callback_takes_up_midway_leaves_no_mark_on_the_next(digits, tmp_path):
    X = digits[0][:100]
    whole = quick_denoiser(epochs=3).fit(X)

    def resumed():
        kept = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
        return quick_denoiser(epochs=3, callbacks=[kept]).fit(X)

    assert resumed().n_iter_ == 3
    with pytest.raises(ValueError, match="The fit had no epoch"):
        resumed()
    assert quick_denoiser(epochs=3).fit(X).history_ == whole.history_


class Freeze(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        next(layer for layer in self.model.layers if hasattr(layer, "kernel")).trainable = False


def test_a_layer_that_a_callback_has_frozen_is_free_in_the_next_fit(digits):
    X, params = digits[0][:100], {"filters": (4, 9), "epochs": 2}
    frozen = quick_denoiser(callbacks=[Freeze()], **params).fit(X)
    free = quick_denoiser(**params).fit(X)
    pool._idle.clear()
    assert free.history_ == quick_denoiser(**params).fit(X).history_
    assert free.history_ != frozen.history_
