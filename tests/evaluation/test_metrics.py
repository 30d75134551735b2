import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from scipy.ndimage import uniform_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_sample_images
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdenoise import (
    FilterDenoiser,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    noisy_scorer,
    psnr,
    psnr_scorer,
    ssim,
    ssim_scorer,
)


@pytest.fixture(scope="module")
def photographs():
    return np.stack(load_sample_images().images)[:, ::4, ::4]


def test_psnr_and_ssim_are_those_of_scikit_image_per_image(photographs):
    noisy = add_noise(photographs, noise_factor=0.1, random_state=0)
    np.testing.assert_allclose(
        psnr(photographs, noisy, data_range=255),
        [peak_signal_noise_ratio(c, n) for c, n in zip(photographs, noisy, strict=True)],
    )
    np.testing.assert_allclose(
        ssim(photographs, noisy, data_range=255),
        [
            structural_similarity(c, n, channel_axis=-1)
            for c, n in zip(photographs, noisy, strict=True)
        ],
    )


def test_flat_rows_are_judged_as_images(digits):
    X = digits[0][:20]
    noisy = add_noise(X, noise_factor=0.1, random_state=0)
    for metric in (psnr, ssim):
        np.testing.assert_allclose(
            metric(X, noisy, data_range=1),
            metric(X.reshape(-1, 8, 8), noisy.reshape(-1, 8, 8), data_range=1),
        )


def test_equal_images_have_infinite_psnr(digits):
    assert np.isinf(psnr(digits[0][:2], digits[0][:2], data_range=1)).all()


def test_ssim_works_down_to_three_pixels_and_says_so_below():
    images = np.random.default_rng(0).random((2, 4, 3))
    np.testing.assert_allclose(ssim(images, images, data_range=1), 1)
    with pytest.raises(ValueError, match="at least 3x3"):
        ssim(images[:, :2], images[:, :2], data_range=1)


def test_scorers_of_pairs_are_routed_through_a_search(digits):
    X = digits[0][:300]
    noisy = add_noise(X, noise_factor=0.4, random_state=0)
    with config_context(enable_metadata_routing=True):
        denoiser = quick_denoiser().set_fit_request(clean=True)
        search = GridSearchCV(
            denoiser,
            {"epochs": [1, 8]},
            scoring={"psnr": psnr_scorer, "ssim": ssim_scorer},
            refit="psnr",
            cv=2,
        ).fit(noisy, clean=X)
    assert search.best_params_ == {"epochs": 8}
    assert psnr_scorer(search.best_estimator_, noisy, clean=X) == pytest.approx(
        search.best_estimator_.score(noisy, clean=X)
    )


def test_scorers_use_the_range_of_the_denoiser_wherever_it_stands(photographs):
    clean = (3 * photographs[:, :40, :48, 0].astype(np.uint16)) + 60
    noisy = add_noise(clean, noise_factor=0.02, value_range=(0, 4095), random_state=0)
    denoiser = FilterDenoiser("gaussian", value_range=(0, 4095)).fit(clean)
    for scorer in (psnr_scorer, ssim_scorer):
        expected = scorer(denoiser, noisy, clean=clean)
        assert scorer(make_pipeline(denoiser), noisy, clean=clean) == expected
    assert psnr_scorer(denoiser, noisy, clean=clean) == denoiser.score(noisy, clean=clean)
    packaged, grey = UNetDenoiser.from_pretrained("photo-gray"), 60.0 + photographs[..., 0] / 2
    noisy = add_noise(grey, noise_factor=0.1, value_range=(0, 255), random_state=0)
    score = psnr_scorer(packaged, noisy, clean=grey)
    assert score == pytest.approx(packaged.score(noisy, clean=grey))


def test_a_scorer_sees_columns_and_index_of_a_table(digits):
    table = pd.DataFrame(digits[0][:20], index=np.arange(100, 120)).rename(columns=str)
    seen = []
    noisy_scorer(lambda _, X, y: seen.append(X) or 0.0)(None, table)
    pd.testing.assert_index_equal(seen[0].index, table.index)
    pd.testing.assert_index_equal(seen[0].columns, table.columns)


def test_noisy_scorer_scores_on_the_same_noise_each_time(digits):
    X, y = digits
    knn = KNeighborsClassifier().fit(X[:1000], y[:1000])
    scorer = noisy_scorer("accuracy", noise_factor=0.5)
    copied = pickle.loads(pickle.dumps(scorer))
    first = scorer(knn, X[1000:], y[1000:])
    assert first == scorer(knn, X[1000:], y[1000:]) == copied(knn, X[1000:], y[1000:])
    other = noisy_scorer("accuracy", noise_factor=0.5, random_state=1)
    assert other(knn, X[1000:], y[1000:]) != first


def test_noisy_scorer_without_noise_is_the_scorer(digits):
    X, y = digits
    knn = KNeighborsClassifier().fit(X[:1000], y[:1000])
    for scoring in ("accuracy", "neg_log_loss", "f1_macro"):
        expected = get_scorer(scoring)(knn, X[1000:], y[1000:])
        assert noisy_scorer(scoring, noise_factor=0)(knn, X[1000:], y[1000:]) == expected


def test_noisy_scorer_takes_psnr_ssim_and_any_callable(trained, digits):
    X = digits[0][1200:]
    noisy_psnr = noisy_scorer("psnr", noise_factor=0.4)(trained, X)
    assert noisy_psnr == pytest.approx(trained.score(X), abs=0.3)
    assert 0 < noisy_scorer("ssim", noise_factor=0.4)(trained, X) < 1
    assert noisy_scorer(lambda estimator, X, y: len(X), noise_factor=0.4)(trained, X, None) == len(
        X
    )


