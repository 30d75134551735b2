"""Labels of test images, and whether an estimator can predict them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, is_regressor


def is_known_regressor(estimator: Any) -> bool:
    """Return whether an estimator says that it is a regressor. A user's own class may have no tags."""
    return hasattr(estimator, "__sklearn_tags__") and is_regressor(estimator)


def check_labels(name: str, classifier: BaseEstimator, y: NDArray[Any]) -> None:
    """Raise an error if a classifier cannot be right, because what it predicts is never among the labels.

    Parameters
    ----------
    name : str
        What the classifier is called in the error.
    classifier : fitted classifier
        Not checked if it does not state its ``classes_``.
    y : ndarray of shape (n,)
        The labels.

    Raises
    ------
    ValueError
        If no label is one of its classes.
    """
    classes = np.asarray(getattr(classifier, "classes_", ()))
    if classes.ndim == 1 and classes.size and not set(classes.tolist()) & set(y.tolist()):
        raise ValueError(
            f"y has none of the classes of {name}: it has classes such as {y[0]!r}, and {name} predicts classes such "
            f"as {classes[0]!r}. Give the labels as they were in fit."
        )
