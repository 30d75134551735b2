"""The interval display: denoised images, and how wide the intervals of their pixels are."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skdenoise.displays.drawing import colorbar_of_row, draw_images, image_grid, in_unit
from skdenoise.evaluation.conformal import ConformalDenoiser
from skdenoise.evaluation.find_denoiser import find_denoiser
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.value_range import check_value_range

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure


class IntervalDisplay:
    """Noisy and denoised images, and a heat map of the widths of the intervals.

    Use :meth:`from_estimator` to create a display and plot it. All parameters are stored as attributes.

    Parameters
    ----------
    noisy, denoised, low, high : array-like of shape (n, n_features), (n, height, width[, channels])
        The images, and the ends of the intervals, all of the same shape.
    clean : array-like of the same shape, default=None
        The true images, if they are known. They are plotted too, with the share of their pixels that are inside.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, rows are a square grey image or a strip.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from the denoised images.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n)
        The axes, one for each image.
    images_ : dict of str to list of matplotlib.image.AxesImage
        The images of the rows ``"noisy"``, ``"denoised"``, ``"clean"``, if it is known, and ``"width"``.
    colorbar_ : matplotlib.colorbar.Colorbar
        The colorbar of the widths.

    See Also
    --------
    ConformalDenoiser : What the intervals promise.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import (
    ...     ConformalDenoiser,
    ...     IntervalDisplay,
    ...     SubspaceDenoiser,
    ...     add_noise,
    ... )
    >>> X = load_digits().data / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0)
    >>> conformal = ConformalDenoiser(denoiser, random_state=0).fit(X[:1400])
    >>> noisy = add_noise(X[1400:], noise_factor=0.3, random_state=1)
    >>> display = IntervalDisplay.from_estimator(conformal, noisy, n_images=5)
    >>> display.axes_.shape
    (3, 5)
    """

    def __init__(
        self,
        *,
        noisy: ArrayLike,
        denoised: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        clean: ArrayLike | None = None,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
    ) -> None:
        self.noisy = noisy
        self.denoised = denoised
        self.low = low
        self.high = high
        self.clean = clean
        self.image_shape = image_shape
        self.value_range = value_range

    @classmethod
    def from_estimator(
        cls,
        conformal: ConformalDenoiser,
        X: ArrayLike,
        *,
        clean: ArrayLike | None = None,
        n_images: int = 8,
        coverage: float | None = None,
        confidence_level: float | None = None,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
        figure: "Figure | SubFigure | None" = None,
        **kwargs: Any,
    ) -> Self:
        """Denoise images, and plot them with the widths of their intervals.

        Parameters
        ----------
        conformal : fitted ConformalDenoiser
            Denoises the images, and knows the intervals.
        X : array-like of the layout given to its ``fit``
            Noisy images.
        clean : array-like of the shape of `X`, default=None
            The same images without noise, if they are known.
        n_images : int, default=8
            Number of images to show, starting with the first.
        coverage, confidence_level : float, default=None
            As in ``predict_interval``.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows. If None, uses the denoiser's.
        value_range : (low, high), default=None
            Pixel values of black and white. If None, uses the denoiser's.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to plot on. If None, makes a new figure.
        **kwargs
            Parameters of ``Axes.imshow``, for all images except the widths.

        Returns
        -------
        IntervalDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `conformal` is not fitted.
        TypeError
            If it has no ``predict_interval``.
        """
        if not hasattr(conformal, "predict_interval"):
            raise TypeError(
                f"{type(conformal).__name__} has no predict_interval. Give a fitted ConformalDenoiser."
            )
        check_is_fitted(conformal, "denoiser_")
        found = find_denoiser(conformal.denoiser_)
        noisy, seen = X[:n_images], found.prepare(X[:n_images])
        low, high = conformal.predict_interval(
            noisy, coverage=coverage, confidence_level=confidence_level
        )
        if image_shape is None and np.ndim(seen) == 2:
            image_shape = conformal.image_shape_
        display = cls(
            noisy=seen,
            denoised=conformal.transform(noisy),
            low=low,
            high=high,
            clean=None if clean is None else found.prepare(clean[:n_images]),
            image_shape=image_shape,
            value_range=found.value_range_for(seen) if value_range is None else value_range,
        )
        return display.plot(figure, **kwargs)

    def plot(self, figure: "Figure | SubFigure | None" = None, **kwargs: Any) -> Self:
        """Plot the images and the widths.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to plot on. If None, makes a new figure. Your own figure should have
            ``layout="constrained"``.
        **kwargs
            Parameters of ``Axes.imshow``, for all images except the widths.

        Returns
        -------
        IntervalDisplay
            The same display.
        """
        rows = self._rows()
        low, high = rows.pop("low"), rows.pop("high")
        n_images, *shape = low.shape
        self.figure_, self.axes_ = image_grid(len(rows) + 1, n_images, shape, figure=figure)
        self.images_ = {}
        for axes, (title, images) in zip(self.axes_, rows.items(), strict=False):
            captions = ()
            if title == "clean":
                inside = (low <= images) & (images <= high)
                captions = [f"{share:.0%} inside" for share in inside.mean(axis=(1, 2, 3))]
            self.images_[title] = draw_images(axes, images, title, captions=captions, **kwargs)
        width = (high - low).mean(axis=-1, keepdims=True)
        # A few very wide intervals would make all others look narrow.
        limit = max(float(np.quantile(width, 0.995)), 1e-6)
        style = {"cmap": "magma", "vmin": 0, "vmax": limit}
        self.images_["width"] = draw_images(self.axes_[-1], width, "width", **style)
        self.colorbar_ = colorbar_of_row(
            self.figure_, self.axes_[-1], self.images_["width"][-1], [0, limit]
        )
        return self

    def _rows(self):
        """Return the images of each row and the ends of the intervals, NHWC in units of the value range."""
        names = ("noisy", "denoised", "clean", "low", "high")
        rows = {
            name: check_images(getattr(self, name), name=name)
            for name in names
            if getattr(self, name) is not None
        }
        shapes = {name: images.shape for name, images in rows.items()}
        if len(set(shapes.values())) > 1:
            raise ValueError(f"The images differ in shape: {shapes}. All must have the same shape.")
        value_range = check_value_range(self.value_range, rows["denoised"])
        shape = check_image_shape(self.image_shape, rows["denoised"])
        return {name: in_unit(as_nhwc(images, shape), value_range) for name, images in rows.items()}
