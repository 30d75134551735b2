import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_sample_images
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skdenoise import (
    FilterDenoiser,
    NoiseAugmenter,
    NoiseResampler,
    UniformNoise,
    add_noise,
    noise_names,
)
from skdenoise.noise.from_parameters import resolve_noise

GREY = np.full((200, 16, 16, 1), 0.5, np.float32)


def test_names_of_imagenet_c_are_aliases():
    for alias, name in [("shot_noise", "poisson"), ("impulse_noise", "salt_and_pepper")]:
        np.testing.assert_array_equal(
            add_noise(GREY, alias, 0.1, random_state=0), add_noise(GREY, name, 0.1, random_state=0)
        )
    assert "shot_noise" not in noise_names()


def test_none_is_the_default_strength():
    assert resolve_noise("gaussian").sigma == 0.4


def test_severity_is_that_of_the_benchmark_for_images_of_this_size():
    small, large = np.full((50, 32, 32), 0.5), np.full((5, 100, 100), 0.5)
    assert add_noise(small, severity=3, random_state=0).std() == pytest.approx(0.08, rel=0.05)
    assert add_noise(large, severity=3, random_state=0).std() == pytest.approx(0.18, rel=0.05)
    as_imagenet = add_noise(small, severity=3, scale="imagenet", random_state=0)
    assert as_imagenet.std() == pytest.approx(0.18, rel=0.05)


def test_what_is_asked_for_by_severity_is_clipped():
    noisy = add_noise(np.ones((10, 16, 16)), severity=5, random_state=0)
    assert noisy.max() == 1
    assert add_noise(np.ones((10, 16, 16)), noise_factor=0.1, random_state=0).max() > 1


def test_a_range_of_severities_is_drawn_per_image():
    X = np.full((200, 16, 16), 0.5)
    spread = add_noise(X, severity=(0, 5), random_state=0).std(axis=(1, 2))
    assert len(np.unique(spread.round(2))) >= 5
    assert np.mean(spread == 0) == pytest.approx(1 / 6, abs=0.08)


@pytest.mark.parametrize(
    ("strength", "message"),
    [
        ({"severity": 6}, "severity=6: it must be between 0 and 5"),
        ({"severity": 2.5}, "must be an integer"),
        ({"severity": 2, "noise_factor": 0.1}, "both set the strength"),
        ({"severity": 2, "sigma": 0.1}, "both set the strength"),
        ({"severity": 2, "scale": "mnist"}, "neither 'cifar' nor 'imagenet'"),
        ({"scale": "cifar"}, "Give severity="),
    ],
)
def test_a_strength_is_said_once_and_rightly(strength, message):
    with pytest.raises(ValueError, match=message):
        add_noise(GREY, "gaussian", **strength)


def test_layouts_are_noised_alike():
    images = np.random.default_rng(0).random((5, 6, 6))
    expected = add_noise(images, random_state=0)
    flat = add_noise(images.reshape(5, 36), random_state=0)
    nhwc = add_noise(images[..., np.newaxis], random_state=0)
    np.testing.assert_array_equal(flat.reshape(5, 6, 6), expected)
    np.testing.assert_array_equal(nhwc[..., 0], expected)


def test_uint8_photographs_stay_uint8_and_are_clipped():
    photographs = np.stack(load_sample_images().images)[:, ::8, ::8]
    noisy = add_noise(photographs, noise_factor=0.3, random_state=0)
    assert noisy.dtype == np.uint8
    assert noisy.min() == 0
    assert noisy.max() == 255


def test_noise_is_in_units_of_the_value_range():
    images = np.full((100, 8, 8), 8.0)
    noisy = add_noise(images, noise_factor=0.5, value_range=(0, 16), random_state=0)
    assert (noisy - images).std() == pytest.approx(8, rel=0.05)


