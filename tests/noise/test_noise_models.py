"""Each noise model against its formula."""

import pickle
import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from skimage.color import hsv2rgb, rgb2hsv
from sklearn.base import clone
from sklearn.datasets import load_sample_images

from skdenoise import (
    Brightness,
    CameraNoise,
    CameraPipeline,
    CommonCorruption,
    Compose,
    Contrast,
    CorrelatedGaussianNoise,
    DeadPixels,
    DefocusBlur,
    Fog,
    GaussianBlur,
    GaussianNoise,
    JPEGCompression,
    LowLight,
    MotionBlur,
    Pixelate,
    PoissonNoise,
    Quantization,
    RandomChoice,
    RandomErasing,
    RowNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
    UniformNoise,
    add_noise,
    noise_names,
)
from skdenoise.noise.by_name import named_model, position_of
from skdenoise.noise.camera import demosaic, draw_shot_and_read

GREY = np.full((200, 16, 16, 1), 0.5, np.float32)
PHOTOGRAPHS = (
    np.stack(load_sample_images().images)[:, 100:300:2, 100:300:2].astype(np.float32) / 255
)
POINT = np.zeros((1, 21, 21, 1), np.float32)
POINT[0, 10, 10] = 1


def draw(model, images=GREY, seed=0):
    return model(images, np.random.default_rng(seed))


# What all of them do


def test_positions_in_the_catalogue_stay():
    """Reports draw their noise from them: new models come last."""
    assert position_of("uniform") == 17
    assert position_of("row") == len(noise_names()) - 1


@pytest.mark.parametrize("name", noise_names())
@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8, 3), (1, 10, 1), (9, 17, 4), (70, 70, 3)])
def test_models_keep_shape_and_input_and_give_float32(name, shape):
    images = np.random.default_rng(0).random((6, *shape), dtype=np.float32)
    before = images.copy()
    for model in (named_model(name)(), CommonCorruption(name, (0, 5))):
        noisy = draw(model, images)
        assert noisy.shape == images.shape
        assert noisy.dtype == np.float32
        assert np.isfinite(noisy).all()
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name", noise_names())
def test_models_are_seeded(name):
    model = CommonCorruption(name, (1, 5))
    np.testing.assert_array_equal(draw(model, PHOTOGRAPHS), draw(model, PHOTOGRAPHS))
    assert not np.array_equal(draw(model, PHOTOGRAPHS), draw(model, PHOTOGRAPHS, seed=1))


@pytest.mark.parametrize("name", noise_names())
def test_factor_and_severity_zero_are_the_identity(name):
    images = PHOTOGRAPHS - np.float32(0.1)
    for zero in ({"noise_factor": 0}, {"noise_factor": (0, 0)}, {"severity": 0}):
        noisy = add_noise(images, name, value_range=(0, 1), random_state=0, **zero)
        np.testing.assert_array_equal(noisy, images)


@pytest.mark.parametrize("name", noise_names())
@pytest.mark.parametrize("scale", ["cifar", "imagenet"])
def test_images_suffer_more_with_each_severity(name, scale):
    errors = [
        np.abs(
            add_noise(PHOTOGRAPHS, name, severity=severity, scale=scale, random_state=0)
            - PHOTOGRAPHS
        ).mean()
        for severity in range(6)
    ]
    assert errors[0] == 0
    assert errors[1] > 0
    # Blocks of Pixelate that happen to fit the image may make a step of it milder.
    assert np.all(np.diff(errors) > -0.01)
    assert errors[5] > 1.3 * errors[1]


