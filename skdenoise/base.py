"""Base classes of image estimators: the part of scikit-learn's interface that they share."""

from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import config_context, get_config
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skdenoise.images.layout import (
    as_nhwc,
    check_image_shape,
    check_images,
    check_magnitude,
    is_flat,
    named_table,
    warn_of_one_image_with_channel,
    without_nullable,
)


def transformed(transformer: Any, X: NDArray[Any]) -> NDArray[Any]:
    """Return what a fitted transformer makes of images, as an array, also where tables are asked for."""
    with config_context(transform_output="default"):
        return np.asarray(transformer.transform(named_table(X, transformer)))


class ImageEstimator(BaseEstimator):
    """An estimator that takes flat rows or image arrays.

    After fitting on flat rows it has ``n_features_in_`` and, if the columns have names,
    ``feature_names_in_``. After fitting on image arrays it has neither. In both cases
    ``image_shape_`` is (height, width, channels) of the images in ``fit``.
    """

    def __sklearn_tags__(self) -> Any:
        """State that the estimator takes 2-D and 3-D input."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = True
        return tags

    # What else an estimator that was fitted on image arrays offers for flat rows, as the end of a sentence.
    _for_rows = ""

    def _check_images(self, X, *, reset):
        """Check the images given to a method. If `reset`, store their layout."""
        if not is_flat(X):
            X = check_images(X)
            if reset:
                self._forget_features()
                self.image_shape_ = check_image_shape(self.image_shape, X)
            else:
                self._check_is_no_single_image(X.shape)
                if X.ndim == 3 and X.shape[1] > 1 and X.shape[2] == 1 != self.image_shape_[1]:
                    warn_of_one_image_with_channel(X)
            return X
        if reset:
            X = check_magnitude(validate_data(self, without_nullable(X), reset=True))
            self.image_shape_ = check_image_shape(self.image_shape, X)
            return X
        if not hasattr(self, "n_features_in_"):
            X = check_images(X)
            raise ValueError(
                f"Got an array of shape {X.shape}, but this {type(self).__name__} {self._fitted_on()}. "
                f"Expected (n, height, width{', channels' if self.image_shape_[2] > 1 else ''}); a single "
                "image needs a leading axis, X[np.newaxis], and flat rows need their shape, X.reshape(len(X), height, "
                f"width){self._for_rows}."
            )
        self._check_is_no_single_image(X.shape if hasattr(X, "shape") else np.asarray(X).shape)
        return check_magnitude(validate_data(self, without_nullable(X), reset=False))

    def _check_is_no_single_image(self, shape):
        """Raise an error for the shape of one image like those in ``fit``."""
        height, width, channels = self.image_shape_
        n_features = getattr(self, "n_features_in_", None)
        is_rows = len(shape) == 2 and shape[1] == n_features
        if shape in ((height, width), (height, width, channels)) and width > 1 and not is_rows:
            leading = "X[np.newaxis]" if n_features is None else "X.reshape(1, -1)"
            raise ValueError(
                f"Got an array of shape {shape}, but this {type(self).__name__} {self._fitted_on()}: this "
                f"is a single image. Give it a leading axis, {leading}."
            )

    def _fitted_on(self):
        if None in self.image_shape_:
            return f"takes images of any size with {self.image_shape_[2]} channel(s)"
        return f"was fitted on images of shape {self.image_shape_}"

    @contextmanager
    def _unchanged_by_failure(self):
        """Restore the estimator to its state before, if the ``with`` block fails."""
        before = dict(vars(self))
        try:
            yield
        except BaseException:  # also Ctrl-C
            vars(self).clear()
            vars(self).update(before)
            raise

    def _as_nhwc(self, X):
        """Return images as NHWC, after a check that they have the channels seen in ``fit``."""
        images = as_nhwc(X, self.image_shape_ if X.ndim == 2 else None)
        self._check_channels(images.shape[3], f"an array of shape {X.shape}")
        return images

    def _check_channels(self, channels, what):
        if channels != self.image_shape_[2]:
            raise ValueError(
                f"Got images with {channels} channels, {what}, but "
                f"this {type(self).__name__} was fitted on {self.image_shape_[2]}. Colour images are "
                "(n, height, width, channels); a single one needs a leading axis, X[np.newaxis]. "
                "Grey images need a denoiser of grey images."
            )

    def _forget_features(self):
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                delattr(self, name)


class ImageTransformer(OneToOneFeatureMixin, TransformerMixin, ImageEstimator):
    """A transformer of images that preserves their shape and dtype."""

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the columns, which are the names of the input columns.

        Parameters
        ----------
        input_features : array-like of str, default=None
            If ``fit`` saw column names, these must be the same. Otherwise, the names to use.

        Returns
        -------
        ndarray of str
            One name for each column of the flat rows.
        """
        check_is_fitted(self)
        if not hasattr(self, "n_features_in_"):
            raise ValueError(
                f"This {type(self).__name__} was fitted on image arrays, which have no feature "
                "names. Fit it on flat rows of shape (n, n_features)."
            )
        return super().get_feature_names_out(input_features)

    def __sklearn_tags__(self) -> Any:
        """State that the dtype is preserved."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _check_images(self, X, *, reset):
        if not is_flat(X):
            self._refuse_table_output(f"image arrays of shape {np.shape(X)}")
        return super()._check_images(X, reset=reset)

    def _refuse_table_output(self, images):
        # scikit-learn stores the choice of set_output in this attribute.
        chosen = getattr(self, "_sklearn_output_config", {}).get("transform")
        container = chosen or get_config()["transform_output"]
        if container != "default":
            raise ValueError(
                f"set_output asks for a {container} table, but {images} do not fit in one. Give "
                "flat rows, or call set_output(transform='default')."
            )
