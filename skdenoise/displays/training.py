"""The training curve display: the loss of each epoch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from skdenoise.displays.drawing import axes_or_new, draw_line, legend_beside
from skdenoise.evaluation.find_denoiser import named_steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LABELS = {"loss": "training images", "val_loss": "held-out images"}


class TrainingCurveDisplay:
    """The loss of each training epoch, on training images and on held-out images.

    Use :meth:`from_estimator` to create a display and plot it. All parameters are stored as attributes.

    Parameters
    ----------
    history : dict of str to sequence of float
        ``"loss"`` and, if images were held out, ``"val_loss"`` of each epoch. Other entries are not
        shown.
    loss_name : str, default="loss"
        Name of the loss.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    ax_ : matplotlib.axes.Axes
        The axes.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curves, ``"loss"`` and ``"val_loss"``.

    See Also
    --------
    RobustnessCurveDisplay : Score of the trained denoiser under noise.

    Examples
    --------
    A fitted denoiser has its history in ``denoiser.history_``.

    >>> from skdenoise import TrainingCurveDisplay
    >>> history = {"loss": [0.41, 0.33, 0.30], "val_loss": [0.36, 0.32, 0.31]}
    >>> display = TrainingCurveDisplay(history=history).plot(log_scale=True)
    >>> display.lines_["val_loss"].get_xdata().tolist()
    [1, 2, 3]
    """

    def __init__(self, *, history: Mapping[str, Sequence[float]], loss_name: str = "loss") -> None:
        self.history = history
        self.loss_name = loss_name

    @classmethod
    def from_estimator(
        cls,
        denoiser: BaseEstimator,
        *,
        ax: "Axes | None" = None,
        log_scale: bool = False,
        **kwargs: Any,
    ) -> Self:
        """Plot the training of a fitted denoiser.

        Parameters
        ----------
        denoiser : fitted UNetDenoiser, Pipeline or search
            The denoiser, or an estimator that contains one. The first step with a training history is
            used.
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.
        log_scale : bool, default=False
            Whether to use a logarithmic axis for the loss.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        TrainingCurveDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `denoiser` is not fitted.
        TypeError
            If it is not trained in epochs, and so has no history.
        """
        trained = _find_trained(denoiser)
        loss = getattr(trained, "_loss", None)
        loss_name = f"loss ({loss.replace('_', ' ')})" if isinstance(loss, str) else "loss"
        display = cls(history=trained.history_, loss_name=loss_name)
        return display.plot(ax, log_scale=log_scale, **kwargs)

    def plot(self, ax: "Axes | None" = None, *, log_scale: bool = False, **kwargs: Any) -> Self:
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure. The legend is to the right of the axes, so your
            own figure should have ``layout="constrained"``.
        log_scale : bool, default=False
            Whether to use a logarithmic axis for the loss.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        TrainingCurveDisplay
            The same display.
        """
        from matplotlib.ticker import AutoLocator, MaxNLocator, NullLocator, ScalarFormatter

        ax = axes_or_new(ax, 6.5, 3.5)
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {}
        for name, label in _LABELS.items():
            if name in self.history:
                losses = self.history[name]
                epochs = np.arange(1, len(losses) + 1)
                style = {"label": label, "markersize": 3}
                self.lines_[name] = draw_line(ax, epochs, losses, len(self.lines_), style, **kwargs)
        ax.set(xlabel="epoch", ylabel=self.loss_name, yscale="log" if log_scale else "linear")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        low, high = ax.get_ylim()
        if log_scale and high < 10 * low:
            # There would be at most one tick at a power of ten.
            ax.yaxis.set(major_locator=AutoLocator(), major_formatter=ScalarFormatter())
            ax.yaxis.set_minor_locator(NullLocator())
        ax.grid(alpha=0.3)
        legend_beside(ax)
        return self


def _find_trained(estimator):
    """Return the first step of an estimator that has a training history."""
    check_is_fitted(estimator)
    steps = [step for _, step in named_steps(estimator)]
    for step in steps:
        if isinstance(getattr(step, "history_", None), dict):
            return step
    names = ", ".join(type(step).__name__ for step in steps)
    raise TypeError(
        f"{names} has no history_ of its training. Give a UNetDenoiser, which is trained in epochs, or "
        "a pipeline with one in it."
    )