@pytest.mark.parametrize("name", noise_names())
def test_models_can_be_cloned_pickled_and_printed(name):
    model = named_model(name).from_factor(0.2)
    expected = draw(model, PHOTOGRAPHS)
    for copied in (clone(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(draw(copied, PHOTOGRAPHS), expected)
    assert repr(model).startswith(type(model).__name__)


@pytest.mark.parametrize("name", sorted(set(noise_names()) - {"quantization"}))
def test_a_range_is_drawn_once_per_image(name):
    images = np.repeat(PHOTOGRAPHS[:1, :32, :32], 120, axis=0)
    highest = {"defocus_blur": 6, "low_light": 0.98}.get(name, 0.6)
    noisy = add_noise(images, name, (0, highest), random_state=0)
    changes = np.abs(noisy - images).mean(axis=(1, 2, 3))
    assert changes.min() < 0.25 * changes.max()
    # Strengths are spread over the range, not gathered at an end of it.
    assert np.mean(changes < np.median(changes) * 0.8) > 0.1


@pytest.mark.parametrize("name", noise_names())
def test_negative_strengths_are_refused(name):
    with pytest.raises(ValueError, match="must not be negative"):
        add_noise(GREY, name, -0.1)


# Sensor


def test_gaussian_noise_has_the_given_standard_deviation_and_no_mean():
    noise = draw(GaussianNoise(0.3)) - GREY
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.005)
    # As many beyond two standard deviations as the normal distribution has.
    assert np.mean(np.abs(noise) > 0.6) == pytest.approx(0.0455, rel=0.1)


def test_uniform_noise_fills_its_width_evenly():
    noise = draw(UniformNoise(0.3)) - GREY
    assert noise.std() == pytest.approx(0.3 / np.sqrt(3), rel=0.02)
    counts, _ = np.histogram(noise, bins=10, range=(-0.3, 0.3))
    np.testing.assert_allclose(counts / noise.size, 0.1, atol=0.01)


@pytest.mark.parametrize("value", [0.25, 1.0])
def test_speckle_noise_is_proportional_to_the_value(value):
    images = np.full_like(GREY, value)
    noise = draw(SpeckleNoise(0.2), images) - images
    assert noise.std() == pytest.approx(0.2 * value, rel=0.02)


def test_poisson_noise_has_the_variance_of_a_count():
    noisy = draw(PoissonNoise(50))
    assert noisy.var() == pytest.approx(0.5 / 50, rel=0.03)
    assert noisy.mean() == pytest.approx(0.5, rel=0.01)
    np.testing.assert_allclose(noisy * 50, np.rint(noisy * 50), atol=1e-4)


def test_poisson_factor_is_the_standard_deviation_at_white():
    noisy = add_noise(np.ones((100, 16, 16)), "poisson", 0.2, random_state=0)
    assert noisy.std() == pytest.approx(0.2, rel=0.03)


def test_salt_and_pepper_replaces_the_given_share_half_white_half_black():
    noisy = draw(SaltAndPepperNoise(0.2))
    assert np.mean(noisy == 1) == pytest.approx(0.1, rel=0.05)
    assert np.mean(noisy == 0) == pytest.approx(0.1, rel=0.05)
    assert np.mean(noisy == 0.5) == pytest.approx(0.8, rel=0.02)


def test_salt_and_pepper_hits_each_channel_by_itself():
    noisy = draw(SaltAndPepperNoise(0.5), np.full((20, 8, 8, 3), 0.5, np.float32))
    assert not np.array_equal(noisy[..., 0], noisy[..., 1])


def test_dead_pixels_fail_in_all_channels_and_some_are_hot():
    noisy = draw(DeadPixels(0.2, hot=0.25), np.full((100, 16, 16, 3), 0.5, np.float32))
    assert np.array_equal(noisy[..., 0], noisy[..., 1])
    assert np.mean(noisy == 1) == pytest.approx(0.05, rel=0.1)
    assert np.mean(noisy == 0) == pytest.approx(0.15, rel=0.1)


def test_a_named_sensor_fails_at_the_same_pixels_in_every_draw():
    sensor = DeadPixels(0.1, sensor=3)
    np.testing.assert_array_equal(draw(sensor), draw(sensor, seed=1))
    assert not np.array_equal(draw(sensor), draw(DeadPixels(0.1, sensor=4)))
    one, other = draw(DeadPixels(0.1))[:2]
    assert not np.array_equal(one, other)


def test_drawn_quantization_keeps_black_and_white():
    images = np.zeros((100, 8, 8, 1), np.float32)
    images[:, 4:] = 1
    np.testing.assert_array_equal(draw(Quantization((2, 16)), images), images)


def test_quantization_leaves_so_many_levels():
    ramp = np.linspace(-0.2, 1.2, 256, dtype=np.float32).reshape(1, 16, 16, 1)
    levels = np.unique(draw(Quantization(5), ramp))
    np.testing.assert_allclose(levels, [-0.25, 0, 0.25, 0.5, 0.75, 1, 1.25], atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["quantization", "jpeg_compression"])
def test_storage_keeps_values_outside_of_the_range(name, channels):
    images = np.random.default_rng(0).random((2, 16, 16, channels))
    low, high = value_range = (0.4, 0.6)
    stored = add_noise(images, name, 0.1, value_range=value_range, random_state=0)
    clipped = add_noise(images, name, 0.1, value_range=value_range, clip=True, random_state=0)
    assert low <= clipped.min() <= clipped.max() <= high
    outside = (images < 0.3) | (images > 0.7)
    assert np.abs(stored - images)[outside].max() < 0.25
    assert stored.min() < 0.1
    assert stored.max() > 0.9


@pytest.mark.parametrize("value", [0.1, 0.5, 0.9])
def test_camera_noise_has_variance_read_plus_shot_times_light(value):
    images = np.full_like(GREY, value)
    noise = draw(CameraNoise(shot=0.01, read=0.001, gamma=1), images) - images
    assert noise.var() == pytest.approx(0.001 + 0.01 * value, rel=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.005)


def test_camera_noise_is_added_in_linear_light():
    noisy = draw(CameraNoise(shot=0.004, read=0.0, gamma=2.2))
    light = noisy**2.2
    assert light.mean() == pytest.approx(0.5**2.2, rel=0.01)
    assert light.var() == pytest.approx(0.004 * 0.5**2.2, rel=0.03)


def test_camera_strengths_are_those_measured_by_brooks():
    rng = np.random.default_rng(0)
    camera = CameraNoise()
    shot, read = draw_shot_and_read(camera.shot, camera.read, 5000, rng)
    assert 1e-4 <= shot.min() < 1.1e-4
    assert 1.1e-2 < shot.max() <= 1.2e-2 * (1 + 1e-6)
    # Log-uniform: as many below the geometric mean as above.
    assert np.mean(shot < np.sqrt(1e-4 * 1.2e-2)) == pytest.approx(0.5, abs=0.03)
    residual = np.log(read) - (2.18 * np.log(shot) + 1.20)
    assert residual.mean() == pytest.approx(0, abs=0.02)
    assert residual.std() == pytest.approx(0.26, rel=0.05)


def neighbour_correlation(noise):
    return np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1]