def test_large_images_are_noised_a_few_at_a_time():
    seen = []

    def note(images, rng):
        seen.append(images.nbytes)
        return images

    add_noise(np.zeros((6, 2000, 2000), np.float32), note)
    assert max(seen) <= 2**25
    assert sum(seen) == 6 * 2000 * 2000 * 4


def test_many_images_are_noised_as_few_are():
    images = np.full((1500, 4, 4), 0.5)
    np.testing.assert_array_equal(
        add_noise(images, random_state=0)[:100], add_noise(images[:1024], random_state=0)[:100]
    )


def test_any_callable_is_a_noise_model():
    def darken(images, rng):
        return images / 2

    np.testing.assert_allclose(add_noise(GREY, darken), GREY / 2)


def test_augmenter_adds_noise_in_fit_transform_alone(digits):
    X, _ = digits
    augmenter = NoiseAugmenter(noise_factor=0.3, random_state=0)
    noisy = augmenter.fit_transform(X)
    assert (noisy - X).std() == pytest.approx(0.3, rel=0.02)
    np.testing.assert_array_equal(augmenter.transform(X), X)


def test_augmenter_and_add_noise_never_share_a_draw(digits):
    X, _ = digits
    one = NoiseAugmenter(noise_factor=0.3, random_state=0).fit_transform(X) - X
    other = add_noise(X, noise_factor=0.3, random_state=0) - X
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02


def test_augmenter_keeps_column_names_for_tables(digits):
    X, _ = digits
    table = pd.DataFrame(X).rename(columns=lambda i: f"pixel{i}")
    noisy = NoiseAugmenter(random_state=0).set_output(transform="pandas").fit_transform(table)
    assert list(noisy.columns) == list(table.columns)


@pytest.mark.parametrize("keep_original", [True, False])
def test_resampler_multiplies_images_and_labels(digits, keep_original):
    X, y = digits
    resampler = NoiseResampler(3, keep_original, noise_factor=0.2, random_state=0)
    X_more, y_more = resampler.fit_resample(X, y)
    assert len(X_more) == len(y_more) == (3 + keep_original) * len(X)
    np.testing.assert_array_equal(y_more[: len(y)], y)
    copies = X_more[-3 * len(X) :].reshape(3, *X.shape)
    assert not np.array_equal(copies[0], copies[1])
    assert (copies - X).std() == pytest.approx(0.2, rel=0.02)
    if keep_original:
        np.testing.assert_array_equal(X_more[: len(X)], X)


@pytest.mark.parametrize("y_dtype", ["category", "int8", "str", "Int64"])
@pytest.mark.parametrize("n_copies", [1, 3])
@pytest.mark.parametrize("keep_original", [True, False])
def test_resampler_keeps_what_pandas_knows(digits, y_dtype, n_copies, keep_original):
    table = pd.DataFrame(digits[0][:9]).rename(columns=lambda i: f"pixel{i}")
    table = (16 * table).astype({"pixel3": "int16", "pixel4": "Int8", "pixel5": "float32"})
    y = pd.Series(digits[1][:9], index=range(100, 109), name="digit").astype(y_dtype)
    resampler = NoiseResampler(n_copies, keep_original, random_state=0)
    X_more, y_more = resampler.fit_resample(table, y)
    times = n_copies + keep_original
    pd.testing.assert_series_equal(X_more.dtypes, table.dtypes)
    assert X_more["pixel3"].between(0, 16).all()
    expected = y if times == 1 else pd.concat([y] * times, ignore_index=True)
    pd.testing.assert_series_equal(y_more, expected)
    _, both = resampler.fit_resample(table, pd.DataFrame({"a": y, "b": 1}))
    assert list(both.columns) == ["a", "b"]
    assert both["a"].dtype == y.dtype


def test_resampler_keeps_what_polars_knows(digits):
    polars = pytest.importorskip("polars")
    table = polars.DataFrame((16 * digits[0][:9]).astype(np.float32))
    table = table.with_columns(polars.col("column_3").cast(polars.Int16))
    y = polars.Series("digit", digits[1][:9].astype(str))
    X_more, y_more = NoiseResampler(2, random_state=0).fit_resample(table, y)
    assert X_more.schema == table.schema
    assert (y_more.name, y_more.dtype, len(y_more)) == ("digit", y.dtype, 27)


