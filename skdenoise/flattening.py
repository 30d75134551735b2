"""Flattening: images as flat rows, for classifiers."""

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageEstimator
from skdenoise.typing import Images


class ImageFlattener(TransformerMixin, ImageEstimator):
    """Turn images into flat rows, for the next step of a pipeline.

    A denoiser that takes image arrays also returns image arrays, but most classifiers take flat
    rows. Flat rows are returned unchanged.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    n_features_in_, feature_names_in_
        As in scikit-learn. Only after fitting on flat rows.

    See Also
    --------
    to_onnx : Exports pipelines with this step, but not with a function that flattens images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdenoise import FilterDenoiser, ImageFlattener
    >>> images, y = load_digits().images, load_digits().target
    >>> pipeline = make_pipeline(
    ...     FilterDenoiser("median"),
    ...     ImageFlattener(),
    ...     LogisticRegression(max_iter=2000),
    ... )
    >>> bool(pipeline.fit(images, y).score(images, y) > 0.8)
    True
    """

    # The bases read this parameter, but images already have a shape.
    image_shape = None

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape of the images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images.
        y : object
            Ignored.

        Returns
        -------
        ImageFlattener
            The fitted flattener.
        """
        X = self._check_images(X, reset=True)
        self._shape = X.shape[1:]
        return self

    def transform(self, X: ArrayLike) -> Images:
        """Return images as flat rows.

        Parameters
        ----------
        X : array-like of the layout given to ``fit``
            Images.

        Returns
        -------
        ndarray of shape (n, n_features)
            The same values, one row per image.

        Raises
        ------
        ValueError
            If the images do not have the shape of the images in ``fit``.
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        if X.shape[1:] != self._shape:
            raise ValueError(
                f"Got images of shape {X.shape[1:]}, but this ImageFlattener was fitted on images of "
                f"shape {self._shape}: all rows of a classifier must have the same length."
            )
        return X.reshape(len(X), -1)

    def inverse_transform(self, X: ArrayLike) -> Images:
        """Return flat rows as images.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Rows, as ``transform`` returns them.

        Returns
        -------
        ndarray of the layout given to ``fit``
            Images.

        Raises
        ------
        ValueError
            If the rows have another length.
        """
        check_is_fitted(self)
        rows = np.asarray(X)
        n_features = math.prod(self._shape)
        if rows.ndim != 2 or rows.shape[1] != n_features:
            raise ValueError(
                f"Got an array of shape {rows.shape}. Expected (n, {n_features}): rows of images of "
                f"shape {self._shape}."
            )
        return rows.reshape(-1, *self._shape)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the columns: ``pixel0``, ``pixel1`` and so on, or those of flat rows.

        Parameters
        ----------
        input_features : array-like of str, default=None
            If ``fit`` saw names of the columns of flat rows, these must be the same. Otherwise, the
            names to use. Ignored for image arrays, which have no columns.

        Returns
        -------
        ndarray of str
            One name for each column.

        Raises
        ------
        ValueError
            If the names, or their number, differ from ``fit``.
        """
        check_is_fitted(self)
        is_flat = hasattr(self, "n_features_in_")
        if is_flat and (input_features is not None or hasattr(self, "feature_names_in_")):
            return OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        names = [f"pixel{i}" for i in range(math.prod(self._shape))]
        return np.array(names, dtype=object)
