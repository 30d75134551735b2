"""Tables of pixels: columns in their order, and dtypes of pandas."""

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdenoise import (
    ConformalDenoiser,
    NoiseNoveltyDetector,
    NoiseResampler,
    SubspaceDenoiser,
    add_noise,
    denoise_images,
    estimate_psnr,
    psnr_scorer,
)

COLUMNS = [f"pixel {i}" for i in range(64)]


def subspace():
    return SubspaceDenoiser(noise_factor=0.3, random_state=0)


@pytest.fixture(scope="module")
def clean(digits):
    return pd.DataFrame(digits[0][:300], columns=COLUMNS)


@pytest.fixture(scope="module")
def noisy(clean):
    noisy = add_noise(clean.to_numpy(), noise_factor=0.3, random_state=0)
    return pd.DataFrame(noisy, columns=COLUMNS)


def conformal(clean):
    return ConformalDenoiser(subspace(), random_state=0).fit(clean)


def novelty(clean):
    return NoiseNoveltyDetector(subspace(), random_state=0).fit(clean)


USES = {
    "transform": lambda clean, noisy, other: subspace().fit(clean).transform(other),
    "denoise_images": lambda clean, noisy, other: denoise_images(subspace().fit(clean), other),
    "score": lambda clean, noisy, other: subspace().fit(clean).score(other, clean=clean),
    "clean in score": lambda clean, noisy, other: subspace().fit(clean).score(noisy, clean=other),
    "clean in fit": lambda clean, noisy, other: subspace().fit(noisy, clean=other),
    "conformal": lambda clean, noisy, other: conformal(clean).transform(other),
    "interval": lambda clean, noisy, other: conformal(clean).predict_interval(other),
    "conformal, clean": lambda clean, noisy, other: conformal(clean).fit(noisy, clean=other),
    "conformal, frozen": lambda clean, noisy, other: ConformalDenoiser(
        FrozenEstimator(subspace().fit(clean))
    ).fit(other),
    "novelty": lambda clean, noisy, other: novelty(clean).predict(other),
    "estimate_psnr": lambda clean, noisy, other: estimate_psnr(
        subspace().fit(clean), other, noise=0.3
    ),
    "scorer": lambda clean, noisy, other: psnr_scorer(subspace().fit(clean), noisy, clean=other),
}


@pytest.mark.parametrize("use", USES)
def test_columns_in_another_order_are_refused(use, clean, noisy):
    for other in (noisy[COLUMNS[::-1]], noisy.rename(columns={"pixel 3": "pixel x"})):
        with pytest.raises(ValueError, match=r"in the same order|should match those"):
            USES[use](clean, noisy, other)


@pytest.mark.parametrize("use", USES)
def test_columns_as_in_fit_and_arrays_raise_no_warning(use, clean, noisy):
    USES[use](clean, noisy, noisy)  # a warning would be an error
    USES[use](clean.to_numpy(), noisy.to_numpy(), noisy.to_numpy())


def test_a_frozen_pipeline_of_a_table_gets_its_names(clean, noisy):
    pipeline = make_pipeline(FunctionTransformer(feature_names_out="one-to-one"), subspace())
    fitted = ConformalDenoiser(FrozenEstimator(pipeline.fit(clean))).fit(clean)
    assert fitted.feature_names_in_.tolist() == COLUMNS
    low, high = fitted.predict_interval(noisy)
    assert (low <= high).all()
    again = fitted.set_params(denoiser=subspace()).fit(clean.to_numpy())
    assert not hasattr(again, "feature_names_in_")


@pytest.mark.parametrize("dtype", ["UInt8", "uint8[pyarrow]", "Int64", "boolean", "Float32"])
def test_nullable_columns_are_what_they_hold(dtype, digits):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    X, y = digits[0][:200], digits[1][:200]
    values = {"b": X > 0.5, "F": X.astype(np.float32)}.get(dtype[0], np.uint8(X * 120))
    table = pd.DataFrame(values, columns=COLUMNS).astype(dtype)
    plain = table.iloc[:, 0].dtype.numpy_dtype
    as_numpy = pd.DataFrame(values.astype(plain), columns=COLUMNS)
    denoisers = [subspace().fit(each) for each in (table, as_numpy)]
    assert denoisers[0].value_range_ == denoisers[1].value_range_
    results = [each.transform(X) for each, X in zip(denoisers, (table, as_numpy), strict=True)]
    np.testing.assert_array_equal(*results)
    assert results[0].dtype == plain
    resampler = NoiseResampler(1, keep_original=False, noise_factor=0.2, random_state=0)
    noisy = [np.asarray(resampler.fit_resample(each, y)[0]) for each in (table, as_numpy)]
    np.testing.assert_array_equal(*noisy)


def test_missing_values_of_nullable_columns_are_refused(clean):
    table = clean.astype("Float32")
    table.iloc[3, 5] = pd.NA
    with pytest.raises(ValueError, match="NaN"):
        subspace().fit(table)
    with pytest.raises(ValueError, match="NaN"):
        subspace().fit(clean).transform(table)


def test_a_table_of_mixed_nullable_columns(digits):
    values = np.uint8(digits[0][:50] * 200)
    table = pd.DataFrame(values, columns=COLUMNS)
    mixed = table.astype({"pixel 0": "UInt8", "pixel 1": "UInt16"})
    knn = make_pipeline(subspace(), KNeighborsClassifier()).fit(mixed, digits[1][:50])
    assert knn[0].value_range_ == (0, 255)