def test_noisy_scorer_takes_a_severity_and_its_scale(digits):
    seen = {}
    for scale in ("cifar", "imagenet"):
        scorer = noisy_scorer(
            lambda _, X, y, scale=scale: seen.update({scale: X}), severity=5, scale=scale
        )
        scorer(None, np.full((50, 8, 8), 0.5))
    assert seen["cifar"].std() == pytest.approx(0.1, rel=0.05)
    assert seen["imagenet"].std() == pytest.approx(0.33, rel=0.05)  # 0.38, clipped


def test_psnr_is_in_units_of_the_given_value_range(trained, digits):
    X = digits[0][1200:]
    wide = noisy_scorer("psnr", noise_factor=0.1, value_range=(0, 4))  # noise of 0.4
    usual = noisy_scorer("psnr", noise_factor=0.4)
    gained = wide(trained, X) - usual(trained, X)
    assert gained == pytest.approx(20 * np.log10(4), abs=0.3)


def test_rows_are_scored_in_the_shape_of_the_denoiser(digits):
    X = digits[0][:100]
    strips = SubspaceDenoiser(20, noise_factor=0.3, image_shape=(4, 16), random_state=0).fit(X)
    noisy = add_noise(X, noise_factor=0.3, random_state=1)
    denoised = strips.transform(noisy).clip(0, 1).reshape(-1, 4, 16)
    expected = ssim(X.reshape(-1, 4, 16), denoised, data_range=1).mean()
    assert ssim_scorer(strips, noisy, clean=X) == pytest.approx(expected)


def test_noisy_scorer_finds_the_right_training_noise_where_the_score_does_not(digits):
    X, _ = digits
    denoiser = quick_denoiser(epochs=15, batch_size=16, learning_rate=5e-3)
    grid = {"noise_factor": [0.05, 0.5]}
    scoring = {
        "naive": lambda denoiser, X, y=None: denoiser.score(X),
        "fair": noisy_scorer("psnr", noise_factor=0.5),
    }
    search = GridSearchCV(denoiser, grid, cv=2, scoring=scoring, refit=False).fit(X[:800])
    best = {name: np.argmax(search.cv_results_[f"mean_test_{name}"]) for name in scoring}
    assert grid["noise_factor"][best["naive"]] == 0.05
    assert grid["noise_factor"][best["fair"]] == 0.5


@pytest.mark.parametrize("metric", [psnr, ssim])
@pytest.mark.parametrize("data_range", [0, -1, float("nan"), float("inf"), "1", None])
def test_the_data_range_is_a_positive_number(metric, data_range):
    images = np.zeros((1, 8, 8))
    with pytest.raises(ValueError, match="must be a positive number"):
        metric(images, images, data_range=data_range)


@pytest.mark.parametrize("scoring", [None, {"a": "accuracy"}, ["accuracy"]])
def test_noisy_scorer_takes_one_scorer(scoring):
    with pytest.raises(TypeError, match="Give one scorer"):
        noisy_scorer(scoring)


@pytest.mark.parametrize("metric", ["psnr", "ssim"])
def test_after_another_step_clean_images_are_compared_in_its_units(photographs, metric):
    clean = photographs[:, :64, :64, 0]
    noisy = add_noise(clean, noise_factor=0.2, random_state=0)
    in_unit = FunctionTransformer(lambda images: images / 255)
    denoiser = FilterDenoiser("gaussian", noise_factor=0.2)
    scorer = {"psnr": psnr_scorer, "ssim": ssim_scorer}[metric]
    alone = scorer(denoiser.fit(clean), noisy, clean=clean)
    pipeline = make_pipeline(in_unit, clone(denoiser)).fit(clean)
    assert scorer(pipeline, noisy, clean=clean) == pytest.approx(alone, rel=1e-3)
    with_noise = noisy_scorer(metric, noise_factor=0.2)
    assert with_noise(pipeline, clean) == pytest.approx(with_noise(denoiser, clean), rel=1e-3)
    back = make_pipeline(*pipeline, FunctionTransformer(lambda images: images * 255)).fit(clean)
    assert scorer(back, noisy, clean=clean) == pytest.approx(alone, rel=1e-3)
    images = [clean[0], clean[1, :40]]
    pairs = [noisy[0], noisy[1, :40]]
    of_lists = make_pipeline(FunctionTransformer(_each_in_unit), clone(denoiser)).fit(images)
    assert scorer(of_lists, pairs, clean=images) == pytest.approx(
        scorer(denoiser, pairs, clean=images), rel=1e-3
    )


def _each_in_unit(images):
    return [np.asarray(image) / 255 for image in images]


def test_clean_images_are_not_blurred_with_the_noisy_ones(photographs):
    clean = photographs[:, :64, :64, 0]
    noisy = add_noise(clean, noise_factor=0.2, random_state=0)
    blur = FunctionTransformer(lambda images: uniform_filter(images, (0, 5, 5)))
    pipeline = make_pipeline(blur, FilterDenoiser("median", value_range=(0, 255))).fit(clean)
    expected = psnr(clean, pipeline.transform(noisy), data_range=255).mean()
    assert psnr_scorer(pipeline, noisy, clean=clean) == pytest.approx(expected)
