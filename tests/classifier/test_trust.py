"""When to trust the denoiser: where it removes enough, and only noise like that of held-out images."""

import numpy as np
import pytest
from scipy import ndimage

from skdenoise.classifier.trust import (
    Evidence,
    Familiar,
    Trust,
    find_trust,
    noise_level,
    noise_statistics,
)

RNG = np.random.default_rng(0)
LEVELS = np.linspace(0.01, 0.5, 200)
NOISE = RNG.normal(size=(200, 12, 12, 1)) * LEVELS[:, np.newaxis, np.newaxis, np.newaxis]


def trust_found(
    right, right_denoised, removed=NOISE, weights=None, right_averaged=None, image=None, draw=None
):
    n = len(removed)
    evidence = Evidence(
        np.arange(n) if image is None else image,
        np.zeros(n, int) if draw is None else draw,
        noise_level(removed),
        noise_statistics(removed),
        np.asarray(right),
        np.asarray(right_denoised),
        np.zeros(n, bool) if right_averaged is None else np.asarray(right_averaged),
        np.full(n, right_averaged is not None),
    )
    return find_trust(evidence, np.ones(n) if weights is None else weights)


def test_the_threshold_separates_images_that_denoising_harms_from_those_that_it_helps():
    level = noise_level(NOISE)
    trust = trust_found(level < 0.2, level >= 0.2)
    assert trust.threshold == pytest.approx(0.2, abs=0.01)
    assert trust.is_possible


def test_a_denoiser_that_never_helps_is_never_trusted():
    trust = trust_found(np.ones(200, bool), np.zeros(200, bool))
    assert not trust.is_possible
    assert not trust(NOISE).any()


def test_a_denoiser_that_makes_no_difference_is_never_trusted():
    assert not trust_found(np.ones(200, bool), np.ones(200, bool)).is_possible


def test_a_denoiser_that_always_helps_is_always_trusted():
    trust = trust_found(np.zeros(200, bool), np.ones(200, bool))
    assert trust.threshold == -np.inf
    assert trust(NOISE).all()


def test_an_advantage_that_may_be_chance_is_not_enough():
    level = noise_level(NOISE)
    right, right_denoised = level < 0.2, level >= 0.2
    order = np.argsort(level)
    # Denoising helps one image more among the weakest ten, and harms none.
    right[order[0]], right_denoised[order[0]] = False, True
    assert trust_found(right, right_denoised).threshold == pytest.approx(0.2, abs=0.01)


def test_copies_of_an_image_are_not_independent():
    by_level = np.argsort(noise_level(NOISE))
    right, right_denoised = np.ones(200, bool), np.ones(200, bool)
    right_denoised[by_level[:100]] = False
    # Nine images, with nine copies each: denoising helps five of them and harms four.
    copies = by_level[100:181].reshape(9, 9)
    image = np.arange(200)
    image[copies] = image[copies[0]]
    right[copies[:, :5]] = right_denoised[copies[:, 5:]] = False
    assert trust_found(right, right_denoised).is_possible
    assert not trust_found(right, right_denoised, image=image).is_possible


@pytest.mark.parametrize(("n_draws", "is_familiar"), [(6, True), (7, False)])
def test_what_is_familiar_comes_from_the_first_draws_of_noise(n_draws, is_familiar):
    blurred = ndimage.gaussian_filter(NOISE, (0, 1, 1, 0))
    removed = np.concatenate([NOISE] * (n_draws - 1) + [blurred])
    trust = trust_found(
        np.zeros(len(removed), bool),
        np.ones(len(removed), bool),
        removed,
        image=np.tile(np.arange(200), n_draws),
        draw=np.repeat(np.arange(n_draws), 200),
    )
    assert trust(blurred).mean() == pytest.approx(float(is_familiar), abs=0.05)


def test_weights_count_right_answers():
    level = noise_level(NOISE)
    helped = level > 0.4
    right, right_denoised = ~helped, helped
    weights = np.where(helped, 1.0, 0.0)
    assert trust_found(right, right_denoised, weights=weights).threshold < 0.41
    assert not trust_found(right, right_denoised, weights=1 - weights).is_possible


def test_answers_are_averaged_where_that_is_best():
    level = noise_level(NOISE)
    right, right_denoised = level < 0.3, level > 0.2
    averaged = (level > 0.1) & (level < 0.4)
    right, right_denoised = right & ~averaged, right_denoised & ~averaged
    trust = trust_found(right, right_denoised, right_averaged=averaged)
    assert trust.threshold == pytest.approx(0.1, abs=0.01)
    assert trust.upper_threshold == pytest.approx(0.4, abs=0.01)
    expected = np.select([level < 0.1, level < 0.4], [0, 0.5], 1)
    np.testing.assert_array_equal(trust(NOISE), expected)