def test_a_mosaic_correlates_the_noise_of_neighbours():
    grey = np.full((20, 32, 32, 3), 0.5, np.float32)
    camera = CameraNoise(shot=0.01, read=0.001, gamma=1)
    white = draw(camera, grey) - grey
    correlated = draw(camera.set_params(mosaic=True), grey) - grey
    assert abs(neighbour_correlation(white)) < 0.02
    assert neighbour_correlation(correlated) > 0.3


def test_a_mosaic_keeps_what_its_filters_let_through_and_interpolates_the_rest():
    image = np.random.default_rng(0).random((1, 6, 6, 3), dtype=np.float32)
    seen = demosaic(image)
    red, green, blue = np.moveaxis(image[0], -1, 0)
    np.testing.assert_array_equal(seen[0, ::2, ::2, 0], red[::2, ::2])
    np.testing.assert_array_equal(seen[0, ::2, 1::2, 1], green[::2, 1::2])
    np.testing.assert_array_equal(seen[0, 1::2, ::2, 1], green[1::2, ::2])
    np.testing.assert_array_equal(seen[0, 1::2, 1::2, 2], blue[1::2, 1::2])
    assert seen[0, 2, 3, 0] == pytest.approx((red[2, 2] + red[2, 4]) / 2)
    assert seen[0, 3, 3, 0] == pytest.approx(red[2:5:2, 2:5:2].mean())
    assert seen[0, 2, 2, 1] == pytest.approx(
        (green[1, 2] + green[3, 2] + green[2, 1] + green[2, 3]) / 4
    )
    assert seen[0, 2, 2, 2] == pytest.approx(blue[1:4:2, 1:4:2].mean())


@pytest.mark.parametrize("shape", [(8, 8, 1), (1, 9, 3)])
def test_a_mosaic_needs_three_channels_and_two_rows(shape):
    with pytest.raises(ValueError, match="three channels"):
        draw(CameraNoise(mosaic=True), np.ones((2, *shape), np.float32))


