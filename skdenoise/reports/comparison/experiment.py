"""The experiment: every condition, trained and tested for each repeat and training level."""

import math
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

import numpy as np
from sklearn.model_selection import train_test_split

from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.evaluation.find_denoiser import find_denoiser, learns_labels
from skdenoise.images.layout import as_nhwc
from skdenoise.images.pixels import PixelFormat
from skdenoise.metrics import METRICS
from skdenoise.noise.adding import corrupt
from skdenoise.reports.comparison.conditions import (
    ALONE,
    DENOISER,
    FILTER,
    NOISE_AUGMENTATION,
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
    enter_components_of_clean,
    enter_components_of_noisy,
    enter_noisy,
    enter_self_training,
    fit_denoiser,
    learns_by_epoch,
    put_after,
    train_alone,
    train_on_denoised_clean,
    train_on_fresh_noise,
    with_params,
    with_seed,
)
from skdenoise.reports.comparison.levels import NoiseLevel, TrainingLevel
from skdenoise.reports.comparison.race import follow, race
from skdenoise.reports.comparison.trained import Choice
from skdenoise.seeding import Stream, derived_seed, generator

# If numbers of noisy copies are not given: those of these that make at most so many images, at least the first.
_COPIES, _N_COPIED_IMAGES = (1, 4, 16), 25_000
# Of few labelled images, up to so many noisy copies are trained on without a race: they cost little, and matter most.
# On MNIST with 50 labels, a race gave up self-training that had 0.51 with one copy; with four it has 0.645, the best.
_FEW_COPIES = 5000
CLEAN = "clean"
# Trained on clean images and chosen on them: the baseline for what denoising costs on clean images.
UNPREPARED = Condition("trained before the noise was known", ALONE)
# PSNR and SSIM are means over at most this many images, because SSIM takes 1 ms per image.
_N_MEASURED_IMAGES = 1000
_LEAST_SIDE_FOR_SSIM = 3
# Choices are made on about as many noisy validation images, so that the noise of few images does not decide.
_N_CHOOSING_IMAGES = 1000
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
        Scores on test images and on validation images. The latter is NaN for clean images.
    psnr, ssim : float
        Quality of the classifier's input; NaN if it is not restored images, or for clean images.
    fit_seconds, transform_seconds : float
        Time to train for this condition, and to prepare the test images.
    choices : dict
        Choices made on validation images.
    choice : Choice or None
        What the race has chosen; None if the condition was not in the race.
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
    choice: Choice | None
    pipeline: object

    @property
    def given_up(self):
        """Whether more noisy copies were not tried, because other conditions were better."""
        return self.choice is not None and self.choice.given_up


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
    n_copies : tuple of int or None
        Numbers of noisy copies to choose from. If None, by the number of images.
    n_components : tuple of int
        Numbers of principal components to choose from.
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
    n_copies: tuple | None
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
    def names(self):
        """Names of the conditions, in the order of the table."""
        suffixes = ("", ON_DENOISED_CLEAN, NOT_RETRAINED)
        after_denoisers = [name + suffix for name in self.denoisers for suffix in suffixes]
        on_noise = [ON_FRESH_NOISE, ON_NOISE, SELF_TRAINING]
        return [ON_CLEAN, *on_noise, PCA_OF_CLEAN, PCA_OF_NOISY, *after_denoisers]

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

    def run(self, tasks, choices):
        """Train and test every condition, and yield their measurements step by step.

        What is trained on clean images is the same at all training levels, so it is trained once for the
        tasks of a repeat.

        Parameters
        ----------
        tasks : list of Task
            The tasks, repeat by repeat.
        choices : dict
            For each (training, its label, number of labels) the choices of the first repeat, by condition.
            Without them, a race chooses.
        """
        for _, of_repeat in groupby(tasks, key=lambda task: task.repeat):
            on_clean = defaultdict(dict)
            for task in of_repeat:
                yield from self._run_task(task, choices, on_clean)

    def _run_task(self, task, choices, on_clean):
        whole, fitted = self._split(task), {}
        for n_labels in self.numbers_of_labels:
            split = whole
            if n_labels < len(whole.y):
                rng = generator(self.seed, Stream.COMPARISON_LABELS, task.repeat)
                split = whole.with_labels(n_labels, rng)
            trial = Trial(self, task, split)
            chosen = choices.get((task.training.block, task.training.label, n_labels))
            for step in self._train(trial, chosen, on_clean[n_labels], fitted):
                yield [
                    measurement
                    for condition, candidates in step.items()
                    for measurement in trial.measure(condition, candidates)
                ]

    def _train(self, trial, chosen, on_clean, fitted):
        """Train every condition, and yield the candidates; conditions that share work come together.

        Rivals come first, because most of them are quick. What is trained on clean images is kept in
        `on_clean`, for other training levels; denoisers that need no labels are kept in `fitted`, for other
        numbers of labels.
        """
        task, split = trial.task, trial.split
        seed = derived_seed(self.seed, Stream.COMPARISON_SEED, task.repeat)
        trainer = Trainer(with_seed(self.classifier, seed), self.param_grid)
        training = self._training_set(task, split)
        if "alone" not in on_clean:
            on_clean["alone"] = train_alone(trainer, training)
        alone = on_clean["alone"]
        unprepared = self._best_on_clean(alone, split)
        yield {Condition(ON_CLEAN, ALONE): alone, UNPREPARED: [unprepared]}

        n_copies = self.n_copies or default_n_copies(len(split.y))
        is_small = len(split.y) < self.n_training and len(split.y) * max(n_copies) <= _FEW_COPIES
        finish = (
            partial(
                race,
                n_copies=n_copies,
                score=trial.choosing_score,
                gives_up=not is_small,
            )
            if chosen is None
            else partial(follow, choices=chosen)
        )
        filters, learned = self._denoisers_of(task, seed)
        rivals = self._enter_rivals(trainer, training, seed, on_clean)
        for kind, denoisers, entrants in ((FILTER, filters, rivals), (DENOISER, learned, [])):
            before = {}
            for name, denoiser in denoisers.items():
                if name not in fitted or learns_labels(denoiser):
                    fitted[name] = fit_denoiser(denoiser, training)
                condition = Condition(name, kind, True)
                before[condition] = fitted[name]
                entrants += enter_noisy(condition, trainer, training, fitted[name])
            for condition, trained in finish(entrants):
                step = {condition: [trained]}
                if condition in before:
                    on_denoised_clean = replace(condition, name=condition.name + ON_DENOISED_CLEAN)
                    not_retrained = replace(condition, name=condition.name + NOT_RETRAINED)
                    step[on_denoised_clean] = train_on_denoised_clean(
                        trainer, training, before[condition]
                    )
                    step[not_retrained] = [put_after(unprepared, before[condition])]
                yield step

        if learns_by_epoch(self.classifier):
            longest = max((fitted[name].seconds for name in learned), default=0.0)
            fresh = train_on_fresh_noise(trainer, training, longest + unprepared.seconds)
            yield {Condition(ON_FRESH_NOISE, NOISE_AUGMENTATION): fresh}

    def _training_set(self, task, split):
        return TrainingSet(
            split.X,
            split.y,
            lambda i: self.training_noise(split.X, task, i),
            split.unlabelled,
            lambda i: self.training_noise(split.unlabelled, task, i, _OF_UNLABELLED),
        )

    def _enter_rivals(self, trainer, training, seed, on_clean):
        """Return what competes without a denoiser."""
        of_clean = Condition(PCA_OF_CLEAN, PRINCIPAL_COMPONENTS)
        of_noisy = Condition(PCA_OF_NOISY, PRINCIPAL_COMPONENTS)
        components = trainer, training, self.n_components, seed
        rivals = [
            *enter_noisy(Condition(ON_NOISE, NOISE_AUGMENTATION), trainer, training),
            *enter_components_of_clean(of_clean, *components, on_clean),
            *enter_components_of_noisy(of_noisy, *components),
        ]
        if self._has_self_training(len(training.unlabelled)):
            self_training = Condition(SELF_TRAINING, NOISE_AUGMENTATION)
            rivals += enter_self_training(self_training, trainer, training)
        return rivals

    def _best_on_clean(self, candidates, split):
        return best(candidates, lambda one: self.score(one, split.X_validation, split.y_validation))

    def _denoisers_of(self, task, seed):
        """Return the filters and the other denoisers, with the settings of a task."""
        filters, learned = {}, {}
        for name, denoiser in self.denoisers.items():
            denoiser = with_seed(self._with_noise_of(denoiser, task.training), seed)
            (filters if _is_filter(denoiser) else learned)[name] = denoiser
        return filters, learned

    def _split(self, task):
        if not isinstance(self.validation, float):
            return Split(self.X, self.y, self.unlabelled, *self.validation)
        seed = derived_seed(self.seed, Stream.COMPARISON_SPLIT, task.repeat)
        X, X_validation, y, y_validation = train_test_split(
            self.X, self.y, test_size=self.validation, stratify=self.y, random_state=seed
        )
        return Split(X, y, self.unlabelled, X_validation, y_validation)

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
        """Return validation images with the noise to train on; of few images, several draws."""
        rng = generator(self.seed, Stream.COMPARISON_CHOICE, task.repeat, task.index)
        draws = [self._noisy(X, task.training.model, rng) for _ in range(_n_draws(len(X)))]
        return np.concatenate(draws)

    def level_noise(self, X, stream, task, level):
        """Return images with the noise of a level, the same at each training level."""
        index = self.levels.index(level)
        return self._noisy(X, level.model, generator(self.seed, stream, task.repeat, index))

    def _noisy(self, X, model, rng):
        images = as_nhwc(X, self.image_shape)
        return corrupt(images, model, self.pixels, rng, clip=self.clip).reshape(X.shape)


