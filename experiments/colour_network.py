"""Photographs in colour: one network that sees red, green and blue, beside photo-gray in opponent colours.

    python experiments/colour_network.py --minutes 72

The network has three U-Nets. The first one is that of photo-gray, for the brightness, and stays as it is. The
two others are for two differences between colours, and work at a quarter of the resolution. They see the
image and the noise of the brightness, start as what photo-gray does at half the size, and learn from 264
photographs under free licences, with the noise of ``train_photographs.py``. The loss is the absolute error of
the two differences: in that of red, green and blue, the error of the brightness would decide most of the signs.
A pixel takes 105 thousand multiply-adds, where photo-gray takes three times 63 thousand. The learning rate
falls along half a cosine of the time. Prints the PSNR on 9 other photographs. With --quick, for seconds on
parts of scikit-learn's photographs.

PSNR in dB at standard deviations of 15, 25 and 50 of 255, on one core without bfloat16, after 60 minutes as here
(6,500 steps), and 12 before with the absolute error of red, green and blue in batches of 16 patches of 64x64:

- photo-gray in opponent colours: 34.53, 32.18 and 29.17 dB;
- this network at its start: 33.71, 31.79 and 29.16 dB;
- this network: 34.25, 32.10 and 29.29 dB, so that it is better under strong noise alone;
- the same two U-Nets at half the resolution, so with the arithmetic of photo-gray, after 500 steps: 34.52, 32.17 and
  29.19 dB;
- a first one with half of the filters for the differences, from random weights, after an hour with bfloat16:
  34.15, 31.91 and 28.96 dB.

The brightness has three quarters of the squared error, which no network for the differences can change.
"""

import argparse

import keras
import numpy as np
from _data import other_free_photographs
from _record import mean_psnr
from _training import for_minutes
from sklearn.datasets import load_sample_images
from train_photographs import NOISE

from skdenoise import UNetDenoiser
from skdenoise.images.opponent import ORTHONORMAL
from skdenoise.networks.compact import u_net
from skdenoise.networks.graph import Graph
from skdenoise.networks.keras_model import keras_model

FILTERS = (64, 128)
BATCH_SIZE, PATCH = 8, 96
PEAK, WARMUP_STEPS = 1e-3, 200
N_TEST = 24  # the photographs of colour_photographs.py
EVERY, SIDE = 34, 256  # one photograph in so many is for validation, and so many pixels of it
SIGMAS = (15, 25, 50)
BRIGHTNESS = np.full(3, ORTHONORMAL.brightness, np.float32)
RED_BLUE = ORTHONORMAL.red_blue * np.float32([1, 0, -1])
GREEN = ORTHONORMAL.green * np.float32([1, -2, 1])
PIXELS = np.eye(4, dtype=np.float32)  # of a block of 2x2


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=72)
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        photographs = [image[:112, :128] for image in load_sample_images().images]
        judge(trained(photographs, 0.05), np.stack(photographs))
    else:
        photographs = [np.asarray(image) for image in other_free_photographs(N_TEST)]
        training = [image for index, image in enumerate(photographs) if index % EVERY]
        denoiser = trained(training, arguments.minutes)
        judge(denoiser, np.stack([_middle(image) for image in photographs[::EVERY]]))


def trained(photographs, minutes):
    """Return a denoiser after the U-Nets of the differences have learned."""
    denoiser = UNetDenoiser.for_photographs(
        noise=NOISE,
        noise_factor=None,
        batch_size=BATCH_SIZE,
        patch_size=PATCH,
        value_range=(0, 1),
        network=brightness_first,
        loss=error_of_differences,
        **for_minutes(minutes, PEAK, WARMUP_STEPS),
    )
    # In photographs of integers, all noise would be clipped.
    denoiser.fit([photograph / np.float32(255) for photograph in photographs])
    # The loss does not hold the brightness in place: the steps of Adam have moved its part of the last kernel.
    *weights, last = denoiser.model_.get_weights()
    of_brightness = np.kron(np.eye(16), np.outer(BRIGHTNESS, BRIGHTNESS))
    first = made_of(photo_gray())[-1]
    denoiser.model_.set_weights([*weights, last + (first - last) @ of_brightness])
    return denoiser


