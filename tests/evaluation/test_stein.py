"""The PSNR of denoised images, estimated without clean ones."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skdenoise import (
    CameraNoise,
    CorrelatedGaussianNoise,
    FilterDenoiser,
    GaussianNoise,
    PoissonNoise,
    RandomChoice,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    estimate_psnr,
    estimated_psnr_scorer,
)

SIGMA = 0.2


@pytest.fixture(scope="module")
def clean(photograph):
    grey = photograph.astype(np.float32)[..., 1] / 255
    return np.stack([grey[i : i + 64, j : j + 64] for i in (0, 150, 300) for j in (0, 200, 400)])


@pytest.fixture(scope="module")
def photograph():
    from sklearn.datasets import load_sample_image

    return load_sample_image("china.jpg")


def noised(clean, noise="gaussian", factor=None):
    return add_noise(clean, noise, factor, random_state=0, value_range=(0, 1))


def true_psnr(denoiser, noisy, clean):
    return -10 * np.log10(np.mean((denoiser.transform(noisy) - clean) ** 2, dtype=float))


def filter_denoiser(method="gaussian", **params):
    return FilterDenoiser(method, value_range=(0, 1), **params).fit(np.zeros((1, 64, 64)))


@pytest.mark.parametrize(
    "denoiser",
    [
        filter_denoiser(sigma_spatial=1),
        filter_denoiser(sigma_spatial=0.3),
        filter_denoiser("tv_chambolle", sigma=SIGMA),
        filter_denoiser("wavelet", sigma=SIGMA),
        filter_denoiser(strength=0),
        UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1)),
    ],
    ids=["blur", "weak blur", "total variation", "wavelet", "identity", "photo-gray"],
)
@pytest.mark.parametrize(
    ("noise", "factor"),
    [("gaussian", SIGMA), (PoissonNoise(photons=30), None), (CameraNoise(0.02, 0.005, 1), None)],
    ids=["Gaussian", "Poisson", "camera"],
)
def test_the_estimate_is_close_to_the_truth(denoiser, noise, factor, clean):
    noisy = noised(clean, noise, factor)
    estimate = estimate_psnr(denoiser, noisy, noise=factor or noise, n_probes=4)
    assert estimate.psnr == pytest.approx(true_psnr(denoiser, noisy, clean), abs=0.5)
    assert estimate.low <= estimate.psnr <= estimate.high
    assert estimate.errors.shape == (len(clean),)


def test_the_strength_of_the_noise_can_be_estimated(clean):
    denoiser, noisy = filter_denoiser(sigma_spatial=1), noised(clean, "gaussian", SIGMA)
    estimate = estimate_psnr(denoiser, noisy)
    assert estimate.psnr == pytest.approx(true_psnr(denoiser, noisy, clean), abs=0.7)


def test_layouts_and_value_ranges_do_not_matter(clean):
    noisy = noised(clean, "gaussian", SIGMA)
    expected = estimate_psnr(filter_denoiser(), noisy, noise=SIGMA)
    rows = FilterDenoiser("gaussian", value_range=(0, 1)).fit(clean.reshape(len(clean), -1))
    flat = estimate_psnr(rows, noisy.reshape(len(noisy), -1), noise=SIGMA)
    wide = FilterDenoiser("gaussian", value_range=(0, 255)).fit(255 * clean)
    scaled = estimate_psnr(wide, 255 * noisy, noise=GaussianNoise(SIGMA))
    for found in (flat, scaled):
        assert found.psnr == pytest.approx(expected.psnr, abs=1e-3)


@pytest.mark.parametrize(("white", "dtype"), [(1, "f4"), (255, "f4"), (4095, "u2")])
def test_a_denoiser_without_a_range_is_judged_in_the_one_that_it_uses(clean, white, dtype):
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    images = (200 + 0.8 * clean * white) if dtype == "u2" else clean * white
    images = images.astype(dtype)
    noisy = add_noise(images, noise_factor=0.05, random_state=0, value_range=(0, white))
    error = (denoiser.transform(noisy).astype(float) - images) / white
    found = [estimate_psnr(denoiser, noisy, noise=0.05, value_range=r) for r in (None, (0, white))]
    assert found[0].psnr == pytest.approx(-10 * np.log10(np.mean(error**2)), abs=0.5)
    assert found[0].psnr == found[1].psnr


def test_read_noise_in_the_dark_is_not_counted_twice(clean):
    dark, noise = 0.1 * clean, CameraNoise(0.01, 0.001, 1)
    noisy = noised(np.repeat(dark, 4, axis=0), noise)
    denoiser = filter_denoiser(sigma_spatial=2)
    estimate = estimate_psnr(denoiser, noisy, noise=noise)
    truth = true_psnr(denoiser, noisy, np.repeat(dark, 4, axis=0))
    assert estimate.low < truth < estimate.high
    assert estimate.psnr == pytest.approx(truth, abs=0.4)


def test_noise_that_cannot_be_so_strong_is_pointed_out(clean):
    noisy = noised(clean, "gaussian", SIGMA)
    with pytest.warns(UserWarning, match=r"not positive.* it is 0 to 1 here"):
        estimate = estimate_psnr(filter_denoiser(sigma_spatial=2), noisy, noise=2 * SIGMA)
    assert estimate.psnr == np.inf


def test_a_denoiser_is_found_in_a_pipeline(clean):
    noisy = noised(clean, "gaussian", SIGMA)
    flat = noisy.reshape(len(noisy), -1)
    denoiser = FilterDenoiser("gaussian", value_range=(0, 1)).fit(flat)
    classifier = KNeighborsClassifier(1).fit(flat, np.arange(len(flat)) % 2)
    pipeline = make_pipeline(FrozenEstimator(denoiser), FrozenEstimator(classifier))
    found, expected = (estimate_psnr(one, flat, noise=SIGMA) for one in (pipeline, denoiser))
    assert found.psnr == expected.psnr


def test_it_is_reproducible_and_more_probes_are_more_certain(clean):
    noisy, denoiser = noised(clean, "gaussian", SIGMA), filter_denoiser()
    first, again = (estimate_psnr(denoiser, noisy, noise=SIGMA, random_state=1) for _ in range(2))
    np.testing.assert_array_equal(first.errors, again.errors)

    def spread(n_probes):
        psnrs = [
            estimate_psnr(denoiser, noisy, noise=SIGMA, n_probes=n_probes, random_state=seed).psnr
            for seed in range(8)
        ]
        return np.std(psnrs)

    assert spread(16) < spread(1)


def test_a_scorer_chooses_the_denoiser_that_is_best_in_truth(clean):
    noisy = noised(clean, "gaussian", SIGMA)
    grid = {"sigma_spatial": [0.3, 0.7, 1, 1.5, 3]}
    scorer = pickle.loads(pickle.dumps(estimated_psnr_scorer(noise=SIGMA)))
    search = GridSearchCV(filter_denoiser(), grid, scoring=scorer, cv=3).fit(noisy)
    truth = [
        true_psnr(clone(filter_denoiser()).set_params(sigma_spatial=width).fit(noisy), noisy, clean)
        for width in grid["sigma_spatial"]
    ]
    assert search.best_params_["sigma_spatial"] == grid["sigma_spatial"][int(np.argmax(truth))]


def test_a_single_image_has_no_interval(clean):
    estimate = estimate_psnr(filter_denoiser(), noised(clean[:1], "gaussian", 0.2), noise=0.2)
    assert np.isfinite(estimate.psnr)
    assert np.isnan([estimate.low, estimate.high]).all()


def test_clipped_noise_is_pointed_out(clean):
    noisy = np.clip(noised(clean, "gaussian", 0.4), 0, 1)
    with pytest.warns(UserWarning, match="clipped"):
        estimate_psnr(filter_denoiser(), noisy, noise=0.4)


def test_correlated_noise_is_pointed_out(clean):
    noisy = noised(clean, CorrelatedGaussianNoise(0.1, correlation=0.7))
    with pytest.warns(UserWarning, match="correlated"):
        estimate_psnr(filter_denoiser(), noisy)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"noise": 0}, "above 0"),
        ({"noise": float("nan")}, "above 0"),
        ({"noise": GaussianNoise(sigma=(0, 0.3))}, "one known strength"),
        ({"noise": RandomChoice([GaussianNoise(0.1)])}, "one known strength"),
        ({"noise": "estimated"}, "one known strength"),
        ({"noise": 0.1, "n_probes": 0}, "n_probes"),
        ({"noise": 0.1, "confidence_level": 95}, "confidence_level"),
    ],
)
def test_wrong_parameters(params, words, clean):
    with pytest.raises(ValueError, match=words):
        estimate_psnr(filter_denoiser(), clean, **params)


def test_images_without_noise_are_refused():
    with pytest.raises(ValueError, match="cannot be estimated, or is 0"):
        estimate_psnr(filter_denoiser(), np.full((3, 64, 64), 0.5))


def test_what_is_no_denoiser_is_refused(clean):
    with pytest.raises(ValueError, match="no denoiser"):
        estimate_psnr(KNeighborsClassifier(), clean, noise=0.1)
    with pytest.raises(NotFittedError):
        estimate_psnr(SubspaceDenoiser(), clean, noise=0.1)


@pytest.mark.parametrize("noise", ["estimate", PoissonNoise(photons=50)])
def test_an_image_without_noise_does_not_make_the_estimate_nan(noise, clean):
    images = noised(clean, "poisson", 1 / np.sqrt(50)) if noise != "estimate" else noised(clean)
    images[0] = 0
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Many values are clipped|.*clipped")
        estimate = estimate_psnr(filter_denoiser(), images, noise=noise)
    assert np.isfinite([estimate.psnr, *estimate.errors]).all()
