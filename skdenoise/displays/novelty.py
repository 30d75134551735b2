"""The noise novelty display: how far the noise of images is from what their denoiser was made for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skdenoise.displays.drawing import axes_or_new, draw_line, legend_beside
from skdenoise.evaluation.novelty import NoiseNoveltyDetector

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class NoiseNoveltyDisplay:
    """How far the noise of images is from the usual, against its strength.

    Each image is a point. Those above the line are reported as other noise. Use :meth:`from_estimator` to create a
    display and plot it. All parameters are stored as attributes.

    Parameters
    ----------
    strengths : dict of str to array-like of shape (n,)
        Standard deviations of what was removed from images, in units of the value range, by name.
    distances : dict of str to array-like of shape (n,)
        Distances of their noise from the usual, by name.
    threshold : float
        Noise at a greater distance is reported.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    ax_ : matplotlib.axes.Axes
        The axes.
    lines_ : dict of str to matplotlib.lines.Line2D
        The points, by name.

    See Also
    --------
    NoiseNoveltyDetector : What is plotted.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import NoiseNoveltyDetector, NoiseNoveltyDisplay
    >>> from skdenoise import SubspaceDenoiser, add_noise
    >>> X = load_digits().data / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=(0, 0.3), random_state=0)
    >>> detector = NoiseNoveltyDetector(denoiser, random_state=0).fit(X[:1400])
    >>> dots = add_noise(X[1400:], "salt_and_pepper", 0.2, random_state=1)
    >>> display = NoiseNoveltyDisplay.from_estimator(detector, {"dots": dots})
    >>> list(display.lines_)
    ['usual noise', 'dots']
    """

    def __init__(
        self,
        *,
        strengths: Mapping[str, ArrayLike],
        distances: Mapping[str, ArrayLike],
        threshold: float,
    ) -> None:
        self.strengths = strengths
        self.distances = distances
        self.threshold = threshold

    @classmethod
    def from_estimator(
        cls,
        detector: NoiseNoveltyDetector,
        X: ArrayLike | Mapping[str, ArrayLike],
        *,
        ax: "Axes | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Plot the noise of images beside the usual noise.

        Parameters
        ----------
        detector : fitted NoiseNoveltyDetector
            Knows the usual noise.
        X : array-like, or dict of str to array-like
            Noisy images of the layout given to the detector's ``fit``, or several sets by name.
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.
        **kwargs
            Parameters of ``Axes.plot``, for all points.

        Returns
        -------
        NoiseNoveltyDisplay

        Raises
        ------
        ValueError
            If a set is called "usual noise".
        """
        check_is_fitted(detector)
        sets = X if isinstance(X, Mapping) else {"images": X}
        if "usual noise" in sets:
            raise ValueError(
                'A set is called "usual noise", as the images of the detector are. Rename it.'
            )
        frames = {
            "usual noise": detector.usual_,
            **{name: detector.describe(images) for name, images in sets.items()},
        }
        display = cls(
            strengths={name: frame["strength"].to_numpy() for name, frame in frames.items()},
            distances={name: frame["distance"].to_numpy() for name, frame in frames.items()},
            threshold=detector.threshold_,
        )
        return display.plot(ax, **kwargs)

    def plot(self, ax: "Axes | None" = None, **kwargs: Any) -> Self:
        """Plot the points.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure. The legend is to the right of the axes, so your
            own figure should have ``layout="constrained"``.
        **kwargs
            Parameters of ``Axes.plot``, for all points.

        Returns
        -------
        NoiseNoveltyDisplay
            The same display.
        """
        from matplotlib.ticker import LogLocator, NullLocator

        ax = axes_or_new(ax)
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {}
        for i, (name, strengths) in enumerate(self.strengths.items()):
            style = {"label": name, "linestyle": "", "markersize": 4, "alpha": 0.6}
            self.lines_[name] = draw_line(ax, strengths, self.distances[name], i, style, **kwargs)
        ax.axhline(self.threshold, color="black", linewidth=1, linestyle="--")
        ax.set(
            xlabel="strength of what was removed, in units of the value range",
            ylabel="distance from the usual",
            yscale="log",
        )
        ax.yaxis.set(
            major_locator=LogLocator(subs=(1, 2, 5)),
            minor_locator=NullLocator(),
            major_formatter="{x:g}",
        )
        ax.grid(alpha=0.3)
        legend_beside(ax)
        return self
