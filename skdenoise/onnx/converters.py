"""Converters: how skl2onnx puts the estimators of this package into the graph of a pipeline."""

import math

import numpy as np
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skdenoise.base import ImageEstimator
from skdenoise.denoisers.base import Denoiser
from skdenoise.denoisers.filters import FilterDenoiser
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.evaluation.find_denoiser import flat_pipeline, unwrapped
from skdenoise.extras import require_extra
from skdenoise.flattening import ImageFlattener
from skdenoise.noise.augmenters import NoiseAugmenter


def to_onnx(estimator, X=None, **params):
    """Return a fitted denoiser, or a whole pipeline with one, as an ONNX graph.

    What runs the graph, ONNX Runtime for one, needs neither scikit-learn nor Keras. It takes any
    number of images at a time, as the estimator was fitted on: flat rows, or images, of any size
    where the denoiser takes any. Its input is called ``images``. That of a denoiser puts out
    ``denoised``, of the shape and dtype of the input; that of a pipeline what skl2onnx makes of its
    last step: of a classifier ``label`` and ``probabilities``, an array.

    Parameters
    ----------
    estimator : UNetDenoiser, FilterDenoiser, SubspaceDenoiser or Pipeline
        Fitted. Of a pipeline, each step is an estimator of this package or one that skl2onnx knows.
        Of the filters, ``"gaussian"`` and ``"median"`` can be exported.
    X : array-like, default=None
        Images that tell the dtype and the number of dimensions of the input. ``None`` takes float32,
        in flat rows where the denoiser was fitted on such, else (n, height, width) for grey images
        and (n, height, width, channels) for colour.
    **params
        Those of ``skl2onnx.to_onnx``, such as ``target_opset``, for a pipeline.

    Returns
    -------
    onnx.ModelProto
        ``Path("pipeline.onnx").write_bytes(model.SerializeToString())`` writes the file.

    Raises
    ------
    ImportError
        Where a package of the extra ``onnx`` is missing or too old.
    TypeError
        If `estimator` is neither, or if there are `params` for a denoiser.
    ValueError
        Where a step cannot be converted.

    See Also
    --------
    register_onnx_converters : Lets ``skl2onnx.to_onnx`` itself take denoisers.
    UNetDenoiser.save : A file to go on working with, in this package.

    Notes
    -----
    The network computes in float32, so that its output is that of ``precision="float32"``, except
    for rounding (less than 1e-5 of the value range). An image that does not fit in memory as a whole
    is not cut into tiles, as ``transform`` does.

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
                f"to_onnx got {', '.join(params)}: params are those of skl2onnx.to_onnx, and hold for "
                "a pipeline. Leave them out for a denoiser."
            )
        return _denoiser_to_onnx(estimator, X)
    if isinstance(estimator, Pipeline):
        return _pipeline_to_onnx(flat_pipeline(estimator), X, params)
    raise TypeError(
        f"{type(estimator).__name__} is neither a denoiser nor a pipeline with one; skl2onnx.to_onnx "
        "converts estimators of scikit-learn."
    )


def register_onnx_converters():
    """Tell skl2onnx how to convert the estimators of this package, for the rest of the process.

    ``skl2onnx.to_onnx`` and ``convert_sklearn`` take pipelines with denoisers from then on.
    `to_onnx` calls it.

    Raises
    ------
    ImportError
        Where a package of the extra ``onnx`` is missing or too old.

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
    if example.ndim > 2 and takes_any_size(denoiser):
        shape = (None, None, shape[2])
    return denoising_model(denoiser, example.dtype, Layout(example.ndim, shape))


def _pipeline_to_onnx(pipeline, X, params):
    import skl2onnx
    from skl2onnx.common.data_types import guess_data_type

    register_onnx_converters()
    example = _example(pipeline[0], X)
    ((_, kind),) = guess_data_type(example)
    kind = type(kind)([None, *kind.shape[1:]])
    if is_classifier(pipeline):
        # Without it, probabilities are a list of dicts.
        options = {id(pipeline[-1]): {"zipmap": False}} | params.get("options", {})
        params = params | {"options": options}
    try:
        return skl2onnx.to_onnx(pipeline, initial_types=[("images", kind)], **params)
    except RuntimeError as error:  # what skl2onnx raises for estimators that it does not know
        kinds = ", ".join(type(step).__name__ for step in pipeline)
        raise ValueError(
            f"skl2onnx {skl2onnx.__version__} cannot convert this pipeline ({kinds}). Export the "
            "denoiser alone, to_onnx(pipeline[0]), and run the rest behind it, or register a converter "
            f"with skl2onnx.update_registered_converter. It says: {error}"
        ) from error


def _example(first, X):
    """Return an array of one image, laid out as the input of the graph."""
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
            f"The first step, {type(first).__name__}, does not tell what images the pipeline takes: "
            "give to_onnx an X."
        )
    return np.asarray(X[:1])


def _convert_denoiser(scope, operator, container):
    """Put a denoiser in the graph of a pipeline."""
    from onnx.helper import tensor_dtype_to_np_dtype
    from onnx.version_converter import convert_version
    from skl2onnx.common.data_types import guess_proto_type
    from skl2onnx.helpers import add_onnx_graph

    from skdenoise.onnx.graphs import Layout
    from skdenoise.onnx.models import denoising_model

    denoiser, (images,) = operator.raw_operator, operator.inputs
    layout = Layout(len(images.type.shape), denoiser.image_shape_)
    dtype = tensor_dtype_to_np_dtype(guess_proto_type(images.type))
    model = denoising_model(denoiser, dtype, layout, stays_float=True)
    model = convert_version(model, container.target_opset)
    for node in model.graph.node:
        node.name = node.name or node.output[0]  # skl2onnx wants names
    add_onnx_graph(scope, operator, container, model)


def _converter_to(op_type, **attributes):
    """Return a converter of what is one operator of ONNX."""

    def convert(scope, operator, container):
        (given,), (made,) = operator.inputs, operator.outputs
        name = scope.get_unique_operator_name(op_type)
        container.add_node(op_type, given.full_name, made.full_name, name=name, **attributes)

    return convert


def _shape_of_denoised(operator):
    """Say that the images keep their shape, and that integers become floats of whole values.

    Converters of classifiers want floats.
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
