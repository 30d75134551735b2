"""Schedule: how the learning rate follows the steps of a fit."""

import math

import keras


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly to its peak, then falls to zero along half a cosine.

    Peak and length are variables of the optimizer, not constants of the compiled code, so that one
    compiled network can be used for fits of any learning rate and length.

    Parameters
    ----------
    warmup : float
        Share of the steps in which the rate rises.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.
    """

    def __init__(self, warmup):
        self.warmup = warmup
        self.peak = None
        self.steps = None

    def bind(self, optimizer):
        """Add peak and length to the variables of `optimizer`."""
        self.peak = optimizer.add_variable((), dtype="float32", name="peak_learning_rate")
        self.steps = optimizer.add_variable((), initializer="ones", dtype="float32", name="steps")

    def __call__(self, step):
        """Return the learning rate of a step."""
        ops = keras.ops
        peak = ops.convert_to_tensor(self.peak)
        done = (ops.cast(step, "float32") + 1) / ops.convert_to_tensor(self.steps)
        rising = done / self.warmup
        falling = (1 + ops.cos(math.pi * ops.clip(_share(done, self.warmup), 0, 1))) / 2
        return peak * ops.where(done < self.warmup, rising, falling)

    def get_config(self):
        """Return the parameters."""
        return {"warmup": self.warmup}


def _share(done, warmup):
    """Return the share that is done of the steps after the warm-up."""
    return (done - warmup) / (1 - warmup)