def test_answers_are_averaged_everywhere_if_that_is_best_everywhere():
    nothing, everything = np.zeros(200, bool), np.ones(200, bool)
    trust = trust_found(nothing, nothing, right_averaged=everything)
    assert (trust.threshold, trust.upper_threshold) == (-np.inf, np.inf)
    assert set(trust(NOISE)) == {0.5}


@pytest.mark.parametrize("n_more", [0, 1])
def test_answers_are_not_averaged_if_that_is_hardly_better(n_more):
    level = noise_level(NOISE)
    right, right_denoised = level < 0.2, level >= 0.2
    order = np.argsort(level)
    averaged = np.ones(200, bool)
    right[order[:n_more]] = False  # but the average is right
    trust = trust_found(right, right_denoised, right_averaged=averaged)
    assert trust.threshold == trust.upper_threshold == pytest.approx(0.2, abs=0.01)


def test_weights_decide_whether_answers_are_averaged():
    level = noise_level(NOISE)
    right, right_denoised = level < 0.1, level >= 0.4
    averaged = (level >= 0.1) & (level < 0.4)
    weights = np.where(averaged, 0.0, 1.0)
    found = [
        trust_found(right, right_denoised, weights=w, right_averaged=averaged)
        for w in (None, weights)
    ]
    assert found[0].threshold < found[0].upper_threshold
    assert found[1].threshold == found[1].upper_threshold


@pytest.mark.parametrize(
    "removed",
    [
        pytest.param(ndimage.gaussian_filter(NOISE, (0, 1, 1, 0)), id="blurred"),
        pytest.param(NOISE + 0.5, id="brighter"),
        pytest.param((RNG.random(NOISE.shape) < 0.02) * 0.9, id="impulses"),
    ],
)
def test_what_does_not_look_like_the_known_noise_is_left_alone(removed):
    trust = trust_found(np.zeros(200, bool), np.ones(200, bool))
    assert trust(removed).mean() < 0.05


def test_noise_stronger_than_any_seen_is_still_denoised():
    trust = trust_found(np.zeros(200, bool), np.ones(200, bool))
    assert trust(3 * NOISE).mean() > 0.95


def test_statistics_do_not_depend_on_the_strength():
    np.testing.assert_allclose(noise_statistics(NOISE), noise_statistics(5 * NOISE), rtol=1e-6)


def test_statistics_are_those_of_the_definition():
    image = np.array([[1.0, -1.0], [3.0, 1.0]])[np.newaxis, ..., np.newaxis]
    centred = image - 1
    variance = np.mean(centred**2)
    expected = [
        1 / np.sqrt(3),
        (0 * -2 + 2 * 0) / 2 / variance,
        (0 * 2 + -2 * 0) / 2 / variance,
        np.log(np.mean(centred**4) / variance**2),
    ]
    np.testing.assert_allclose(noise_statistics(image), [expected], atol=1e-9)


@pytest.mark.parametrize("shape", [(3, 1, 1, 1), (3, 1, 5, 1), (3, 5, 1, 3)])
def test_strips_and_images_from_which_nothing_is_removed_have_finite_statistics(shape):
    for removed in (np.zeros(shape), np.ones(shape), RNG.normal(size=shape)):
        assert np.isfinite(noise_statistics(removed)).all()
        familiar = Familiar.of(noise_statistics(removed))
        assert familiar(noise_statistics(removed)).all()
        assert Trust(0.1, 0.1, familiar)(removed).shape == (3,)


def test_statistics_that_occur_but_not_together_are_not_familiar():
    first = RNG.normal(size=200)
    statistics = np.column_stack([first, first, *RNG.normal(size=(2, 200))])
    familiar = Familiar.of(statistics)
    assert familiar(statistics).all()
    together, apart = np.array([[1.0, 1, 0, 0], [1, -1, 0, 0]])
    assert familiar([together]).all()
    assert not familiar([apart]).any()


@pytest.mark.parametrize("n_images", [1, 2, 4])
def test_a_few_images_make_what_is_like_them_familiar(n_images):
    statistics = RNG.normal(size=(n_images, 4))
    familiar = Familiar.of(statistics)
    assert familiar(statistics).all()
    assert familiar(statistics + 1e-4).all()
    assert not familiar(statistics + 1).any()
