"""compare_denoising: the same noise for all, choices on validation images, honest words."""

import copy
import itertools
import re
import warnings

import numpy as np
import pytest
from conftest import quick_denoiser
from matplotlib.figure import Figure
from scipy.stats import norm
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC, SVR

from skdenoise import (
    DenoisingComparison,
    FilterDenoiser,
    GaussianNoise,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    compare_denoising,
    psnr,
)
from skdenoise.reports.comparison.conditions import learns_by_epoch, with_params

QUICK = {
    "noise_factors": [0.5],
    "denoisers": [SubspaceDenoiser(), FilterDenoiser("gaussian")],
    "n_copies": (1, 4),
    "n_components": (10, 30),
    "n_repeats": 2,
    "n_resamples": 200,
    "random_state": 0,
}


@pytest.fixture(scope="module")
def data(digits):
    X, y = digits
    return X[:300], y[:300], X[500:800], y[500:800]


@pytest.fixture(scope="module")
def comparison(data):
    return compare_denoising(SVC(), *data, **QUICK)


def of(comparison, condition):
    """Return the only row of a condition."""
    (row,) = comparison.frame[comparison.frame["condition"] == condition].itertuples()
    return row


def test_every_way_to_meet_noise_is_a_row(comparison):
    assert list(comparison.frame["condition"]) == [
        "no denoiser",
        "noise augmentation",
        "PCA of clean images",
        "PCA of noisy images",
        "gaussian filter",
        "gaussian filter, on denoised clean",
        "gaussian filter, classifier not retrained",
        "Wiener subspace",
        "Wiener subspace, on denoised clean",
        "Wiener subspace, classifier not retrained",
    ]
    assert list(dict.fromkeys(comparison.frame["kind"])) == [
        "no denoiser",
        "noise augmentation",
        "PCA",
        "filter",
        "denoiser",
    ]


def test_scores_are_those_of_the_classifier_on_noisy_images(comparison, data):
    X, y, X_test, y_test = data
    noisy = add_noise(X_test, noise_factor=0.5, random_state=1)
    alone = SVC().fit(X[:240], y[:240])
    assert of(comparison, "no denoiser").score == pytest.approx(
        alone.score(noisy, y_test), abs=0.07
    )
    assert of(comparison, "no denoiser").clean_score == pytest.approx(
        alone.score(X_test, y_test), abs=0.03
    )
    expected = psnr(X_test, np.clip(noisy, 0, 1), data_range=1).mean()
    assert of(comparison, "no denoiser").psnr == pytest.approx(expected, abs=0.2)


def test_intervals_hold_the_score_and_differences_are_to_the_best_rival(comparison):
    frame = comparison.frame
    assert (frame["score_low"] <= frame["score"]).all()
    assert (frame["score"] <= frame["score_high"]).all()
    (rival,) = frame[frame["best_rival"]].itertuples()
    assert rival.kind != "denoiser"
    rivals = frame[(frame["kind"] != "denoiser") & ~frame["given_up"]]
    assert rival.validation_score == rivals["validation_score"].max()
    others = frame[~frame["best_rival"]]
    np.testing.assert_allclose(others["difference"], others["score"] - rival.score)
    assert others["p_value"].between(0, 1).all()
    assert np.isnan(rival.p_value)


@pytest.fixture(scope="module")
def of_two_levels(data):
    """A comparison of two learned denoisers, so that there are two verdicts."""
    params = QUICK | {
        "noise_factors": [0.2, 0.5],
        "denoisers": [SubspaceDenoiser(), SubspaceDenoiser(10, wiener=False)],
        "n_repeats": 1,
        "n_copies": [1],
    }
    return compare_denoising(SVC(), *data, **params, validation=0.25)


def test_verdicts_are_about_the_best_denoiser_in_a_pipeline(of_two_levels):
    frame = of_two_levels.frame
    plain = frame[frame["condition"].isin(["Wiener subspace", "PCA subspace"])]
    best = plain.groupby("noise_factor")["validation_score"].idxmax()
    assert sorted(best) == list(frame.index[frame["judged"]])
    # A variant may have a higher validation score, but is not what a pipeline does.
    for row in frame[frame["judged"]].itertuples():
        assert f"{row.condition} ({row.score:.3f})" in " ".join(of_two_levels.verdicts)