def default_n_copies(n_images):
    """Return the numbers of noisy copies to choose from for a number of training images."""
    first, *more = _COPIES
    return (first, *(n for n in more if n * n_images <= _N_COPIED_IMAGES))


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
        trained = best(candidates, self.choosing_score)
        yield self._measurement(condition, trained, CLEAN)
        if condition != UNPREPARED:
            for index in self.task.training.tests:
                yield self._measurement(condition, trained, self.experiment.levels[index])

    def _measurement(self, condition, trained, level):
        experiment, y_test = self.experiment, self.experiment.y_test
        inputs, seconds = self._prepared(trained, "test", level)
        outcome = experiment.outcomes.record(trained.classifier, inputs, y_test)
        quality, validation_score = {}, math.nan
        if level != CLEAN:  # of clean images, only the score on test images is shown
            y_validation = self.split.y_validation
            validation_score = self._score(trained, "validation", level, y_validation)
            if condition.restores or condition.kind == ALONE:
                quality = self._quality(trained.transformer, level, inputs)
        return Measurement(
            condition=condition,
            repeat=self.task.repeat,
            training=self.task.training,
            n_labels=len(self.split.y),
            level=level,
            outcome=outcome,
            score=experiment.outcomes.score(outcome, y_test),
            validation_score=validation_score,
            psnr=quality.get("psnr", math.nan),
            ssim=quality.get("ssim", math.nan),
            fit_seconds=trained.seconds,
            transform_seconds=seconds,
            choices=trained.choices,
            choice=trained.choice,
            pipeline=trained.as_pipeline() if self._keeps_pipelines() else None,
        )

    def _keeps_pipelines(self):
        return self.experiment.return_estimator and self.task.repeat == 0

    def choosing_score(self, trained):
        """Return the score on validation images under the noise to train on."""
        y = np.tile(self.split.y_validation, _n_draws(len(self.split.y_validation)))
        return self._score(trained, "choosing", None, y)

    def _score(self, trained, purpose, level, y):
        inputs, _ = self._prepared(trained, purpose, level)
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


def _n_draws(n_images):
    """Return how many draws of noise the validation images get for choices."""
    return math.ceil(_N_CHOOSING_IMAGES / n_images)


def _representative_order(y, rng):
    """Return a random order of images whose first n represent the classes, for any n."""
    places = np.empty(len(y))
    for label in np.unique(y):
        members = rng.permutation(np.flatnonzero(y == label))
        places[members] = (np.arange(len(members)) + 0.5) / len(members)
        places[members[0]] = 0  # each class is among the first
    return np.lexsort([rng.random(len(y)), places])


def _is_filter(denoiser):
    found = find_denoiser(denoiser)
    return found is not None and isinstance(found.denoiser, FilterDenoiser)
