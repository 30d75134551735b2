"""scikit-learn's own checks, in full, for every estimator."""

import pytest
from conftest import quick_denoiser
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import (
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from skdenoise import (
    DenoisingClassifier,
    FilterDenoiser,
    ImageFlattener,
    NoiseAugmenter,
    NoiseResampler,
    SubspaceDenoiser,
)
from skdenoise.denoisers.filters import FILTERS

FIT_TRANSFORM_ADDS_NOISE = dict.fromkeys(
    ("check_transformer_general", "check_transformer_data_not_an_array"),
    "fit_transform adds noise, which transform does not: that is its purpose",
)


def expected_failures(estimator):
    adds_noise = getattr(estimator, "train_output", None) == "denoised_noisy"
    return FIT_TRANSFORM_ADDS_NOISE if adds_noise or isinstance(estimator, NoiseAugmenter) else {}


@parametrize_with_checks(
    [
        quick_denoiser(),
        quick_denoiser(train_output="denoised"),
        *(FilterDenoiser(method, train_output="denoised") for method in FILTERS),
        FilterDenoiser(),
        SubspaceDenoiser(train_output="denoised"),
        SubspaceDenoiser(2, wiener=False),
        NoiseAugmenter(),
        NoiseResampler(),
        ImageFlattener(),
        DenoisingClassifier(
            LogisticRegression(), SubspaceDenoiser(random_state=0), n_copies=2, random_state=0
        ),
    ],
    expected_failed_checks=expected_failures,
)
def test_estimator_keeps_to_the_conventions_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check",
    [check_transformer_get_feature_names_out, check_transformer_get_feature_names_out_pandas],
)
@pytest.mark.parametrize(
    "estimator", [ImageFlattener(), SubspaceDenoiser(train_output="denoised")], ids=repr
)
def test_columns_are_named_as_in_scikit_learn(estimator, check):
    check(type(estimator).__name__, estimator)
