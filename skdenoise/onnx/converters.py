"""Converters: the estimators of this package in the ONNX graph of a pipeline."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageEstimator
from skdenoise.classifier.denoising_classifier import DenoisingClassifier
from skdenoise.denoisers.base import Denoiser
from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.denoisers.own_range import with_range
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.errors import ForkError
from skdenoise.evaluation.find_denoiser import flat_pipeline, unwrapped
from skdenoise.extras import require_extra
from skdenoise.flattening import ImageFlattener
from skdenoise.images.layout import check_images
from skdenoise.noise.augmenters import NoiseAugmenter

if TYPE_CHECKING:
    import onnx

# Dtypes of which skl2onnx cannot convert a pipeline.
_NOT_TAKEN = ("uint16", "uint32", "uint64", "int16", "float16")


def to_onnx(
    estimator: BaseEstimator, X: ArrayLike | None = None, **params: Any
) -> "onnx.ModelProto":
    """Return a fitted denoiser, or a pipeline that contains one, as an ONNX graph.

    To run the graph, for example with ONNX Runtime, neither scikit-learn nor Keras is needed. It takes
    any number of images in the layout that the estimator was fitted on: flat rows, or images, of any size
    if the denoiser supports it. The input is called ``images``. The output of a denoiser is ``denoised``,
    with the shape and dtype of the input. The outputs of a pipeline depend on skl2onnx and its last step:
    for a classifier, and for a `DenoisingClassifier`, they are the arrays ``label`` and ``probabilities``.

    Parameters
    ----------
    estimator : UNetDenoiser, FilterDenoiser, SubspaceDenoiser, DenoisingClassifier, Pipeline or search
        The fitted estimator, which may contain searches and frozen estimators. Each step of a pipeline, or
        of the classifier of a `DenoisingClassifier`, must be an estimator of this package or one that skl2onnx can convert. Of the filters,
        ``"gaussian"`` and ``"median"`` can be exported.
    X : array-like, default=None
        Images with the dtype and number of dimensions of the input. A denoiser that takes images of any value range,
        as `UNetDenoiser.from_pretrained` returns it, takes black and white of all images as in these. If None, the
        input is float32 (of such a denoiser, from 0 to 1): flat rows if the denoiser was fitted on these, else
        (n, height, width) for grey images and (n, height, width, channels) for colour images.
    **params
        Parameters of ``skl2onnx.to_onnx`` for a pipeline, such as ``target_opset``.

    Returns
    -------
    onnx.ModelProto
        ``Path("pipeline.onnx").write_bytes(model.SerializeToString())`` writes the file.

    Raises
    ------
    ImportError
        If a package of the extra ``onnx`` is missing or too old.
    TypeError
        If `estimator` is none of these, or if `params` are given for a denoiser.
    ValueError
        If a step cannot be converted, or not for images of this dtype, these channels or this ``target_opset``.

    See Also
    --------
    register_onnx_converters : Make ``skl2onnx.to_onnx`` accept denoisers.
    UNetDenoiser.save : Save a denoiser to a file that this package can load.

    Notes
    -----
    The network computes in float32. Its output is that of ``precision="float32"``, except for rounding
    (less than 1e-5 of the value range). Large images are not cut into tiles, as they are by
    ``transform``, so each image must fit in memory.

    Examples
    --------
    >>> import onnxruntime
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skdenoise import UNetDenoiser, add_noise, to_onnx
    >>> X, y = load_digits(return_X_y=True)
    >>> X = (X / 16).astype("float32")
    >>> denoiser = UNetDenoiser(filters=(8, 16), epochs=5, random_state=0)
    >>> pipeline = make_pipeline(denoiser, LogisticRegression(max_iter=500)).fit(X, y)
    >>> graph = to_onnx(pipeline, X)
    >>> session = onnxruntime.InferenceSession(graph.SerializeToString())
    >>> noisy = add_noise(X, noise_factor=0.2, random_state=1)
    >>> label, probabilities = session.run(None, {"images": noisy})
    >>> bool((label == pipeline.predict(noisy)).mean() > 0.99)
    True
    """
    require_extra("onnx", "to_onnx")
    check_is_fitted(estimator)
    estimator = unwrapped(estimator)
    if isinstance(estimator, Denoiser):
        if params:
            raise TypeError(
                f"to_onnx got {', '.join(params)}, which are parameters of skl2onnx.to_onnx for a "
                "pipeline. Leave them out for a denoiser."
            )
        return _denoiser_to_onnx(estimator, X)
    if isinstance(estimator, DenoisingClassifier):
        return _denoising_classifier_to_onnx(estimator, X, params)
    if isinstance(estimator, Pipeline):
        return _pipeline_to_onnx(flat_pipeline(estimator), X, params)
    raise TypeError(
        f"{type(estimator).__name__} is not a denoiser, a DenoisingClassifier or a pipeline with one. Use skl2onnx.to_onnx for "
        "estimators of scikit-learn."
    )


def register_onnx_converters() -> None:
    """Register converters for the estimators of this package with skl2onnx.

    After this, ``skl2onnx.to_onnx`` and ``skl2onnx.convert_sklearn`` accept pipelines with denoisers, for
    the rest of the process. `to_onnx` calls this function itself.

    Raises
    ------
    ImportError
        If a package of the extra ``onnx`` is missing or too old.

    Examples
    --------
    >>> import numpy as np
    >>> import skl2onnx
    >>> from sklearn.datasets import load_digits
    >>> from skdenoise import FilterDenoiser, register_onnx_converters
    >>> register_onnx_converters()
    >>> X = load_digits().data.astype(np.float32)
    >>> graph = skl2onnx.to_onnx(FilterDenoiser("median").fit(X), X)
    >>> graph.graph.output[0].name
    'variable'
    """
    require_extra("onnx", "register_onnx_converters")
    from skl2onnx import update_registered_converter

    for kinds, shape, convert in [
        ((UNetDenoiser, FilterDenoiser, SubspaceDenoiser), _shape_of_denoised, _convert_denoiser),
        ((NoiseAugmenter,), _shape_of_images, _converter_to("Identity")),
        ((ImageFlattener,), _shape_of_rows, _converter_to("Flatten", axis=1)),
    ]:
        for kind in kinds:
            update_registered_converter(kind, f"Skdenoise{kind.__name__}", shape, convert)


def _denoiser_to_onnx(denoiser, X):
    from skdenoise.onnx.graphs import Layout
    from skdenoise.onnx.models import denoising_model, takes_any_size

    example = _example(denoiser, X)
    shape = denoiser.image_shape_
    n_channels = example.shape[3] if example.ndim == 4 else 1
    if example.ndim > 2 and n_channels != shape[2]:
        raise ValueError(
            f"X has {n_channels} channel(s), but the denoiser was fitted on {shape[2]}, and so its graph takes {shape[2]}. "
            "Export it with such images, and run the graph on each channel. (transform converts colours itself.)"
        )
    if X is not None:
        images = denoiser._check_images(X, reset=False)
        denoiser = with_range(denoiser, denoiser._range_of(images))
    if example.ndim > 2 and takes_any_size(denoiser):
        shape = (None, None, shape[2])
    return denoising_model(denoiser, example.dtype, Layout(example.ndim, shape))


def _denoising_classifier_to_onnx(estimator, X, params):
    from skdenoise.onnx.classifiers import classifier_model
    from skdenoise.onnx.graphs import OPSET, Layout

    example = _example(estimator, X)
    params = {"target_opset": {"": OPSET, "ai.onnx.ml": 3}} | params

    def convert(classifier):
        return _pipeline_to_onnx(flat_pipeline(classifier), example.astype(np.float32), params)

    layout = Layout(example.ndim, estimator.image_shape_)
    return classifier_model(estimator, example, layout, convert)


def _pipeline_to_onnx(pipeline, X, params):
    import skl2onnx
    from skl2onnx.common.data_types import guess_data_type

    register_onnx_converters()
    example = _example(pipeline[0], X)
    if example.dtype.name in _NOT_TAKEN:
        raise ValueError(
            f"skl2onnx takes no images of {example.dtype} in a pipeline. Give float32 ones, or export the denoiser alone, "
            "to_onnx(pipeline[0], X), and run the other steps after it."
        )
    if X is not None:
        pipeline = _with_ranges(pipeline, X)
    ((_, kind),) = guess_data_type(example)
    kind = type(kind)([None, *kind.shape[1:]])
    try:
        return _to_onnx_without_zipmap(pipeline, [("images", kind)], params)
    except ForkError:
        raise
    except RuntimeError as error:  # raised by skl2onnx for unknown estimators
        kinds = ", ".join(type(step).__name__ for step in pipeline)
        raise ValueError(
            f"skl2onnx {skl2onnx.__version__} cannot convert this pipeline ({kinds}): {error}\nExport "
            "only the denoiser, to_onnx(pipeline[0]), and run the other steps after it; or register a "
            "converter with skl2onnx.update_registered_converter."
        ) from error


def _with_ranges(pipeline, X):
    """Return a pipeline whose denoisers take black and white as they take them in these images."""
    steps = list(pipeline.steps)
    for place, (name, step) in enumerate(steps):
        if isinstance(step, Denoiser) and step.value_range_ is None:
            images = Pipeline(steps[:place]).transform(X) if place else X
            steps[place] = name, with_range(step, step._range_of(check_images(images)))
    return Pipeline(steps)


def _to_onnx_without_zipmap(pipeline, initial_types, params):
    """Convert a pipeline; probabilities of a classifier are an array, and not a list of dicts."""
    import skl2onnx

    def convert(**of_last):
        options = {id(pipeline[-1]): of_last} | params.get("options", {})
        return skl2onnx.to_onnx(
            pipeline, initial_types=initial_types, **params | {"options": options}
        )

    if not is_classifier(pipeline):
        return skl2onnx.to_onnx(pipeline, initial_types=initial_types, **params)
    try:
        return convert(zipmap=False)
    except NameError as error:  # classifiers without probabilities, such as LinearSVC
        if "zipmap" not in str(error):
            raise
        return convert()


def _example(first, X):
    """Return an array of one image in the layout of the graph's input."""
    if isinstance(first, ImageEstimator):
        if X is not None:
            return first._check_images(X[:1], reset=False)
        if hasattr(first, "n_features_in_"):
            return np.zeros((1, first.n_features_in_), np.float32)
        height, width, channels = first.image_shape_
        shape = (height or 1, width or 1) if channels == 1 else (height or 1, width or 1, channels)
        return np.zeros((1, *shape), np.float32)
    if X is None:
        raise ValueError(
            f"The first step, {type(first).__name__}, does not know the shape and dtype of the images: "
            "give to_onnx an X."
        )
    return np.asarray(X[:1])


