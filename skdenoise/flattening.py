"""Flattening: images as the flat rows that classifiers take."""

import math

import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageEstimator


class ImageFlattener(TransformerMixin, ImageEstimator):
    """Turn images into flat rows, for the step behind it in a pipeline.

    A denoiser of image arrays returns image arrays; most classifiers take flat rows. Flat rows pass
    unchanged.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height, width and channels of the images.
    n_features_in_, feature_names_in_
        As in scikit-learn, after fitting on flat rows.

    See Also
    --------
    to_onnx : Exports a pipeline with it, unlike one with a function that flattens.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdenoise import FilterDenoiser, ImageFlattener
    >>> images, y = load_digits().images, load_digits().target
    >>> pipeline = make_pipeline(
    ...     FilterDenoiser("median"), ImageFlattener(), LogisticRegression(max_iter=2000)
    ... )
    >>> bool(pipeline.fit(images, y).score(images, y) > 0.8)
    True
    """

    # Images say themselves what shape they have.
    image_shape = None

    def fit(self, X, y=None):
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
            Itself.
        """
        X = self._check_images(X, reset=True)
        self._shape = X.shape[1:]
        return self

    def transform(self, X):
        """Return images as rows.

        Parameters
        ----------
        X : array-like of the layout that was given to ``fit``
            Images.

        Returns
        -------
        ndarray of shape (n, n_features)
            The same values, a row for each image.

        Raises
        ------
        ValueError
            For images of another shape than in ``fit``.
        """
        check_is_fitted(self)
        X = self._check_images(X, reset=False)
        if X.shape[1:] != self._shape:
            raise ValueError(
                f"Got images of shape {X.shape[1:]}, but this ImageFlattener was fitted on images of "
                f"shape {self._shape}: rows of a classifier have one length."
            )
        return X.reshape(len(X), -1)

    def inverse_transform(self, X):
        """Return rows as images.

        Parameters
        ----------
        X : array-like of shape (n, n_features)
            Rows, as ``transform`` returns them.

        Returns
        -------
        ndarray of the layout that was given to ``fit``
            Images.

        Raises
        ------
        ValueError
            For rows of another length.
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

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns: ``pixel0``, ``pixel1`` and so on, or those of flat rows.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns of flat rows, to use where ``fit`` saw none, or to check against
            those that it saw. Image arrays have no columns; for them it is ignored.

        Returns
        -------
        ndarray of str
            One name per column.

        Raises
        ------
        ValueError
            For other names, or another number of them, than in ``fit``.
        """
        check_is_fitted(self)
        is_flat = hasattr(self, "n_features_in_")
        if is_flat and (input_features is not None or hasattr(self, "feature_names_in_")):
            return OneToOneFeatureMixin.get_feature_names_out(self, input_features)
        names = [f"pixel{i}" for i in range(math.prod(self._shape))]
        return np.array(names, dtype=object)
