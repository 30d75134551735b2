"""Random streams: every random number of the package is drawn from one of them."""

from enum import IntEnum

import numpy as np
from sklearn.utils import check_random_state


class Stream(IntEnum):
    """What the random numbers are for.

    Streams of one seed are independent of each other, so that the same ``random_state``, given to
    the denoiser, to the augmenter and to the scorer, never repeats a draw of noise between them.
    """

    ADD_NOISE = 0
    AUGMENT = 1
    RESAMPLE = 2
    SCORER = 3
    WEIGHTS = 4
    SHUFFLE = 5
    SPLIT = 6
    FIT = 7
    VALIDATION = 8
    TRAIN_OUTPUT = 9
    SCORE = 10
    COMPARISON_SPLIT = 11
    COMPARISON_SEED = 12
    COMPARISON_TRAIN = 13
    COMPARISON_CHOICE = 14
    COMPARISON_VALIDATION = 15
    COMPARISON_TEST = 16
    BOOTSTRAP = 17
    CORRUPTION_REPORT = 18
    CHECK = 19


def draw_seed(random_state) -> int:
    """Turn a scikit-learn ``random_state`` into one integer, from which all streams start."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator of a stream, or of its part that `key` names (an epoch, a batch)."""
    return np.random.default_rng(_sequence(seed, stream, *key))


def derived_seed(seed: int, stream: Stream, *key: int) -> int:
    """Return an integer for libraries that take no generator."""
    return int(_sequence(seed, stream, *key).generate_state(1)[0] >> 1)


def _sequence(seed, stream, *key):
    return np.random.SeedSequence(seed, spawn_key=(int(stream), *key))