def test_interval_and_p_value_of_a_verdict_are_corrected_for_the_number_of_verdicts(of_two_levels):
    frame = of_two_levels.frame
    judged, others = frame[frame["judged"]], frame[~frame["judged"]]
    assert len(judged) == 2
    np.testing.assert_allclose(judged["verdict_p_value"], np.minimum(1, 2 * judged["p_value"]))
    z = norm.isf(0.05 / 2 / 2)
    np.testing.assert_allclose(
        judged["verdict_low"], judged["difference"] - z * judged["difference_error"]
    )
    excludes_0 = (judged["verdict_low"] > 0) | (judged["verdict_high"] < 0)
    np.testing.assert_array_equal(excludes_0, judged["verdict_p_value"] < 0.05)
    assert others[["verdict_low", "verdict_high", "verdict_p_value"]].isna().all(axis=None)


def test_verdicts_are_printed_first_and_say_how_the_rival_was_chosen(of_two_levels):
    text = " ".join(str(of_two_levels).split())
    assert text.startswith(of_two_levels.verdicts[0])
    assert "highest score on 75 noisy validation images" in text
    assert "corrected for the 2 verdicts by Bonferroni's method" in text
    html = of_two_levels._repr_html_()
    assert html.index("At noise factor") < html.index("<th")


def test_copies_and_components_are_chosen_for_each_repeat(comparison):
    for condition in ("noise augmentation", "Wiener subspace", "gaussian filter"):
        choices = of(comparison, condition).choices
        assert len(choices) == 2
        assert all(choice["n_copies"] in (1, 4) for choice in choices)
    for choice in of(comparison, "PCA of clean images").choices:
        assert choice["n_components"] in (10, 30)
        assert choice["n_copies"] in (0, 1, 4)


def test_same_seed_gives_the_same_table(comparison, data):
    again = compare_denoising(SVC(), *data, **QUICK)
    columns = ["score", "score_low", "p_value", "clean_cost_high", "psnr", "validation_score"]
    np.testing.assert_array_equal(again.frame[columns], comparison.frame[columns])


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_results_are_the_same_where_tables_are_asked_for(data, output):
    pytest.importorskip(output)
    params = QUICK | {"n_repeats": 1, "denoisers": SubspaceDenoiser(10, random_state=0)}
    expected = compare_denoising(SVC(), *data, **params).frame
    with config_context(transform_output=output), warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare_denoising(SVC(), *data, **params).frame
    for column in ("score", "psnr"):
        np.testing.assert_array_equal(found[column], expected[column])


def test_parallel_tasks_give_the_same_table(data):
    params = QUICK | {"noise_factors": [0.2, 0.5]}
    one_by_one, parallel = (
        compare_denoising(SVC(), *data, **params, n_jobs=n_jobs).frame for n_jobs in (1, 2)
    )
    for column in ("score", "p_value", "choices"):
        assert list(parallel[column].astype(str)) == list(one_by_one[column].astype(str))


def test_table_is_training_level_by_test_level(data):
    params = QUICK | {"noise_factors": [0.2, 0.5], "n_repeats": 1, "n_copies": [1]}
    frame = compare_denoising(
        SVC(), *data, **params, train_noise_factor=["matched", 0.3, (0, 0.6)]
    ).frame
    pairs = frame[["training", "train_noise_factor", "noise_factor"]].drop_duplicates()
    assert [tuple(pair) for pair in pairs.to_numpy()] == [
        ("matched", 0.2, 0.2),
        ("matched", 0.5, 0.5),
        ("0.3", 0.3, 0.2),
        ("0.3", 0.3, 0.5),
        ("0 to 0.6", (0.0, 0.6), 0.2),
        ("0 to 0.6", (0.0, 0.6), 0.5),
    ]
    # The test noise is the same whatever was trained for: so is what the untrained one scores.
    alone = frame[frame["condition"] == "no denoiser"].set_index(["training", "noise_factor"])[
        "score"
    ]
    assert alone["matched", 0.5] == alone["0 to 0.6", 0.5] == alone["0.3", 0.5]


def test_one_noise_model_as_it_is(data):
    params = QUICK | {"noise_factors": None, "n_repeats": 1}
    comparison = compare_denoising(SVC(), *data, **params, noise=GaussianNoise(sigma=0.5))
    assert set(comparison.frame["noise_factor"]) == {"GaussianNoise(sigma=0.5)"}
    assert "At GaussianNoise(sigma=0.5):" in comparison.verdicts[0]


def test_what_is_given_to_choose_on_is_chosen_on_and_all_else_trained_on(data, digits):
    X, y = digits
    params = QUICK | {"n_repeats": 1}
    validation = X[900:1100], y[900:1100]
    row = of(compare_denoising(SVC(), *data, **params, validation=validation), "no denoiser")
    # All training images are trained on, none is held back.
    noisier = compare_denoising(SVC(), *data, **params, validation=0.9)
    assert row.score > of(noisier, "no denoiser").score + 0.1
    # Labels that are all wrong show on which images is chosen.
    validation = X[900:1100], (y[900:1100] + 1) % 10
    wrong = of(compare_denoising(SVC(), *data, **params, validation=validation), "no denoiser")
    assert wrong.validation_score < 0.2 < 0.3 < row.validation_score
    assert wrong.score == row.score


