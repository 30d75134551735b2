"""The experiment: every condition, trained and tested for each repeat and training level."""

import math
import time
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import train_test_split

from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.images.layout import as_nhwc
from skdenoise.images.pixels import PixelFormat
from skdenoise.metrics import METRICS
from skdenoise.noise.adding import corrupt
from skdenoise.reports.comparison.conditions import (
    ALONE,
    DENOISER,
    FILTER,
    NOISE_TRAINING,
    NOT_RETRAINED,
    ON_CLEAN,
    ON_DENOISED_CLEAN,
    ON_FRESH_NOISE,
    ON_NOISE,
    PCA_OF_CLEAN,
    PCA_OF_NOISY,
    PRINCIPAL_COMPONENTS,
    SELF_TRAINING,
    Condition,
    Trainer,
    TrainingSet,
    fit_denoiser,
    learns_by_epoch,
    put_after,
    train_after_denoiser,
    train_alone,
    train_on_components,
    train_on_fresh_noise,
    train_on_noise,
    train_with_self_training,
    with_params,
    with_seed,
)
from skdenoise.reports.comparison.levels import NoiseLevel, TrainingLevel
from skdenoise.seeding import Stream, derived_seed, generator

CLEAN = "clean"
# Trained on clean images and chosen on them: the baseline for what denoising costs on clean images.
UNPREPARED = Condition("trained before the noise was known", ALONE)
# PSNR and SSIM are means over at most this many images, because SSIM takes 1 ms per image.
_N_MEASURED_IMAGES = 1000
_LEAST_SIDE_FOR_SSIM = 3
# Unlabelled images have noise of their own.
_OF_UNLABELLED = 1


@dataclass(frozen=True)
class Measurement:
    """The result of one condition, in one repeat, at one noise level.

    Parameters
    ----------
    condition : Condition
        How the classifier was trained.
    repeat : int
        Number of the repeat.
    training : TrainingLevel
        The training noise.
    n_labels : int
        Number of labelled training images.
    level : NoiseLevel or str
        The test noise, or `CLEAN`.
    outcome : object
        The predictions for the test images.
    score, validation_score : float
        Scores on test images and on validation images.
    psnr, ssim : float
        Quality of the classifier's input; NaN if it is not restored images.
    fit_seconds, transform_seconds : float
        Time to train for this condition, and to prepare the test images.
    choices : dict
        Choices made on validation images.
    pipeline : sklearn.pipeline.Pipeline or None
        The trained pipeline, if it is kept.
    """

    condition: Condition
    repeat: int
    training: TrainingLevel
    n_labels: int
    level: object
    outcome: object
    score: float
    validation_score: float
    psnr: float
    ssim: float
    fit_seconds: float
    transform_seconds: float
    choices: dict
    pipeline: object


@dataclass(frozen=True)
class Task:
    """One repeat at one training level."""

    repeat: int
    index: int
    training: TrainingLevel


@dataclass(frozen=True)
class Split:
    """Training images, labelled and unlabelled, and validation images."""

    X: np.ndarray
    y: np.ndarray
    unlabelled: np.ndarray
    X_validation: np.ndarray
    y_validation: np.ndarray

    def with_labels(self, n_labels, rng):
        """Return a split in which only so many images have a label.

        The classes are represented as they are in all images, and each at least once. Images that are
        labelled stay so in splits with more labels and the same `rng`.
        """
        order = _representative_order(self.y, rng)
        kept, rest = order[:n_labels], order[n_labels:]
        unlabelled = np.concatenate([self.X[rest], self.unlabelled])
        return replace(self, X=self.X[kept], y=self.y[kept], unlabelled=unlabelled)


