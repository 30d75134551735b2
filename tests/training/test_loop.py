"""A fit from its first epoch to its end, wherever that comes."""

import warnings

import keras
import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.exceptions import ConvergenceWarning

from skdenoise import UNetDenoiser


def test_a_fit_that_has_learned_nothing_says_so(digits):
    X = digits[0][:100]
    with pytest.warns(ConvergenceWarning, match="learned nothing.*learning_rate"):
        quick_denoiser(learning_rate=1e-9).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        quick_denoiser(noise_factor=0).fit(X)
        quick_denoiser(epochs=40, batch_size=16).fit(X)


def test_early_stopping_ends_the_fit_and_goes_back_to_the_best_weights(digits):
    X = digits[0][:300]
    stopped = quick_denoiser(epochs=60, learning_rate=0.3, early_stopping=2).fit(X)
    losses = stopped.history_["val_loss"]
    assert stopped.n_iter_ < 60
    assert losses.index(min(losses)) == len(losses) - 3


def test_optimizer_instance_is_copied_for_each_fit(digits):
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    denoiser = quick_denoiser(optimizer=optimizer)
    first = denoiser.fit(digits[0][:200]).history_
    assert denoiser.fit(digits[0][:200]).history_ == first
    assert not optimizer.built


def linear_network(input_shape):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(1, 3, padding="same")])


def test_bfloat16_learns_what_float32_learns(digits):
    X = digits[0]
    scores = [
        UNetDenoiser(epochs=3, precision=precision, random_state=0).fit(X[:1200]).score(X[1200:])
        for precision in ("float32", "bfloat16")
    ]
    assert scores[0] == pytest.approx(scores[1], abs=0.2)


def test_verbose_prints_a_line_per_epoch(digits, capsys):
    quick_denoiser(epochs=2, verbose=2).fit(digits[0][:100])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["denoiser", "epoch 1/2", "epoch 2/2"]


class Interrupt(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_interrupt_in_the_first_epoch_leaves_the_estimator_as_it_was(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser(callbacks=[Interrupt(0)])
    with pytest.raises(KeyboardInterrupt):
        denoiser.fit(X)
    assert not hasattr(denoiser, "image_shape_")
    fitted = quick_denoiser().fit(X)
    expected = fitted.transform(X)
    fitted.set_params(callbacks=[Interrupt(0)])
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X.reshape(-1, 4, 16))
    np.testing.assert_array_equal(fitted.transform(X), expected)


def test_interrupt_later_keeps_what_whole_epochs_have_learned(digits):
    X = digits[0][:200]
    denoiser = quick_denoiser(epochs=5, callbacks=[Interrupt(2)])
    with pytest.raises(KeyboardInterrupt):
        denoiser.fit(X)
    assert denoiser.n_iter_ == 2
    assert denoiser.transform(X).shape == X.shape


def test_divergence_is_reported(digits):
    denoiser = quick_denoiser(
        loss="mse", network=linear_network, learning_rate=1e30, optimizer="sgd", epochs=5
    )
    with pytest.raises(ValueError, match="training diverged"):
        denoiser.fit(digits[0][:300])


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights_that_are_not_finite_are_divergence_too(digits, method):
    # The ReLUs turn NaN into 0, so that the loss is finite.
    X = digits[0][:100]
    denoiser = UNetDenoiser(epochs=2, random_state=0, precision="float32").fit(X)
    before = denoiser.transform(X)
    denoiser.set_params(learning_rate=1e30, warm_start=True)
    with pytest.raises(ValueError, match="training diverged"):
        getattr(denoiser, method)(X)
    np.testing.assert_array_equal(denoiser.transform(X), before)


class Masked(keras.layers.Layer):
    """Images, and a constant weight that is infinite, as masks of attention have."""

    def build(self, input_shape):
        """Add the weight."""
        self.add_weight(shape=(), initializer=keras.initializers.Constant(-np.inf), trainable=False)

    def call(self, inputs):
        """Return the images."""
        return inputs


def masked_network(input_shape):
    layers = [Masked(), keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid")]
    return keras.Sequential([keras.Input(input_shape), *layers])


def test_a_constant_may_be_infinite(digits):
    denoiser = quick_denoiser(network=masked_network, filters=None).fit(digits[0][:100])
    assert denoiser.n_iter_ == 1


def two_linear_layers(input_shape):
    layers = [keras.layers.Conv2D(n, 3, padding="same") for n in (4, 1)]
    return keras.Sequential([keras.Input(input_shape), *layers])


def test_a_fit_that_diverges_in_its_last_step_changes_nothing(digits):
    X = digits[0][:200].reshape(-1, 8, 8)
    denoiser = quick_denoiser().fit(X)
    before, history = denoiser.transform(X), denoiser.history_
    # One step, whose loss is finite, makes weights whose products are not.
    worse = {"optimizer": keras.optimizers.SGD(1e25), "loss": "mse", "batch_size": 200}
    worse |= {"network": two_linear_layers, "filters": None, "epochs": 1}
    with pytest.raises(ValueError, match="training diverged"):
        denoiser.set_params(**worse).fit(X)
    np.testing.assert_array_equal(denoiser.transform(X), before)
    assert denoiser.history_ == history
    with pytest.raises(ValueError, match="training diverged"):
        quick_denoiser(**worse).partial_fit(X)
