"""Plotting: pictures of images and of accuracy under noise."""

import numpy as np

from skdenoise.images import as_nhwc, check_image_shape, check_images, check_value_range


def plot_image_rows(rows, *, image_shape=None, value_range=None, figure=None):
    """Plot rows of images, one below the other.

    Parameters
    ----------
    rows : dict of str to array-like of shape (n, ...)
        The images of each row, by its title; flat rows or image arrays, grey or colour.
    image_shape : (height, width) or (height, width, channels), default=None
        The shape of flat rows; ``None`` takes a square grey image or a strip.
    value_range : (low, high), default=None
        What is black and what is white; values outside look like these. ``None`` infers it from the
        last row, which should be the clean images.
    figure : matplotlib.figure.Figure or SubFigure, default=None
        Where to plot; ``None`` makes a figure.

    Returns
    -------
    matplotlib.figure.Figure or SubFigure

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import add_noise
    >>> from skdenoise.plotting import plot_image_rows
    >>> X = load_digits().data[:8] / 16
    >>> figure = plot_image_rows({"noisy": add_noise(X, random_state=0), "clean": X})
    >>> len(figure.axes)
    16
    """
    rows = {title: check_images(images, name=title) for title, images in rows.items()}
    *_, clean = rows.values()
    low, high = check_value_range(value_range, clean)
    n_columns = max(len(images) for images in rows.values())
    if figure is None:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(0.8 * n_columns + 1, 0.8 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), n_columns, squeeze=False)
    for row, (title, images) in zip(axes, rows.items(), strict=True):
        shown = as_nhwc(images, check_image_shape(image_shape, images)).astype(float)
        shown = np.clip((shown - low) / (high - low), 0, 1)
        for axis, image in zip(row, shown, strict=False):
            axis.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=1)
        for axis in row:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        row[0].set_ylabel(title, rotation=0, ha="right", va="center")
    return figure


def plot_accuracy_curves(axes, noise_factors, accuracies):
    """Plot accuracy against noise factor, one line for each condition.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to plot.
    noise_factors : sequence of float
        Where on the axis.
    accuracies : dict of str to sequence of float
        The accuracy at each noise factor, by condition.
    """
    markers = "osD^v"
    for i, (condition, values) in enumerate(accuracies.items()):
        axes.plot(noise_factors, values, marker=markers[i % len(markers)], label=condition)
    axes.set(xlabel="noise factor", ylabel="accuracy on test images", xticks=noise_factors)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