def test_each_condition_has_its_own_search_over_the_classifier(data):
    grid = {"gamma": [0.001, 0.03, 0.3]}
    frame = compare_denoising(SVC(), *data, **QUICK | {"n_repeats": 1}, param_grid=grid).frame
    chosen = {row.condition: row.choices[0]["gamma"] for row in frame.itertuples()}
    assert len(set(chosen.values())) > 1
    fixed = compare_denoising(SVC(), *data, **QUICK | {"n_repeats": 1}).frame
    assert frame["validation_score"].mean() > fixed["validation_score"].mean()


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "roc_auc_ovr", "neg_log_loss"])
def test_any_scorer_has_intervals(data, scoring):
    params = QUICK | {"n_repeats": 1, "n_resamples": 20, "denoisers": [SubspaceDenoiser()]}
    row = of(
        compare_denoising(KNeighborsClassifier(), *data, **params, scoring=scoring),
        "Wiener subspace",
    )
    assert row.score_low < row.score < row.score_high


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_colour_images_as_arrays(dtype):
    rng = np.random.default_rng(0)
    y = np.tile(["red", "green"], 60)
    X = np.full((120, 10, 12, 3), 90, dtype=dtype)
    X[y == "red", ..., 0] = 140
    X += rng.integers(0, 40, X.shape).astype(dtype)
    if dtype == "float32":
        X /= 255

    class Mean(ClassifierMixin, BaseEstimator):
        """Takes images as arrays, as networks do."""

        def fit(self, X, y):
            self.rows_ = KNeighborsClassifier().fit(X.mean(axis=(1, 2)), y)
            self.classes_ = self.rows_.classes_
            return self

        def predict(self, X):
            return self.rows_.predict(X.mean(axis=(1, 2)))

    params = QUICK | {"denoisers": [quick_denoiser(), FilterDenoiser("median")], "n_repeats": 1}
    comparison = compare_denoising(Mean(), X[:80], y[:80], X[80:], y[80:], **params)
    assert of(comparison, "median filter").score > 0.7
    assert of(comparison, "U-Net").psnr > of(comparison, "no denoiser").psnr
    assert np.isfinite(of(comparison, "median filter").ssim)


def test_noise_to_train_on_to_choose_on_and_to_test_under_are_separate_draws(data, digits):
    X, _, X_test, _ = data
    X_choice, y_choice = digits[0][900:1000], digits[1][900:1000]
    first = {"training": X[0], "choice": X_choice[0], "test": X_test[0]}
    draws = {purpose: set() for purpose in (*first, "batches of the network")}

    class Remembering(GaussianNoise):
        def __call__(self, images, rng):
            noisy = super().__call__(images, rng)
            known = [p for p, image in first.items() if np.allclose(images[0].ravel(), image)]
            (purpose,) = known or ["batches of the network"]
            draws[purpose].add(tuple(np.round((noisy - images)[0].ravel()[:8], 4)))
            return noisy

    params = QUICK | {
        "noise": Remembering(sigma=0.5),
        "noise_factors": None,
        "denoisers": [SubspaceDenoiser(random_state=0), quick_denoiser(random_state=0)],
        "n_repeats": 1,
        "n_copies": [2],
    }
    compare_denoising(SVC(), *data, **params, validation=(X_choice, y_choice))
    assert all(draws.values())
    for one, other in itertools.combinations(draws.values(), 2):
        assert one.isdisjoint(other)


def test_a_denoiser_is_fitted_once_for_all_its_conditions(data, tmp_path):
    log = tmp_path / "fits"

    class Counted(SubspaceDenoiser):
        def fit(self, X, y=None, *, clean=None):
            with open(log, "a") as file:
                file.write("fit\n")
            return super().fit(X, y, clean=clean)

    compare_denoising(SVC(), *data, **QUICK | {"denoisers": {"counted": Counted()}})
    assert log.read_text().count("fit") == 2  # one per repeat


class LoggedFits(SVC):
    """An SVC that writes the number of its training images to a file."""

    def __init__(self, log=None):
        super().__init__()
        self.log = log

    def fit(self, X, y, sample_weight=None):
        with open(self.log, "a") as file:
            file.write(f"{len(X)}\n")
        return super().fit(X, y, sample_weight)


