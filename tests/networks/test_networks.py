import math

import keras
import numpy as np
import pytest

from skdenoise.networks.architecture import check_architecture


def built(network, filters=None, channels=1, seed=0):
    """Return a network for images of any size."""
    return check_architecture(network, filters, channels).build((None, None), "float32", seed)


def layer_summary(model):
    """Return type, filters and activation of each layer that computes something."""
    return [
        (type(layer).__name__, getattr(layer, "filters", None), layer_activation(layer))
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def layer_activation(layer):
    activation = getattr(layer, "activation", None)
    return activation.__name__ if activation is not None else None


def test_classic_has_the_parameters_of_the_original_recipe():
    assert built("classic").count_params() == 923_393


def test_classic_is_the_original_recipe_layer_by_layer():
    conv = [("Conv2D", n, "relu") for n in (64, 128, 256, 128, 64)]
    pool, up, concatenate = [
        (n, None, None) for n in ("MaxPooling2D", "UpSampling2D", "Concatenate")
    ]
    model = built("classic")
    assert layer_summary(model) == [
        conv[0],
        pool,
        conv[1],
        pool,
        conv[2],
        up,
        concatenate,
        conv[3],
        up,
        concatenate,
        conv[4],
        ("Conv2D", 1, "sigmoid"),
    ]
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert all(layer.kernel_size == (3, 3) and layer.padding == "same" for layer in convolutions)


def test_classic_computes_what_the_original_recipe_computes():
    layers = keras.layers

    def conv(x, filters, activation="relu"):
        return layers.Conv2D(filters, 3, padding="same", activation=activation)(x)

    inputs = keras.Input((28, 28, 1))
    a = conv(inputs, 64)
    b = conv(layers.MaxPooling2D()(a), 128)
    x = conv(layers.MaxPooling2D()(b), 256)
    x = conv(layers.Concatenate()([layers.UpSampling2D()(x), b]), 128)
    x = conv(layers.Concatenate()([layers.UpSampling2D()(x), a]), 64)
    original = keras.Model(inputs, conv(x, 1, "sigmoid"))

    ours = built("classic")
    ours.set_weights(original.get_weights())
    images = np.random.default_rng(0).random((2, 28, 28, 1), dtype=np.float32)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(ours(images)),
        keras.ops.convert_to_numpy(original(images)),
        atol=1e-5,
    )


def test_compact_has_two_hundred_thousand_parameters():
    assert built("compact").count_params() == 195_652


def test_to_scale_the_input_of_a_bias_free_network_is_to_scale_its_output():
    model = check_architecture("bias_free", (4, 8), 1).build((16, 16), "float32", seed=0)
    assert not any(path.endswith("bias") for path in (v.path for v in model.weights))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.get_weights()])
    image = rng.random((1, 16, 16, 1), dtype=np.float32)
    np.testing.assert_allclose(
        model.predict_on_batch(8 * image), 8 * model.predict_on_batch(image), rtol=1e-5
    )


def test_bias_free_costs_what_its_docstring_says():
    architecture = check_architecture("bias_free", None, 1)
    assert architecture.build((64, 64), "float32", seed=0).count_params() == 489_984
    graph = architecture.graph
    shapes = graph.weight_shapes
    scales = [
        operator.output.scale for operator in graph.operators if operator.kind == "convolution"
    ]
    found = sum(math.prod(shape) / scale**2 for shape, scale in zip(shapes, scales, strict=True))
    assert round(float(found), -3) == 45_000


@pytest.mark.parametrize("network", ["classic", "compact", "bias_free"])
@pytest.mark.parametrize(("size", "channels"), [((8, 8), 1), ((16, 24), 3)])
def test_built_in_networks_keep_the_shape_of_any_size(network, size, channels):
    architecture = check_architecture(network, None, channels)
    model = architecture.build(size, "float32", seed=0)
    assert model(np.zeros((2, *size, channels), np.float32)).shape == (2, *size, channels)


@pytest.mark.parametrize(
    ("network", "filters", "multiple"),
    [("classic", (4, 8, 8, 16), 8), ("compact", (4, 8, 8), 8), ("bias_free", (4, 8, 8), 8)],
)
def test_filters_decide_the_depth(network, filters, multiple):
    architecture = check_architecture(network, filters, 1)
    assert architecture.multiple == multiple
    model = architecture.build((8, 8), "float32", seed=0)
    assert model(np.zeros((1, 8, 8, 1), np.float32)).shape == (1, 8, 8, 1)


def test_seed_decides_the_initial_weights_whatever_was_drawn_before():
    first = built("compact", (4, 8), seed=3).get_weights()
    keras.utils.set_random_seed(11)
    for a, b in zip(first, built("compact", (4, 8), seed=3).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], built("compact", (4, 8), seed=4).get_weights()[0])


def test_bfloat16_is_a_policy_of_the_model_with_float32_variables_and_output():
    before = keras.config.dtype_policy().name
    architecture = check_architecture("compact", (4, 8), 1)
    model = architecture.build((8, 8), "bfloat16", seed=0)
    assert keras.config.dtype_policy().name == before == "float32"
    assert {layer.compute_dtype for layer in model.layers[1:4]} == {"bfloat16"}
    assert {str(variable.dtype) for variable in model.variables} == {"float32"}
    assert model.output.dtype == "float32"


@pytest.mark.parametrize("network", ["compact", "bias_free", "classic"])
def test_channels_are_last_whatever_keras_is_told(network):
    architecture = check_architecture(network, None, channels=3)
    expected = layer_summary(architecture.build((8, 8), "float32", 0))
    keras.config.set_image_data_format("channels_first")
    try:
        model = architecture.build((8, 8), "float32", 0)
    finally:
        keras.config.set_image_data_format("channels_last")
    assert layer_summary(model) == expected
    assert model.output_shape[-1] == 3
