"""The comparison: whether denoising improves classification of noisy images."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import check_consistent_length
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import column_or_1d

from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.images.layout import check_image_shape, check_images
from skdenoise.images.pixels import PixelFormat
from skdenoise.images.value_range import check_value_range, warn_of_other_range
from skdenoise.progress import show_steps
from skdenoise.reports.comparison.conditions import (
    NOT_RETRAINED,
    ON_CLEAN,
    ON_DENOISED_CLEAN,
    ON_FRESH_NOISE,
    ON_NOISE,
    PCA_OF_CLEAN,
    PCA_OF_NOISY,
    SELF_TRAINING,
)
from skdenoise.reports.comparison.experiment import CLEAN, UNPREPARED, Experiment
from skdenoise.reports.comparison.levels import in_words, noise_levels, training_levels
from skdenoise.reports.comparison.outcome import check_scoring_of_outcomes
from skdenoise.reports.comparison.result import DenoisingComparison
from skdenoise.reports.comparison.table import tabulate
from skdenoise.reports.labels import is_known_regressor
from skdenoise.seeding import draw_seed
from skdenoise.supervision.labels import UNLABELLED
from skdenoise.user_warnings import warn_user

if TYPE_CHECKING:
    from skdenoise.noise.model import NoiseModel


# What scikit-learn says of arrays that have more dimensions than a classifier takes.
_WANTS_ROWS = re.compile(r"Found array with dim \d|Expected 2D array")
_TrainNoise = str | float | tuple[float, float]


def compare_denoising(
    classifier: BaseEstimator,
    X_train: ArrayLike,
    y_train: ArrayLike,
    X_test: ArrayLike,
    y_test: ArrayLike,
    *,
    unlabelled: ArrayLike | None = None,
    n_labels: int | Sequence[int] | None = None,
    noise: "str | NoiseModel" = "gaussian",
    noise_factors: float | Sequence[float] | None = None,
    train_noise_factor: _TrainNoise | list[_TrainNoise] = "matched",
    denoisers: BaseEstimator | Sequence[BaseEstimator] | Mapping[str, BaseEstimator] | None = None,
    param_grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]] | None = None,
    n_copies: int | Sequence[int] | str = "auto",
    n_components: int | Sequence[int] = (20, 40, 80),
    scoring: str | Callable[..., float] = "accuracy",
    validation: float | tuple[ArrayLike, ArrayLike] = 0.2,
    n_repeats: int = 3,
    n_resamples: int | None = None,
    clip: bool | None = None,
    image_shape: tuple[int, ...] | None = None,
    value_range: tuple[float, float] | None = None,
    return_estimator: bool = False,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> DenoisingComparison:
    """Compare ways to classify noisy images: with denoisers and without.

    The classifier is trained on clean images, on noisy images, after PCA, after filters and after learned
    denoisers, always for the same noise, and tested on the same noisy images. The numbers of noisy
    copies and of components and the classifier's parameters are chosen on validation images.

    Parameters
    ----------
    classifier : estimator
        Any classifier. It is cloned, so it stays unfitted.
    X_train : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Clean training images. Of a table, only the values are used.
    y_train : array-like of shape (n,)
        Their classes.
    X_test : array-like of shape (m, ...)
        Clean test images, in the same layout; noise is added to them.
    y_test : array-like of shape (m,)
        Their classes.
    unlabelled : array-like of shape (k, ...), default=None
        More clean training images, in the same layout, whose classes are not known. Denoisers and principal
        components learn from them too, and self-training is one more rival if the classifier has
        ``predict_proba``.
    n_labels : sequence of int, default=None
        Numbers of training images that are labelled; the table has a part for each. They are drawn so that
        the classes are represented, and the other training images are used without their labels. If None,
        all training images are labelled. Validation images are always labelled. This helps all conditions,
        and most the rivals, which have more choices.
    noise : str or noise model, default="gaussian"
        A name (`noise_names`), or an instance with its own strength.
    noise_factors : sequence of float, default=None
        Strengths of a named model to test at. If None, uses a moderate and a strong one: ``(0.2, 0.4)``,
        or a few pixels for blurs. Clean images are always tested too.
    train_noise_factor : "matched", float, (low, high) or list of these, default="matched"
        The noise that classifiers and denoisers are trained for: the same factor as in the test, one
        factor for all tests, or a range for all levels in it (blind). With a list, the table has one
        part for each entry.
    denoisers : estimator, list or dict of str to estimator, default=None
        Denoisers and filters to put before the classifier. Their noise, image shape and value range
        are set to those of the comparison, also inside a pipeline. A denoiser in a ``FrozenEstimator``
        is used as it is; it must not have seen the test images. If None, uses a `UNetDenoiser`, a
        Gaussian filter and a median filter.
    param_grid : dict or list of dict, default=None
        Parameters of the classifier to choose from, for each condition separately.
    n_copies : int, sequence of int or "auto", default="auto"
        Numbers of noisy copies of each image to choose from, when a classifier is trained on noisy
        images, denoised or not. Conditions that are not among the best with few copies are given up, and
        not trained on many. "auto" takes those of 1, 4 and 16 that make at most 25,000 images, at least 1: up to 16
        of 1,562 labelled training images, up to 4 of 6,250. More copies help most classifiers, but take time.
    n_components : sequence of int, default=(20, 40, 80)
        Numbers of principal components to choose from. Image arrays are rebuilt from the components, and so are
        flat rows for a classifier that cannot be fitted on the components.
        With components of clean images, the classifier is trained on clean or on noisy images,
        whichever is better on validation images.
    scoring : str or callable, default="accuracy"
        A scorer of scikit-learn, by name or as ``scorer(classifier, X, y)``. It can only use the
        predictions and the classes of the classifier; one that looks at `X` is an error.
    validation : float or (X, y), default=0.2
        Share of the training images held out for validation, with a new split in each repeat; or
        separate validation images and their classes.
    n_repeats : int, default=3
        Number of repeats, each with new seeds for noise, networks and classifiers. The first one chooses
        the numbers of copies and components, and the parameters of classifiers trained on noisy images.
    n_resamples : int, default=None
        Number of bootstrap resamples of the test images. If None, uses 2,000 for accuracy, and 300 for
        other scorers, which are called for each resample.
    clip : bool, default=None
        Whether to clip noisy values to the value range. If None, clips integers only.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, rows are a square grey image or a strip.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from the training images.
    return_estimator : bool, default=False
        Whether to keep the fitted pipelines of the first repeat, in ``estimators``; those of the greatest
        of several `n_labels`.
    n_jobs : int, default=None
        Number of repeats and training levels to run in parallel, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers. The seeds of the classifier and the denoisers are set from it.
    verbose : int, default=0
        1 shows a progress bar in a terminal or notebook, and elsewhere a line per condition, with its scores.

    Returns
    -------
    DenoisingComparison
        With the table (``frame``), conclusions in words (``summary()``) and curves (``plot()``).

    Raises
    ------
    ValueError, TypeError
        If parameters or images are wrong or do not match. This is checked before training.

    Warns
    -----
    UserWarning
        If it is interrupted (Ctrl-C). It then returns the results so far. If scores are being resampled,
        the intervals come from the resamples so far. Or if the scorer can score so few resamples, because the
        others lack a class, that there are no intervals.

    See Also
    --------
    corruption_report : Accuracy of one fitted pipeline under every kind of noise.

    Notes
    -----
    Training, validation and test noise are separate draws, for any `random_state`. A denoiser is fitted
    once per repeat and training level, also for several `n_labels`, unless it learns from labels.
    Three classifiers are then tested with it: one trained on denoised noisy images, one trained on denoised
    clean images, and the one trained on clean images, not retrained. A SciKeras network, also as the last
    step of a pipeline, is trained with new noise in each epoch as well, for as long as the slowest denoiser
    and its classifier took. Only this condition depends on the speed of the machine.

    The numbers of noisy copies are chosen by successive halving [2]_, on validation images alone. All
    conditions train on the smallest number; of five of them, three train on four times as many copies,
    and two on sixteen times as many; or fewer, if others could not reach the best one by gaining as much again as
    in the last round. Rivals compete with each other, and so do denoisers. The best rival
    and the denoiser of a verdict are never conditions that were given up.

    Intervals of scores are percentiles over resampled test images [1]_. All repeats of an image are
    resampled together, and all conditions share the resamples. Every condition is compared with the best
    rival: the one without a learned denoiser that is best on noisy validation images. Intervals and
    p-values of these differences use the bootstrap's standard error, which is never below the square root
    of 3 divided by the number of test images. There is one verdict for each training level and test level,
    about the denoiser in a pipeline, whose classifier is trained on denoised noisy images. Its interval
    and its p-value are corrected for the number of verdicts by Bonferroni's method; those of the other
    rows hold for one difference alone.

    To search parameters, use `param_grid` instead of a search as the classifier: its folds would have
    noisy copies of the same image in training and validation.

    References
    ----------
    .. [1] B. Efron and R. Tibshirani, "An introduction to the bootstrap", Chapman & Hall 1993.
    .. [2] K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
       optimization", AISTATS 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from skdenoise import SubspaceDenoiser, compare_denoising
    >>> X, y = load_digits(return_X_y=True)
    >>> comparison = compare_denoising(
    ...     SVC(),
    ...     X[:600] / 16,
    ...     y[:600],
    ...     X[600:1200] / 16,
    ...     y[600:1200],
    ...     noise_factors=[0.5],
    ...     denoisers=SubspaceDenoiser(),
    ...     n_copies=[1],
    ...     n_repeats=1,
    ...     random_state=0,
    ... )
    >>> scores = comparison.frame.set_index("condition")["score"]
    >>> bool(scores["Wiener subspace"] > scores["no denoiser"] + 0.1)
    True
    """
    X_train, X_test = check_images(X_train, name="X_train"), check_images(X_test, name="X_test")
    _check_same_layout(X_train, X_test, "X_test")
    y_train, y_test = column_or_1d(y_train), column_or_1d(y_test)
    _check_classes(X_test, y_test, y_train, "y_test")
    check_consistent_length(X_train, y_train)
    for name, value, least in (("n_repeats", n_repeats, 1), ("n_resamples", n_resamples, 2)):
        if value is not None and not (isinstance(value, Integral) and value >= least):
            raise ValueError(f"{name}={value!r} must be an integer of at least {least}.")
    outcomes = check_scoring_of_outcomes(scoring)
    levels = noise_levels(noise, noise_factors)
    pixels = PixelFormat(X_train.dtype, check_value_range(value_range, X_train))
    warn_of_other_range(X_test, pixels.value_range)
    experiment = Experiment(
        classifier=_check_classifier(classifier, param_grid),
        denoisers=_check_denoisers(denoisers),
        param_grid=param_grid,
        n_copies=_check_n_copies(n_copies),
        n_components=_check_numbers("n_components", n_components),
        X=X_train,
        y=y_train,
        X_test=X_test,
        y_test=y_test,
        unlabelled=_check_unlabelled(unlabelled, X_train),
        n_labels=None if n_labels is None else _check_numbers("n_labels", n_labels),
        validation=_check_validation(validation, X_train, y_train),
        levels=levels,
        trainings=training_levels(noise, train_noise_factor, levels),
        n_repeats=n_repeats,
        outcomes=outcomes,
        image_shape=check_image_shape(image_shape, X_train),
        pixels=pixels,
        clip=clip,
        return_estimator=return_estimator,
        seed=draw_seed(random_state),
    )
    if isinstance(experiment.validation, float):
        _check_held_out(experiment)
    _check_labels(experiment)
    experiment.try_noise()
    try:
        measurements, interrupted = _run(experiment, n_jobs, verbose)
    except ValueError as error:
        if X_train.ndim > 2 and _WANTS_ROWS.search(str(error)):
            raise ValueError(_give_rows(classifier, X_train)) from error
        raise
    n_resamples = n_resamples or outcomes.n_resamples
    frame, cut_short = tabulate(measurements, experiment, n_resamples, verbose)
    interrupted = interrupted or cut_short
    return DenoisingComparison(frame, str(scoring), interrupted, _estimators(measurements))


def _give_rows(classifier, X):
    return (
        f"{type(classifier).__name__} takes flat rows, not image arrays of shape {X.shape}. Give flat rows, "
        f"X_train.reshape({len(X)}, -1), with image_shape={X.shape[1:]}, and X_test in the same way; or put "
        "ImageFlattener() before the classifier, in a pipeline."
    )


def _run(experiment, n_jobs, verbose):
    """Return the measurements, up to an interrupt if there was one, and whether there was one."""
    measurements = []
    try:
        total = len(experiment.tasks()) * experiment.n_steps()
        steps = show_steps(_steps(experiment, n_jobs), total, "comparison", verbose, _name_of_step)
        for step in steps:
            measurements += step
    except KeyboardInterrupt:
        if not measurements:
            raise
        warn_user(
            "Interrupted: the comparison has the results so far.",
        )
        return measurements, True
    return measurements, False


def _steps(experiment, n_jobs):
    """Yield the measurements; the first repeat chooses the settings of all repeats."""
    choices = defaultdict(dict)
    tasks = experiment.tasks()
    n_first = len(experiment.trainings)
    for step in _steps_of(experiment, tasks[:n_first], {}, n_jobs):
        for m in step:
            choices[m.training.block, m.training.label, m.n_labels][m.condition] = m.choice
        yield step
    yield from _steps_of(experiment, tasks[n_first:], dict(choices), n_jobs)


def _steps_of(experiment, tasks, choices, n_jobs):
    if effective_n_jobs(n_jobs) == 1:
        return experiment.run(tasks, choices)
    run = delayed(_run_task)
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    return chain.from_iterable(parallel(run(experiment, task, choices) for task in tasks))


def _name_of_step(number, step):
    """Return a row of the table in short: a condition and its score at each noise level."""
    name = step[0].condition.name
    scores = [
        f"{m.score:.3f} at {in_words(m.level.label)}"
        for m in step
        if m.condition.name == name and m.level != CLEAN
    ]
    return f"{name}: {', '.join(scores)}"


def _run_task(experiment, task, choices):
    return list(experiment.run([task], choices))


def _estimators(measurements):
    """Return the kept pipelines, by training level and condition, of the greatest number of labels."""
    return {
        (m.training.block, m.training.label, m.condition.name): m.pipeline
        for m in sorted(measurements, key=lambda m: m.n_labels)
        if m.pipeline is not None and m.condition != UNPREPARED
    }


def _check_same_layout(X, other, name):
    same_dtype = X.dtype.kind == other.dtype.kind == "f" or X.dtype == other.dtype
    if X.shape[1:] != other.shape[1:] or not same_dtype:
        raise ValueError(
            f"{name} has shape {other.shape} and dtype {other.dtype}, but X_train has {X.shape} and "
            f"{X.dtype}. Both must have the same layout and scale."
        )


def _check_classes(X, y, y_train, name):
    check_consistent_length(X, y)
    if not set(y.tolist()) & set(y_train.tolist()):
        raise ValueError(
            f"{name} has none of the classes of y_train: {np.unique(y)[:5]} and "
            f"{np.unique(y_train)[:5]}."
        )


def _check_classifier(classifier, param_grid):
    if isinstance(classifier, type) or not (
        hasattr(classifier, "fit") and hasattr(classifier, "predict")
    ):
        raise TypeError(
            f"classifier={classifier!r} is not an estimator with fit and predict. Give an instance of a "
            "classifier, such as SVC()."
        )
    if is_known_regressor(classifier):
        raise TypeError(f"classifier={classifier!r} is a regressor; give a classifier.")
    classifier = clone(classifier)
    for params in ParameterGrid(param_grid or {}):
        clone(classifier).set_params(**params)
    return classifier


def _check_n_copies(n_copies):
    if not isinstance(n_copies, str):
        return _check_numbers("n_copies", n_copies)
    if n_copies != "auto":
        raise ValueError(f"n_copies={n_copies!r} must be one or more positive integers, or 'auto'.")
    return None


def _check_numbers(name, numbers):
    is_sequence = hasattr(numbers, "__iter__") and not isinstance(numbers, str)
    numbers = tuple(numbers) if is_sequence else (numbers,)
    if not numbers or not all(isinstance(n, Integral) and n >= 1 for n in numbers):
        raise ValueError(f"{name}={numbers!r} must be one or more positive integers.")
    return numbers


def _check_validation(validation, X_train, y_train):
    if isinstance(validation, Real):
        if not 0 < validation < 1:
            raise ValueError(
                f"validation={validation!r} must be a share between 0 and 1, or a pair (X, y)."
            )
        return float(validation)
    try:
        X, y = validation
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"validation={validation!r} must be a share between 0 and 1, or a pair (X, y)."
        ) from error
    X, y = check_images(X, name="validation X"), column_or_1d(y)
    _check_classes(X, y, y_train, "validation y")
    _check_same_layout(X_train, X, "validation X")
    return X, y


class TooFewToHoldOutError(ValueError):
    """There are too few training images to hold out some of each class.

    Parameters
    ----------
    finding : str
        What is wrong. The message adds what to do.
    """

    def __init__(self, finding: str) -> None:
        super().__init__(
            f"{finding} Give more images, another share, or images of their own, validation=(X, y)."
        )
        self.finding = finding


def _check_held_out(experiment):
    """Raise if the images that are held out for validation cannot have each class, or the rest cannot."""
    classes, counts = np.unique(experiment.y, return_counts=True)
    if counts.min() < 2:
        raise TooFewToHoldOutError(
            f"The class {classes.tolist()[counts.argmin()]!r} has a single training image, which cannot be both trained "
            "on and held out for validation."
        )
    n_held_out, n_left = experiment.n_validation, experiment.n_training
    if min(n_held_out, n_left) < len(classes):
        raise TooFewToHoldOutError(
            f"Of {len(experiment.y)} training images, {n_held_out} are held out for validation and {n_left} are left to train on; "
            f"expected at least {len(classes)} of both, one of each class."
        )


def _check_unlabelled(unlabelled, X_train):
    if unlabelled is None:
        return X_train[:0]
    unlabelled = check_images(unlabelled, name="unlabelled")
    _check_same_layout(X_train, unlabelled, "unlabelled")
    return unlabelled


def _check_labels(experiment):
    """Raise if there are not as many labelled images as asked for, or if -1 is a class."""
    n_classes, n_images = len(np.unique(experiment.y)), experiment.n_training
    numbers = experiment.n_labels or ()
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"n_labels={numbers!r} has a number twice.")
    wrong = [n for n in numbers if not n_classes <= n <= n_images]
    if wrong:
        raise ValueError(
            f"n_labels={numbers!r}: {wrong[0]} is not between {n_classes}, the number of classes, and "
            f"{n_images}, the number of training images that are not held out for validation."
        )
    if (numbers or len(experiment.unlabelled)) and UNLABELLED in experiment.y.tolist():
        raise ValueError(
            "y_train has the class -1, which marks images without a label. Give it another name, and "
            "images without a label as unlabelled=."
        )


def _check_denoisers(denoisers):
    """Return denoisers by name."""
    if denoisers is None:
        denoisers = [UNetDenoiser(), FilterDenoiser("gaussian"), FilterDenoiser("median")]
    if isinstance(denoisers, BaseEstimator | str):
        denoisers = [denoisers]
    if not isinstance(denoisers, dict):
        denoisers = _named(denoisers)
    for name, denoiser in denoisers.items():
        if isinstance(denoiser, type) or not hasattr(denoiser, "transform"):
            raise TypeError(
                f"denoisers: {name!r} is {denoiser!r}, which has no transform. Give denoisers such as "
                "UNetDenoiser() or FilterDenoiser('median'), or a dict of them by name."
            )
        found = find_denoiser(denoiser)
        if found is not None:
            found.denoiser._check_params()
    rows = [
        f"{name}{suffix}" for name in denoisers for suffix in ("", ON_DENOISED_CLEAN, NOT_RETRAINED)
    ]
    taken = {
        ON_CLEAN,
        ON_NOISE,
        ON_FRESH_NOISE,
        SELF_TRAINING,
        PCA_OF_CLEAN,
        PCA_OF_NOISY,
        UNPREPARED.name,
    }
    twice = sorted(name for name in rows if rows.count(name) > 1 or name in taken)
    if twice:
        raise ValueError(f"denoisers: the table has another row called {twice[0]!r}; rename it.")
    return {str(name): denoiser for name, denoiser in denoisers.items()}


def _named(denoisers):
    names = {}
    for denoiser in denoisers:
        name = name_of(denoiser)
        number = 1 + sum(other.split(" #")[0] == name for other in names)
        names[name if number == 1 else f"{name} #{number}"] = denoiser
    return names


def name_of(denoiser) -> str:
    """Return the name of a denoiser in the table."""
    found = find_denoiser(denoiser)
    denoiser = denoiser if found is None else found.denoiser
    if isinstance(denoiser, UNetDenoiser):
        return "U-Net"
    if isinstance(denoiser, SubspaceDenoiser):
        return "Wiener subspace" if denoiser.wiener else "PCA subspace"
    if isinstance(denoiser, FilterDenoiser):
        return f"{denoiser.method} filter"
    return type(denoiser).__name__