SOFT = {"blur": 0.8, "sharpening": 0, "quality": 100}
GREY_IN_COLOUR = np.full((20, 64, 64, 3), 0.5, np.float32)


def processed_noise(images=GREY_IN_COLOUR, **params):
    return draw(CameraPipeline(**params), images) - images


def test_a_camera_pipeline_correlates_the_noise_as_pictures_of_cameras_do():
    noise = processed_noise(shot=0.002, **SOFT)
    assert 0.6 < neighbour_correlation(noise) < 0.9
    assert noise.mean() == pytest.approx(0, abs=0.01)


def test_without_mosaic_and_blur_the_noise_of_a_camera_pipeline_is_white():
    noise = processed_noise(shot=0.002, mosaic=False, blur=0, sharpening=0, quality=100)
    assert abs(neighbour_correlation(noise)) < 0.02


def test_each_step_of_a_camera_pipeline_changes_the_noise_as_it_should():
    plain = {"shot": 0.002, "white_balance": 1.5, "colour_mixing": 0, **SOFT}
    strength = processed_noise(**plain).std()
    assert processed_noise(**plain | {"sharpening": 0.8}).std() > 1.2 * strength
    assert processed_noise(**plain | {"colour_mixing": 0.25}).std() > 1.2 * strength
    assert processed_noise(**plain | {"blur": 1.5}).std() < 0.8 * strength
    reddish = processed_noise(**plain | {"white_balance": 2.4}).std(axis=(0, 1, 2))
    assert reddish[0] > 1.3 * reddish[1]  # green is not multiplied


def test_a_camera_pipeline_leaves_what_is_in_the_image():
    noisy = draw(CameraPipeline(shot=1e-9, read=0, quality=100), PHOTOGRAPHS)
    np.testing.assert_allclose(noisy, PHOTOGRAPHS, atol=0.01)


def test_a_camera_pipeline_writes_jpegs():
    compressed = draw(CameraPipeline(shot=1e-9, read=0, quality=20), PHOTOGRAPHS)
    expected = draw(JPEGCompression(20), PHOTOGRAPHS)
    assert np.abs(compressed - expected).mean() < 0.1 * np.abs(compressed - PHOTOGRAPHS).mean()


def test_vivid_colours_have_noise_in_all_three_colours():
    red = np.broadcast_to(np.float32([0.9, 0.12, 0.12]), GREY_IN_COLOUR.shape)
    noise = processed_noise(red, shot=3e-3, white_balance=1.5, colour_mixing=0.25, **SOFT)
    assert np.all(noise.std(axis=(0, 1, 2)) > 0.01)


@pytest.mark.parametrize("name", noise_names())
def test_of_no_images_there_are_none(name):
    assert draw(named_model(name)(), np.zeros((0, 8, 8, 3), np.float32)).shape == (0, 8, 8, 3)


def test_a_grey_picture_has_the_noise_of_the_brightness():
    grey = GREY_IN_COLOUR[..., :1]
    noise = processed_noise(grey, shot=0.002, **SOFT)
    in_colour = processed_noise(shot=0.002, **SOFT) @ np.float32([0.299, 0.587, 0.114])
    assert noise.std() == pytest.approx(in_colour.std(), rel=0.1)


