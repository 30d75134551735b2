"""Schedule: the learning rate of each step of a fit."""

import math

import keras


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly to its peak, then falls to zero along half a cosine.

    Peak and length are variables of the optimizer, not constants in the compiled code. So one compiled
    network can be used for fits of any learning rate and length.

    Parameters
    ----------
    warmup : float
        Share of the steps during which the rate rises.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017.
    """

    def __init__(self, warmup):
        self.warmup = warmup
        self.peak = None
        self.steps = None

    def bind(self, optimizer):
        """Add peak and length to the variables of `optimizer`, so that a fit can set them."""
        self.peak = optimizer.add_variable((), dtype="float32", name="peak_learning_rate")
        self.steps = optimizer.add_variable((), initializer="ones", dtype="float32", name="steps")

    def __call__(self, step):
        """Return the learning rate of a step, counted from 0."""
        ops = keras.ops
        peak = ops.convert_to_tensor(self.peak)
        # Counted from 1, so that the first step has a rate above 0 and the last one has rate 0.
        done = (ops.cast(step, "float32") + 1) / ops.convert_to_tensor(self.steps)
        rising = done / self.warmup
        falling = (1 + ops.cos(math.pi * ops.clip(_share(done, self.warmup), 0, 1))) / 2
        return peak * ops.where(done < self.warmup, rising, falling)

    def get_config(self):
        """Return the parameters. Peak and length are not among them: they differ between fits."""
        return {"warmup": self.warmup}


def _share(done, warmup):
    """Return which share of the steps after the warm-up is done."""
    return (done - warmup) / (1 - warmup)
