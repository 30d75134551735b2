"""Random streams: what draws random numbers for one purpose never repeats what another draws."""

from itertools import combinations

import numpy as np
import pytest
from conftest import quick_denoiser
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skdenoise import (
    NoiseAugmenter,
    NoiseResampler,
    SubspaceDenoiser,
    add_noise,
    compare_denoising,
    noisy_scorer,
)
from skdenoise.seeding import Stream, derived_seed, draw_seed, generator

PAIRS = list(combinations(Stream.__members__, 2))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_two_streams_are_one(one, other):
    one, other = Stream[one], Stream[other]
    assert one != other
    for key in ((), (0,), (1, 2)):
        assert not np.intersect1d(
            generator(0, one, *key).random(100), generator(0, other, *key).random(100)
        ).size
        assert derived_seed(0, one, *key) != derived_seed(0, other, *key)


def test_parts_of_a_stream_are_streams_of_their_own():
    keys = [(), (0,), (1,), (0, 0), (0, 1), (1, 0)]
    drawn = [generator(0, Stream.FIT, *key).random() for key in keys]
    assert len(set(drawn)) == len(keys)
    assert generator(0, Stream.FIT, 1, 0).random() == drawn[-1]


def test_a_seed_is_the_same_for_an_integer_and_moves_on_for_a_random_state():
    assert draw_seed(3) == draw_seed(3) != draw_seed(4)
    state = np.random.RandomState(3)
    assert draw_seed(state) != draw_seed(state)


class Recorder:
    """Gaussian noise that writes down what it has drawn, in clones and copies too."""

    def __init__(self):
        self.drawn = set()

    def __deepcopy__(self, memo):
        return self

    def __call__(self, images, rng):
        noise = rng.normal(0, 0.3, images.shape).astype(np.float32)
        self.drawn.add(float(noise.flat[0]))
        return images + noise


def drawn_by(use):
    recorder = Recorder()
    use(recorder)
    assert recorder.drawn
    return recorder.drawn


def test_the_same_random_state_never_gives_two_users_the_same_noise(digits):
    X, y = digits[0][:100], digits[1][:100]
    knn = KNeighborsClassifier().fit(X, y)
    subspace = SubspaceDenoiser(random_state=0).fit(X)

    def scored(noise):
        subspace.noise_ = noise
        subspace.score(X)

    def compared(noise):
        compare_denoising(
            SVC(),
            *(X, y, X, y),
            noise=noise,
            denoisers=[],
            n_copies=1,
            n_components=10,
            n_repeats=1,
            n_resamples=2,
            random_state=0,
        )

    users = {
        "add_noise": lambda noise: add_noise(X, noise=noise, random_state=0),
        "NoiseAugmenter": lambda noise: NoiseAugmenter(noise=noise, random_state=0).fit_transform(
            X
        ),
        "NoiseResampler": lambda noise: NoiseResampler(noise=noise, random_state=0).fit_resample(
            X, y
        ),
        "noisy_scorer": lambda noise: noisy_scorer(noise=noise, random_state=0)(knn, X, y),
        "fit": lambda noise: quick_denoiser(noise=noise).fit(X),
        "score": scored,
        "compare_denoising": compared,
    }
    drawn = {name: drawn_by(use) for name, use in users.items()}

    # These draw what fit draws, and something more.
    more = {
        "fit_transform": lambda noise: quick_denoiser(noise=noise).fit_transform(X),
        "validation": lambda noise: quick_denoiser(noise=noise, validation_split=0.3).fit(X),
    }
    for name, use in more.items():
        drawn[name] = drawn_by(use) - drawn["fit"]
        assert drawn[name], name
    for one, other in combinations(drawn, 2):
        assert not drawn[one] & drawn[other], (one, other)
    # To train on, to choose on (under the noise of training and of each test) and to test under.
    assert len(drawn["compare_denoising"]) >= 4
