"""The certificate: predictions that no small perturbation can change."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_clusterer
from sklearn.utils import check_consistent_length, gen_even_slices
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import column_or_1d

from skdenoise.evaluation.calibrated import check_share
from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.evaluation.smoothing import (
    Votes,
    certified_radius,
    count_votes,
    lower_bound,
)
from skdenoise.images.layout import check_images, like_table
from skdenoise.images.pixels import PixelFormat, chunks
from skdenoise.images.value_range import check_value_range
from skdenoise.noise.adding import corrupt
from skdenoise.noise.sensor import GaussianNoise
from skdenoise.progress import N_LINES, show_steps
from skdenoise.reports.labels import check_labels, is_known_regressor
from skdenoise.reports.summary import Summary
from skdenoise.seeding import Stream, draw_seed, generator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

    from skdenoise.displays import CertifiedAccuracyDisplay

# Tasks for each process, so that the progress is seen and none waits long for the others.
_TASKS_PER_JOB = 8
# The summary shows the accuracy at these radii, in units of the noise.
_SHOWN_RADII = (0, 0.5, 1, 1.5, 2, 2.5, 3)


def certify(
    pipeline: BaseEstimator,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    noise_factor: float,
    n_draws: int = 1000,
    n_selection_draws: int = 100,
    alpha: float = 0.001,
    value_range: tuple[float, float] | None = None,
    n_jobs: int | None = None,
    random_state: int | np.random.RandomState | None = 0,
    verbose: int = 0,
) -> "Certificate":
    r"""Certify predictions against every perturbation of limited size, by randomised smoothing.

    It certifies the smoothed classifier: the one that predicts the class which the pipeline gives to most copies of
    an image with Gaussian noise. A denoiser before the classifier makes the pipeline right on more of
    these copies, and the certificates larger.

    Parameters
    ----------
    pipeline : fitted classifier
        Any classifier, with or without a denoiser before it. It should be right under noise of strength
        `noise_factor`.
    X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
        Images as they come, to which noise is added.
    y : array-like of shape (n,), default=None
        Their classes, to know which predictions are right.
    noise_factor : float
        Standard deviation of the noise in units of the value range. More noise allows larger radii, but
        makes fewer predictions right.
    n_draws : int, default=1000
        Number of noisy copies of each image that count the votes. The greatest radius that they can
        certify is ``noise_factor`` times 2.5 with 1,000, 3.2 with 10,000 and 3.8 with 100,000, if `alpha` is
        0.001.
    n_selection_draws : int, default=100
        Number of further noisy copies, which select the class.
    alpha : float, default=0.001
        Probability, at most, that a certificate is wrong.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, uses those of a denoiser that is the first step, or infers it
        from `X`.
    n_jobs : int, default=None
        Number of processes, as in joblib.
    random_state : int, RandomState instance or None, default=0
        Seed of the noise. It is the same for all pipelines.
    verbose : int, default=0
        If not 0, shows the progress.

    Returns
    -------
    Certificate
        Predictions and radii of the images.

    Raises
    ------
    TypeError
        If `pipeline` is not a classifier.
    ValueError
        If a parameter is out of range, or the numbers of images and classes differ.

    See Also
    --------
    CertifiedAccuracyDisplay : Curves of several certificates.
    corruption_report : The accuracy under common corruptions, not under the worst perturbation.

    Notes
    -----
    Let :math:`p` be the lower Clopper-Pearson bound of the probability that a noisy copy gets the predicted
    class. If :math:`p > 1/2`, no perturbation whose L2 norm, over all pixels and channels, is below

    .. math:: R = \sigma \, \Phi^{-1}(p)

    changes the prediction of the smoothed classifier [1]_; otherwise it abstains. With a denoiser in front this is
    denoised smoothing [2]_. Norms and radii are in units of the value range. Rounding and clipping, of integer
    images, are a part of the classifier, and do not weaken the certificate.

    References
    ----------
    .. [1] J. Cohen, E. Rosenfeld and J. Z. Kolter, "Certified Adversarial Robustness via Randomized
       Smoothing", International Conference on Machine Learning 2019, arXiv:1902.02918.
    .. [2] H. Salman, M. Sun, G. Yang, A. Kapoor and J. Z. Kolter, "Denoised Smoothing: A Provable Defense for
       Pretrained Classifiers", Neural Information Processing Systems 2020, arXiv:2003.01908.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdenoise import SubspaceDenoiser, certify
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=0.25, random_state=0)
    >>> pipeline = make_pipeline(denoiser, RandomForestClassifier(random_state=0))
    >>> pipeline = pipeline.fit(X[:1000], y[:1000])
    >>> certificate = certify(
    ...     pipeline, X[1000:1100], y[1000:1100], noise_factor=0.25, n_draws=200
    ... )
    >>> print(f"{certificate.certified_accuracy(0.2):.1f}")
    0.7
    """
    _check_classifier(pipeline)
    _check_numbers(noise_factor, n_draws, n_selection_draws, alpha)
    table, X = X, check_images(X)
    if y is not None:
        y = column_or_1d(y)
        check_consistent_length(X, y)
        check_labels("pipeline", pipeline, y)
    if value_range is None:
        found = find_denoiser(pipeline)
        # Of a denoiser behind other steps, it is that of their results.
        if found and not found.before:
            value_range = found.value_range_for(X)
    pixels = PixelFormat(X.dtype, check_value_range(value_range, X))
    seed = draw_seed(random_state)
    model = GaussianNoise(float(noise_factor))

    def votes(images: slice) -> Iterator[Votes]:
        for i in range(*images.indices(len(X))):
            rng = generator(seed, Stream.SMOOTHING, i)

            def predict(n_copies, image=X[i : i + 1], rng=rng):
                """Return the classes of new noisy copies."""
                classes = []
                # A view: the copies are never held all at once.
                copies = np.broadcast_to(image, (n_copies, *image.shape[1:]))
                for part in chunks(copies):
                    flat = copies[part].reshape(-1, image.size, 1, 1)
                    noisy = corrupt(flat, model, pixels, rng).reshape(-1, *image.shape[1:])
                    classes.append(_predicted(pipeline, like_table(noisy, table)))
                return np.concatenate(classes)

            yield count_votes(predict, n_selection_draws, n_draws)

    counted = list(
        show_steps(
            _in_parallel(votes, len(X), n_jobs), len(X), "certificates", verbose, _line(len(X))
        )
    )
    predictions = np.array([one.prediction for one in counted])
    if y is not None and isinstance(predictions[0], str) != isinstance(y[0], str):
        raise ValueError(
            f"The pipeline predicts {predictions.tolist()[0]!r}, but y has {y.tolist()[0]!r}, of another type. Give the "
            "classes as the pipeline predicts them."
        )
    bounds = np.array([lower_bound(one.n_votes, n_draws, alpha) for one in counted])
    return Certificate(
        predictions=predictions,
        radii=np.array([certified_radius(bound, noise_factor) for bound in bounds]),
        lower_bounds=bounds,
        y=y,
        noise_factor=float(noise_factor),
        n_draws=int(n_draws),
        alpha=float(alpha),
    )


@dataclass(frozen=True, eq=False)
class Certificate:
    """The result of `certify`.

    Attributes
    ----------
    predictions : ndarray of shape (n,)
        Classes that the smoothed classifier predicts. Where it abstains, the most frequent one of few copies.
    radii : ndarray of shape (n,)
        L2 norms, in units of the value range, up to which no perturbation changes the prediction. 0 where
        the classifier abstains.
    lower_bounds : ndarray of shape (n,)
        Lower bounds of the share of noisy copies with this class.
    y : ndarray of shape (n,) or None
        The true classes.
    noise_factor : float
        Standard deviation of the noise.
    n_draws : int
        Number of noisy copies that counted.
    alpha : float
        Probability, at most, that a certificate is wrong.
    """

    predictions: NDArray[Any]
    radii: NDArray[np.float64]
    lower_bounds: NDArray[np.float64]
    y: NDArray[Any] | None
    noise_factor: float
    n_draws: int
    alpha: float

    @property
    def abstains(self) -> NDArray[np.bool_]:
        """Whether there is no certificate, for each image: too few copies agree."""
        return self.radii == 0

    @property
    def frame(self) -> "DataFrame":
        """One row for each image: ``prediction``, ``radius``, ``lower_bound``, ``abstains``; with `y`, ``label``."""
        import pandas as pd

        labels = {} if self.y is None else {"label": self.y}
        return pd.DataFrame(
            {
                **labels,
                "prediction": self.predictions,
                "radius": self.radii,
                "lower_bound": self.lower_bounds,
                "abstains": self.abstains,
            }
        )

    def certified_accuracy(self, radius: ArrayLike = 0.0) -> Any:
        """Return the share of images that are certified to be predicted correctly.

        Parameters
        ----------
        radius : float or array-like, default=0.0
            L2 norm of the perturbations, in units of the value range.

        Returns
        -------
        float or ndarray of the shape of `radius`
            Share of images whose prediction is right and cannot be changed by any perturbation up to `radius`.

        Raises
        ------
        ValueError
            If the true classes were not given to `certify`, or a radius is below 0.
        """
        if self.y is None:
            raise ValueError(
                "Whether a prediction is right is not known. Give the classes: certify(pipeline, X, y)."
            )
        radius = np.asarray(radius, dtype=float)
        if not (radius >= 0).all():
            raise ValueError(f"radius={radius!r} must be 0 or more.")
        certified = np.where(self.abstains | (self.predictions != self.y), -np.inf, self.radii)
        shares = np.mean(certified >= radius[..., np.newaxis], axis=-1)
        return shares if radius.ndim else float(shares)

    def summary(self) -> Summary:
        """Return a readable report, which prints as text, or as HTML in a notebook.

        Returns
        -------
        Summary
            A table and conclusions in words.
        """
        import pandas as pd

        reachable = certified_radius(lower_bound(self.n_draws, self.n_draws, self.alpha), 1)
        radii = self.noise_factor * np.array([r for r in _SHOWN_RADII if r <= reachable])
        columns = {
            "certified predictions": [np.mean(~self.abstains & (self.radii >= r)) for r in radii]
        }
        if self.y is not None:
            columns = {"certified accuracy": self.certified_accuracy(radii), **columns}
        table = pd.DataFrame(columns, index=pd.Index([f"{r:g}" for r in radii], name="radius"))
        sentences = [
            f"It abstains from {np.mean(self.abstains):.1%} of {len(self.radii):,} images; the median radius is "
            f"{np.median(self.radii):.2f}.",
            f"Each certificate is wrong with a probability of at most {self.alpha:g}. With {self.n_draws:,} draws, no "
            f"radius can be above {reachable * self.noise_factor:.2f}.",
        ]
        head = (
            f"Smoothed with Gaussian noise of {self.noise_factor:g}. Radii are L2 norms of perturbations, in units "
            "of the value range."
        )
        return Summary(head, [("Share of the images", table.map("{:.3f}".format))], sentences)

    def plot(self, *, ax: "Axes | None" = None) -> "CertifiedAccuracyDisplay":
        """Plot the certified accuracy against the radius.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.

        Returns
        -------
        CertifiedAccuracyDisplay
        """
        from skdenoise.displays import CertifiedAccuracyDisplay

        return CertifiedAccuracyDisplay.from_certificates(self, ax=ax)

    def __repr__(self):
        return str(self.summary())

    def _repr_html_(self):
        return self.summary()._repr_html_()


def _in_parallel(votes, n_images, n_jobs):
    """Yield the votes of images in their order, from several processes if asked."""
    n_jobs = effective_n_jobs(n_jobs)
    if n_jobs == 1:
        return votes(slice(None))
    # Each task carries the pipeline, so there is not one for each image.
    parts = gen_even_slices(n_images, min(n_images, _TASKS_PER_JOB * n_jobs))
    run = delayed(_listed)
    return chain.from_iterable(
        Parallel(n_jobs=n_jobs, return_as="generator")(run(votes, part) for part in parts)
    )


def _listed(votes, part):
    return list(votes(part))


def _line(n_images):
    every = -(-n_images // N_LINES)
    return lambda number, step: "images" if number % every == 0 or number == n_images else None


def _predicted(pipeline, noisy):
    classes = np.asarray(pipeline.predict(noisy))
    if classes.ndim == 2 and classes.shape[1] == 1:
        classes = classes[:, 0]
    if classes.shape != (len(noisy),):
        raise ValueError(
            f"predict returned an array of shape {classes.shape} for {len(noisy)} images. Expected one class for each."
        )
    return classes


def _check_classifier(pipeline):
    has_tags = hasattr(pipeline, "__sklearn_tags__")
    if (
        not hasattr(pipeline, "predict")
        or is_known_regressor(pipeline)
        or (has_tags and is_clusterer(pipeline))
    ):
        raise TypeError(
            f"{type(pipeline).__name__} is not a classifier, so it has no classes to certify. Give a fitted "
            "classifier, or a pipeline that ends with one."
        )


def _check_numbers(noise_factor, n_draws, n_selection_draws, alpha):
    if not isinstance(noise_factor, Real) or not 0 < noise_factor < np.inf:
        raise ValueError(
            f"noise_factor={noise_factor!r} must be one number above 0: the standard deviation of the noise, in "
            "units of the value range."
        )
    for name, number in (("n_draws", n_draws), ("n_selection_draws", n_selection_draws)):
        if not isinstance(number, Integral) or number < 1:
            raise ValueError(f"{name}={number!r} must be an integer of at least 1.")
    check_share("alpha", alpha, example=0.001)
    if lower_bound(n_draws, n_draws, alpha) <= 0.5:
        least = int(np.log2(1 / alpha)) + 1
        raise ValueError(
            f"n_draws={n_draws} cannot certify anything with alpha={alpha:g}, even if all agree. It needs at least "
            f"{least}."
        )