def error_of_differences(clean, denoised):
    """Return the mean absolute error of the two differences between colours."""
    axes = keras.ops.convert_to_tensor(np.stack([RED_BLUE, GREEN], axis=1))
    return keras.ops.mean(keras.ops.abs(keras.ops.matmul(clean - denoised, axes)), axis=-1)


def brightness_first(input_shape, dtype):
    """Return the network, which starts as photo-gray, and whose U-Net of the brightness is fixed."""
    like_photo_gray = {"activation": "leaky_relu", "use_bias": False}
    graph = Graph("brightness_first", input_shape[-1])
    pixels = graph.space_to_depth(graph.image)
    x = u_net(graph, pixels, FILTERS, **like_photo_gray)
    noise = graph.convolution(x, 4, activation=None, use_bias=False)
    pixels = graph.space_to_depth(graph.concatenate(pixels, noise))
    x = graph.concatenate(
        *(u_net(graph, pixels, FILTERS, **like_photo_gray) for _ in range(2)), pixels
    )
    x = graph.output_convolution(x, 48, use_bias=False)
    graph.difference(graph.image, graph.depth_to_space(graph.depth_to_space(x)))
    model = keras_model(graph, input_shape, initializer="centred_orthogonal", dtype=dtype)
    gray = photo_gray()
    for layer in [layer for layer in model.layers if layer.weights][: len(gray)]:
        layer.trainable = False
    model.set_weights(made_of(gray))
    return model


def photo_gray():
    """Return the weights of photo-gray."""
    return UNetDenoiser.from_pretrained("photo-gray")._network.weights


def made_of(gray):
    """Return weights that do what photo-gray does in opponent colours, the differences at half their size.

    At a quarter of the resolution, channels are 2x2 blocks of 2x2 pixels of 3 colours; after those of a block
    come its 4 values of noise. Keras has the weights of the two U-Nets side by side in turn.
    """
    first, *middle, last = gray
    to_brightness = np.kron(PIXELS, BRIGHTNESS[:, np.newaxis])
    channels = 2 * FILTERS[0] + np.arange(64).reshape(4, 16)
    colours, noise = channels[:, :12].ravel(), channels[:, 12:].ravel()
    kernel = np.zeros((3, 3, 2 * FILTERS[0] + 64, 48), np.float32)
    kernel[1, 1, noise] = np.kron(PIXELS, to_brightness.T)
    starts = []
    for number, axis in enumerate((RED_BLUE, GREEN)):
        to_block = np.tile(axis, 4)[:, np.newaxis]
        means = np.zeros((64, 4), np.float32)
        means[colours - 2 * FILTERS[0]] = np.kron(PIXELS, to_block / 4)
        starts.append(means @ first)
        own = slice(number * FILTERS[0], (number + 1) * FILTERS[0])
        kernel[:, :, own] = last @ np.kron(PIXELS, to_block.T)
        # What the mean of a block does not hold counts as noise.
        kernel[1, 1, colours] += np.kron(PIXELS, np.kron(PIXELS - 1 / 4, np.outer(axis, axis)))
    in_turn = [weight for weight in middle for _ in starts]
    return [to_brightness @ first, *middle, last, *starts, *in_turn, kernel]


def judge(denoiser, photographs):
    """Print the PSNR of photographs with noise, denoised, and denoised by photo-gray."""
    clean = photographs / np.float32(255)
    both = denoiser, UNetDenoiser.from_pretrained("photo-gray", value_range=(0, 1))
    for sigma in SIGMAS:
        noise = np.random.default_rng(sigma).standard_normal(clean.shape).astype(np.float32)
        noisy = clean + np.float32(sigma / 255) * noise
        values = [mean_psnr(clean, one.transform(noisy)) for one in both]
        print("{}: {:.2f} dB, photo-gray {:.2f} dB".format(sigma, *values), flush=True)


def _middle(image):
    top, left = ((length - SIDE) // 2 for length in image.shape[:2])
    return image[top : top + SIDE, left : left + SIDE]


if __name__ == "__main__":
    main()