@dataclass(frozen=True)
class Experiment:
    """The settings that all tasks share.

    Parameters
    ----------
    classifier : estimator
        The classifier to train.
    denoisers : dict of str to estimator
        The denoisers to compare.
    param_grid : dict, list of dict or None
        The classifier's parameters to choose from.
    n_copies, n_components : tuple of int
        Numbers of noisy copies and of principal components to choose from.
    X, y, X_test, y_test : ndarray
        Clean images and classes.
    unlabelled : ndarray
        More clean training images, without classes. There may be none.
    n_labels : tuple of int or None
        Numbers of labelled training images. If None, all of `X`.
    validation : float or (ndarray, ndarray)
        Share of the training images held out for validation, or separate validation images.
    levels : list of NoiseLevel
        The test noise.
    trainings : list of TrainingLevel
        The training noise.
    n_repeats : int
        Number of repeats.
    outcomes : Hits or Replays
        How outcomes are recorded and scored.
    image_shape : (height, width, channels)
        Shape of flat rows.
    pixels : PixelFormat
        How images are stored.
    clip : bool or None
        Whether noisy images are limited to the value range.
    return_estimator : bool
        Whether to keep the pipelines of the first repeat.
    seed : int
        Seed of all random numbers.
    """

    classifier: object
    denoisers: dict
    param_grid: object
    n_copies: tuple
    n_components: tuple
    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    unlabelled: np.ndarray
    n_labels: tuple | None
    validation: object
    levels: list[NoiseLevel]
    trainings: list[TrainingLevel]
    n_repeats: int
    outcomes: object
    image_shape: tuple
    pixels: PixelFormat
    clip: bool | None
    return_estimator: bool
    seed: int

    def tasks(self):
        """Return the tasks, repeat by repeat."""
        return [
            Task(repeat, index, training)
            for repeat in range(self.n_repeats)
            for index, training in enumerate(self.trainings)
        ]

    def try_noise(self):
        """Add all noise to one image, so that errors are raised before the work."""
        for task in self.tasks()[: len(self.trainings)]:
            self.training_noise(self.X[:1], task, 0)
        for level in self.levels:
            self.level_noise(self.X_test[:1], Stream.COMPARISON_TEST, task, level)

    @property
    def n_validation(self):
        """Number of validation images in each repeat."""
        if isinstance(self.validation, float):
            return math.ceil(self.validation * len(self.y))
        return len(self.validation[1])

    def n_steps(self):
        """Return how many lists of measurements `run` yields for each task."""
        n_steps = 4 + len(self.denoisers) + learns_by_epoch(self.classifier)
        n_images = self.n_training + len(self.unlabelled)
        return sum(
            n_steps + self._has_self_training(n_images - n_labels)
            for n_labels in self.numbers_of_labels
        )

    @property
    def n_training(self):
        """Number of training images that may be labelled in each repeat."""
        return len(self.y) - (self.n_validation if isinstance(self.validation, float) else 0)

    @property
    def numbers_of_labels(self):
        """Numbers of labelled training images to compare at."""
        return self.n_labels or (self.n_training,)

    def _has_self_training(self, n_unlabelled):
        return n_unlabelled > 0 and hasattr(self.classifier, "predict_proba")

    def run(self, task):
        """Train and test every condition, and yield their measurements step by step."""
        whole, fitted = self._split(task), {}
        for n_labels in self.numbers_of_labels:
            split = whole
            if n_labels < len(whole.y):
                rng = generator(self.seed, Stream.COMPARISON_LABELS, task.repeat)
                split = whole.with_labels(n_labels, rng)
            for step in self._train(task, split, fitted):
                trial = Trial(self, task, split)
                yield [
                    measurement
                    for condition, candidates in step.items()
                    for measurement in trial.measure(condition, candidates)
                ]

    def _train(self, task, split, fitted):
        """Train every condition, and yield the candidates; conditions that share work come together.

        Denoisers that need no labels are kept in `fitted`, and not fitted again for another number of
        labels.
        """
        seed = derived_seed(self.seed, Stream.COMPARISON_SEED, task.repeat)
        trainer = Trainer(with_seed(self.classifier, seed), self.param_grid)
        training = TrainingSet(
            split.X,
            split.y,
            lambda i: self.training_noise(split.X, task, i),
            self.n_copies,
            split.unlabelled,
            lambda i: self.training_noise(split.unlabelled, task, i, _OF_UNLABELLED),
        )

        alone = train_alone(trainer, training)
        unprepared = self._best_on_clean(alone, split)
        yield {Condition(ON_CLEAN, ALONE): alone, UNPREPARED: [unprepared]}

        longest = 0.0
        for name, denoiser in self.denoisers.items():
            denoiser = with_seed(self._with_noise_of(denoiser, task.training), seed)
            if name not in fitted or _learns_labels(denoiser):
                fitted[name] = fit_denoiser(denoiser, training)
            transformer, seconds = fitted[name]
            on_noisy, on_clean = train_after_denoiser(trainer, training, transformer, seconds)
            not_retrained = put_after(unprepared, transformer, seconds)
            kind = FILTER if _is_filter(denoiser) else DENOISER
            if kind == DENOISER:
                longest = max(longest, on_noisy[0].seconds)
            yield {
                Condition(name, kind, True): on_noisy,
                Condition(name + ON_DENOISED_CLEAN, kind, True): on_clean,
                Condition(name + NOT_RETRAINED, kind, True): [not_retrained],
            }

        for name, of_noisy in ((PCA_OF_CLEAN, False), (PCA_OF_NOISY, True)):
            on_components = train_on_components(
                trainer, training, self.n_components, of_noisy=of_noisy, random_state=seed
            )
            yield {Condition(name, PRINCIPAL_COMPONENTS): on_components}

        if learns_by_epoch(self.classifier):
            fresh = train_on_fresh_noise(trainer, training, longest)
            yield {Condition(ON_FRESH_NOISE, NOISE_TRAINING): fresh}

        noise_trained = train_on_noise(trainer, training)
        yield {Condition(ON_NOISE, NOISE_TRAINING): noise_trained}

        if self._has_self_training(len(split.unlabelled)):
            self_trained = train_with_self_training(trainer, training)
            yield {Condition(SELF_TRAINING, NOISE_TRAINING): self_trained}

    def _split(self, task):
        if not isinstance(self.validation, float):
            return Split(self.X, self.y, self.unlabelled, *self.validation)
        seed = derived_seed(self.seed, Stream.COMPARISON_SPLIT, task.repeat)
        X, X_validation, y, y_validation = train_test_split(
            self.X, self.y, test_size=self.validation, stratify=self.y, random_state=seed
        )
        return Split(X, y, self.unlabelled, X_validation, y_validation)

    def _best_on_clean(self, candidates, split):
        return best(candidates, lambda one: self.score(one, split.X_validation, split.y_validation))

    def _with_noise_of(self, denoiser, training):
        """Return a denoiser with the noise, image shape and value range of the comparison."""
        params = {
            "noise": training.noise,
            "noise_factor": training.noise_factor,
            "clip": self.clip,
            "value_range": self.pixels.value_range,
            "image_shape": self.image_shape if self.X.ndim == 2 else None,
        }
        return with_params(denoiser, params)

    def score(self, trained, X, y):
        """Return the score of a trained classifier on images."""
        outcome = self.outcomes.record(trained.classifier, trained.prepare(X), y)
        return self.outcomes.score(outcome, y)

    def training_noise(self, X, task, i, *part):
        """Return training images with the i-th draw of the noise to train on."""
        rng = generator(self.seed, Stream.COMPARISON_TRAIN, task.repeat, task.index, i, *part)
        return self._noisy(X, task.training.model, rng)

    def choosing_noise(self, X, task):
        """Return validation images with the noise to train on."""
        rng = generator(self.seed, Stream.COMPARISON_CHOICE, task.repeat, task.index)
        return self._noisy(X, task.training.model, rng)

    def level_noise(self, X, stream, task, level):
        """Return images with the noise of a level, the same at each training level."""
        index = self.levels.index(level)
        return self._noisy(X, level.model, generator(self.seed, stream, task.repeat, index))

    def _noisy(self, X, model, rng):
        images = as_nhwc(X, self.image_shape)
        return corrupt(images, model, self.pixels, rng, clip=self.clip).reshape(X.shape)