@pytest.mark.parametrize(
    "params",
    [{"white_balance": 0.5}, {"colour_mixing": 2}, {"sharpening": -1}, {"gamma": 0}, {"blur": -1}],
)
def test_a_camera_pipeline_refuses_what_no_camera_does(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        draw(CameraPipeline(**params))


@pytest.mark.parametrize("correlation", [0, 0.3, 0.7, 0.95])
def test_correlated_noise_has_its_strength_and_its_correlation(correlation):
    images = np.full((8, 128, 128, 1), 0.5, np.float32)
    noise = draw(CorrelatedGaussianNoise(0.1, correlation), images) - images
    assert noise.std() == pytest.approx(0.1, rel=0.06)
    assert neighbour_correlation(noise) == pytest.approx(correlation, abs=0.03)
    assert neighbour_correlation(noise.swapaxes(1, 2)) == pytest.approx(correlation, abs=0.03)
    two_apart = np.corrcoef(noise[:, :, :-2].ravel(), noise[:, :, 2:].ravel())[0, 1]
    assert two_apart == pytest.approx(correlation**4, abs=0.05)


def test_each_image_draws_its_own_correlation_which_does_not_go_around():
    images = np.zeros((400, 32, 32, 1), np.float32)
    noise = draw(CorrelatedGaussianNoise(0.1, (0, 0.9)), images)
    each = [neighbour_correlation(image[np.newaxis]) for image in noise]
    assert np.min(each) < 0.15
    assert np.max(each) > 0.75
    assert abs(np.corrcoef(noise[:, :, 0].ravel(), noise[:, :, -1].ravel())[0, 1]) < 0.05


def test_a_correlation_of_1_is_refused():
    with pytest.raises(ValueError, match=r"between 0 and 0\.98"):
        draw(CorrelatedGaussianNoise(0.1, correlation=1))


@pytest.mark.parametrize("correlation", [0, 0.8, 1])
@pytest.mark.parametrize("direction", ["row", "column"])
def test_row_noise_is_alike_along_lines_alone(correlation, direction):
    images = np.full((60, 96, 96, 1), 0.5, np.float32)
    noise = draw(RowNoise(0.1, correlation, direction), images) - images
    along = noise.swapaxes(1, 2) if direction == "column" else noise
    assert noise.std() == pytest.approx(0.1, rel=0.06)
    for distance in (1, 5):
        alike = np.corrcoef(along[:, :, distance:].ravel(), along[:, :, :-distance].ravel())[0, 1]
        assert alike == pytest.approx(correlation**distance, abs=0.02)
    assert abs(neighbour_correlation(along.swapaxes(1, 2))) < 0.05


def test_each_image_draws_its_own_row_noise():
    images = np.zeros((200, 16, 64, 2), np.float32)
    noise = draw(RowNoise((0.1, 0.3), (0, 1)), images)
    spread = noise.std(axis=(1, 2, 3))
    assert spread.min() < 0.15 < 0.25 < spread.max()
    each = [neighbour_correlation(image[np.newaxis]) for image in noise]
    assert np.min(each) < 0.2 < 0.8 < np.max(each)
    # Channels have noise of their own.
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.05


def test_lines_in_other_directions_are_refused():
    with pytest.raises(ValueError, match="direction='diagonal' is not one of row, column"):
        draw(RowNoise(direction="diagonal"))
    with pytest.raises(ValueError, match="between 0 and 1"):
        draw(RowNoise(correlation=1.2))


# Light


def test_low_light_loses_photons_and_is_brightened_again():
    low_light = LowLight(exposure=0.1, photons=1000, read_noise=0)
    light = draw(low_light) ** 2.2
    mean = 0.5**2.2
    assert light.mean() == pytest.approx(mean, rel=0.02)
    assert light.var() == pytest.approx(mean / (1000 * 0.1), rel=0.05)
    dark = draw(low_light.set_params(gain=1)) ** 2.2
    assert dark.mean() == pytest.approx(0.1 * mean, rel=0.02)


def test_low_light_draws_its_camera_per_image():
    model = LowLight(exposure=1, gain=(0.5, 2), photons=(1e3, 1e6), read_noise=(0, 5), gamma=1)
    means = draw(model).mean(axis=(1, 2, 3))
    assert means.min() < 0.3
    assert means.max() > 0.9


def test_read_noise_is_counted_in_electrons():
    black = np.zeros_like(GREY)
    low_light = LowLight(exposure=0.5, photons=100, read_noise=4, gamma=1)
    assert draw(low_light, black).std() == pytest.approx(4 / 100 / 0.5, rel=0.02)


def test_brightness_moves_the_value_of_hsv():
    expected = rgb2hsv(PHOTOGRAPHS)
    expected[..., 2] = np.clip(expected[..., 2] + 0.2, 0, 1)
    np.testing.assert_allclose(
        draw(Brightness(0.2), PHOTOGRAPHS), hsv2rgb(expected), rtol=1e-4, atol=1e-5
    )


def test_brightness_of_grey_images_is_a_sum_within_the_range():
    ramp = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)
    for delta in (0.4, -0.3):
        expected = np.clip(ramp + delta, 0, 1)
        np.testing.assert_allclose(draw(Brightness(delta), ramp), expected, atol=1e-6)