def test_what_cannot_win_is_given_up_and_reported_as_such(data, tmp_path):
    log = tmp_path / "fits"
    comparison = compare_denoising(LoggedFits(log), *data, **QUICK)
    # Of four rivals, two go on; the denoiser has no other to compete with.
    assert log.read_text().split()[:FITS_OF_A_TASK].count(str(4 * 240)) == 3
    frame = comparison.frame.set_index("condition")
    rivals = ["noise augmentation", "PCA of clean images", "PCA of noisy images", "gaussian filter"]
    assert frame.loc[rivals, "given_up"].sum() == frame["given_up"].sum() == 2
    assert not frame.loc[frame["best_rival"], "given_up"].any()
    for name in frame.index[frame["given_up"]]:
        assert {choice["n_copies"] for choice in frame.loc[name, "choices"]} <= {0, 1}
        assert name in comparison.summary().legend


@pytest.mark.parametrize(("times", "most_copies"), [(1, 16), (7, 4), (30, 1)])
def test_many_images_have_fewer_noisy_copies(data, tmp_path, times, most_copies):
    X, y, *test = data
    log = tmp_path / "fits"
    params = QUICK | {"n_copies": "auto", "n_repeats": 1, "denoisers": FilterDenoiser("gaussian")}
    compare_denoising(LoggedFits(log), np.tile(X, (times, 1)), np.tile(y, times), *test, **params)
    assert max(map(int, log.read_text().split())) == most_copies * times * 240


def test_repeats_train_what_the_first_one_has_chosen(comparison, data):
    for first, second in comparison.frame["choices"]:
        assert first == second
    alone = compare_denoising(SVC(), *data, **QUICK | {"n_repeats": 1})
    assert [c[0] for c in alone.frame["choices"]] == [c[0] for c in comparison.frame["choices"]]


def test_what_is_trained_on_clean_images_is_trained_once_for_all_levels(data, tmp_path):
    params = QUICK | {"n_repeats": 1, "n_copies": 2, "denoisers": []}
    n_fits = {}
    for levels in ([0.5], [0.2, 0.5]):
        log = tmp_path / f"fits at {len(levels)}"
        compare_denoising(LoggedFits(log), *data, **params | {"noise_factors": levels})
        n_fits[len(levels)] = log.read_text().split().count("240")
    assert n_fits == {1: 3, 2: 3}  # alone, and after 10 and 30 components


def test_no_clean_validation_images_are_denoised_since_only_scores_on_test_images_are_shown(
    data, digits
):
    validation = digits[0][900:1000], digits[1][900:1000]
    seen = []

    class Watched(SubspaceDenoiser):
        def transform(self, X):
            seen.append(np.array(X))
            return super().transform(X)

    params = QUICK | {"denoisers": {"watched": Watched()}, "n_repeats": 1}
    compare_denoising(SVC(), *data, **params, validation=validation)
    assert any(np.array_equal(images, data[2]) for images in seen)
    assert not any(np.array_equal(images, validation[0]) for images in seen)


def test_test_images_choose_nothing(comparison, data):
    X, y, X_test, y_test = data
    shuffled = np.random.default_rng(0).permutation(y_test)
    other = compare_denoising(SVC(), X, y, X_test, shuffled, **QUICK)
    assert list(other.frame["choices"]) == list(comparison.frame["choices"])
    np.testing.assert_array_equal(
        other.frame["validation_score"], comparison.frame["validation_score"]
    )
    assert other.frame["score"].max() < 0.2


def test_each_class_must_be_among_the_images_to_train_on_and_to_choose_on(data):
    X, y, X_test, y_test = data
    two = np.concatenate([np.flatnonzero(y == label)[:2] for label in range(10)])
    with pytest.raises(ValueError, match=r"Of 20 training images, 4 .*validation=\(X, y\)"):
        compare_denoising(SVC(), X[two], y[two], X_test, y_test, **QUICK)
    with pytest.raises(ValueError, match="The class 99 has a single training image"):
        compare_denoising(SVC(), X, np.append(y[:-1], 99), X_test, y_test, **QUICK)


def test_progress_shows_the_rows_as_they_come_and_changes_nothing(comparison, data, capsys):
    shown = compare_denoising(SVC(), *data, **QUICK, verbose=1)
    first, *_ = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"comparison 1/12: no denoiser: 0\.\d{3} at 0\.5", first)
    np.testing.assert_array_equal(shown.frame["score"], comparison.frame["score"])


def test_a_fitted_denoiser_is_used_as_it_is(data, trained):
    params = QUICK | {"denoisers": {"mine": FrozenEstimator(trained)}, "n_repeats": 1}
    comparison = compare_denoising(SVC(), *data, **params)
    assert of(comparison, "mine").score > of(comparison, "no denoiser").score
    assert trained.noise_factor == 0.4