def best(candidates, score):
    """Return the candidate of the highest score, the first of equals."""
    return candidates[0] if len(candidates) == 1 else max(candidates, key=score)


class Trial:
    """Tests conditions in one task; what several of them give to the classifier is prepared once."""

    def __init__(self, experiment, task, split):
        self.experiment = experiment
        self.task = task
        self.split = split
        self._memory = {}
        self._qualities = {}

    def measure(self, condition, candidates):
        """Yield the measurements of a condition, by the candidate that is best on validation images.

        They are chosen under the noise to train on, since that is what their user knows.
        """
        trained = best(candidates, self._choosing_score)
        yield self._measurement(condition, trained, CLEAN)
        if condition != UNPREPARED:
            for index in self.task.training.tests:
                yield self._measurement(condition, trained, self.experiment.levels[index])

    def _measurement(self, condition, trained, level):
        experiment, y_test = self.experiment, self.experiment.y_test
        inputs, seconds = self._prepared(trained, "test", level)
        outcome = experiment.outcomes.record(trained.classifier, inputs, y_test)
        validation, _ = self._prepared(trained, "validation", level)
        y_validation = self.split.y_validation
        said = experiment.outcomes.record(trained.classifier, validation, y_validation)
        shown = condition.restores or condition.kind == ALONE
        quality = self._quality(trained.transformer, level, inputs) if shown else {}
        return Measurement(
            condition=condition,
            repeat=self.task.repeat,
            training=self.task.training,
            n_labels=len(self.split.y),
            level=level,
            outcome=outcome,
            score=experiment.outcomes.score(outcome, y_test),
            validation_score=experiment.outcomes.score(said, y_validation),
            psnr=quality.get("psnr", math.nan),
            ssim=quality.get("ssim", math.nan),
            fit_seconds=trained.seconds,
            transform_seconds=seconds,
            choices=trained.choices,
            pipeline=trained.as_pipeline() if self._keeps_pipelines() else None,
        )

    def _keeps_pipelines(self):
        return self.experiment.return_estimator and self.task.repeat == 0

    def _choosing_score(self, trained):
        inputs, _ = self._prepared(trained, "choosing", None)
        y = self.split.y_validation
        outcome = self.experiment.outcomes.record(trained.classifier, inputs, y)
        return self.experiment.outcomes.score(outcome, y)

    def _prepared(self, trained, purpose, level):
        """Return images as a classifier is given them, and the seconds that this took."""
        key = (trained.transformer, purpose, getattr(level, "label", level))
        if key not in self._memory:
            images = self._images(purpose, level)
            start = time.perf_counter()
            self._memory[key] = trained.prepare(images), time.perf_counter() - start
        return self._memory[key]

    def _images(self, purpose, level):
        experiment, task = self.experiment, self.task
        X = experiment.X_test if purpose == "test" else self.split.X_validation
        if purpose == "choosing":
            return experiment.choosing_noise(X, task)
        if level == CLEAN:
            return X
        stream = Stream.COMPARISON_TEST if purpose == "test" else Stream.COMPARISON_VALIDATION
        return experiment.level_noise(X, stream, task, level)

    def _quality(self, transformer, level, restored):
        """Return PSNR and SSIM of test images, if they can be compared with clean ones."""
        key = (transformer, getattr(level, "label", level))
        if key not in self._qualities:
            self._qualities[key] = dict(self._measured(restored))
        return self._qualities[key]

    def _measured(self, restored):
        experiment = self.experiment
        if restored.shape != experiment.X_test.shape:
            return
        low, high = experiment.pixels.value_range
        shape = experiment.image_shape if restored.ndim == 2 else None
        clean = experiment.X_test[:_N_MEASURED_IMAGES]
        restored = np.clip(restored[:_N_MEASURED_IMAGES], low, high)
        for name, metric in METRICS.items():
            if name == "ssim" and min(experiment.image_shape[:2]) < _LEAST_SIDE_FOR_SSIM:
                continue
            values = metric(clean, restored, data_range=high - low, image_shape=shape)
            yield name, float(values.mean())


def _representative_order(y, rng):
    """Return a random order of images whose first n represent the classes, for any n."""
    places = np.empty(len(y))
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
        places[members[0]] = 0  # each class is among the first
    return np.lexsort([rng.random(len(y)), places])


def _learns_labels(denoiser):
    """Return whether a denoiser would be another one with other labels."""
    found = find_denoiser(denoiser)
    params = {} if found is None else found.denoiser.get_params(deep=False)
    return found is None or bool(params.get("label_weight")) or params.get("classifier") is not None


def _is_filter(denoiser):
    found = find_denoiser(denoiser)
    return found is not None and isinstance(found.denoiser, FilterDenoiser)
