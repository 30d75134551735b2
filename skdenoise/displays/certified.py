"""The certified accuracy display: certified accuracy against the size of perturbations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skdenoise.displays.drawing import axes_or_new, draw_line, legend_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_N_RADII = 200


class CertifiedAccuracyDisplay:
    """The certified accuracy of classifiers against the radius of perturbations.

    Use :meth:`from_certificates` to create a display and plot it. All parameters are stored as attributes.

    Parameters
    ----------
    radii : array-like of shape (n_radii,)
        L2 norms of perturbations, in units of the value range.
    accuracies : dict of str to array-like of shape (n_radii,)
        Certified accuracies of each classifier at `radii`, by name.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure.
    ax_ : matplotlib.axes.Axes
        The axes.
    lines_ : dict of str to matplotlib.lines.Line2D
        The curves, by name.

    See Also
    --------
    certify : Certificates of a pipeline.
    RobustnessCurveDisplay : The accuracy under noise, not under the worst perturbation.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.svm import SVC
    >>> from skdenoise import CertifiedAccuracyDisplay, certify
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = SVC().fit(X[:1000] / 16, y[:1000])
    >>> certificates = {
    ...     f"noise {sigma}": certify(
    ...         classifier,
    ...         X[1000:1020] / 16,
    ...         y[1000:1020],
    ...         noise_factor=sigma,
    ...         n_draws=100,
    ...     )
    ...     for sigma in (0.1, 0.2)
    ... }
    >>> display = CertifiedAccuracyDisplay.from_certificates(certificates)
    >>> list(display.lines_)
    ['noise 0.1', 'noise 0.2']
    """

    def __init__(self, *, radii: ArrayLike, accuracies: Mapping[str, ArrayLike]) -> None:
        self.radii = radii
        self.accuracies = accuracies

    @classmethod
    def from_certificates(
        cls, certificates: Any, *, ax: "Axes | None" = None, **kwargs: Any
    ) -> Self:
        """Plot the certified accuracy of certificates with known classes.

        Parameters
        ----------
        certificates : Certificate, or dict of str to Certificate
            The result of `certify`, or several by name.
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        CertifiedAccuracyDisplay

        Raises
        ------
        ValueError
            If the true classes were not given to `certify`.
        """
        if not isinstance(certificates, Mapping):
            certificates = {"classifier": certificates}
        if not certificates:
            raise ValueError("certificates={} is empty. Give at least one certificate.")
        # A little further than the largest radius, where all curves are 0.
        largest = 1.02 * max(certificate.radii.max() for certificate in certificates.values())
        radii = np.linspace(0, largest, _N_RADII)
        accuracies = {
            name: certificate.certified_accuracy(radii)
            for name, certificate in certificates.items()
        }
        return cls(radii=radii, accuracies=accuracies).plot(ax, **kwargs)

    def plot(self, ax: "Axes | None" = None, **kwargs: Any) -> Self:
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to plot on. If None, makes a new figure. The legend is to the right of the axes, so your
            own figure should have ``layout="constrained"``.
        **kwargs
            Parameters of ``Axes.plot``, for all lines.

        Returns
        -------
        CertifiedAccuracyDisplay
            The same display.
        """
        ax = axes_or_new(ax)
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = {
            name: draw_line(
                ax,
                self.radii,
                accuracies,
                i,
                {"label": name, "marker": "", "drawstyle": "steps-pre"},
                **kwargs,
            )
            for i, (name, accuracies) in enumerate(self.accuracies.items())
        }
        ax.set(
            xlabel="radius (L2 norm, in units of the value range)",
            ylabel="certified accuracy",
            xlim=(0, None),
            ylim=(0, 1),
        )
        ax.grid(alpha=0.3)
        if len(self.lines_) > 1:
            legend_beside(ax)
        return self