def test_brightness_of_other_channels_is_a_sum_in_each():
    images = np.dstack([PHOTOGRAPHS[0], np.ones((100, 100))])[None].astype(np.float32)
    expected = np.clip(images + 0.2, 0, 1)
    np.testing.assert_allclose(draw(Brightness(0.2), images), expected, atol=1e-6)


def test_contrast_shrinks_towards_the_mean_of_each_channel():
    noisy = draw(Contrast(0.3), PHOTOGRAPHS)
    np.testing.assert_allclose(noisy.mean(axis=(1, 2)), PHOTOGRAPHS.mean(axis=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(
        noisy.std(axis=(1, 2)), 0.3 * PHOTOGRAPHS.std(axis=(1, 2)), rtol=1e-4
    )


def test_fog_is_smooth_the_same_in_all_channels_and_keeps_the_maximum():
    white = np.ones((20, 64, 64, 3), np.float32)
    fog = draw(Fog(strength=1), white)
    assert fog.max() <= 1 + 1e-6
    assert fog.min() == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_array_equal(fog[..., 0], fog[..., 2])
    steps = np.abs(np.diff(fog[..., 0], axis=2)).mean()
    assert steps < 0.1 * (fog.max() - fog.min())


def test_fog_on_a_strip_does_not_need_a_square_for_each_at_once():
    strips = np.ones((40, 1, 2000, 1), np.float32)
    tracemalloc.start()
    draw(Fog(), strips)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 400e6


# Optics


@pytest.mark.parametrize("sigma", [0.4, 1, 6])
def test_gaussian_blur_is_that_of_scipy(sigma):
    expected = ndimage.gaussian_filter(PHOTOGRAPHS, (0, sigma, sigma, 0), mode="nearest")
    np.testing.assert_allclose(draw(GaussianBlur(sigma), PHOTOGRAPHS), expected, atol=1e-5)


def test_defocus_turns_a_point_into_a_disk():
    blurred = draw(DefocusBlur(radius=4, alias_blur=0.1), POINT)[0, ..., 0]
    y, x = np.ogrid[-10:11, -10:11]
    inside = y**2 + x**2 <= 16
    np.testing.assert_allclose(blurred[inside], 1 / inside.sum(), rtol=1e-3)
    np.testing.assert_allclose(blurred[~inside], 0, atol=1e-6)


@pytest.mark.parametrize("angle", [-45, 0, 30])
def test_motion_draws_a_line_of_this_length_and_direction(angle):
    blurred = draw(MotionBlur(length=10, angle=angle), POINT)[0, ..., 0]
    y, x = np.mgrid[-10:11, -10:11]
    assert blurred.sum() == pytest.approx(1, abs=1e-5)
    direction = np.deg2rad(angle)
    along = x * np.cos(direction) + y * np.sin(direction)
    across = y * np.cos(direction) - x * np.sin(direction)
    # A uniform line of 11 samples; interpolation adds at most a pixel's variance across it.
    assert np.sqrt((blurred * along**2).sum()) == pytest.approx(np.sqrt(10), rel=0.03)
    assert np.sqrt((blurred * across**2).sum()) < 0.6


def test_a_fading_trail_is_that_of_imagemagick():
    blurred = draw(MotionBlur(length=12, angle=0, sigma=2), POINT)[0, 10, :, 0]
    weights = np.exp(-(np.arange(13) ** 2) / (2 * 2.0**2))
    # It reaches to one side of the point alone.
    np.testing.assert_allclose(np.sort(blurred)[::-1][:13], weights / weights.sum(), atol=1e-5)
    assert (blurred[11:] < 1e-5).all()


def test_angles_are_drawn_within_45_degrees():
    blurred = draw(MotionBlur(length=10), np.repeat(POINT, 100, axis=0))[..., 0]
    y, x = np.mgrid[-10:11, -10:11]
    spread_y, spread_x = ((blurred * d**2).sum(axis=(1, 2)) for d in (y, x))
    assert np.all(spread_y < spread_x * 1.05)
    assert len(np.unique(spread_y.round(2))) > 20


@pytest.mark.parametrize("name", ["gaussian_blur", "defocus_blur", "motion_blur"])
def test_blur_leaves_a_constant_image_constant_up_to_its_edges(name):
    np.testing.assert_allclose(add_noise(GREY, name, severity=5, random_state=0), GREY, atol=1e-5)


# Storage


@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_is_what_the_codec_makes_of_8_bits(channels):
    image = PHOTOGRAPHS[:1, ..., :channels]
    stored = np.rint(image[0] * 255).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(stored.squeeze()).save(file, "JPEG", quality=30)
    expected = np.asarray(Image.open(file)).reshape(stored.shape) / 255
    np.testing.assert_allclose(draw(JPEGCompression(30), image)[0], expected, atol=1e-6)


def test_jpeg_has_a_quality_per_image():
    images = np.repeat(PHOTOGRAPHS[:1], 40, axis=0)
    compressed = draw(JPEGCompression((5, 95)), images)
    errors = np.abs(compressed - images).mean(axis=(1, 2, 3))
    assert len(np.unique(errors)) > 15
    assert errors.max() > 3 * errors.min()


def test_pixelate_leaves_squares_with_the_means_of_what_was_in_them():
    images = np.random.default_rng(0).random((3, 16, 16, 2), dtype=np.float32)
    means = images.reshape(3, 4, 4, 4, 4, 2).mean(axis=(2, 4))
    expected = means.repeat(4, axis=1).repeat(4, axis=2)
    np.testing.assert_allclose(draw(Pixelate(0.25), images), expected, atol=1e-5)


# Occlusion


def test_erasing_covers_the_given_area_with_a_rectangle_of_the_given_shape():
    erased = draw(RandomErasing(area=0.25, aspect_ratio=4, value=0), np.ones_like(GREY)) == 0
    assert erased.mean() == pytest.approx(0.25)
    rows, columns = erased.any(axis=(2, 3)).sum(axis=1), erased.any(axis=(1, 3)).sum(axis=1)
    assert set(rows) == {16}
    assert set(columns) == {4}


@pytest.mark.parametrize("shape", [(1, 100), (4, 64), (28, 28)])
@pytest.mark.parametrize("area", [0.1, 0.4])
def test_the_area_is_met_on_images_of_any_shape(shape, area):
    erased = draw(RandomErasing(area=area, value=0), np.ones((300, *shape, 1), np.float32)) == 0
    assert erased.mean() == pytest.approx(area, rel=0.1)


def test_erased_rectangles_are_anywhere_and_filled_at_random():
    erased = draw(RandomErasing(area=0.1, aspect_ratio=1)) != GREY
    assert erased.any(axis=(0, 2, 3)).all()
    assert erased.any(axis=(0, 1, 3)).all()
    values = draw(RandomErasing(area=0.1, aspect_ratio=1))[erased]
    assert values.mean() == pytest.approx(0.5, abs=0.02)
    assert values.std() == pytest.approx(np.sqrt(1 / 12), rel=0.05)


# Severities and mixtures


# From make_cifar_c.py and make_imagenet_c.py of the authors: severities 1 to 5 of CIFAR-C and ImageNet-C.
PUBLISHED = {
    "gaussian_noise": (
        GaussianNoise,
        (0.04, 0.06, 0.08, 0.09, 0.1),
        (0.08, 0.12, 0.18, 0.26, 0.38),
    ),
    "shot_noise": (PoissonNoise, (500, 250, 100, 75, 50), (60, 25, 12, 5, 3)),
    "impulse_noise": (
        SaltAndPepperNoise,
        (0.01, 0.02, 0.03, 0.05, 0.07),
        (0.03, 0.06, 0.09, 0.17, 0.27),
    ),
    "speckle_noise": (SpeckleNoise, (0.06, 0.1, 0.12, 0.16, 0.2), (0.15, 0.2, 0.35, 0.45, 0.6)),
    "gaussian_blur": (GaussianBlur, (0.4, 0.6, 0.7, 0.8, 1), (1, 2, 3, 4, 6)),
    "defocus_blur": (
        DefocusBlur,
        ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)),
        ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
    ),
    # The authors give a radius, half of the length.
    "motion_blur": (
        lambda radius, sigma: MotionBlur(2 * radius, sigma=sigma),
        ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)),
        ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
    ),
    "contrast": (Contrast, (0.75, 0.5, 0.4, 0.3, 0.15), (0.4, 0.3, 0.2, 0.1, 0.05)),
    "brightness": (Brightness, (0.05, 0.1, 0.15, 0.2, 0.3), (0.1, 0.2, 0.3, 0.4, 0.5)),
    "jpeg_compression": (JPEGCompression, (80, 65, 58, 50, 40), (25, 18, 15, 10, 7)),
    "pixelate": (Pixelate, (0.95, 0.9, 0.85, 0.75, 0.65), (0.6, 0.5, 0.4, 0.3, 0.25)),
    "fog": (
        Fog,
        ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
        ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
    ),
}


