"""Random streams: the source of every random number in this package."""

from enum import IntEnum

import numpy as np
from sklearn.utils import check_random_state

from skdenoise.typing import RandomState


class Stream(IntEnum):
    """What the random numbers are for.

    Streams of one seed are independent. The denoiser, the augmenter and the scorer never draw the
    same noise, even with the same ``random_state``.
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
    CLASSIFIER_SPLIT = 20
    CLASSIFIER_TRAINING = 21
    CLASSIFIER_VALIDATION = 22
    CLASSIFIER_DENOISER = 23
    HELPER = 24
    IMITATION = 25
    COMPARISON_LABELS = 26
    RISK_PROBES = 27
    CALIBRATION = 28
    CALIBRATION_SPLIT = 29
    SMOOTHING = 30


def draw_seed(random_state: RandomState) -> int:
    """Return an integer, the seed of all streams, from a scikit-learn ``random_state``."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator of a stream, or of a part of it, such as an epoch or a batch (`key`)."""
    return np.random.default_rng(_sequence(seed, stream, *key))


def derived_seed(seed: int, stream: Stream, *key: int) -> int:
    """Return an integer seed for libraries that do not take a generator."""
    return int(_sequence(seed, stream, *key).generate_state(1)[0] >> 1)


def _sequence(seed, stream, *key):
    return np.random.SeedSequence(seed, spawn_key=(int(stream), *key))
