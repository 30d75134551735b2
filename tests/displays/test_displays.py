"""The displays: what they draw, of which estimators, and what they refuse."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from conftest import quick_denoiser
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from sklearn.datasets import load_sample_images
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import accuracy_score, f1_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from skdenoise import (
    DenoisingDisplay,
    FilterDenoiser,
    GaussianNoise,
    NoiseAugmenter,
    RobustnessCurveDisplay,
    SubspaceDenoiser,
    TrainingCurveDisplay,
    UNetDenoiser,
    add_noise,
    noisy_scorer,
    plot_image_rows,
    psnr,
)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def subspace(digits):
    return SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(digits[0][:600])


@pytest.fixture(scope="module")
def classifiers(digits):
    """Two fitted classifiers, of which the second denoises."""
    X, y = digits[0][:600], digits[1][:600]
    denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0)
    return {
        "alone": GaussianNB(var_smoothing=0.1).fit(X, y),
        "denoised": make_pipeline(denoiser, GaussianNB(var_smoothing=0.1)).fit(X, y),
    }


@pytest.fixture(scope="module")
def photographs():
    """Four colour images, uint8."""
    return np.stack([p[t : t + 24, :32] for p in load_sample_images().images for t in (0, 200)])


def shown(display, row):
    return np.stack([np.asarray(image.get_array()) for image in display.images_[row]])


def captions(display):
    return [[axis.get_xlabel() for axis in row] for row in display.axes_]


def titles(display):
    return [row[0].get_ylabel() for row in display.axes_]


class TestDenoisingDisplay:
    def test_a_denoiser_of_any_range_is_shown_in_the_one_that_it_uses(self, photographs):
        denoiser = UNetDenoiser.from_pretrained("photo-gray", precision="float32")
        unit = 0.2 + 0.5 * photographs / np.float32(255)  # neither black nor white
        expected = DenoisingDisplay.from_estimator(denoiser, unit, noise_factor=0.1)
        display = DenoisingDisplay.from_estimator(denoiser, 255 * unit, noise_factor=0.1)
        assert captions(display) == captions(expected)
        np.testing.assert_allclose(shown(display, "noisy"), shown(expected, "noisy"), atol=1e-5)

    def test_shows_noisy_denoised_and_clean_images_and_the_error(self, digits, subspace):
        X = digits[0][600:]
        display = DenoisingDisplay.from_estimator(subspace, X, n_images=5)
        noisy = add_noise(X[:5], noise_factor=0.3, random_state=0)
        denoised = subspace.transform(noisy)
        for row, images in {"noisy": noisy, "denoised": denoised, "clean": X[:5]}.items():
            np.testing.assert_allclose(shown(display, row), images.reshape(-1, 8, 8))
        error = (denoised - X[:5]).reshape(-1, 8, 8)
        np.testing.assert_allclose(shown(display, "error"), error, atol=1e-12)
        assert display.axes_.shape == (4, 5)
        assert titles(display) == [
            "noisy",
            "denoised",
            "clean",
            "denoised\n\N{MINUS SIGN} clean",
        ]

    def test_psnr_stands_below_noisy_and_denoised_images(self, digits, subspace):
        X = digits[0][600:603]
        display = DenoisingDisplay.from_estimator(subspace, X)
        noisy = add_noise(X, noise_factor=0.3, random_state=0)
        np.testing.assert_allclose(display.psnr_["noisy"], psnr(X, noisy, data_range=1))
        denoised = subspace.transform(noisy).clip(0, 1)
        np.testing.assert_allclose(display.psnr_["denoised"], psnr(X, denoised, data_range=1))
        below_noisy, below_denoised, *below_others = captions(display)
        assert below_noisy == [f"{value:.1f} dB" for value in display.psnr_["noisy"]]
        assert below_denoised == [f"{value:.1f} dB" for value in display.psnr_["denoised"]]
        assert below_others == [[""] * 3] * 2

    def test_images_that_are_equal_have_an_infinite_psnr(self, digits):
        X = digits[0][:2]
        display = DenoisingDisplay.from_predictions(X, X, X)
        assert captions(display)[0] == ["∞ dB", "∞ dB"]

    @pytest.mark.parametrize(
        ("error", "cmap", "lowest"), [("signed", "RdBu_r", -1), ("absolute", "magma", 0)]
    )
    def test_scale_of_the_error_is_one_for_all_images(self, digits, subspace, error, cmap, lowest):
        display = DenoisingDisplay.from_estimator(subspace, digits[0][600:], error=error)
        limits = {image.get_clim() for image in display.images_["error"]}
        assert len(limits) == 1
        low, high = limits.pop()
        assert low == lowest * high
        assert display.images_["error"][0].get_cmap().name == cmap
        assert display.colorbar_.vmax == high

    def test_error_can_be_left_out(self, digits, subspace):
        display = DenoisingDisplay.from_estimator(subspace, digits[0][600:], error=None)
        assert titles(display) == ["noisy", "denoised", "clean"]
        assert display.colorbar_ is None

    def test_draws_another_noise_if_told(self, digits, subspace):
        X = digits[0][600:604]
        stronger = DenoisingDisplay.from_estimator(subspace, X, noise_factor=0.6)
        other = DenoisingDisplay.from_estimator(subspace, X, noise="salt_and_pepper")
        np.testing.assert_array_equal(
            stronger.noisy, add_noise(X, noise_factor=0.6, random_state=0)
        )
        np.testing.assert_array_equal(other.noisy, add_noise(X, "salt_and_pepper", random_state=0))

    def test_noise_is_repeatable_and_moves_with_random_state(self, digits, subspace):
        X = digits[0][600:604]
        first, again, other = (
            DenoisingDisplay.from_estimator(subspace, X, random_state=seed).noisy
            for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()

    def test_shows_real_pairs_without_noise_of_its_own(self, digits):
        clean = digits[0][:8]
        noisy = add_noise(clean, "speckle", random_state=1)
        denoiser = SubspaceDenoiser(random_state=0).fit(noisy, clean=clean)
        display = DenoisingDisplay.from_estimator(denoiser, noisy, clean=clean, n_images=3)
        np.testing.assert_array_equal(display.noisy, noisy[:3])
        np.testing.assert_array_equal(display.clean, clean[:3])
        with pytest.raises(ValueError, match=r"does not know what noise .* clean="):
            DenoisingDisplay.from_estimator(denoiser, clean)

    def test_colour_of_uint8_is_shown_as_it_is(self, photographs):
        denoiser = FilterDenoiser("median", "salt_and_pepper", 0.1).fit(photographs)
        display = DenoisingDisplay.from_estimator(denoiser, photographs)
        assert display.noisy.dtype == np.uint8
        np.testing.assert_allclose(shown(display, "clean"), photographs / 255)
        assert shown(display, "error").shape == (4, 24, 32)
        assert (display.psnr_["denoised"] > display.psnr_["noisy"]).all()

    @pytest.mark.parametrize("channels", [1, 2, 3, 5])
    def test_any_number_of_channels_is_shown(self, photographs, channels):
        images = np.repeat(photographs[:2, :, :, :1], channels, axis=-1)
        display = DenoisingDisplay.from_predictions(images, images, images)
        display.figure_.canvas.draw()
        expected = photographs[:2, :, :, 0] / 255
        image = shown(display, "clean")
        np.testing.assert_allclose(image if image.ndim == 3 else image[..., 0], expected)

    def test_signals_are_shown_as_strips(self):
        signals = np.random.default_rng(0).random((2, 50))
        display = DenoisingDisplay.from_predictions(signals, signals, signals, image_shape=(1, 50))
        assert shown(display, "clean").shape == (2, 1, 50)
        assert display.axes_[0, 0].get_aspect() == "auto"

    def test_value_range_is_that_of_the_denoiser(self, digits):
        X = digits[0] * 16
        denoiser = SubspaceDenoiser(noise_factor=0.3, value_range=(0, 16)).fit(X[:600])
        display = DenoisingDisplay.from_estimator(denoiser, X[600:602] / 2)
        np.testing.assert_allclose(
            shown(display, "clean").reshape(2, -1), digits[0][600:602] / 2, atol=1e-12
        )

    def test_of_a_pipeline_the_denoiser_is_shown_on_what_it_is_given(self, digits):
        X, y = digits[0] * 16, digits[1]
        denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0)
        pipeline = make_pipeline(MinMaxScaler(), denoiser, PCA(5), GaussianNB())
        pipeline.fit(X[:600], y[:600])
        display = DenoisingDisplay.from_estimator(pipeline, X[600:], n_images=4)
        np.testing.assert_allclose(display.clean, pipeline[:1].transform(X[600:604]))
        np.testing.assert_allclose(display.denoised, pipeline[1].transform(display.noisy))

    def test_frozen_denoisers_are_taken(self, digits, subspace):
        frozen = FrozenEstimator(subspace)
        X, y = digits[0][600:], digits[1][600:]
        pipeline = make_pipeline(NoiseAugmenter(), frozen, GaussianNB()).fit(X, y)
        expected = DenoisingDisplay.from_estimator(subspace, X).denoised
        for estimator in (frozen, pipeline):
            display = DenoisingDisplay.from_estimator(estimator, X)
            np.testing.assert_array_equal(display.denoised, expected)

    def test_transformers_of_others_denoise_all_together(self, digits):
        X, y = digits[0][:600], digits[1][:600]
        smooth = FunctionTransformer(lambda X: X / 2)
        pipeline = make_pipeline(smooth, smooth, GaussianNB()).fit(X, y)
        display = DenoisingDisplay.from_estimator(pipeline, X[:2], noise="gaussian")
        np.testing.assert_allclose(display.denoised, display.noisy / 4)
        with pytest.raises(ValueError, match="Pipeline does not know what noise"):
            DenoisingDisplay.from_estimator(pipeline, X[:2])

    def test_tables_keep_their_columns(self, digits):
        table = pd.DataFrame(digits[0][:20]).add_prefix("pixel")
        denoiser = SubspaceDenoiser(2).fit(table)
        display = DenoisingDisplay.from_estimator(denoiser, table, n_images=3)
        assert shown(display, "denoised").shape == (3, 8, 8)

    def test_a_norm_has_its_own_limits(self, digits, subspace):
        display = DenoisingDisplay.from_estimator(subspace, digits[0], norm=PowerNorm(0.5, 0, 2))
        assert display.images_["clean"][0].get_clim() == (0, 2)

    def test_plots_into_a_part_of_a_figure(self, digits):
        X = digits[0][:3]
        part = Figure(layout="constrained").subfigures(2, 1)[0]
        display = DenoisingDisplay(clean=X, noisy=X, denoised=X).plot(part, cmap="viridis")
        assert display.figure_ is part
        assert display.images_["clean"][0].get_cmap().name == "viridis"

    def test_refuses_what_it_cannot_show(self, digits, subspace):
        X = digits[0][:3]
        with pytest.raises(ValueError, match=r"error='squared' is not one of 'signed'"):
            DenoisingDisplay.from_estimator(subspace, X, error="squared")
        with pytest.raises(ValueError, match=r"differ in shape: .*\(2, 64\)"):
            DenoisingDisplay.from_predictions(X, X[:2], X)
        with pytest.raises(NotFittedError):
            DenoisingDisplay.from_estimator(SubspaceDenoiser(), X)
        for estimator in (GaussianNB(), make_pipeline(GaussianNB())):
            with pytest.raises(TypeError, match="no transform that could denoise"):
                DenoisingDisplay.from_estimator(estimator, X)


class TestRobustnessCurveDisplay:
    def test_scores_are_those_of_noisy_scorer(self, digits, classifiers):
        X, y = digits[0][600:], digits[1][600:]
        factors = (0, 0.2, 0.5)
        display = RobustnessCurveDisplay.from_estimator(
            classifiers, X, y, noise_factors=factors, random_state=3, n_resamples=50
        )
        for name, classifier in classifiers.items():
            expected = [
                noisy_scorer("accuracy", noise_factor=factor, random_state=3)(classifier, X, y)
                for factor in factors
            ]
            np.testing.assert_allclose(display.scores[name], expected)
            np.testing.assert_allclose(display.lines_[name].get_ydata(), expected)
            np.testing.assert_allclose(display.lines_[name].get_xdata(), factors)
        assert display.ax_.get_xlabel() == "noise factor"
        assert display.ax_.get_ylabel() == "accuracy"

    def test_severities_take_the_place_of_noise_factors(self, digits, classifiers):
        X, y = digits[0][600:], digits[1][600:]
        display = RobustnessCurveDisplay.from_estimator(
            classifiers["alone"],
            X,
            y,
            noise="fog",
            severities=range(6),
            scale="imagenet",
            confidence_level=None,
        )
        hardest = noisy_scorer("accuracy", "fog", severity=5, scale="imagenet")
        assert display.scores["GaussianNB"][5] == hardest(classifiers["alone"], X, y)
        assert display.scores["GaussianNB"][0] == classifiers["alone"].score(X, y)
        assert display.ax_.get_xlabel() == "severity"

    @pytest.mark.parametrize("scoring", ["f1_macro", "roc_auc_ovr", "neg_log_loss"])
    def test_any_scorer_is_taken(self, digits, classifiers, scoring):
        X, y = digits[0][600:1200], digits[1][600:1200]
        display = RobustnessCurveDisplay.from_estimator(
            classifiers["denoised"],
            X,
            y,
            noise_factors=[0.4],
            scoring=scoring,
            n_resamples=20,
        )
        scorer = noisy_scorer(scoring, noise_factor=0.4)
        (name,) = display.scores
        (expected,) = display.scores[name]
        assert expected == pytest.approx(scorer(classifiers["denoised"], X, y))
        (low,), (high,) = display.intervals[name]
        assert low < expected < high
        assert display.ax_.get_ylabel() == scoring.replace("_", " ")

    def test_scorer_of_the_user_sees_the_images(self, digits, classifiers):
        X, y = digits[0][600:700], digits[1][600:700]

        def brightness(estimator, X, y):
            return X.mean() * accuracy_score(y, estimator.predict(X))

        display = RobustnessCurveDisplay.from_estimator(
            classifiers["alone"], X, y, noise_factors=[0], scoring=brightness, n_resamples=20
        )
        expected = X.mean() * classifiers["alone"].score(X, y)
        np.testing.assert_allclose(display.scores["GaussianNB"], expected)
        assert display.ax_.get_ylabel() == "brightness"

    def test_estimators_predict_once_for_all_resamples(self, digits):
        class Counting(GaussianNB):
            calls = 0

            def predict(self, X):
                Counting.calls += 1
                return super().predict(X)

        X, y = digits[0][:200], digits[1][:200]
        for scoring in ("accuracy", "f1_macro"):
            Counting.calls = 0
            RobustnessCurveDisplay.from_estimator(
                Counting(var_smoothing=0.1).fit(X, y),
                X,
                y,
                noise_factors=(0, 0.3),
                scoring=scoring,
                n_resamples=10,
            )
            assert Counting.calls == 2

    def test_denoisers_are_scored_without_labels(self, digits, subspace):
        X = digits[0][600:650]
        denoisers = {"subspace": subspace, "none": NoiseAugmenter().fit(X)}
        display = RobustnessCurveDisplay.from_estimator(
            denoisers, X, noise_factors=(0, 0.3), scoring="psnr", n_resamples=50
        )
        expected = noisy_scorer("psnr", noise_factor=0.3)(subspace, X)
        assert display.scores["subspace"][1] == pytest.approx(expected)
        low, high = display.intervals["subspace"]
        assert low[1] < expected < high[1]
        assert display.scores["none"][0] == np.inf
        assert display.ax_.get_ylabel() == "PSNR (dB)"

    def test_interval_is_that_of_a_proportion(self):
        y_true = np.ones(400)
        y_pred = np.r_[np.ones(320), np.zeros(80)]
        display = RobustnessCurveDisplay.from_predictions(y_true, [y_pred], [0.3], n_resamples=2000)
        (low,), (high,) = display.intervals["predictions"]
        margin = 1.96 * np.sqrt(0.8 * 0.2 / 400)
        assert low == pytest.approx(0.8 - margin, abs=0.15 * margin)
        assert high == pytest.approx(0.8 + margin, abs=0.15 * margin)

    def test_bands_and_lines_can_be_told_apart(self, digits, classifiers):
        X, y = digits[0][600:], digits[1][600:]
        display = RobustnessCurveDisplay.from_estimator(
            classifiers, X, y, noise_factors=(0, 0.4), n_resamples=50
        )
        assert list(display.lines_) == list(display.bands_) == list(classifiers)
        first, second = display.lines_.values()
        for look in ("get_color", "get_marker", "get_linestyle"):
            assert getattr(first, look)() != getattr(second, look)()

    def test_legend_hides_no_data(self, digits, classifiers):
        X, y = digits[0][600:], digits[1][600:]
        display = RobustnessCurveDisplay.from_estimator(
            classifiers, X, y, noise_factors=(0, 0.4), n_resamples=50
        )
        display.figure_.canvas.draw()
        legend = display.ax_.get_legend()
        assert legend.get_title().get_text() == "band: 95% interval"
        inside = legend.get_window_extent()
        assert display.ax_.get_window_extent().x1 <= inside.x0
        assert inside.x1 <= display.figure_.bbox.x1

    def test_predictions_are_scored_by_any_metric(self):
        y_true, levels = np.array([0, 0, 1, 1]), [0, 1]
        y_pred = {"good": [[0, 0, 1, 1], [0, 1, 1, 1]], "bad": [[1, 0, 0, 1], [1, 1, 0, 0]]}
        display = RobustnessCurveDisplay.from_predictions(
            y_true, y_pred, levels, metric=f1_score, level_name="severity", confidence_level=None
        )
        np.testing.assert_allclose(display.scores["good"], [1, 0.8])
        np.testing.assert_allclose(display.scores["bad"], [0.5, 0])
        assert display.ax_.get_ylabel() == "f1"
        assert display.ax_.get_xlabel() == "severity"
        assert display.intervals is None
        assert not display.bands_

    def test_plots_ready_numbers_into_the_axes_of_the_user(self):
        ax = Figure(layout="constrained").subplots()
        display = RobustnessCurveDisplay(
            levels=[1, 3, 5],
            scores={"a": [0.9, 0.8, 0.6], "b": [0.9, 0.7, 0.5]},
            intervals={"a": ([0.8, 0.7, 0.5], [1, 0.9, 0.7])},
            level_name="severity",
            score_name="balanced accuracy",
            confidence_level=0.9,
        ).plot(ax, linewidth=3, marker="*")
        assert display.ax_ is ax
        assert display.figure_ is ax.figure
        assert list(display.bands_) == ["a"]
        assert {line.get_linewidth() for line in display.lines_.values()} == {3}
        assert {line.get_marker() for line in display.lines_.values()} == {"*"}
        assert ax.get_legend().get_title().get_text() == "band: 90% interval"
        assert ax.get_ylabel() == "balanced accuracy"

    @pytest.mark.parametrize(
        ("parameters", "error", "message"),
        [
            ({"noise_factors": [0.1], "severities": [1]}, ValueError, "Give either noise_factors"),
            ({"noise": GaussianNoise(0.1)}, TypeError, "has its own strength"),
            ({"noise": "snow storm"}, ValueError, "snow storm"),
            ({"noise_factors": []}, ValueError, "not a sequence of at least one number"),
            ({"noise_factors": [(0, 0.5)]}, ValueError, "not a sequence of at least one number"),
            ({"scale": "cifar"}, ValueError, "give severities="),
            ({"scoring": "applause"}, ValueError, "applause"),
            ({"confidence_level": 95}, ValueError, "confidence_level=95 must be above 0 and below"),
            ({"n_resamples": 0}, ValueError, "n_resamples=0 must be an integer of at least 1"),
            ({"y": None}, ValueError, "scoring='accuracy' compares with labels: give y"),
            ({"y": [1, 2]}, ValueError, "inconsistent numbers of samples"),
        ],
    )
    def test_refuses_what_it_cannot_score(self, digits, classifiers, parameters, error, message):
        parameters = {"y": digits[1][:50], **parameters}
        with pytest.raises(error, match=message):
            RobustnessCurveDisplay.from_estimator(classifiers, digits[0][:50], **parameters)

    def test_labels_of_another_type_are_an_error_as_in_scikit_learn(self, digits, classifiers):
        X, y = digits[0][600:650], digits[1][600:650].astype(str)
        with pytest.raises(ValueError, match="Mix of label input types"):
            RobustnessCurveDisplay.from_estimator(classifiers["alone"], X, y, noise_factors=[0])

    def test_scorer_of_the_user_takes_the_steps_of_a_pipeline(self, digits, classifiers):
        def scoring(pipeline, X, y):
            return float(np.mean(pipeline[-1].predict(pipeline[:-1].transform(X)) == y))

        X, y = digits[0][600:650], digits[1][600:650]
        displays = [
            RobustnessCurveDisplay.from_estimator(
                classifiers["denoised"], X, y, noise_factors=[0, 0.2], scoring=how
            )
            for how in (scoring, "accuracy")
        ]
        for name, scores in displays[0].scores.items():
            np.testing.assert_allclose(scores, displays[1].scores[name])

    def test_refuses_predictions_that_do_not_fit(self):
        with pytest.raises(ValueError, match=r"at 1 levels for 'a', but levels are 2: \[0, 1\]"):
            RobustnessCurveDisplay.from_predictions([1, 0], {"a": [[1, 0]]}, [0, 1])
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            RobustnessCurveDisplay.from_predictions([1, 0], [[1, 0, 1]], [0])


class TestTrainingCurveDisplay:
    def test_shows_a_point_for_each_epoch(self, digits):
        denoiser = quick_denoiser(epochs=3, validation_split=0.2).fit(digits[0][:200])
        display = TrainingCurveDisplay.from_estimator(denoiser)
        for name in ("loss", "val_loss"):
            assert display.lines_[name].get_xdata().tolist() == [1, 2, 3]
            assert display.lines_[name].get_ydata().tolist() == denoiser.history_[name]
        assert display.ax_.get_xlabel() == "epoch"
        assert display.ax_.get_ylabel() == "loss (binary crossentropy)"
        assert all(tick == int(tick) for tick in display.ax_.get_xticks())

    def test_without_held_out_images_there_is_one_line(self, digits):
        X, y = digits[0][:64], digits[1][:64]
        pipeline = make_pipeline(MinMaxScaler(), quick_denoiser(), GaussianNB()).fit(X, y)
        display = TrainingCurveDisplay.from_estimator(pipeline)
        assert list(display.lines_) == ["loss"]
        assert len(display.lines_["loss"].get_xdata()) == 1

    @pytest.mark.parametrize("losses", [[0.5, 0.4, 0.35], [10, 0.1, 0.001]])
    def test_log_scale_has_ticks_that_can_be_read(self, losses):
        display = TrainingCurveDisplay(history={"loss": losses}).plot(log_scale=True)
        display.figure_.canvas.draw()
        low, high = display.ax_.get_ylim()
        assert display.ax_.get_yscale() == "log"
        assert sum(low <= tick <= high for tick in display.ax_.get_yticks()) >= 3

    def test_short_names_of_matplotlib_are_taken(self):
        display = TrainingCurveDisplay(history={"loss": [2, 1]}).plot(ms=8)
        assert display.lines_["loss"].get_markersize() == 8

    def test_plots_into_the_axes_of_the_user(self):
        ax = Figure(layout="constrained").subplots()
        history = {"loss": [2.0, 1.0], "learning_rate": [0.1, 0.1]}
        display = TrainingCurveDisplay(history=history, loss_name="mse").plot(ax, lw=4)
        assert display.ax_ is ax
        assert display.lines_["loss"].get_linewidth() == 4
        assert list(display.lines_) == ["loss"]
        assert ax.get_ylabel() == "mse"

    def test_refuses_estimators_without_a_history(self, digits, subspace):
        with pytest.raises(NotFittedError):
            TrainingCurveDisplay.from_estimator(quick_denoiser())
        with pytest.raises(TypeError, match="SubspaceDenoiser has no history_"):
            TrainingCurveDisplay.from_estimator(subspace)
        pipeline = make_pipeline(subspace, GaussianNB()).fit(*digits)
        with pytest.raises(TypeError, match="SubspaceDenoiser, GaussianNB has no history_"):
            TrainingCurveDisplay.from_estimator(pipeline)


@pytest.mark.parametrize("rows", [{}, [np.zeros((2, 8, 8))]])
def test_rows_of_images_have_titles(rows):
    with pytest.raises(TypeError, match="Expected a dict of images by title"):
        plot_image_rows(rows)