def test_a_denoiser_in_a_pipeline_learns_the_noise_too(data):
    inside = make_pipeline(FunctionTransformer(), SubspaceDenoiser())
    params = QUICK | {"denoisers": inside, "n_repeats": 1, "return_estimator": True}
    comparison = compare_denoising(SVC(), *data, **params)
    fitted = comparison.estimators["matched", 0.5, "Wiener subspace"]
    assert fitted[0][-1].noise_.sigma == 0.5


def test_a_filter_is_a_filter_wherever_it_stands(data):
    X = data[0]
    frozen = FrozenEstimator(FilterDenoiser("median").fit(X))
    comparison = compare_denoising(SVC(), *data, **QUICK | {"denoisers": frozen, "n_repeats": 1})
    assert of(comparison, "median filter").kind == "filter"
    # So there is no denoiser to judge.
    text = " ".join(str(comparison).split())
    assert "names the condition with the highest score on 60 noisy validation images" in text
    assert "the denoiser in a pipeline" not in text


def test_signals_of_one_row_have_no_ssim(data):
    params = QUICK | {"denoisers": SubspaceDenoiser(), "n_repeats": 1}
    comparison = compare_denoising(SVC(), *data, **params, image_shape=(1, 64))
    assert np.isnan(of(comparison, "Wiener subspace").ssim)
    assert np.isfinite(of(comparison, "Wiener subspace").psnr)


