import numpy as np
import pytest
from conftest import quick_denoiser
from scipy import ndimage
from skimage.restoration import (
    denoise_nl_means,
    denoise_tv_chambolle,
    denoise_wavelet,
    estimate_sigma,
)
from sklearn.base import clone
from sklearn.datasets import load_sample_images

from skdenoise import FilterDenoiser, PoissonNoise, SubspaceDenoiser, add_noise
from skdenoise.denoisers.filters import FILTERS, _estimate_sigma

PHOTOGRAPHS = np.stack(load_sample_images().images)[:, 150:230, 150:230].astype(np.float32) / 255
TAKES_SIGMA = [method for method, chosen in FILTERS.items() if chosen.takes_sigma]


@pytest.mark.parametrize("method", FILTERS)
def test_filters_remove_noise_from_photographs(method):
    noisy = add_noise(PHOTOGRAPHS, noise_factor=0.1, random_state=0)
    denoised = FilterDenoiser(method).fit(PHOTOGRAPHS).transform(noisy)
    assert np.mean((denoised - PHOTOGRAPHS) ** 2) < 0.7 * np.mean((noisy - PHOTOGRAPHS) ** 2)


@pytest.mark.parametrize("method", FILTERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 10), (2, 2), (8, 8), (8, 8, 3), (17, 33, 5)])
def test_filters_take_images_of_any_size_and_number_of_channels(method, shape):
    X = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    denoised = FilterDenoiser(method, value_range=(0, 1)).fit(X).transform(X)
    assert denoised.shape == X.shape
    assert denoised.dtype == np.float32
    assert np.isfinite(denoised).all()


@pytest.mark.parametrize("method", FILTERS)
def test_constant_images_stay_as_they_are(method):
    X = np.full((2, 20, 20), 0.3)
    denoised = FilterDenoiser(method).fit(X).transform(X)
    np.testing.assert_allclose(denoised, X, atol=1e-6)


@pytest.mark.parametrize("method", FILTERS)
def test_layouts_dtypes_and_ranges_are_filtered_alike(method):
    images = np.rint(PHOTOGRAPHS[..., 0] * 255).astype(np.uint8)
    filtered = FilterDenoiser(method).fit(images).transform(images)
    assert filtered.dtype == np.uint8
    rows = images.reshape(2, -1)
    np.testing.assert_array_equal(
        FilterDenoiser(method).fit(rows).transform(rows), filtered.reshape(2, -1)
    )
    scaled = images / 255
    as_floats = FilterDenoiser(method).fit(scaled).transform(scaled)
    np.testing.assert_allclose(np.clip(as_floats, 0, 1) * 255, filtered, atol=0.51)


@pytest.mark.parametrize("method", FILTERS)
def test_an_image_is_filtered_the_same_whatever_stands_beside_it(method):
    denoiser = FilterDenoiser(method).fit(PHOTOGRAPHS)
    together = denoiser.transform(PHOTOGRAPHS)
    np.testing.assert_array_equal(denoiser.transform(PHOTOGRAPHS[1:]), together[1:])
    in_processes = clone(denoiser).set_params(n_jobs=2).fit(PHOTOGRAPHS)
    np.testing.assert_array_equal(in_processes.transform(PHOTOGRAPHS), together)


def test_images_of_several_sizes_are_filtered_in_processes():
    several = [PHOTOGRAPHS[0], PHOTOGRAPHS[1, :20]]
    denoiser = FilterDenoiser("tv_chambolle").fit(several)
    alone = denoiser.transform(several)
    for one, same in zip(denoiser.set_params(n_jobs=2).transform(several), alone, strict=True):
        np.testing.assert_array_equal(one, same)


def test_parameters_are_those_of_scikit_image_in_multiples_of_sigma():
    image = PHOTOGRAPHS[:1]
    expected = {
        "nl_means": denoise_nl_means(
            image[0], 3, 4, h=0.5 * 0.1, sigma=0.1, fast_mode=True, channel_axis=-1
        ),
        "tv_chambolle": denoise_tv_chambolle(image[0], weight=0.05, channel_axis=-1),
        "wavelet": denoise_wavelet(image[0], sigma=0.1, wavelet="sym4", channel_axis=-1),
    }
    params = {
        "nl_means": {"h": 0.5, "patch_size": 3, "patch_distance": 4},
        "tv_chambolle": {"weight": 0.5},
        "wavelet": {"wavelet": "sym4"},
    }
    for method, given in params.items():
        denoised = FilterDenoiser(method, sigma=0.1, **given).fit(image).transform(image)
        np.testing.assert_allclose(denoised[0], expected[method], atol=1e-6)


