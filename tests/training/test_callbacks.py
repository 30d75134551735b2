"""Callbacks of the user's own."""

import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.datasets import load_digits

from skdenoise.backend import compiled


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


KILLED_IN_THE_THIRD_EPOCH = """
import os, sys, keras
from sklearn.datasets import load_digits
from conftest import quick_denoiser

backup = keras.callbacks.BackupAndRestore(sys.argv[1])
kill = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: epoch == 2 and os.kill(os.getpid(), 9))
quick_denoiser(epochs=4, callbacks=[backup, kill]).fit(load_digits().images[:100] / 16)
"""


def test_a_killed_fit_is_taken_up_and_ends_as_if_it_had_not_been_killed(tmp_path):
    backup, tests = tmp_path / "backup", Path(__file__).parents[1]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_THE_THIRD_EPOCH, backup], cwd=tests, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert backup.exists()

    X = load_digits().images[:100] / 16
    callback = keras.callbacks.BackupAndRestore(backup)
    resumed = quick_denoiser(epochs=4, callbacks=[callback]).fit(X)
    whole = quick_denoiser(epochs=4).fit(X)
    np.testing.assert_array_equal(resumed.transform(X), whole.transform(X))
    assert resumed.n_iter_ == 4
    np.testing.assert_array_equal(np.isnan(resumed.history_["loss"]), [True, True, False, False])
    assert resumed.history_["loss"][2:] == whole.history_["loss"][2:]
    assert not list(backup.glob("*"))


class Freeze(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        next(layer for layer in self.model.layers if hasattr(layer, "kernel")).trainable = False


def test_a_layer_that_a_callback_has_frozen_is_free_in_the_next_fit(digits):
    X, params = digits[0][:100], {"filters": (4, 9), "epochs": 2}
    frozen = quick_denoiser(callbacks=[Freeze()], **params).fit(X)
    free = quick_denoiser(**params).fit(X)
    compiled._idle.clear()
    assert free.history_ == quick_denoiser(**params).fit(X).history_
    assert free.history_ != frozen.history_


@pytest.mark.parametrize("optimizer", [None, keras.optimizers.SGD()])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_one_callback_without_a_list_is_refused(digits, optimizer, method):
    denoiser = quick_denoiser(callbacks=keras.callbacks.TerminateOnNaN(), optimizer=optimizer)
    with pytest.raises(TypeError, match="Give a list of callbacks"):
        getattr(denoiser, method)(digits[0][:100])
