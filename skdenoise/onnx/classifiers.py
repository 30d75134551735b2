"""Classifiers: a `DenoisingClassifier` as one ONNX model, which decides image by image as it does."""

import numpy as np
import onnx

from skdenoise.onnx.graphs import assemble, dtype_name, element_name, put_in_place, to_nhwc
from skdenoise.onnx.models import denoising_model, value_range_for

_TINY = np.float32(1e-24)  # keeps ratios finite where nothing was removed


def classifier_model(estimator, images, layout, convert):
    """Return a fitted `DenoisingClassifier` as an ONNX model.

    Parameters
    ----------
    estimator : DenoisingClassifier
        The fitted estimator.
    images : ndarray
        An image with the dtype of the input.
    layout : Layout
        Layout of the array of images.
    convert : callable
        ``convert(classifier)`` returns the ONNX model of a fitted classifier of float32 images, with the
        outputs label and probabilities.

    Returns
    -------
    onnx.ModelProto
        Its input is called ``images``, its outputs ``label`` and ``probabilities``.
    """
    plain = convert(estimator.classifier_)
    label, probabilities = (output.type.tensor_type for output in plain.graph.output)
    n_scores = probabilities.shape.dim[1].dim_value
    given = f"{dtype_name(images.dtype)}[{layout.dimensions}] images"
    answers = f"{element_name(label.elem_type)}[N] label, float[N, {n_scores}] probabilities"
    if not estimator._trust.is_possible:
        body = """
            rows = Cast <to = 1> (images)
            label, probabilities = Plain (rows)
        """
        model = assemble(given, answers, body)
        put_in_place(plain, model, "Plain")
        return _checked(model)
    trust = estimator._trust
    averages = trust.upper_threshold > trust.threshold
    chosen = "_of_one" if averages else ""
    body = f"""
        rows = Cast <to = 1> (images)
        made = Denoise (images)
        denoised = Cast <to = 1> (made)
        label_plain, probabilities_plain = Plain (rows)
        label_denoised, probabilities_denoised = Denoised (denoised)
        difference = Sub (rows, denoised)
        given = Div (difference, span)
        removed = {to_nhwc(layout)}
        {_STATISTICS}
        {_correlation("across", 2, layout.image_shape[1])}
        {_correlation("down", 1, layout.image_shape[0])}
        statistics = Concat <axis = 1> (relative_mean, across, down, log_kurtosis)
        not_below = GreaterOrEqual (statistics, lowest)
        not_above = LessOrEqual (statistics, highest)
        inside = And (not_below, not_above)
        inside_number = Cast <to = 1> (inside)
        all_inside = ReduceMin <keepdims = 0> (inside_number, second_axis)
        in_range = Cast <to = 9> (all_inside)
        from_centre = Sub (statistics, centre)
        weighted = MatMul (from_centre, precision)
        distance_parts = Mul (weighted, from_centre)
        distance = ReduceSum <keepdims = 0> (distance_parts, second_axis)
        near = LessOrEqual (distance, greatest)
        familiar = And (in_range, near)
        level_of_each = Squeeze (level, second_axis)
        enough = Greater (level_of_each, threshold)
        trusted = And (familiar, enough)
        trusted_column = Unsqueeze (trusted, second_axis)
        label{chosen} = Where (trusted, label_denoised, label_plain)
        probabilities{chosen} = Where (trusted_column, probabilities_denoised, probabilities_plain)
        {_AVERAGE if averages else ""}
    """
    denoiser = estimator._denoiser
    low, high = value_range_for(denoiser, images.dtype)
    model = assemble(
        given,
        answers,
        body,
        span=np.float32(high - low),
        tiny=_TINY,
        zero=np.zeros(1, np.int64),
        one=np.ones(1, np.int64),
        minus_one=np.full(1, -1, np.int64),
        end=np.full(1, np.iinfo(np.int64).max, np.int64),
        axis_across=np.full(1, 2, np.int64),
        axis_down=np.full(1, 1, np.int64),
        second_axis=np.ones(1, np.int64),
        pixel_axes=np.array([1, 2, 3], np.int64),
        flat=np.array([-1, 1], np.int64),
        nhwc_shape=np.array([-1, *layout.image_shape], np.int64),
        channel_axis=np.array([3], np.int64),
        threshold=np.float32(trust.threshold),
        lowest=trust.familiar.lowest.astype(np.float32),
        highest=trust.familiar.highest.astype(np.float32),
        centre=trust.familiar.centre.astype(np.float32),
        precision=trust.familiar.precision.astype(np.float32),
        greatest=np.float32(trust.familiar.greatest),
        upper_threshold=np.float32(trust.upper_threshold),
        half=np.float32(0.5),
        classes=_labels(estimator.classes_, label.elem_type),
    )
    put_in_place(
        denoising_model(denoiser, images.dtype, layout, stays_float=True), model, "Denoise"
    )
    put_in_place(plain, model, "Plain")
    put_in_place(convert(estimator.denoised_classifier_), model, "Denoised")
    return _checked(model)


# Between the thresholds, the probabilities are averaged.
_AVERAGE = """
        below_upper = LessOrEqual (level_of_each, upper_threshold)
        is_averaged = And (trusted, below_upper)
        averaged_column = Unsqueeze (is_averaged, second_axis)
        sum = Add (probabilities_plain, probabilities_denoised)
        averaged = Mul (sum, half)
        probabilities = Where (averaged_column, averaged, probabilities_of_one)
        index = ArgMax <axis = 1, keepdims = 0> (averaged)
        label_averaged = Gather (classes, index)
        label = Where (is_averaged, label_averaged, label_of_one)
"""

# As `noise_level` and `noise_statistics` do.
_STATISTICS = """
        mean = ReduceMean <keepdims = 1> (removed, pixel_axes)
        centred = Sub (removed, mean)
        squares = Mul (centred, centred)
        mean_square = ReduceMean <keepdims = 1> (squares, pixel_axes)
        variance_4d = Add (mean_square, tiny)
        variance = Reshape (variance_4d, flat)
        fourth_powers = Mul (squares, squares)
        fourth_4d = ReduceMean <keepdims = 1> (fourth_powers, pixel_axes)
        fourth = Reshape (fourth_4d, flat)
        squared_variance = Mul (variance, variance)
        kurtosis = Div (fourth, squared_variance)
        log_kurtosis = Log (kurtosis)
        mean_column = Reshape (mean, flat)
        squared_mean = Mul (mean_column, mean_column)
        power = Add (variance, squared_mean)
        level = Sqrt (power)
        relative_mean = Div (mean_column, level)
"""


def _labels(classes, element_type):
    """Return the classes as the labels of a model: text or integers."""
    is_text = element_type == onnx.TensorProto.STRING
    return np.array([str(label) for label in classes], object) if is_text else np.int64(classes)


def _correlation(name, axis, size):
    """Return operators for the correlation of neighbours along an axis, 0 where there are none."""
    if size == 1:
        return f"{name} = Sub (mean_column, mean_column)"
    return f"""
        {name}_first = Slice (centred, zero, minus_one, axis_{name})
        {name}_second = Slice (centred, one, end, axis_{name})
        {name}_products = Mul ({name}_first, {name}_second)
        {name}_mean = ReduceMean <keepdims = 1> ({name}_products, pixel_axes)
        {name}_column = Reshape ({name}_mean, flat)
        {name} = Div ({name}_column, variance)
    """


def _checked(model):
    onnx.checker.check_model(model)
    return model
