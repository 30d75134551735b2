"""Intervals of denoised pixels: what they promise is true, and where it cannot be, that is said."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdenoise import (
    ConformalDenoiser,
    CorrelatedGaussianNoise,
    FilterDenoiser,
    IntervalDisplay,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    denoise_images,
)
from skdenoise.evaluation import calibrated
from skdenoise.evaluation.calibration import threshold, upper_ends
from skdenoise.evaluation.expected_error import LocalContrast

NOISE = 0.3


@pytest.fixture(scope="module")
def conformal(digits):
    """Intervals calibrated on digits, and their noise."""
    denoiser = SubspaceDenoiser(noise_factor=NOISE, random_state=0)
    return ConformalDenoiser(denoiser, random_state=0).fit(digits[0][:1200])


@pytest.fixture(scope="module")
def unseen(digits):
    """Digits that were not fitted on, clean and noisy."""
    clean = digits[0][1200:]
    return clean, add_noise(clean, noise_factor=NOISE, random_state=5)


def shares_inside(interval, clean):
    low, high = interval
    return ((low <= clean) & (clean <= high)).reshape(len(clean), -1).mean(axis=1)


@pytest.mark.parametrize("n", [9, 30])
@pytest.mark.parametrize("n_pixels", [7, 50, 1500])
def test_the_promises_hold_over_repeated_calibrations(n, n_pixels):
    """Images whose errors differ from image to image, as those of real ones do."""
    rng = np.random.default_rng(n)
    average, of_images = [], []
    for _ in range(2000 if n_pixels < 1000 else 300):
        scores = rng.gamma(0.5, size=(n + 1, n_pixels)) * rng.gamma(2, size=(n + 1, 1))
        calibration, new = upper_ends(scores[:-1]), scores[-1]
        average.append((new <= threshold(calibration, 0.9, None)).mean())
        of_images.append((new <= threshold(calibration, 0.8, 0.9)).mean() >= 0.8)
    for found in (average, of_images):
        error = np.std(found) / np.sqrt(len(found))
        assert np.mean(found) > 0.9 - 3 * error
        assert np.mean(found) < 0.9 + 2 / (n + 1) + 3 * error


def test_pixels_are_in_their_intervals_as_often_as_promised(conformal, unseen):
    clean, noisy = unseen
    assert shares_inside(conformal.predict_interval(noisy), clean).mean() == pytest.approx(
        0.9, abs=0.02
    )
    interval = conformal.predict_interval(noisy, coverage=0.8, confidence_level=0.9)
    assert (shares_inside(interval, clean) >= 0.8).mean() == pytest.approx(0.9, abs=0.05)
    assert conformal.n_calibration_ == 120


def test_more_coverage_needs_wider_intervals_around_the_denoised_pixel(conformal, unseen):
    clean, noisy = unseen
    denoised = np.clip(conformal.transform(noisy), 0, 1)
    widths = []
    for coverage in (0.5, 0.9, 0.99):
        low, high = conformal.predict_interval(noisy, coverage=coverage)
        assert ((low >= 0) & (low <= denoised) & (denoised <= high) & (high <= 1)).all()
        widths.append((high - low).mean())
    assert widths == sorted(widths)
    # A good denoiser is surer than a bad one.
    bad = FilterDenoiser("gaussian", noise_factor=NOISE, random_state=0)
    low, high = (
        ConformalDenoiser(bad, random_state=0).fit(clean[:300]).predict_interval(noisy[300:])
    )
    assert (high - low).mean() > 1.2 * widths[1]


@pytest.mark.parametrize("layout", ["rows", "grey", "channel", "colour"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "uint16"])
def test_any_layout_and_dtype(digits, layout, dtype):
    X = digits[0][:200]
    if dtype.startswith("u"):
        X = np.rint(X * {"uint8": 255, "uint16": 1023}[dtype])
    X = X.astype(dtype)
    images = X.reshape(-1, 8, 8)
    X = {
        "rows": X,
        "grey": images,
        "channel": images[..., np.newaxis],
        "colour": np.stack([images, images[:, ::-1], images], axis=-1),
    }[layout]
    denoiser = FilterDenoiser("gaussian", noise_factor=0.2, random_state=0)
    conformal = ConformalDenoiser(denoiser, validation_fraction=0.5, random_state=0).fit(X[:150])
    noisy = add_noise(X[150:], noise_factor=0.2, random_state=1)
    low, high = conformal.predict_interval(noisy)
    assert low.shape == high.shape == noisy.shape
    assert low.dtype == high.dtype == noisy.dtype
    assert shares_inside((low, high), X[150:]).mean() > 0.8


def test_a_fitted_denoiser_is_used_as_it_is_also_in_a_pipeline(digits, unseen):
    denoiser = quick_denoiser(epochs=2).fit(digits[0][:500])
    pipeline = make_pipeline(FunctionTransformer(np.asarray), denoiser, SVC())
    pipeline[0].fit(digits[0][:500])
    for given in (denoiser, pipeline):
        conformal = ConformalDenoiser(FrozenEstimator(given), random_state=0)
        conformal.fit(digits[0][500:700])
        assert conformal.n_calibration_ == 100
        np.testing.assert_array_equal(conformal.transform(unseen[1]), denoiser.transform(unseen[1]))


def test_pairs_teach_the_noise_of_the_pairs(digits):
    clean = digits[0][:600].reshape(-1, 8, 8)
    noisy = add_noise(clean, "speckle", 0.5, random_state=0)
    conformal = ConformalDenoiser(quick_denoiser(), random_state=0).fit(noisy, clean=clean)
    again = add_noise(clean, "speckle", 0.5, random_state=1)
    assert shares_inside(conformal.predict_interval(again), clean).mean() > 0.85


def test_the_same_seed_gives_the_same_intervals_and_pickle_keeps_them(conformal, digits, unseen):
    again = clone(conformal).fit(digits[0][:1200])
    expected = conformal.predict_interval(unseen[1])
    for other in (again, pickle.loads(pickle.dumps(conformal))):
        np.testing.assert_array_equal(other.predict_interval(unseen[1]), expected)


@pytest.mark.parametrize(
    ("noise", "factor", "words"),
    [
        ("gaussian", 0.6, "of 597 .* is stronger"),
        ("gaussian", 0.1, "is weaker"),
        (CorrelatedGaussianNoise(NOISE, 0.8), None, "is more correlated down"),
    ],
)
def test_other_noise_is_warned_of(conformal, unseen, noise, factor, words):
    noisy = add_noise(unseen[0], noise, factor, random_state=0)
    with pytest.warns(UserWarning, match=words):
        low, high = conformal.predict_interval(noisy)
    assert low.shape == high.shape == noisy.shape


@pytest.mark.parametrize("as_images", [False, True])
def test_the_display_shows_where_the_intervals_are_wide(digits, as_images):
    X = digits[0].reshape(-1, 8, 8) if as_images else digits[0]
    denoiser = FilterDenoiser("gaussian", noise_factor=NOISE, random_state=0)
    conformal = ConformalDenoiser(denoiser, random_state=0).fit(X[:400])
    noisy = add_noise(X[400:], noise_factor=NOISE, random_state=1)
    display = IntervalDisplay.from_estimator(conformal, noisy, clean=X[400:], n_images=4)
    assert list(display.images_) == ["noisy", "denoised", "clean", "width"]
    low, high = conformal.predict_interval(noisy[:4])
    widths = np.stack([image.get_array() for image in display.images_["width"]])
    np.testing.assert_allclose(widths.reshape(low.shape), high - low, atol=1e-6)
    captions = [axis.get_xlabel() for axis in display.axes_[2]]
    shares = shares_inside((low, high), X[400:404])
    assert captions == [f"{share:.0%} inside" for share in shares]
    without = IntervalDisplay.from_estimator(conformal, noisy, n_images=3, coverage=0.5)
    assert without.axes_.shape == (3, 3)
    assert without.colorbar_.vmax < display.colorbar_.vmax
    with pytest.raises(ValueError, match="The images differ in shape"):
        IntervalDisplay.from_estimator(conformal, noisy, clean=X[:2], n_images=3)
    with pytest.raises(TypeError, match="FilterDenoiser has no predict_interval"):
        IntervalDisplay.from_estimator(denoiser, noisy)


def test_what_cannot_be_promised_is_refused(digits, conformal, unseen):
    X = digits[0]
    denoiser = SubspaceDenoiser(noise_factor=NOISE, random_state=0)
    with pytest.raises(ValueError, match=r"coverage=0\.9 needs a calibration on at least 9 images"):
        ConformalDenoiser(denoiser).fit(X[:50])
    with pytest.raises(
        ValueError, match=r"confidence_level=0\.999 needs a calibration on at least 999"
    ):
        conformal.predict_interval(unseen[1], coverage=0.9, confidence_level=0.999)
    for wrong in (0, 1, 90, "0.9"):
        with pytest.raises(ValueError, match="must be a number between 0 and 1"):
            ConformalDenoiser(denoiser, coverage=wrong).fit(X)
    with pytest.raises(TypeError, match="is not a denoiser and contains none"):
        ConformalDenoiser(SVC()).fit(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ConformalDenoiser(denoiser).fit(X, X[:5, 0])
    for few, params in ((1, {}), (3, {}), (10, {"validation_fraction": 0.95})):
        with pytest.raises(ValueError, match="are too few: expected at least two"):
            ConformalDenoiser(denoiser, coverage=0.1, **params).fit(X[:few])
    with pytest.raises(ValueError, match="Expected the same images"):
        ConformalDenoiser(denoiser).fit(X, clean=X[:5])
    with pytest.raises(NotFittedError):
        ConformalDenoiser(FrozenEstimator(denoiser)).fit(X)
    with pytest.raises(NotFittedError):
        ConformalDenoiser(denoiser).predict_interval(X)


def test_after_a_fit_that_failed_it_is_not_fitted(digits, unseen):
    noisy = add_noise(digits[0][:200], noise_factor=NOISE, random_state=0)
    unaware = SubspaceDenoiser().fit(noisy, clean=digits[0][:200])
    known = SubspaceDenoiser(noise_factor=NOISE).fit(digits[0][:200])
    conformal = ConformalDenoiser(FrozenEstimator(known), random_state=0).fit(digits[0][:100])
    conformal.set_params(denoiser=FrozenEstimator(unaware))
    with pytest.raises(ValueError, match="does not state the noise"):
        conformal.fit(digits[0][:100])
    for method in (conformal.predict_interval, conformal.transform):
        with pytest.raises(NotFittedError):
            method(unseen[1])


def test_a_noise_factor_alone_is_the_strength_of_the_noise_of_the_denoiser(digits, unseen):
    denoiser = SubspaceDenoiser(noise="salt_and_pepper", noise_factor=0.1, random_state=0)
    conformal = ConformalDenoiser(denoiser, noise_factor=0.3, random_state=0).fit(digits[0][:400])
    dots = add_noise(unseen[0], "salt_and_pepper", 0.3, random_state=1)
    assert shares_inside(conformal.predict_interval(dots), unseen[0]).mean() == pytest.approx(
        0.9, abs=0.03
    )
    with pytest.raises(ValueError, match="Give noise= too"):
        ConformalDenoiser(
            SubspaceDenoiser(noise=CorrelatedGaussianNoise(NOISE)), noise_factor=0.3
        ).fit(digits[0][:400])


def test_lists_go_through_the_steps_before_the_denoiser_and_are_denoised_too(digits):
    images = 255 * digits[0].reshape(-1, 8, 8)
    scaled = FunctionTransformer(lambda images: images / 255)
    denoiser = FilterDenoiser("gaussian", noise_factor=NOISE, value_range=(0, 1))
    pipeline = make_pipeline(scaled, denoiser)
    conformal = ConformalDenoiser(pipeline, random_state=0).fit(images[:200])
    some = add_noise(images[200:203, :, :6], noise_factor=NOISE, value_range=(0, 255))
    some = list(some)
    low, high = conformal.predict_interval(some)
    assert max(end.max() for end in high) <= 1
    for denoised, image in zip(conformal.transform(some), some, strict=True):
        np.testing.assert_allclose(denoised, conformal.transform(image[np.newaxis])[0], atol=1e-6)
    assert low[0].shape == (8, 6)


def test_tables_are_no_reason_for_warnings(digits, unseen):
    columns = [f"pixel {i}" for i in range(64)]
    table = pd.DataFrame(digits[0][:400], columns=columns)
    denoiser = SubspaceDenoiser(noise_factor=NOISE, random_state=0)
    for given in (denoiser, FrozenEstimator(clone(denoiser).fit(table))):
        conformal = ConformalDenoiser(given, random_state=0).fit(table)
        noisy = pd.DataFrame(unseen[1], columns=columns)
        low, _ = conformal.predict_interval(noisy)  # a warning would be an error
        assert conformal.transform(noisy).shape == low.shape


def test_unknown_noise_must_be_given(digits):
    X = digits[0][:200].reshape(-1, 8, 8)
    noisy = add_noise(X, noise_factor=NOISE, random_state=0)
    learned = quick_denoiser(supervision="self", train_output="denoised").fit(noisy)
    with pytest.raises(ValueError, match="Give noise= and noise_factor="):
        ConformalDenoiser(FrozenEstimator(learned)).fit(X)
    told = ConformalDenoiser(FrozenEstimator(learned), noise="gaussian", noise_factor=NOISE)
    assert told.fit(X).n_calibration_ == 100


def test_after_another_step_all_is_in_units_of_that_step(digits):
    X = np.rint(255 * digits[0]).astype("uint8").reshape(-1, 8, 8)
    scaled = make_pipeline(
        FunctionTransformer(lambda X: X.reshape(len(X), -1) / 255),
        SubspaceDenoiser(noise_factor=NOISE, clip=True, random_state=0),
    )
    conformal = ConformalDenoiser(scaled, random_state=0).fit(X[:500])
    noisy = add_noise(X[500:504], noise_factor=NOISE, random_state=0)
    low, high = conformal.predict_interval(noisy)
    assert low.shape == (4, 64)
    display = IntervalDisplay.from_estimator(conformal, noisy, clean=X[500:504])
    clean = X[500:504].reshape(4, -1) / 255
    inside = ((low <= clean) & (clean <= high)).mean(axis=1)
    assert [ax.get_xlabel() for ax in display.axes_[2]] == [f"{each:.0%} inside" for each in inside]
    assert display.images_["noisy"][0].get_array().max() <= 1


def test_a_denoiser_of_noisy_images_is_calibrated_on_clean_ones(digits):
    noisy = add_noise(digits[0][:300], noise_factor=NOISE, random_state=0)
    denoiser = quick_denoiser(supervision="self", train_output="denoised")
    conformal = ConformalDenoiser(denoiser, random_state=0).fit(noisy, clean=digits[0][:300])
    covered = shares_inside(
        conformal.predict_interval(
            add_noise(digits[0][300:500], noise_factor=NOISE, random_state=1)
        ),
        digits[0][300:500],
    )
    assert covered.mean() == pytest.approx(conformal.coverage, abs=0.06)


@pytest.mark.parametrize("white", [1, 255])
def test_a_denoiser_of_any_range_is_calibrated_for_any(photographs, white):
    middle = photographs[:, 80:336, 80:336, 1].reshape(-1, 8, 32, 8, 32)
    parts = middle.swapaxes(2, 3).reshape(-1, 32, 32)
    clean = np.float32(white) * (0.2 + 0.5 * parts / np.float32(255))
    denoiser = FrozenEstimator(UNetDenoiser.from_pretrained("photo-gray"))
    known = {"noise": "gaussian", "noise_factor": 0.1, "random_state": 0}
    conformal = ConformalDenoiser(denoiser, **known).fit(clean)
    assert conformal.value_range_ is None
    in_bytes = np.rint(255 / white * clean).astype("uint8")
    noisy = add_noise(in_bytes, noise_factor=0.1, random_state=0)
    covered = shares_inside(conformal.predict_interval(noisy), in_bytes).mean()
    assert covered == pytest.approx(conformal.coverage, abs=0.05)


# Calibrated in the package


@pytest.fixture(scope="module")
def packaged():
    return ConformalDenoiser.from_pretrained("photo-gray")


@pytest.mark.parametrize("dtype", ["uint8", "float32", "uint16"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("strength", [0.03, 0.15])
def test_photographs_are_covered_without_a_calibration_of_ones_own(
    packaged, photographs, dtype, channels, strength
):
    clean = photographs[:, 100:260, 100:260].astype("float64") / 255
    clean = clean if channels == 3 else clean[..., 1]
    if dtype != "float32":
        clean = np.rint(np.iinfo(dtype).max * clean)
    clean = clean.astype(dtype)
    noisy = add_noise(clean, noise_factor=strength, random_state=0)
    low, high = packaged.predict_interval(noisy)
    assert low.dtype == high.dtype == noisy.dtype
    assert (low <= high).all()
    # One of the two has much more fine detail than most photographs.
    assert 0.7 < shares_inside((low, high), clean).mean() < 0.97
    half_as_sure = packaged.predict_interval(noisy, coverage=0.5)
    assert shares_inside(half_as_sure, clean).mean() == pytest.approx(0.5, abs=0.2)


def test_photographs_of_several_sizes_are_a_list(packaged, photographs):
    noisy = add_noise(photographs[..., 1], noise_factor=0.1, random_state=0)
    parts = [noisy[0, :60, :90], noisy[1, :70, :50, np.newaxis]]
    low, high = packaged.predict_interval(parts)
    assert [end.shape for end in low] == [end.shape for end in high] == [(60, 90), (70, 50, 1)]
    alone, _ = packaged.predict_interval(parts[0][np.newaxis])
    np.testing.assert_array_equal(low[0], alone[0])


def test_images_of_a_list_share_black_and_white(packaged, photographs):
    bright = photographs[0, :64, :80].astype("uint16") * 257
    dark = photographs[1, :50, :80].astype("uint16") // 4
    with pytest.warns(UserWarning, match="The images reach from"):
        denoised = packaged.transform([bright, dark])
    with pytest.warns(UserWarning, match="The images reach from"):
        low, high = packaged.predict_interval([bright, dark])
    for each in zip(low, denoised, high, strict=True):
        assert (each[0] <= each[1]).all()
        assert (each[1] <= each[2]).all()


def test_widths_are_shown_in_units_of_the_range_of_the_denoiser(packaged, photographs):
    noisy = add_noise(60 + 0.4 * photographs[:1, :64, :80], value_range=(0, 255), noise_factor=0.08)
    shown = [
        IntervalDisplay.from_estimator(packaged, images).images_["width"][0].get_array().mean()
        for images in (noisy.astype("float32"), noisy / 255)
    ]
    assert shown[0] == pytest.approx(shown[1], rel=1e-3)


def test_the_value_range_of_images_can_be_told(packaged, photographs):
    clean = photographs[:1, 100:180, 100:180, 1].astype("float32") / 255
    noisy = add_noise(clean, noise_factor=0.1, random_state=0)
    # A power of two, whose product is not rounded.
    low, high = packaged.predict_interval(128 * noisy, value_range=(0, 128))
    expected = packaged.predict_interval(noisy, value_range=(0, 1))
    np.testing.assert_allclose(low / 128, expected[0], atol=1e-6)
    np.testing.assert_allclose(high / 128, expected[1], atol=1e-6)


def test_stronger_noise_has_wider_intervals_and_is_warned_of_beyond_the_calibration(
    photographs,
):
    packaged = ConformalDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    clean = photographs[:1, :128, :128, 1].astype("float32") / 255
    widths = []
    for strength in (0.02, 0.08, 0.18):
        low, high = packaged.predict_interval(
            add_noise(clean, noise_factor=strength, random_state=0)
        )
        widths.append((high - low).mean())
    assert widths == sorted(widths)
    with pytest.warns(UserWarning, match="it is stronger"):
        packaged.predict_interval(add_noise(clean, noise_factor=0.5, random_state=0))


def test_only_photo_gray_has_a_calibration(packaged, photographs):
    with pytest.raises(ValueError, match="photo-real has no calibration with it"):
        ConformalDenoiser.from_pretrained("photo-real")
    with pytest.raises(ValueError, match="is not a denoiser that comes with the package"):
        ConformalDenoiser.from_pretrained("photo-blue")
    with pytest.raises(ValueError, match="photo-gray comes with no more: promise less"):
        ConformalDenoiser.from_pretrained("photo-gray", coverage=0.999)
    with pytest.raises(ValueError, match="with 1 or 3 channels"):
        packaged.predict_interval(photographs[:1, :64, :64, :2])


def test_few_large_images_are_not_copied_hundreds_of_times(digits, monkeypatch):
    monkeypatch.setattr(calibrated, "_MOST_VALUES", 64 * 40)
    seen = []
    monkeypatch.setattr(
        ConformalDenoiser,
        "_calibrate",
        lambda self, first, others, seed, calibrate=ConformalDenoiser._calibrate: (
            seen.append(len(first.noisy)),
            calibrate(self, first, others, seed),
        ),
    )
    gaussian = FilterDenoiser("gaussian", noise_factor=NOISE).fit(digits[0][:2])
    ConformalDenoiser(FrozenEstimator(gaussian), random_state=0).fit(digits[0][:30])
    assert seen == [30]


def test_rounding_does_not_widen_the_intervals_of_flat_images():
    noisy = np.full((1, 40, 40, 1), 0.9, np.float32)
    rounded = noisy + np.float32(1e-7) * np.random.default_rng(0).choice([-1, 1], noisy.shape)
    exact, other = (LocalContrast().predict(noisy, image) for image in (noisy, np.float32(rounded)))
    np.testing.assert_allclose(exact, other, atol=0.006)


def test_pairs_for_a_pipeline_are_refused_with_advice(digits):
    X = digits[0][:100]
    pipeline = make_pipeline(FunctionTransformer(), SubspaceDenoiser(noise_factor=NOISE))
    with pytest.raises(ValueError, match=r"Fit the pipeline first, and give FrozenEstimator"):
        ConformalDenoiser(pipeline).fit(add_noise(X, noise_factor=NOISE), clean=X)


def test_denoised_integers_beyond_the_range_are_in_their_intervals(packaged):
    noisy = np.full((1, 48, 48), 1000, np.uint16)
    noisy[:, 10:30, 10:30] = 6000
    noisy = np.uint16(noisy + np.random.default_rng(0).normal(0, 100, noisy.shape))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the range, and of such an image
        low, high = packaged.predict_interval(noisy, value_range=(0, 4095))
        denoised = denoise_images(packaged.denoiser_, noisy, value_range=(0, 4095))
    assert denoised.max() > 5000
    assert ((low <= denoised) & (denoised <= high)).all()


def test_metadata_routing_passes_pairs_through_a_pipeline(digits):
    X = digits[0][:100]
    noisy = add_noise(X, noise_factor=NOISE, random_state=0)
    with config_context(enable_metadata_routing=True):
        denoiser = SubspaceDenoiser(random_state=0).set_fit_request(clean=True)
        pipeline = make_pipeline(FunctionTransformer(), denoiser)
        fitted = ConformalDenoiser(pipeline, random_state=0).fit(noisy, clean=X)
    assert fitted.n_calibration_ > 5
