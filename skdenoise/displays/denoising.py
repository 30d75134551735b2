"""The denoising display: rows of noisy, denoised and clean images."""

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.displays.drawing import colorbar_of_row, draw_images, image_grid, in_unit
from skdenoise.evaluation.find_denoiser import FoundDenoiser, find_denoiser, flat_pipeline
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images, like_table
from skdenoise.images.value_range import check_value_range_of_pairs
from skdenoise.metrics import psnr
from skdenoise.noise.adding import add_noise

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from skdenoise.noise.model import NoiseModel

_ERRORS = ("signed", "absolute", None)


class DenoisingDisplay:
    """Noisy, denoised and clean images, the remaining error, and the PSNR.

    Use :meth:`from_estimator` or :meth:`from_predictions` to create a display and plot it. All
    parameters are stored as attributes.

    Parameters
    ----------
    clean, noisy, denoised : array-like of shape (n, n_features), (n, height, width[, channels])
        The images, all of the same shape.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, rows are a square grey image or a strip.
    value_range : (low, high), default=None
        Pixel values of black and white. If None, inferred from the clean images.

    Attributes
    ----------
    psnr_ : dict of str to ndarray of shape (n,)
        The PSNR of each image in dB, for ``"noisy"`` and ``"denoised"``.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n)
        The axes, one for each image.
    images_ : dict of str to list of matplotlib.image.AxesImage
        The images of the rows ``"noisy"``, ``"denoised"``, ``"clean"`` and, if it is plotted,
        ``"error"``.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        The colorbar of the error.

    See Also
    --------
    RobustnessCurveDisplay : Score of estimators against the strength of the noise.
    skdenoise.displays.drawing.plot_image_rows : Rows of any images.

    Notes
    -----
    The PSNR is computed by `psnr`. Denoised images are clipped to the value range first, as in
    ``denoiser.score``. Noisy images are not clipped.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import DenoisingDisplay, SubspaceDenoiser
    >>> X = load_digits().data / 16
    >>> denoiser = SubspaceDenoiser(noise_factor=0.3, random_state=0).fit(X[:1000])
    >>> display = DenoisingDisplay.from_estimator(denoiser, X[1000:], n_images=6)
    >>> display.axes_.shape
    (4, 6)
    >>> bool((display.psnr_["denoised"] > display.psnr_["noisy"]).all())
    True
    """

    def __init__(
        self,
        *,
        clean: ArrayLike,
        noisy: ArrayLike,
        denoised: ArrayLike,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
    ) -> None:
        self.clean = clean
        self.noisy = noisy
        self.denoised = denoised
        self.image_shape = image_shape
        self.value_range = value_range

    @classmethod
    def from_estimator(
        cls,
        denoiser: BaseEstimator,
        X: ArrayLike,
        *,
        clean: ArrayLike | None = None,
        noise: "str | NoiseModel | None" = None,
        noise_factor: float | tuple[float, float] | None = None,
        n_images: int = 8,
        random_state: int | np.random.RandomState | None = 0,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
        figure: "Figure | SubFigure | None" = None,
        error: Literal["signed", "absolute"] | None = "signed",
        **kwargs: Any,
    ) -> Self:
        """Add noise to clean images, denoise them, and plot the results.

        Parameters
        ----------
        denoiser : fitted transformer, Pipeline or search
            The denoiser, or an estimator that contains one: a pipeline (also nested), a search or a
            ``FrozenEstimator``. The first denoiser is used, on images transformed by the steps before
            it. An estimator without a denoiser is used with all its transformers.
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images; with `clean`, noisy images.
        clean : array-like of the shape of `X`, default=None
            The same images without noise, for real pairs. No noise is added then.
        noise : str or noise model, default=None
            A name (`noise_names`) or an instance. If None, uses the noise of the denoiser.
        noise_factor : float or (low, high), default=None
            The strength of a named model, as in `add_noise`. Given without `noise`, it is the strength
            of the denoiser's noise.
        n_images : int, default=8
            Number of images to show, starting with the first.
        random_state : int, RandomState instance or None, default=0
            Seed of the noise. The noise equals that of `add_noise` for the images shown.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows. If None, uses the denoiser's.
        value_range : (low, high), default=None
            Pixel values of black and white. If None, uses the denoiser's.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to plot on. If None, makes a new figure.
        error : {"signed", "absolute", None}, default="signed"
            The error to show, as in :meth:`plot`.
        **kwargs
            Parameters of ``Axes.imshow``, for all images except the error.

        Returns
        -------
        DenoisingDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `denoiser` is not fitted.
        TypeError
            If it has no ``transform``.
        ValueError
            If neither noise nor `clean` is given, and the denoiser has no noise model.
        """
        found = _denoiser_in(denoiser)
        denoiser = found.denoiser
        check_is_fitted(denoiser)
        X = found.prepare(X[:n_images])
        if value_range is None:
            value_range = found.value_range_for(X)
        if image_shape is None and np.ndim(X) == 2:
            image_shape = getattr(denoiser, "image_shape_", None)
        if clean is not None:
            noisy, clean = X, found.prepare(clean[:n_images])
        else:
            noise, noise_factor = _check_noise(denoiser, noise, noise_factor)
            clean = X
            noisy = add_noise(
                X,
                noise,
                noise_factor,
                random_state=random_state,
                clip=getattr(denoiser, "clip", None),
                image_shape=image_shape,
                value_range=value_range,
            )
            noisy = like_table(noisy, X)
        return cls.from_predictions(
            clean,
            noisy,
            denoiser.transform(noisy),
            n_images=n_images,
            image_shape=image_shape,
            value_range=value_range,
            figure=figure,
            error=error,
            **kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        clean: ArrayLike,
        noisy: ArrayLike,
        denoised: ArrayLike,
        *,
        n_images: int = 8,
        image_shape: tuple[int, ...] | None = None,
        value_range: tuple[float, float] | None = None,
        figure: "Figure | SubFigure | None" = None,
        error: Literal["signed", "absolute"] | None = "signed",
        **kwargs: Any,
    ) -> Self:
        """Plot images that are already denoised.

        Parameters
        ----------
        clean, noisy, denoised : array-like of shape (n, n_features), (n, height, width[, channels])
            The images, all of the same shape.
        n_images : int, default=8
            Number of images to show, starting with the first.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows. If None, rows are a square grey image or a strip.
        value_range : (low, high), default=None
            Pixel values of black and white. If None, inferred from the clean images.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to plot on. If None, makes a new figure.
        error : {"signed", "absolute", None}, default="signed"
            The error to show, as in :meth:`plot`.
        **kwargs
            Parameters of ``Axes.imshow``, for all images except the error.

        Returns
        -------
        DenoisingDisplay
        """
        display = cls(
            clean=clean[:n_images],
            noisy=noisy[:n_images],
            denoised=denoised[:n_images],
            image_shape=image_shape,
            value_range=value_range,
        )
        return display.plot(figure, error=error, **kwargs)

    def plot(
        self,
        figure: "Figure | SubFigure | None" = None,
        *,
        error: Literal["signed", "absolute"] | None = "signed",
        **kwargs: Any,
    ) -> Self:
        """Plot the images.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to plot on. If None, makes a new figure. Your own figure should have
            ``layout="constrained"``.
        error : {"signed", "absolute", None}, default="signed"
            The last row: denoised minus clean, or its absolute value, in units of the value range and
            as the mean over channels. If None, leaves this row out.
        **kwargs
            Parameters of ``Axes.imshow``, for all images except the error.

        Returns
        -------
        DenoisingDisplay
            The same display.
        """
        if error not in _ERRORS:
            raise ValueError(f"error={error!r} is not one of {', '.join(map(repr, _ERRORS))}.")
        rows = self._rows()
        self.psnr_ = {
            "noisy": psnr(rows["clean"], rows["noisy"], data_range=1),
            "denoised": psnr(rows["clean"], rows["denoised"].clip(0, 1), data_range=1),
        }
        n_images, *shape = rows["clean"].shape
        self.figure_, self.axes_ = image_grid(
            len(rows) + (error is not None), n_images, shape, n_lines=2, figure=figure
        )
        self.images_ = {
            title: draw_images(
                axes, images, title, captions=_in_decibels(self.psnr_.get(title, ())), **kwargs
            )
            for axes, (title, images) in zip(self.axes_, rows.items(), strict=False)
        }
        self.colorbar_ = None
        if error is not None:
            self._plot_error(rows["denoised"] - rows["clean"], error)
        return self

    def _rows(self):
        """Return the images of each row, NHWC in units of the value range."""
        rows = {
            name: check_images(getattr(self, name), name=name)
            for name in ("noisy", "denoised", "clean")
        }
        shapes = {name: images.shape for name, images in rows.items()}
        if len(set(shapes.values())) > 1:
            raise ValueError(
                f"The images differ in shape: {shapes}. All three must have the same shape."
            )
        value_range = check_value_range_of_pairs(self.value_range, rows["noisy"], rows["clean"])
        shape = check_image_shape(self.image_shape, rows["clean"])
        return {name: in_unit(as_nhwc(images, shape), value_range) for name, images in rows.items()}

    def _plot_error(self, error, kind):
        error = (np.abs(error) if kind == "absolute" else error).mean(axis=-1, keepdims=True)
        # A few very wrong pixels would make all others look correct.
        limit = max(float(np.quantile(np.abs(error), 0.995)), 1e-6)
        title = "denoised\n\N{MINUS SIGN} clean"
        style = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
        if kind == "absolute":
            title, style = f"|{title}|", {"cmap": "magma", "vmin": 0, "vmax": limit}
        self.images_["error"] = draw_images(self.axes_[-1], error, title, **style)
        ticks = [-limit, 0, limit] if kind == "signed" else [0, limit]
        self.colorbar_ = colorbar_of_row(
            self.figure_, self.axes_[-1], self.images_["error"][-1], ticks
        )


def _denoiser_in(estimator):
    """Return the denoiser in an estimator; if it has none, all of its transformers together."""
    found = find_denoiser(estimator)
    if found is not None:
        return found
    transformers = flat_pipeline(estimator)
    if len(transformers) and not hasattr(transformers[-1], "transform"):
        transformers = transformers[:-1]
    if not len(transformers):
        raise TypeError(
            f"{type(estimator).__name__} has no transform that could denoise. Give a denoiser, or a "
            "pipeline with one in it."
        )
    is_one = len(transformers) == 1
    return FoundDenoiser(transformers[0] if is_one else transformers, [])


def _check_noise(denoiser, noise, noise_factor):
    """Return the noise to add: the user's or, if not given, the denoiser's."""
    if noise is not None:
        return noise, noise_factor
    if getattr(denoiser, "noise_", None) is None:
        raise ValueError(
            f"{type(denoiser).__name__} does not know what noise to add to clean images. Give noise=; "
            "or, for real pairs, noisy images and clean=, the same images without noise."
        )
    return (denoiser.noise_, None) if noise_factor is None else (denoiser.noise, noise_factor)


def _in_decibels(values):
    return [f"{value:.1f} dB" if np.isfinite(value) else "∞ dB" for value in values]
