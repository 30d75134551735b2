"""Measured: what a network needs for each pixel, found on the built model and not by its name."""

import math
from dataclasses import replace
from functools import cache

import keras
import numpy as np

from skdenoise.backend.threads import prepare_start

# The weights while the reach is measured: positive and small, so that no ReLU is closed and no
# sigmoid saturates.
_WEIGHT = 1e-3
# A pixel that reaches further than so many multiples of what the size must be is taken to reach all.
_LARGEST_MARGIN = 64
# Networks up to this size are harmless to build, whoever asks for them.
_SMALL_FILTERS, _SMALL_LEVELS = 256, 4


def values_per_pixel(architecture) -> float:
    """Return how many numbers all layers of a network put out for a pixel."""
    return _values_per_pixel(architecture, architecture.declared.build)


@cache
def _values_per_pixel(architecture, build):
    multiple = architecture.multiple
    model = _built(architecture, build, (multiple, multiple))
    values = sum(math.prod(layer.output.shape[1:]) for layer in model.layers)
    return values / multiple**2


def margin(architecture) -> int | None:
    """Return how far from a pixel the pixels may lie that it depends on.

    An infinite input, in a block of pixels of an image of zeros, changes every output that depends on
    it, if all weights are positive: convolutions, poolings, sums and activations hand infinity on, and
    what limits it puts out another value than for zero.

    Returns
    -------
    int or None
        As a multiple of what height and width must be a multiple of; None if a pixel depends on all
        others, or on so many that tiles would not pay.
    """
    return _margin(architecture, architecture.declared.build)


@cache
def _margin(architecture, build):
    model = _built(architecture, build, (None, None))
    model.set_weights([np.full(weight.shape, _WEIGHT, np.float32) for weight in model.weights])
    reach = 2
    while reach <= _LARGEST_MARGIN:
        changed = _changed_blocks(model, architecture, reach)
        distance = np.abs(np.argwhere(changed) - reach).max(initial=0)
        if distance < reach:
            return architecture.multiple * int(distance)
        reach *= 2
    return None


def _changed_blocks(model, architecture, reach):
    """Return which blocks of pixels, up to `reach` from the middle one, depend on the middle one."""
    multiple, n_blocks = architecture.multiple, 2 * reach + 1
    side = multiple * n_blocks
    image = np.zeros((1, side, side, architecture.channels), np.float32)
    without = keras.ops.convert_to_numpy(model(image))[0]
    middle = slice(multiple * reach, multiple * (reach + 1))
    image[:, middle, middle] = np.inf
    reached = keras.ops.convert_to_numpy(model(image))[0]
    # NaN, from the difference of two infinities, counts as a change.
    changed = (reached != without).any(axis=-1)
    return changed.reshape(n_blocks, multiple, n_blocks, multiple).any(axis=(1, 3))


def least_weights(architecture) -> int:
    """Return how many weights a network has at least, without building it.

    The number of weights is a polynomial of degree two in the filters of a level, with no negative
    coefficient. It is found for the widest level from three tiny networks.
    """
    filters = architecture.filters
    if max(filters) <= _SMALL_FILTERS and len(filters) <= _SMALL_LEVELS:
        return 0
    widest = int(np.argmax(filters))
    one, two, three = (_count(architecture, widest, n) for n in (1, 2, 3))
    square = (three - 2 * two + one) / 2
    linear = two - one - 3 * square
    steps = filters[widest]
    return int(one + linear * (steps - 1) + square * (steps**2 - 1))


def output_is_finite(model, architecture) -> bool:
    """Return whether the output for small images is finite: black, white and random ones."""
    shape = (architecture.multiple, architecture.multiple, architecture.channels)
    noisy = np.random.default_rng(0).normal(0.5, 1, shape)
    images = np.stack([np.zeros(shape), np.ones(shape), noisy]).astype(np.float32)
    return bool(np.isfinite(keras.ops.convert_to_numpy(model(images))).all())


def _count(architecture, widest, n):
    filters = tuple(n if level == widest else 1 for level in range(len(architecture.filters)))
    tiny = replace(architecture, filters=filters)
    model = _built(tiny, architecture.declared.build, (None, None))
    return sum(math.prod(weight.shape) for weight in model.weights)


def _built(architecture, build, size):
    prepare_start()
    shape = (*size, architecture.channels)
    return build(shape, architecture.filters, "float32", architecture.linear, 0)
