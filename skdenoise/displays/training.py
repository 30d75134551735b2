"""The training curve display: the loss, epoch by epoch."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdenoise.displays.drawing import draw_line, legend_beside, new_figure
from skdenoise.evaluation.find_denoiser import named_steps

_LABELS = {"loss": "training images", "val_loss": "held-out images"}


class TrainingCurveDisplay:
    """The loss of each epoch of training, on training images and on those held out.

    Use :meth:`from_estimator` to make one and plot it. All parameters are stored as attributes.

    Parameters
    ----------
    history : dict of str to sequence of float
        ``"loss"`` and, where images were held out, ``"val_loss"``, of each epoch; others are not
        shown.
    loss_name : str, default="loss"
        What the loss is.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        Where it was plotted.
    ax_ : matplotlib.axes.Axes
        The axes.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curves, ``"loss"`` and ``"val_loss"``.

    See Also
    --------
    RobustnessCurveDisplay : How well the trained denoiser does.

    Examples
    --------
    A fitted denoiser has its history in ``denoiser.history_``.

    >>> from skdenoise import TrainingCurveDisplay
    >>> history = {"loss": [0.41, 0.33, 0.30], "val_loss": [0.36, 0.32, 0.31]}
    >>> display = TrainingCurveDisplay(history=history).plot(log_scale=True)
    >>> display.lines_["val_loss"].get_xdata().tolist()
    [1, 2, 3]
    """

    def __init__(self, *, history, loss_name="loss"):
        self.history = history
        self.loss_name = loss_name

    @classmethod
    def from_estimator(cls, denoiser, *, ax=None, log_scale=False, **kwargs):
        """Plot the training of a fitted denoiser.

        Parameters
        ----------
        denoiser : fitted UNetDenoiser or Pipeline
            Whose training to show; of a pipeline, the first step that has a history.
        ax : matplotlib.axes.Axes, default=None
            Where to plot; ``None`` makes a figure.
        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.
        **kwargs
            Of ``Axes.plot``, for all lines.

        Returns
        -------
        TrainingCurveDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Where `denoiser` is not fitted.
        TypeError
            Where it does not train in epochs, and so has no history.
        """
        trained = _find_trained(denoiser)
        loss = getattr(trained, "_loss", None)
        loss_name = f"loss ({loss.replace('_', ' ')})" if isinstance(loss, str) else "loss"
        display = cls(history=trained.history_, loss_name=loss_name)
        return display.plot(ax, log_scale=log_scale, **kwargs)

    def plot(self, ax=None, *, log_scale=False, **kwargs):
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to plot; ``None`` makes a figure. The legend stands to the right of the axes, for
            which a figure of your own should have ``layout="constrained"``.
        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.
        **kwargs
            Of ``Axes.plot``, for all lines.

        Returns
        -------
        TrainingCurveDisplay
            Itself.
        """
        if ax is None:
            ax = new_figure(6.5, 3.5).subplots()
        from matplotlib.ticker import AutoLocator, MaxNLocator, NullLocator, ScalarFormatter

        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {}
        for name, label in _LABELS.items():
            if name in self.history:
                losses = self.history[name]
                epochs = np.arange(1, len(losses) + 1)
                style = {"label": label, "markersize": 3, **kwargs}
                self.lines_[name] = draw_line(ax, epochs, losses, len(self.lines_), **style)
        ax.set(xlabel="epoch", ylabel=self.loss_name, yscale="log" if log_scale else "linear")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        low, high = ax.get_ylim()
        if log_scale and high < 10 * low:
            # Ticks at powers of ten would be one or none.
            ax.yaxis.set(major_locator=AutoLocator(), major_formatter=ScalarFormatter())
            ax.yaxis.set_minor_locator(NullLocator())
        ax.grid(alpha=0.3)
        legend_beside(ax)
        return self


def _find_trained(estimator):
    """Return the estimator, or the first step of a pipeline, that has a history."""
    check_is_fitted(estimator)
    steps = [step for _, step in named_steps(estimator)]
    for step in steps:
        if isinstance(getattr(step, "history_", None), dict):
            return step
    names = ", ".join(type(step).__name__ for step in steps)
    raise TypeError(
        f"{names} has no history_ of its training: give a denoiser that is trained in epochs, a "
        "UNetDenoiser, or a pipeline with one in it."
    )
