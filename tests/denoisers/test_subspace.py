import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import GaussianNoise, SubspaceDenoiser, add_noise, psnr


def test_without_gains_it_is_the_round_trip_through_pca(digits):
    X, _ = digits
    pca = PCA(20, svd_solver="full").fit(X[:1000])
    expected = pca.inverse_transform(pca.transform(X[1000:]))
    trip = SubspaceDenoiser(20, wiener=False).fit(X[:1000])
    np.testing.assert_allclose(trip.transform(X[1000:]), expected, atol=1e-5)


def test_gains_are_those_of_the_wiener_filter_for_white_noise(digits):
    X, _ = digits
    denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(X)
    power = np.var(X @ denoiser.components_.T, axis=0)
    np.testing.assert_allclose(denoiser.gain_, power / (power + 0.3**2), atol=0.05)


def test_the_wiener_filter_beats_every_plain_round_trip(digits):
    X, _ = digits
    params = {"noise_factor": 0.3, "random_state": 0}
    wiener = SubspaceDenoiser(**params).fit(X[:1200]).score(X[1200:])
    for n_components in (5, 10, 20, 40):
        trip = SubspaceDenoiser(n_components, wiener=False, **params).fit(X[:1200])
        assert wiener > trip.score(X[1200:])


def test_on_mnist_it_reaches_what_a_linear_filter_can(mnist):
    X, _, X_test, _ = mnist
    noisy = add_noise(X_test, noise_factor=0.4, random_state=1)
    denoised = np.clip(SubspaceDenoiser(random_state=0).fit(X).transform(noisy), 0, 1)
    assert psnr(X_test, denoised, data_range=1).mean() > 18


def test_clipping_moves_the_mean_and_is_made_up_for():
    dark = np.zeros((500, 6, 6), np.uint8)
    dark[::2, 2:4, 2:4] = 200
    denoiser = SubspaceDenoiser(noise=GaussianNoise(0.3), random_state=0).fit(dark)
    assert denoiser.noisy_mean_.mean() > denoiser.mean_.mean() + 0.03
    noisy = add_noise(dark, noise_factor=0.3, random_state=1)
    assert denoiser.transform(noisy).mean() == pytest.approx(dark.mean(), rel=0.1)


def test_a_share_of_the_variance_chooses_the_number_of_components(digits):
    X, _ = digits
    few, many = (SubspaceDenoiser(share).fit(X).components_.shape[0] for share in (0.5, 0.9))
    assert 1 < few < many < 64


def test_it_learns_from_real_pairs(digits):
    X, _ = digits
    noisy = add_noise(X, noise_factor=0.3, random_state=0)
    denoiser = SubspaceDenoiser().fit(noisy[:1000], clean=X[:1000])
    drawn = SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(X[:1000])
    np.testing.assert_allclose(denoiser.gain_, drawn.gain_, atol=0.1)
    assert denoiser.score(noisy[1000:], clean=X[1000:]) > 14


def test_colour_images_of_any_dtype_come_back_as_they_came():
    X = np.random.default_rng(0).integers(0, 4096, (50, 6, 7, 3), dtype=np.uint16)
    denoised = SubspaceDenoiser(random_state=0).fit(X).transform(X)
    assert denoised.shape == X.shape
    assert denoised.dtype == np.uint16


def test_it_helps_a_classifier(digits):
    X, y = digits
    noisy = add_noise(X[1200:], noise_factor=0.6, random_state=1)
    pipeline = make_pipeline(SubspaceDenoiser(noise_factor=0.6, random_state=0), SVC())
    with_denoiser = pipeline.fit(X[:1200], y[:1200]).score(noisy, y[1200:])
    assert with_denoiser > SVC().fit(X[:1200], y[:1200]).score(noisy, y[1200:])


def test_images_of_another_size_are_refused():
    denoiser = SubspaceDenoiser().fit(np.random.default_rng(0).random((20, 8, 8)))
    with pytest.raises(ValueError, match=r"fitted on \(8, 8, 1\)"):
        denoiser.transform(np.zeros((2, 9, 9)))


def test_more_components_than_there_are_is_an_error(digits):
    X, _ = digits
    with pytest.raises(ValueError, match="there are at most 10"):
        SubspaceDenoiser(60).fit(X[:10])


def test_a_share_of_the_variance_may_be_a_number_of_numpy(digits):
    X = digits[0][:200]
    a, b = (SubspaceDenoiser(share, random_state=0).fit(X) for share in (0.5, np.float32(0.5)))
    np.testing.assert_array_equal(a.components_, b.components_)


@pytest.mark.parametrize("n_components", [0, -1, 1.0, 0.0, "mle", True])
def test_numbers_of_components_that_there_cannot_be_are_refused(digits, n_components):
    with pytest.raises(ValueError, match=f"n_components={n_components!r} must be an integer of at"):
        SubspaceDenoiser(n_components).fit(digits[0][:100])
