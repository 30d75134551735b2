"""Training by the clock, for weights that come with the package."""

import math
import time

import keras
import numpy as np

_WARMUP_STEPS = 600
# What only such a training needs.
_OWN = ("warm_start", "batch_size", "epochs", "optimizer", "callbacks", "random_state", "init")
_OWN += ("noise", "noise_factor", "value_range", "loss", "patch_size", "colour")


class CosineOfTime(keras.callbacks.Callback):
    """Let the learning rate rise for some steps, and fall to zero with the time that is left."""

    def __init__(self, seconds, peak, warmup_steps=_WARMUP_STEPS):
        super().__init__()
        self.seconds, self.peak, self.warmup_steps = seconds, peak, warmup_steps
        self.step, self.start = 0, None

    def on_train_begin(self, logs=None):
        """Start the clock."""
        self.start = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        """Set the rate of the next steps, or stop."""
        done = min(1, (time.monotonic() - self.start) / self.seconds)
        self.step = int(self.model.optimizer.iterations)
        rate = (
            self.peak * min(1, self.step / self.warmup_steps) * (1 + math.cos(math.pi * done)) / 2
        )
        self.model.optimizer.learning_rate.assign(max(rate, 1e-7))
        self.model.stop_training = done == 1

    def on_epoch_end(self, epoch, logs=None):
        """Say how far it is."""
        print(f"step {self.step}: loss {logs['loss']:.4f}", flush=True)


def for_minutes(minutes, peak, warmup_steps=_WARMUP_STEPS):
    """Return the parameters of a `UNetDenoiser` that learns for some minutes."""
    return {
        "epochs": 100_000,
        "optimizer": keras.optimizers.Adam(1e-7, beta_2=0.98, clipnorm=1.0),
        "callbacks": [CosineOfTime(60 * minutes, peak, warmup_steps)],
        "random_state": 0,
    }


def round_weights(denoiser):
    """Round the weights to half precision: a model file, which is compressed, takes half the space."""
    weights = denoiser.model_.get_weights()
    denoiser.model_.set_weights([np.float32(np.float16(weight)) for weight in weights])


def with_parameters_of(preset, denoiser):
    """Give a denoiser the parameters of another one where a training has changed them, for a later fit."""
    params = preset.get_params(deep=False)
    denoiser.set_params(**{name: params[name] for name in _OWN})