def test_the_bilateral_filter_of_indifferent_colours_is_a_gaussian():
    point = np.zeros((1, 21, 21))
    point[0, 10, 10] = 1
    indifferent = FilterDenoiser("bilateral", sigma=1, sigma_color=1000, sigma_spatial=1)
    expected = ndimage.gaussian_filter(point, (0, 1, 1), truncate=3)
    np.testing.assert_allclose(indifferent.fit(point).transform(point), expected, atol=2e-3)


def test_the_bilateral_filter_keeps_edges():
    edge = np.zeros((1, 20, 20))
    edge[:, :, 10:] = 1
    noisy = add_noise(edge, noise_factor=0.05, random_state=0)
    denoised = FilterDenoiser("bilateral", sigma=0.05).fit(edge).transform(noisy)
    assert np.abs(denoised - edge).max() < 0.1


@pytest.mark.parametrize("method", ["wiener", "bilateral", "gaussian", "median"])
def test_edges_of_the_image_are_not_darkened(method):
    white = add_noise(np.ones((1, 40, 40)), noise_factor=0.05, random_state=0)
    denoised = FilterDenoiser(method, value_range=(0, 1)).fit(white).transform(white)
    assert denoised[:, 0].mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("method", TAKES_SIGMA)
def test_sigma_is_estimated_in_each_image(method):
    image = np.concatenate([PHOTOGRAPHS[:1]] * 2)
    image[0] = add_noise(image[:1], noise_factor=0.02, random_state=0)[0]
    image[1] = add_noise(image[1:], noise_factor=0.2, random_state=0)[0]
    estimated = FilterDenoiser(method).fit(PHOTOGRAPHS).transform(image)
    weak = FilterDenoiser(method, sigma=0.02).fit(PHOTOGRAPHS).transform(image)
    strong = FilterDenoiser(method, sigma=0.2).fit(PHOTOGRAPHS).transform(image)
    assert np.abs(estimated[0] - weak[0]).mean() < np.abs(estimated[0] - strong[0]).mean()
    assert np.abs(estimated[1] - strong[1]).mean() < np.abs(estimated[1] - weak[1]).mean()


@pytest.mark.parametrize("method", FILTERS)
@pytest.mark.parametrize("shape", [(1, 256), (256, 1), (1, 256, 3)])
def test_signals_are_filtered_without_the_strength_of_their_noise(method, shape):
    phases = np.random.default_rng(0).random((20, 1, 3))
    waves = 0.5 + 0.4 * np.sin(np.linspace(0, 18, 256)[:, np.newaxis] + 6 * phases)
    clean = waves[..., : shape[2] if len(shape) == 3 else 1].reshape(20, *shape)
    noisy = add_noise(clean, noise_factor=0.2, value_range=(0, 1), random_state=0)
    denoiser = FilterDenoiser(method, value_range=(0, 1)).fit(clean)
    assert np.mean((denoiser.transform(noisy) - clean) ** 2) < 0.7 * 0.2**2


@pytest.mark.parametrize("side", [2, 3, 4, 5, 7, 8, 9, 13, 15, 16, 17, 31])
@pytest.mark.parametrize("other", [1, 3, 8, 64])
def test_the_noise_of_small_images_is_estimated_right_on_average(side, other):
    rng = np.random.default_rng(0)
    small = 0.5 + 0.1 * rng.standard_normal((600, side, other, 1)).astype(np.float32)
    found = np.mean([_estimate_sigma(image) for image in small])
    # The median of very few details is larger on average.
    assert 0.95 < found / 0.1 < (1.2 if side * other > 8 else 1.6)


def test_the_noise_of_large_images_is_that_of_scikit_image():
    noisy = add_noise(PHOTOGRAPHS, noise_factor=0.1, random_state=0)
    large = np.tile(noisy, (1, 4, 4, 1))
    for image in large:
        expected = estimate_sigma(image, average_sigmas=True, channel_axis=-1)
        assert _estimate_sigma(image) == pytest.approx(expected, rel=0.02)


def test_fit_transform_hands_on_denoised_noisy_images():
    denoiser = FilterDenoiser("median", PoissonNoise(30), random_state=0)
    handed_on = denoiser.fit_transform(PHOTOGRAPHS)
    assert not np.array_equal(handed_on, denoiser.transform(PHOTOGRAPHS))
    without = denoiser.set_params(train_output="denoised").fit_transform(PHOTOGRAPHS)
    np.testing.assert_array_equal(without, denoiser.transform(PHOTOGRAPHS))
    clean = denoiser.set_params(train_output="clean").fit_transform(PHOTOGRAPHS)
    np.testing.assert_array_equal(clean, PHOTOGRAPHS)


def test_with_real_pairs_no_noise_is_drawn():
    noisy = add_noise(PHOTOGRAPHS, noise_factor=0.1, random_state=0)
    denoiser = FilterDenoiser("gaussian")
    handed_on = denoiser.fit_transform(noisy, clean=PHOTOGRAPHS)
    np.testing.assert_array_equal(handed_on, denoiser.transform(noisy))
    assert denoiser.score(noisy, clean=PHOTOGRAPHS) > 20
    with pytest.raises(ValueError, match="clean="):
        denoiser.score(noisy)


