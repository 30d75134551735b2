"""Drawing: rows of images, and lines that are easy to distinguish, for all plots."""

import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from skdenoise.images.layout import as_nhwc, check_image_shape, check_images
from skdenoise.images.value_range import check_value_range

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

# The colours of Okabe and Ito (https://jfly.uni-koeln.de/color), which colour-blind people can
# distinguish, without their yellow, which is faint on white.
_COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
_MARKERS = "osD^vPX"
_DASHES = ("-", "--", "-.", (0, (1, 1)))


def new_figure(width, height):
    """Return an empty figure of pyplot, so that ``plt.show()`` shows it.

    Parameters
    ----------
    width, height : float
        Size in inches.
    """
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(width, height), layout="constrained")


def axes_or_new(ax, width=8, height=4):
    """Return the given axes or, if they are None, those of a new figure, `width` by `height` inches."""
    return new_figure(width, height).subplots() if ax is None else ax


def plot_image_rows(
    rows: Mapping[str, ArrayLike],
    *,
    image_shape: tuple[int, ...] | None = None,
    value_range: tuple[float, float] | None = None,
    figure: "Figure | SubFigure | None" = None,
) -> "Figure | SubFigure":
    """Plot rows of images, one below the other.

    Parameters
    ----------
    rows : dict of str to array-like of shape (n, ...)
        The images of each row, by title: flat rows or image arrays, grey or colour.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows. If None, rows are a square grey image or a strip.
    value_range : (low, high), default=None
        Pixel values of black and white; values outside are shown as black and white. If None, inferred
        from the last row, which should be the clean images.
    figure : matplotlib.figure.Figure or SubFigure, default=None
        Figure to plot on. If None, makes a new figure.

    Returns
    -------
    matplotlib.figure.Figure or SubFigure

    See Also
    --------
    skdenoise.DenoisingDisplay : Noisy, denoised and clean images, with the error and the PSNR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import add_noise, plot_image_rows
    >>> X = load_digits().data[:8] / 16
    >>> figure = plot_image_rows({"noisy": add_noise(X, random_state=0), "clean": X})
    >>> len(figure.axes)
    16
    """
    if not isinstance(rows, Mapping) or not rows:
        raise TypeError(
            f"rows is {reprlib.repr(rows)}. Expected a dict of images by title, such as {{'noisy': noisy, 'clean': clean}}."
        )
    rows = {title: check_images(images, name=title) for title, images in rows.items()}
    *_, clean = rows.values()
    value_range = check_value_range(value_range, clean)
    n_columns = max(len(images) for images in rows.values())
    shape = check_image_shape(image_shape, clean)
    figure, axes = image_grid(len(rows), n_columns, shape, figure=figure)
    for row, (title, images) in zip(axes, rows.items(), strict=True):
        images = as_nhwc(images, check_image_shape(image_shape, images))
        draw_images(row, in_unit(images, value_range), title)
    return figure


def in_unit(images, value_range):
    """Return images of any dtype as floats in units of the value range: 0 is black, 1 is white."""
    low, high = value_range
    return (images.astype(float) - low) / (high - low)


def image_grid(n_rows, n_columns, image_shape, *, n_lines=0, figure=None):
    """Return a figure and its grid of axes for images.

    Parameters
    ----------
    n_rows, n_columns : int
        Size of the grid.
    image_shape : (height, width, channels)
        Shape of the images, from which the size of a new figure follows.
    n_lines : int
        Number of lines of text below all rows together.
    figure : matplotlib.figure.Figure or SubFigure, default=None
        Figure to plot on. If None, makes a new figure.

    Returns
    -------
    figure : matplotlib.figure.Figure or SubFigure
    axes : ndarray of matplotlib.axes.Axes of shape (n_rows, n_columns)
    """
    if figure is None:
        # In inches: one for titles on the left; very flat or high images get a limited height.
        width = np.clip(6 / n_columns, 0.8, 2)
        height = width * np.clip(image_shape[0] / image_shape[1], 0.4, 2)
        figure = new_figure(width * n_columns + 1, height * n_rows + 0.2 * n_lines)
    return figure, figure.subplots(n_rows, n_columns, squeeze=False)


def draw_images(axes, images, title, *, captions=(), **kwargs):
    """Draw images side by side, in the same way for all plots.

    Parameters
    ----------
    axes : sequence of matplotlib.axes.Axes
        Axes, one for each image; further axes stay blank.
    images : ndarray of shape (n, height, width, channels)
        Images in units of the value range; values outside are shown as black and white. Images that
        do not have 1, 3 or 4 channels are shown as the mean over channels.
    title : str
        Text to the left of the images.
    captions : sequence of str
        Texts below the images.
    **kwargs
        Parameters of ``Axes.imshow``.

    Returns
    -------
    list of matplotlib.image.AxesImage
    """
    _, height, width, channels = images.shape
    images = images.clip(0, 1) if channels in (3, 4) else images.mean(axis=-1)
    # A signal, one pixel high, would be too thin to see.
    aspect = "auto" if 4 * height < width else "equal"
    limits = {} if "norm" in kwargs else {"vmin": 0, "vmax": 1}  # a norm has limits of its own
    style = {"cmap": "gray", "aspect": aspect, **limits, **kwargs}
    drawn = [axis.imshow(image, **style) for axis, image in zip(axes, images, strict=False)]
    for axis in axes:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for axis, caption in zip(axes, captions, strict=False):
        axis.set_xlabel(caption, fontsize="small")
    axes[0].set_ylabel(title, rotation=0, ha="right", va="center")
    return drawn


def draw_line(ax, x, y, i, style=None, **kwargs):
    """Draw the `i`-th line of a plot, with its own colour, marker and dashes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to plot on.
    x, y : array-like of shape (n,)
        The points.
    i : int
        Number of its colour, marker and dashes.
    style : dict, default=None
        More of the style, by the full names of the parameters of ``Axes.plot``.
    **kwargs
        Parameters of ``Axes.plot``, which override the style.

    Returns
    -------
    matplotlib.lines.Line2D
    """
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    usual = {
        "color": _COLORS[i % len(_COLORS)],
        "marker": _MARKERS[i % len(_MARKERS)],
        "linestyle": _DASHES[i % len(_DASHES)],
        "markersize": 5,
    }
    (line,) = ax.plot(x, y, **usual | (style or {}) | normalize_kwargs(kwargs, Line2D))
    return line


def legend_beside(ax, **kwargs):
    """Put the legend to the right of the axes, so that it hides no data."""
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, **kwargs, alignment="left")


def colorbar_of_row(figure, axes, image, ticks):
    """Draw the colorbar of a row of images to its right.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or SubFigure
        The figure.
    axes : ndarray of matplotlib.axes.Axes
        The row.
    image : matplotlib.image.AxesImage
        One of its images.
    ticks : list of float
        The values to name.

    Returns
    -------
    matplotlib.colorbar.Colorbar
    """
    colorbar = figure.colorbar(
        image, ax=axes.tolist(), ticks=ticks, format="%.2g", pad=0.01, aspect=10
    )
    colorbar.ax.tick_params(labelsize="small")
    return colorbar