def _convert_denoiser(scope, operator, container):
    """Add a denoiser to the graph of a pipeline."""
    from onnx.helper import tensor_dtype_to_np_dtype
    from onnx.version_converter import convert_version
    from skl2onnx.common.data_types import guess_proto_type
    from skl2onnx.helpers import add_onnx_graph

    from skdenoise.onnx.graphs import OPSET, Layout
    from skdenoise.onnx.models import denoising_model

    denoiser, (images,) = operator.raw_operator, operator.inputs
    layout = Layout(len(images.type.shape), denoiser.image_shape_)
    dtype = tensor_dtype_to_np_dtype(guess_proto_type(images.type))
    model = denoising_model(denoiser, dtype, layout, stays_float=True)
    try:
        model = convert_version(model, container.target_opset)
    except RuntimeError as error:
        raise ValueError(
            f"target_opset={container.target_opset} is too old for the graph of a denoiser. Give a later one, such as "
            f"{OPSET}."
        ) from error
    for node in model.graph.node:
        node.name = node.name or node.output[0]  # skl2onnx needs names
    add_onnx_graph(scope, operator, container, model)


def _converter_to(op_type, **attributes):
    """Return a converter for a step that is a single operator of ONNX."""

    def convert(scope, operator, container):
        (given,), (made,) = operator.inputs, operator.outputs
        name = scope.get_unique_operator_name(op_type)
        container.add_node(op_type, given.full_name, made.full_name, name=name, **attributes)

    return convert


def _shape_of_denoised(operator):
    """Declare that images keep their shape, and that integers become floats with integer values.

    Converters of classifiers need floats.
    """
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    kind = operator.inputs[0].type
    if not isinstance(kind, DoubleTensorType):
        kind = FloatTensorType(kind.shape)
    operator.outputs[0].type = kind


def _shape_of_images(operator):
    operator.outputs[0].type = operator.inputs[0].type


def _shape_of_rows(operator):
    kind = operator.inputs[0].type
    n_images, *shape = kind.shape
    operator.outputs[0].type = type(kind)([n_images, math.prod(shape)])