def test_integers_keep_their_range_beside_an_average_of_exposures():
    noisy = np.full((3, 20, 20), 100, np.uint8)
    noisy[:, 5:] = 150
    denoiser = FilterDenoiser("median").fit(noisy, clean=noisy.astype(float))
    assert denoiser.value_range_ == (0, 255)
    bright = np.full((1, 20, 20), 200, np.uint8)
    np.testing.assert_array_equal(denoiser.transform(bright), bright)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"method": ["median"]}, "is not one of nl_means"),
        ({"method": "bm3d"}, "method='bm3d' is not one of nl_means"),
        ({"method": "median", "h": 0.5}, "does not have the parameter h; it has size"),
        ({"method": "median", "size": 4}, "size=4 must be an odd number"),
        ({"method": "nl_means", "patch_distance": 0}, "patch_distance=0"),
        ({"method": "nl_means", "h": -1}, "h=-1 must be a number > 0"),
        ({"method": "wavelet", "wavelet": "bior1.3"}, "not an orthogonal wavelet"),
        ({"sigma": "guess"}, "neither 'estimate' nor a number"),
        ({"sigma": -0.1}, "sigma=-0.1 is neither"),
        ({"train_output": "noisy"}, "train_output='noisy' is not one of"),
        ({"noise": "fogg"}, "not a known noise model"),
    ],
)
def test_wrong_parameters_are_named_and_leave_the_filter_unfitted(params, message):
    denoiser = FilterDenoiser(**params)
    with pytest.raises(ValueError, match=message):
        denoiser.fit(PHOTOGRAPHS)
    assert not hasattr(denoiser, "image_shape_")


# Clean images given by position

NOISY = PHOTOGRAPHS[..., 0] + 0.1 * np.random.default_rng(0).standard_normal((2, 80, 80))


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (NOISY, PHOTOGRAPHS[..., 0]),
        (NOISY[..., np.newaxis], PHOTOGRAPHS[..., 0]),
        (PHOTOGRAPHS + 0.1, PHOTOGRAPHS),
        (NOISY.reshape(2, -1), PHOTOGRAPHS[..., 0]),
        ([NOISY[0], NOISY[1, :20]], [PHOTOGRAPHS[0, ..., 0], PHOTOGRAPHS[1, :20, :, 0]]),
        (list(NOISY), list(PHOTOGRAPHS[..., 0])),
    ],
)
@pytest.mark.parametrize(
    "take",
    [
        lambda X, y: FilterDenoiser("gaussian").fit(X, y),
        lambda X, y: FilterDenoiser("gaussian").fit_transform(X, y),
        lambda X, y: FilterDenoiser("gaussian").fit(X).score(X, y),
        lambda X, y: quick_denoiser().fit(X, y),
        lambda X, y: quick_denoiser().partial_fit(X, y),
    ],
    ids=["fit", "fit_transform", "score", "UNetDenoiser.fit", "UNetDenoiser.partial_fit"],
)
def test_clean_images_as_labels_are_refused(take, X, y):
    with pytest.raises(ValueError, match=r"given by name: fit\(X, clean=...\)"):
        take(X, y)


def test_clean_images_as_labels_are_refused_by_the_subspace():
    with pytest.raises(ValueError, match="given by name"):
        SubspaceDenoiser(1).fit(NOISY, PHOTOGRAPHS[..., 0])


@pytest.mark.parametrize("y", [PHOTOGRAPHS[..., 0].reshape(2, -1), NOISY[..., :80] > 0.5])
def test_labels_of_the_shape_of_the_images_are_warned_of(y):
    X = NOISY.reshape(2, -1) if y.ndim == 2 else NOISY
    with pytest.warns(UserWarning, match=r"fit\(X, clean=...\)"):
        FilterDenoiser("gaussian").fit(X, y)


@pytest.mark.parametrize(
    "y", [[0, 1], ["a", "b"], np.eye(2), np.random.default_rng(0).random((2, 100)), None]
)
def test_labels_of_other_shapes_are_ignored(y):
    FilterDenoiser("gaussian").fit(NOISY, y).score(NOISY, y)
    one_hot = np.eye(64)
    FilterDenoiser("gaussian", image_shape=(8, 8)).fit(
        np.random.default_rng(0).random((64, 64)), one_hot
    )
    FilterDenoiser("gaussian").fit(NOISY, PHOTOGRAPHS[..., 0], clean=PHOTOGRAPHS[..., 0])


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">u2"])
def test_the_byte_order_is_kept(dtype):
    noisy = (100 * NOISY).astype(dtype)
    denoised = FilterDenoiser("median").fit(noisy).transform(noisy)
    assert denoised.dtype == noisy.dtype