@pytest.mark.parametrize("size", [63, 64])
@pytest.mark.parametrize("name", PUBLISHED)
def test_severities_are_the_published_ones(name, size):
    kind, *tables = PUBLISHED[name]
    for severity, strengths in enumerate(tables[size >= 64], start=1):
        expected = kind(*np.atleast_1d(strengths).tolist())
        found = CommonCorruption(name, np.int64(severity)).model(size)
        assert found.get_params() == expected.get_params()


def test_compose_applies_models_in_turn():
    darken, noise = Brightness(-0.3), GaussianNoise(0.1)
    rng = np.random.default_rng(0)
    expected = noise(darken(GREY, rng), rng)
    np.testing.assert_array_equal(draw(Compose([darken, noise])), expected)


def test_random_choice_applies_one_model_to_each_image():
    choice = RandomChoice([Brightness(0.2), Brightness(-0.2), "salt_and_pepper"], p=[0.5, 0.3, 0.2])
    noisy = draw(choice)
    brighter = np.isclose(noisy, 0.7).all(axis=(1, 2, 3))
    darker = np.isclose(noisy, 0.3).all(axis=(1, 2, 3))
    assert brighter.mean() == pytest.approx(0.5, abs=0.1)
    assert darker.mean() == pytest.approx(0.3, abs=0.1)
    assert not (brighter & darker).any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Compose("gaussian"), "must be a list"),
        (lambda: RandomChoice([]), "must be a list"),
        (lambda: RandomChoice(["gaussian", "fog"], p=[1]), "one probability for each"),
        (lambda: RandomChoice(["fogg"]), "not a known noise model"),
        (lambda: JPEGCompression(20.5), "integer"),
        (lambda: JPEGCompression(0), "between 1 and 100"),
        (lambda: Quantization(1), "at least 2"),
        (lambda: LowLight(exposure=0), "above 0"),
        (lambda: LowLight(exposure=2), "between 0 and 1"),
        (lambda: CameraNoise(gamma=0), "above 0"),
        (lambda: CameraNoise(shot=-1), "at least 0"),
        (lambda: RandomErasing(area=1.5), "between 0 and 1"),
        (lambda: RandomErasing(aspect_ratio=0), "above 0"),
        (lambda: MotionBlur(length=(5, 2)), "expected low <= high"),
        (lambda: Fog(decay=0.5), "at least 1"),
        (lambda: DeadPixels(hot=2), "between 0 and 1"),
        (lambda: DeadPixels(hot=(0, 1)), "must be a number"),
        (lambda: DefocusBlur(alias_blur=(0, 1)), "must be a number"),
        (lambda: RandomErasing(value=np.nan), "neither a number"),
        (lambda: LowLight(exposure=(0, 0.5)), "above 0"),
        (lambda: LowLight(photons=0), "above 0"),
        (lambda: CommonCorruption("fogg", 0), "not a known noise model"),
    ],
)
def test_wrong_parameters_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        draw(make())


@pytest.mark.parametrize("sigma", [None, 3])
def test_motion_blur_of_an_image_does_not_depend_on_the_others(sigma, monkeypatch):
    image = np.random.default_rng(0).random((1, 32, 32, 1), np.float32)

    def blurred(*lengths):
        drawn = np.array(lengths, np.float32).reshape(-1, 1, 1, 1)
        monkeypatch.setattr(
            "skdenoise.noise.optics.draw_strength",
            lambda name, *rest, **limits: drawn if name == "length" else np.full_like(drawn, 30),
        )
        images = np.repeat(image, len(lengths), axis=0)
        return MotionBlur(length=5, sigma=sigma)(images, np.random.default_rng(0))

    together = blurred(2, 0, 20)
    for one, length in zip(together, (2, 0, 20), strict=True):
        np.testing.assert_allclose(one, blurred(length)[0], atol=1e-5)
