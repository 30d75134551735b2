"""Measured: what a network needs for each pixel, by its graph or, without one, found on the built model."""

import math
from dataclasses import replace
from functools import cache

import numpy as np

# The weights while the reach is measured: positive and small, so that no ReLU is closed and no
# sigmoid saturates.
_WEIGHT = 1e-3
# A pixel that reaches further than so many multiples of what the size must be is taken to reach all.
_LARGEST_MARGIN = 64
# Networks up to this size are harmless to build, whoever asks for them.
_SMALL_FILTERS, _SMALL_LEVELS = 256, 4


def values_per_pixel(architecture) -> float:
    """Return how many numbers all layers of a network put out for a pixel."""
    return _values_per_pixel(architecture, architecture.declared.source)


@cache
def _values_per_pixel(architecture, source):
    if architecture.has_graph:
        return architecture.graph.values_per_pixel
    multiple = architecture.multiple
    model = _built(architecture, (multiple, multiple))
    values = sum(math.prod(layer.output.shape[1:]) for layer in model.layers)
    return values / multiple**2


def margin(architecture) -> int | None:
    """Return how far from a pixel the pixels may lie that it depends on.

    Without a graph, it is measured. An infinite input, in a block of pixels of an image of zeros, changes
    every output that depends on it, if all weights are positive: convolutions, poolings, sums and
    activations hand infinity on, and what limits it puts out another value than for zero.

    Returns
    -------
    int or None
        As a multiple of what height and width must be a multiple of; None if a pixel depends on all
        others, or on so many that tiles would not pay.
    """
    return _margin(architecture, architecture.declared.source)


@cache
def _margin(architecture, source):
    if architecture.has_graph:
        reach = architecture.graph.reach
        return reach + -reach % architecture.multiple
    model = _built(architecture, (None, None))
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
    import keras

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

    Without a graph, it is found from three tiny networks, for the widest level: the number of weights is a
    polynomial of degree two in its filters, with no negative coefficient.
    """
    if architecture.has_graph:
        return sum(map(math.prod, architecture.graph.weight_shapes))
    filters = architecture.filters
    if max(filters) <= _SMALL_FILTERS and len(filters) <= _SMALL_LEVELS:
        return 0
    widest = int(np.argmax(filters))
    one, two, three = (_count(architecture, widest, n) for n in (1, 2, 3))
    square = (three - 2 * two + one) / 2
    linear = two - one - 3 * square
    steps = filters[widest]
    return int(one + linear * (steps - 1) + square * (steps**2 - 1))


def _count(architecture, widest, n):
    filters = tuple(n if level == widest else 1 for level in range(len(architecture.filters)))
    tiny = replace(architecture, filters=filters)
    model = _built(tiny, (None, None))
    return sum(math.prod(weight.shape) for weight in model.weights)


def weight_shapes(architecture, size) -> list[tuple[int, ...]]:
    """Return the shapes of the weights of a network for images of `size`."""
    if architecture.has_graph:
        return architecture.graph.weight_shapes
    return [tuple(weight.shape) for weight in _built(architecture, size).weights]


def _built(architecture, size):
    from skdenoise.backend.threads import prepare_start

    prepare_start()
    shape = (*size, architecture.channels)
    return architecture.declared.build(shape, architecture.filters, linear=architecture.linear)
