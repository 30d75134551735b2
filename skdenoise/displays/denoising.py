"""The denoising display: noisy, denoised and clean images, one below the other."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdenoise.displays.drawing import check_matplotlib, draw_images, image_grid, in_unit
from skdenoise.evaluation.find_denoiser import FoundDenoiser, find_denoiser, flat_pipeline
from skdenoise.images.layout import as_nhwc, check_image_shape, check_images, like_table
from skdenoise.images.value_range import check_value_range_of_pairs
from skdenoise.metrics import psnr
from skdenoise.noise.adding import add_noise

_ERRORS = ("signed", "absolute", None)


class DenoisingDisplay:
    """Noisy, denoised and clean images, what was left wrong, and the PSNR.

    Use :meth:`from_estimator` or :meth:`from_predictions` to make one and plot it. All parameters
    are stored as attributes.

    Parameters
    ----------
    clean, noisy, denoised : array-like of shape (n, n_features), (n, height, width[, channels])
        The images; all of one shape.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image or a strip.
    value_range : (low, high), default=None
        What is black and what is white; ``None`` infers it from the clean images.

    Attributes
    ----------
    psnr_ : dict of str to ndarray of shape (n,)
        The PSNR in dB of each image, ``"noisy"`` and ``"denoised"``.
    figure_ : matplotlib.figure.Figure or SubFigure
        Where it was plotted.
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_rows, n)
        One for each image.
    images_ : dict of str to list of matplotlib.image.AxesImage
        The images of the rows ``"noisy"``, ``"denoised"``, ``"clean"`` and, unless it was left out,
        ``"error"``.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        That of the error.

    See Also
    --------
    RobustnessCurveDisplay : How well estimators do against the strength of noise.
    skdenoise.displays.drawing.plot_image_rows : Rows of any images.

    Notes
    -----
    The PSNR is that of `psnr`. Denoised images are limited to the value range first, as in
    ``denoiser.score``; noisy ones are taken as they are.

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

    def __init__(self, *, clean, noisy, denoised, image_shape=None, value_range=None):
        self.clean = clean
        self.noisy = noisy
        self.denoised = denoised
        self.image_shape = image_shape
        self.value_range = value_range

    @classmethod
    def from_estimator(
        cls,
        denoiser,
        X,
        *,
        clean=None,
        noise=None,
        noise_factor=None,
        n_images=8,
        random_state=0,
        image_shape=None,
        value_range=None,
        figure=None,
        error="signed",
        **kwargs,
    ):
        """Add noise to clean images, denoise them, and plot all.

        Parameters
        ----------
        denoiser : fitted transformer or Pipeline
            What denoises. Of a pipeline, its first denoiser, on what the steps before it make of
            `X`; where it has none, all its transformers together.
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Clean images; or, with `clean`, noisy ones.
        clean : array-like of the shape of `X`, default=None
            The same images clean, of real pairs. No noise is drawn then.
        noise : str or noise model, default=None
            A name (`noise_names`) or an instance; ``None`` is the noise that the denoiser is for.
        noise_factor : float or (low, high), default=None
            The strength of a named model, as in `add_noise`; where only this is given, that of the
            denoiser's own noise.
        n_images : int, default=8
            How many images to show, from the first on.
        random_state : int, RandomState instance or None, default=0
            Seed of the noise, which is that of `add_noise` on the images shown.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows; ``None`` is the denoiser's.
        value_range : (low, high), default=None
            What is black and what is white; ``None`` is the denoiser's.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to plot; ``None`` makes a figure.
        error : {"signed", "absolute", None}, default="signed"
            As in :meth:`plot`.
        **kwargs
            Of ``Axes.imshow``, for all images but the error.

        Returns
        -------
        DenoisingDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Where `denoiser` is not fitted.
        TypeError
            Where it does not transform.
        ValueError
            Where no noise is given, nor `clean`, and the denoiser knows of no noise.
        """
        check_matplotlib()
        found = _denoiser_in(denoiser)
        denoiser = found.denoiser
        check_is_fitted(denoiser)
        X = found.prepare(X[:n_images])
        if value_range is None:
            value_range = getattr(denoiser, "value_range_", None)
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
        clean,
        noisy,
        denoised,
        *,
        n_images=8,
        image_shape=None,
        value_range=None,
        figure=None,
        error="signed",
        **kwargs,
    ):
        """Plot images that are there already.

        Parameters
        ----------
        clean, noisy, denoised : array-like of shape (n, n_features), (n, height, width[, channels])
            The images; all of one shape.
        n_images : int, default=8
            How many images to show, from the first on.
        image_shape : (height, width) or (height, width, channels), default=None
            The shape of flat rows; ``None`` takes a square grey image or a strip.
        value_range : (low, high), default=None
            What is black and what is white; ``None`` infers it from the clean images.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to plot; ``None`` makes a figure.
        error : {"signed", "absolute", None}, default="signed"
            As in :meth:`plot`.
        **kwargs
            Of ``Axes.imshow``, for all images but the error.

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

    def plot(self, figure=None, *, error="signed", **kwargs):
        """Plot the images.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to plot; ``None`` makes a figure. One of your own should have
            ``layout="constrained"``.
        error : {"signed", "absolute", None}, default="signed"
            What the last row shows, in units of the value range and as the mean over channels:
            denoised minus clean, the absolute value of that, or, for ``None``, there is no such row.
        **kwargs
            Of ``Axes.imshow``, for all images but the error.

        Returns
        -------
        DenoisingDisplay
            Itself.
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
            raise ValueError(f"The images differ in shape: {shapes}. All three must be the same.")
        value_range = check_value_range_of_pairs(self.value_range, rows["noisy"], rows["clean"])
        shape = check_image_shape(self.image_shape, rows["clean"])
        return {name: in_unit(as_nhwc(images, shape), value_range) for name, images in rows.items()}

    def _plot_error(self, error, kind):
        error = (np.abs(error) if kind == "absolute" else error).mean(axis=-1, keepdims=True)
        # A few pixels that are far off would make all others look right.
        limit = max(float(np.quantile(np.abs(error), 0.995)), 1e-6)
        title = "denoised\n\N{MINUS SIGN} clean"
        style = {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
        if kind == "absolute":
            title, style = f"|{title}|", {"cmap": "magma", "vmin": 0, "vmax": limit}
        self.images_["error"] = draw_images(self.axes_[-1], error, title, **style)
        self.colorbar_ = self.figure_.colorbar(
            self.images_["error"][-1],
            ax=self.axes_[-1].tolist(),
            ticks=[-limit, 0, limit] if kind == "signed" else [0, limit],
            format="%.2g",
            pad=0.01,
            aspect=10,
        )
        self.colorbar_.ax.tick_params(labelsize="small")


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
    """Return the noise to draw, which is the denoiser's where the user has not said."""
    if noise is not None:
        return noise, noise_factor
    if getattr(denoiser, "noise_", None) is None:
        raise ValueError(
            f"{type(denoiser).__name__} does not know what noise to draw on clean images: give "
            "noise=; or, for real pairs, the noisy images and clean=, the same ones clean."
        )
    return (denoiser.noise_, None) if noise_factor is None else (denoiser.noise, noise_factor)


def _in_decibels(values):
    return [f"{value:.1f} dB" if np.isfinite(value) else "∞ dB" for value in values]