def test_resampler_works_in_the_pipeline_of_imbalanced_learn(digits):
    from imblearn.pipeline import make_pipeline as make_resampling_pipeline

    X, y = digits
    table = pd.DataFrame(X).rename(columns=lambda i: f"pixel{i}")
    tree = DecisionTreeClassifier(random_state=0)
    resampler = NoiseResampler(3, noise_factor=0.3, random_state=0)
    noisy = table + add_noise(X, noise_factor=0.3, random_state=1) - X
    pipeline = make_resampling_pipeline(resampler, tree).fit(table[:1200], y[:1200])
    alone = make_pipeline(clone(tree)).fit(table[:1200], y[:1200])
    assert pipeline.score(noisy[1200:], y[1200:]) > alone.score(noisy[1200:], y[1200:])
    assert not hasattr(resampler, "transform")


@pytest.mark.parametrize(
    "take",
    [
        lambda factor: add_noise(GREY[:2], noise_factor=factor, random_state=0),
        lambda factor: NoiseAugmenter(noise_factor=factor).fit(GREY[:2]),
        lambda factor: NoiseResampler(noise_factor=factor).fit_resample(GREY[:2], [0, 1]),
        lambda factor: FilterDenoiser("gaussian", noise_factor=factor).fit(GREY[:2]),
        lambda factor: add_noise(GREY[:2], "uniform", noise_factor=factor, random_state=0),
        lambda factor: add_noise(GREY[:2], "speckle", noise_factor=factor, random_state=0),
        lambda factor: add_noise(GREY[:2], "poisson", noise_factor=factor, random_state=0),
        lambda factor: add_noise(GREY[:2], "camera", noise_factor=factor, random_state=0),
        lambda factor: add_noise(
            GREY[:2], "correlated_gaussian", noise_factor=factor, random_state=0
        ),
    ],
)
@pytest.mark.parametrize("factor", [25, (0, 25)])
def test_a_strength_in_grey_levels_is_warned_of(take, factor):
    with pytest.warns(UserWarning, match=r"noise_factor=.*25 of 255 is 0.098"):
        take(factor)
    take(0.1)  # a warning would be an error


def test_a_parameter_in_grey_levels_is_warned_of_by_its_name():
    with pytest.warns(UserWarning, match=r"sigma=25 is in units of the value range"):
        add_noise(GREY[:2], sigma=25, random_state=0)
    with pytest.warns(UserWarning, match=r"half_width=25 is in units of the value range"):
        FilterDenoiser("gaussian", UniformNoise(25)).fit(GREY[:2])


@pytest.mark.parametrize(
    ("noise", "factor"),
    [("motion_blur", 5), ("defocus_blur", 3), ("gaussian_blur", 2), ("gaussian", 1)],
)
def test_strengths_in_other_units_and_up_to_1_are_not_warned_of(noise, factor):
    add_noise(GREY[:2], noise, noise_factor=factor, random_state=0)


@pytest.mark.parametrize("dtype", ["uint32", "int64", "float64"])
def test_values_that_noise_leaves_alone_are_as_they_were(dtype):
    images = np.random.default_rng(0).random((2, 20, 20))
    if dtype != "float64":
        images = (images * (2**31 - 1)).astype(dtype)
    np.testing.assert_array_equal(add_noise(images, noise_factor=0), images)
    dotted = add_noise(images, "salt_and_pepper", 0.1, random_state=0)
    assert (dotted != images).mean() == pytest.approx(0.1, abs=0.05)
    outside = 2 * images if dtype == "float64" else images
    limited = add_noise(outside, noise_factor=0, clip=True, value_range=(0, images.max()))
    assert limited.max() == images.max()
