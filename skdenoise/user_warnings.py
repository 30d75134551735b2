"""Warnings that point at the user's line, from any depth of this package."""

import os
import sys
import warnings

import joblib
import sklearn

# scikit-learn calls `fit` and `transform` for a pipeline or a search, and joblib runs its jobs.
_LIBRARIES = tuple(
    os.path.dirname(os.path.abspath(file)) + os.sep
    for file in (__file__, sklearn.__file__, joblib.__file__)
)


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside this package, scikit-learn and joblib.

    Parameters
    ----------
    message : str
        What is wrong, and what to do.
    category : type of Warning, default=UserWarning
        The category of the warning.
    """
    warnings.warn(message, category, stacklevel=_user_stacklevel())


def _user_stacklevel():
    """Return the stack level, as seen from `warn_user`, of the user's innermost line."""
    frame, level = sys._getframe(2), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_LIBRARIES):
        frame, level = frame.f_back, level + 1
    return level