def test_resamples_without_a_class_do_not_stop_a_scorer(data):
    X, y, X_test, y_test = data
    params = QUICK | {"denoisers": SubspaceDenoiser(), "n_repeats": 1, "n_resamples": 40}
    few = np.concatenate([np.flatnonzero(y_test == label)[:4] for label in range(10)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        comparison = compare_denoising(
            KNeighborsClassifier(),
            X,
            y,
            X_test[few],
            y_test[few],
            **params,
            scoring="roc_auc_ovr",
        )
    assert 0 < of(comparison, "no denoiser").score < 1


def test_a_classifier_of_rows_that_is_given_images_says_what_to_do(data):
    X_train, y_train, X_test, y_test = data
    images = X_train.reshape(-1, 8, 8), y_train, X_test.reshape(-1, 8, 8), y_test
    with pytest.raises(ValueError, match=r"SVC takes flat rows.*reshape.*image_shape=\(8, 8\)"):
        compare_denoising(SVC(), *images, **QUICK)


def test_network_is_also_trained_on_fresh_noise(data):
    pytest.importorskip("sklearn", "1.7", reason="SciKeras 0.13 in a pipeline needs it")
    keras = pytest.importorskip("keras")
    scikeras = pytest.importorskip("scikeras.wrappers")

    def network(meta):
        return keras.Sequential(
            [
                keras.Input(meta["X_shape_"][1:]),
                keras.layers.Dense(32, activation="relu"),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )

    classifier = scikeras.KerasClassifier(
        network,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        optimizer__learning_rate=0.01,
        epochs=2,
        batch_size=16,
        verbose=0,
    )
    assert learns_by_epoch(classifier)
    assert not learns_by_epoch(SVC())
    classifier = make_pipeline(StandardScaler(), classifier)
    params = QUICK | {"n_repeats": 1, "n_copies": 1, "n_components": 20}
    params["denoisers"] = [SubspaceDenoiser()]
    comparison = compare_denoising(classifier, *data, **params)
    fresh = of(comparison, "new noise in each epoch")
    assert fresh.kind == "noise augmentation"
    assert fresh.choices[0]["epochs"] >= 2
    assert fresh.score > 0.2


class InterruptedAtFit(SVC):
    """An SVC whose user gives up while it is fitted for the C-th time."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        if type(self).fits == self.C:
            raise KeyboardInterrupt
        return super().fit(X, y, sample_weight)


@pytest.fixture
def interrupted_at(monkeypatch):
    monkeypatch.setattr(InterruptedAtFit, "fits", 0)
    return lambda fit: InterruptedAtFit(C=fit)


# Fits of the first task: 1 alone; 1 on noise, 4 and 2 after components, 1 after a filter, and 2 on more copies
# for the best of these; 2 after a denoiser; 1 on denoised clean images after each of filter and denoiser.
FITS_OF_A_TASK = 1 + (1 + 4 + 2 + 1) + 2 + 2 + 2


def test_interrupt_keeps_the_repeats_that_are_done(data, interrupted_at):
    with pytest.warns(UserWarning, match="Interrupted"):
        partial = compare_denoising(interrupted_at(FITS_OF_A_TASK + 6), *data, **QUICK)
    assert partial.interrupted
    assert len(partial.frame) == 10
    assert set(partial.frame["n_repeats"]) == {1}
    assert "interrupted" in str(partial)


@pytest.mark.parametrize("training", ["matched", [0.2, (0, 0.5)]])
def test_interrupted_table_of_several_trainings_can_be_read_and_plotted(
    data, interrupted_at, training
):
    params = QUICK | {"noise_factors": [0.2, 0.5], "n_repeats": 1, "train_noise_factor": training}
    with pytest.warns(UserWarning, match="Interrupted"):
        partial = compare_denoising(interrupted_at(FITS_OF_A_TASK + 6), *data, **params)
    assert "NaN" not in str(partial)
    assert partial.plot().displays_
    assert len(partial.verdicts) == len(partial.frame.groupby(["training", "noise_factor"]))


class InterruptedScorer:
    """A scorer whose user gives up while the resampled scores are worked out."""

    def __init__(self, after):
        self.calls_left = after

    def __call__(self, classifier, X, y):
        self.calls_left -= 1
        if self.calls_left == 0:
            raise KeyboardInterrupt
        return float(np.mean(classifier.predict(X) == y))


def test_interrupt_of_resampled_scores_keeps_the_table(data):
    params = QUICK | {"n_repeats": 1}
    scorer = InterruptedScorer(after=10_000)
    whole = compare_denoising(KNeighborsClassifier(), *data, **params, scoring=scorer)
    n_calls = 10_000 - scorer.calls_left
    scorer = InterruptedScorer(after=n_calls // 2)
    with pytest.warns(UserWarning, match="fewer resamples"):
        partial = compare_denoising(KNeighborsClassifier(), *data, **params, scoring=scorer)
    np.testing.assert_array_equal(partial.frame["score"], whole.frame["score"])
    assert (partial.frame["score_low"] < partial.frame["score_high"]).all()


def test_too_few_resamples_before_an_interrupt_show_nothing(data):
    params = QUICK | {"n_repeats": 1, "n_copies": 1, "denoisers": SubspaceDenoiser()}
    with pytest.warns(UserWarning, match="fewer resamples"):
        partial = compare_denoising(
            KNeighborsClassifier(), *data, **params, scoring=InterruptedScorer(after=200)
        )
    assert partial.interrupted
    assert "interrupted" in str(partial)
    assert "not known, as there is no interval" in partial.verdicts[0]
    assert partial.frame["p_value"].isna().all()
    assert "nan" not in str(partial)


def test_without_resamples_that_can_be_scored_nobody_wins(data):
    X, y, X_test, y_test = data
    few = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]
    params = QUICK | {"n_repeats": 1, "n_copies": 1, "denoisers": SubspaceDenoiser()}
    with pytest.warns(UserWarning, match="Only 0 of 200 resamples"):
        comparison = compare_denoising(
            KNeighborsClassifier(),
            X,
            y,
            X_test[few],
            y_test[few],
            **params,
            n_labels=(50, 200),
            scoring="roc_auc_ovr",
        )
    assert "no interval is known with 50 and 200 labels" in comparison.verdicts[0]
    assert "wins" not in " ".join(comparison.verdicts)
    assert "nan" not in str(comparison)


class HalfScore(KNeighborsClassifier):
    def score(self, X, y, sample_weight=None):
        """Return half of the accuracy."""
        return super().score(X, y, sample_weight) / 2


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [
        (lambda model, X, y: float(np.mean(X)), TypeError, "looks at the images"),
        (lambda model, X, y: float(X[0].mean()), TypeError, "looks at the images"),
        (lambda model, X, y: X.shape[0], AttributeError, "looks at the images"),
        (lambda model, X, y: model.n_neighbors, AttributeError, "'n_neighbors'"),
        (lambda model, X, y: model[-1].score(X, y), TypeError, "its step -1"),
        (lambda model, X, y: model.score(X, y), TypeError, "calls the score method"),
    ],
)
def test_scorers_that_need_more_than_predictions_are_refused(data, scoring, error, message):
    with pytest.raises(error, match=message):
        compare_denoising(HalfScore(), *data, **QUICK, scoring=scoring)


def test_the_score_method_is_a_scorer_if_it_is_accuracy(data):
    params = QUICK | {"n_repeats": 1, "n_copies": 1, "denoisers": SubspaceDenoiser()}
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    found, expected = (
        compare_denoising(pipeline, *data, **params, scoring=scoring)
        for scoring in (lambda model, X, y: model.score(X, y), "accuracy")
    )
    np.testing.assert_allclose(found.frame["score"], expected.frame["score"])


def test_images_without_a_label_and_labels_as_text_go_together(data):
    X, y, X_test, y_test = data
    words = np.array(["zero", "one", "two", "three", "four"] * 2)
    params = QUICK | {"n_repeats": 1, "n_copies": 1, "n_components": 10}
    comparison = compare_denoising(
        KNeighborsClassifier(),
        X,
        words[y],
        X_test,
        words[y_test],
        **params | {"denoisers": quick_denoiser(label_weight=0.5)},
        n_labels=100,
    )
    assert of(comparison, "U-Net").score > 0.3


def test_axes_must_be_as_many_as_plots(comparison):
    axes = Figure().subplots(1, 2)
    with pytest.raises(ValueError, match="2 axes are given"):
        comparison.plot(axes=axes)
    grid = Figure().subplots(1, 1, squeeze=False)
    assert comparison.plot(axes=grid).axes_[0] is grid[0, 0]


def test_progress_of_resampled_scores_is_shown(data, capsys):
    params = QUICK | {"n_repeats": 1, "n_copies": 1, "denoisers": [SubspaceDenoiser()]}
    compare_denoising(
        KNeighborsClassifier(), *data, **params, scoring="balanced_accuracy", verbose=1
    )
    assert "comparison 100/200: resampled scores" in capsys.readouterr().err


@pytest.mark.parametrize(
    "denoiser",
    [FilterDenoiser("medain"), UNetDenoiser(network="compcat"), SubspaceDenoiser(train_output="x")],
)
def test_misspelt_denoiser_is_found_before_any_fit(data, interrupted_at, denoiser):
    params = QUICK | {"denoisers": [denoiser]}
    with pytest.raises(ValueError, match="one of"):
        compare_denoising(interrupted_at(1), *data, **params)


def test_blurs_are_tested_at_a_few_pixels_unless_told_otherwise(data):
    params = QUICK | {"noise": "gaussian_blur", "noise_factors": None, "n_repeats": 1}
    params["denoisers"] = [SubspaceDenoiser()]
    comparison = compare_denoising(KNeighborsClassifier(), *data, **params)
    assert set(comparison.frame["noise_factor"]) == {1.0, 2.0}


def test_interrupt_before_anything_is_done_is_passed_on(data, interrupted_at):
    with pytest.raises(KeyboardInterrupt):
        compare_denoising(interrupted_at(1), *data, **QUICK)


def test_summary_reads_as_text_and_as_html(comparison):
    text = str(comparison)
    assert "Trained for the noise of each test" in text
    assert "gaussian filter, classifier not retrained" in text
    assert comparison.verdicts[0] in " ".join(text.split())
    assert max(len(line) for line in text.splitlines()) <= 100
    html = comparison._repr_html_()
    assert "<th" in html
    assert "At noise factor 0.5" in html


def verdict_of(**changes):
    """Return the verdict on a table of two rows, alone and behind a denoiser."""
    import pandas as pd

    row = {
        "training": "matched",
        "train_noise_factor": 0.4,
        "noise_factor": 0.4,
        "n_labels": 100,
        "n_repeats": 1,
        "n_validation": 200,
        "clean_cost_low": -0.01,
        "clean_cost": 0.0,
        "clean_cost_high": 0.004,
        "validation_score": 0.9,
    }
    alone = row | {
        "condition": "no denoiser",
        "kind": "no denoiser",
        "score": 0.8,
        "best_rival": True,
        "judged": False,
    }
    denoiser = row | {
        "condition": "U-Net",
        "kind": "denoiser",
        "score": 0.9,
        "best_rival": False,
        "judged": True,
        "difference": 0.1,
        "verdict_low": 0.04,
        "verdict_high": 0.16,
        "verdict_p_value": 0.001,
    }
    frame = pd.DataFrame([alone, denoiser | changes])
    (verdict,) = DenoisingComparison(frame, "accuracy").verdicts
    return verdict


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "denoising wins"),
        ({}, "+0.100, 95 % interval +0.040 to +0.160, p = 0.001"),
        ({"verdict_p_value": 0.2}, "no difference shown between U-Net"),
        ({"difference": -0.1}, "no denoiser (0.800) wins over the denoiser, U-Net"),
        ({"clean_cost_low": 0.01}, "On clean images the denoiser hurts"),
        ({}, "On clean images the denoiser loses at most 0.004"),
        ({"judged": False}, "best condition is no denoiser"),
    ],
)
def test_verdict_says_who_wins_and_what_it_costs(changes, words):
    assert words in verdict_of(**changes)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"noise_factors": []}, ValueError, "noise_factors"),
        ({"noise_factors": [0.1, 0.1]}, ValueError, "different numbers"),
        ({"noise": "fogg"}, ValueError, "not a known noise model"),
        ({"noise": GaussianNoise()}, ValueError, "its own strength"),
        ({"noise": "salt_and_pepper", "noise_factors": [1.5]}, ValueError, "amount=1.5"),
        ({"train_noise_factor": "blind"}, ValueError, "'matched'"),
        ({"train_noise_factor": []}, ValueError, "no level"),
        ({"train_noise_factor": [0.2, 0.2]}, ValueError, "twice"),
        ({"denoisers": [SVC()]}, TypeError, "has no transform"),
        ({"denoisers": [UNetDenoiser]}, TypeError, "has no transform"),
        ({"denoisers": "median"}, TypeError, "'median', which has no transform"),
        (
            {"denoisers": {"no denoiser": SubspaceDenoiser()}},
            ValueError,
            "'no denoiser'; rename it",
        ),
        ({"train_noise_factor": None}, ValueError, "give 'matched'"),
        ({"param_grid": {"depth": [1]}}, ValueError, "depth"),
        ({"n_resamples": 1}, ValueError, "at least 2"),
        ({"n_repeats": 0}, ValueError, "at least 1"),
        ({"n_copies": [0]}, ValueError, "positive integers"),
        ({"n_copies": "many"}, ValueError, "or 'auto'"),
        ({"validation": 1.5}, ValueError, "between 0 and 1"),
        ({"validation": 3}, ValueError, "between 0 and 1"),
        ({"scoring": "psnr"}, ValueError, "get_scorer_names"),
    ],
)
def test_bad_parameters_are_named_before_anything_is_trained(data, params, error, message):
    class Untouchable(SVC):
        def fit(self, X, y, sample_weight=None):
            raise AssertionError("trained")

    with pytest.raises(error, match=message):
        compare_denoising(Untouchable(), *data, **QUICK | params)


def test_images_must_fit_each_other(data):
    X, y, X_test, y_test = data
    with pytest.raises(ValueError, match="X_test has shape"):
        compare_denoising(SVC(), X, y, X_test[:, :49], y_test, **QUICK)
    with pytest.raises(ValueError, match="inconsistent numbers"):
        compare_denoising(SVC(), X, y[:-1], X_test, y_test, **QUICK)
    with pytest.raises(ValueError, match="none of the classes"):
        compare_denoising(SVC(), X, y, X_test, y_test.astype(str), **QUICK)
    with pytest.raises(ValueError, match="uint8"):
        compare_denoising(SVC(), X, y, (X_test * 255).astype(np.uint8), y_test, **QUICK)
    with pytest.raises(TypeError, match="regressor"):
        compare_denoising(SVR(), X, y, X_test, y_test, **QUICK)
    with pytest.raises(TypeError, match="fit and predict"):
        compare_denoising(SubspaceDenoiser(), X, y, X_test, y_test, **QUICK)


def test_a_table_without_intervals_is_shown(comparison):
    unknown = copy.deepcopy(comparison)
    unknown.frame[["clean_cost_low", "clean_cost_high"]] = np.nan
    assert "clean cost" in str(unknown.summary())


def test_a_scaler_keeps_its_own_clip():
    scaled = make_pipeline(MinMaxScaler(clip=True), SubspaceDenoiser())
    told = with_params(scaled, {"clip": None, "noise": "poisson"})
    assert told[0].clip is True
    assert told[1].noise == "poisson"


@pytest.mark.parametrize("rows", [lambda X: X.reshape(len(X), 8, 8).mean(axis=1), None])
def test_classifiers_of_rows_that_need_pixels_get_rebuilt_ones(digits, rows):
    X, y = digits
    first = FilterDenoiser("gaussian", noise_factor=0.1, image_shape=(8, 8), random_state=0)
    if rows is not None:
        first = FunctionTransformer(rows)
    result = compare_denoising(
        make_pipeline(first, KNeighborsClassifier()),
        *(X[:200], y[:200], X[200:260], y[200:260]),
        denoisers=SubspaceDenoiser(random_state=0),
        noise_factors=[0.3],
        n_copies=1,
        n_components=[20],
        random_state=0,
    )
    scores = result.frame[result.frame.kind == "PCA"].score
    assert len(scores)
    assert (scores > 0.2).all()  # by chance 0.1


def test_resamples_without_a_class_raise_no_warnings(digits):
    X, y = digits
    y = np.where(y == 3, 1, 0)
    rare = np.concatenate([np.flatnonzero(y[200:])[:2], np.flatnonzero(y[200:] == 0)[:58]]) + 200
    result = compare_denoising(  # a warning would be an error
        KNeighborsClassifier(),
        *(X[:200], y[:200], X[rare], y[rare]),
        denoisers=SubspaceDenoiser(random_state=0),
        noise_factors=[0.3],
        n_copies=1,
        n_components=[20],
        scoring="balanced_accuracy",
        n_resamples=60,
        random_state=0,
    )
    assert len(result.frame)
