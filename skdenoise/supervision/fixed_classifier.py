"""A fixed classifier: one that is fitted, stays as it is, and will be given the denoised images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skdenoise.images.layout import named_table
from skdenoise.images.pixels import PixelFormat
from skdenoise.typing import UnitImages

# What is said of a classifier that scikit-learn has cloned.
_ADVICE = (
    "Fit it first, and give FrozenEstimator(classifier) if the denoiser will be cloned, as it is in searches: "
    "a clone of a classifier is not fitted."
)


@dataclass(frozen=True)
class FixedClassifier:
    """A fitted classifier, and the format of the images that it takes.

    Parameters
    ----------
    classifier : classifier of scikit-learn
        Fitted, with ``predict_proba``.
    pixels : PixelFormat
        How its images are stored.
    shape : tuple of int
        Shape of an image as it takes it: the number of features, or that of an image array.
    """

    classifier: Any
    pixels: PixelFormat
    shape: tuple[int, ...]

    @property
    def classes(self) -> NDArray[Any]:
        """Its classes."""
        return np.asarray(self.classifier.classes_)

    def probabilities(self, images: UnitImages) -> NDArray[np.float32]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, channels)
            Images in units of the value range.

        Returns
        -------
        ndarray of shape (n, n_classes), float32

        Raises
        ------
        ValueError
            If the classifier does not take these images, or does not return probabilities.
        """
        stored = self.pixels.from_unit(images).reshape(len(images), *self.shape)
        name = type(self.classifier).__name__
        try:
            probabilities = self.classifier.predict_proba(named_table(stored, self.classifier))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"classifier, a {name}, does not take images of shape {stored.shape} and type "
                f"{self.pixels.dtype}, as they are given to fit: {error}"
            ) from error
        expected = (len(images), len(self.classes))
        if np.shape(probabilities) != expected or not np.isfinite(probabilities).all():
            raise ValueError(
                f"classifier, a {name}, returns probabilities of shape {np.shape(probabilities)}; expected finite "
                f"numbers of shape {expected}, one for each image and class."
            )
        return np.asarray(probabilities, np.float32)


def check_fixed_classifier(classifier: Any) -> None:
    """Raise if a classifier cannot say what a denoiser should learn.

    Raises
    ------
    TypeError
        If it is not an instance with ``predict_proba``.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    if isinstance(classifier, type) or not hasattr(classifier, "fit"):
        raise TypeError(
            f"classifier={classifier!r} is neither a fitted classifier nor a keras.Model."
        )
    try:
        check_is_fitted(classifier)
    except NotFittedError as error:
        raise NotFittedError(f"classifier={classifier!r} is not fitted. {_ADVICE}") from error
    if not hasattr(classifier, "predict_proba") or not hasattr(classifier, "classes_"):
        raise TypeError(
            f"classifier={classifier!r} has no predict_proba, which the denoiser learns from. For a "
            "support vector machine, give CalibratedClassifierCV(FrozenEstimator(classifier)), fitted on "
            "labelled images that the classifier was not fitted on."
        )
