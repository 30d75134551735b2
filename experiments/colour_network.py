"""Photographs in colour: one network for three channels, beside photo-gray in opponent colours.

    python experiments/colour_network.py colour.skdenoise --minutes 38
    python experiments/colour_network.py longer.skdenoise --minutes 22 --start colour.skdenoise

The network has two U-Nets, a large one for the brightness and a small one for the colours, and takes 82 thousand
multiply-adds a pixel, where photo-gray takes three times 63 thousand. The first one starts as that of
photo-gray. In three quarters of the time it stays as it is, and the second one is trained; in the last quarter,
both are. It learns from 264 photographs under free licences, with the noise of ``train_photographs.py``; in
each part, the learning rate falls along half a cosine of the time. Prints the PSNR on 9 other photographs.
With --quick, for seconds on parts of scikit-learn's photographs, written to a temporary folder.

On one core with bfloat16, 38 minutes are 9,500 steps of 16 patches, which are not enough: at standard deviations of
15, 25 and 50 of 255 it reaches 34.07, 31.85 and 28.88 dB, after 22 minutes more 34.15, 31.91 and 28.96 dB, and
photo-gray 34.53, 32.18 and 29.17 dB.
"""

import argparse
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from _data import other_free_photographs
from _record import mean_psnr
from _training import for_minutes, round_weights, with_parameters_of
from sklearn.datasets import load_sample_images
from train_photographs import BATCH_SIZE, BLIND, NOISE

from skdenoise import UNetDenoiser, load
from skdenoise.images.opponent import ORTHONORMAL
from skdenoise.networks.bias_free import NETWORK as BIAS_FREE
from skdenoise.networks.by_name import NETWORKS
from skdenoise.networks.compact import u_net
from skdenoise.networks.graph import Graph

NETWORK, FILTERS = "brightness_first", (64, 128)
N_TEST = 24  # the photographs of colour_photographs.py
EVERY, SIDE = 34, 256  # one photograph in so many is for validation, and so many pixels of it
SIGMAS = (15, 25, 50)
PEAKS = (2e-3, 3e-4)


def brightness_first(channels, filters, linear=False):
    """Describe two U-Nets like that of `bias_free`.

    The first one predicts one value for each pixel, the noise of its brightness. The second one, with half of the
    filters and a quarter of the arithmetic, sees the image and this value. Both together predict the noise of
    all channels, which is subtracted from the image.
    """
    graph = Graph(NETWORK, channels)
    pixels = graph.space_to_depth(graph.image)

    def features(x, filters):
        return u_net(graph, x, filters, activation="leaky_relu", use_bias=False)

    first = graph.convolution(features(pixels, filters), 4, activation=None, use_bias=False)
    x = features(graph.concatenate(pixels, first), tuple(n // 2 for n in filters))
    x = graph.concatenate(x, first)
    x = graph.output_convolution(x, 4 * channels, use_bias=False, starts_at_zero=not linear)
    x = graph.depth_to_space(x)
    if not linear:
        graph.difference(graph.image, x)
    return graph


NETWORKS[NETWORK] = replace(BIAS_FREE, graph=brightness_first, filters=FILTERS)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", nargs="?", help="the file to write")
    parser.add_argument("--minutes", type=float, default=38)
    parser.add_argument("--start", help="a file to go on from")
    parser.add_argument("--quick", action="store_true", help="run on next to nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        photographs = [image[:80, :96] for image in load_sample_images().images]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "quick.skdenoise")
            train(path, photographs, 0.1)
            judge(load(path), np.stack(photographs))
    elif arguments.path is None:
        parser.error("state the file to write")
    else:
        photographs = [np.asarray(image) for image in other_free_photographs(N_TEST)]
        training = [image for index, image in enumerate(photographs) if index % EVERY]
        train(arguments.path, training, arguments.minutes, arguments.start)
        judge(load(arguments.path), np.stack([_middle(image) for image in photographs[::EVERY]]))


def train(path, photographs, minutes, start=None):
    """Train the second U-Net, then both, and write the file."""
    # In photographs of integers, all noise would be clipped.
    photographs = [photograph / np.float32(255) for photograph in photographs]
    params = {"noise": NOISE, "noise_factor": None, "batch_size": BATCH_SIZE, "value_range": (0, 1)}
    second = UNetDenoiser.for_photographs(
        network=partial(second_alone, start),
        loss="mae",
        **params,
        **for_minutes(minutes * 3 / 4, PEAKS[0]),
    ).fit(photographs)
    denoiser = UNetDenoiser.for_photographs(network=NETWORK, filters=FILTERS, epochs=1, **params)
    denoiser.fit([photographs[0][:64, :64]])
    denoiser.model_.set_weights(second.model_.get_weights())
    denoiser.set_params(warm_start=True, **for_minutes(minutes / 4, PEAKS[1], warmup_steps=100))
    denoiser.fit(photographs)
    round_weights(denoiser)
    with_parameters_of(UNetDenoiser.for_photographs(), denoiser)
    denoiser.noise_ = BLIND  # the strengths that all parts of the mixture have in common
    denoiser.save(path)


def second_alone(start, input_shape, dtype):
    """Return the network of a file, or with the first U-Net of photo-gray, whose second U-Net can be trained."""
    model = NETWORKS[NETWORK].build(input_shape, FILTERS, dtype)
    first = UNetDenoiser.from_pretrained("photo-gray")._network.weights
    for layer in [layer for layer in model.layers if layer.weights][: len(first)]:
        layer.trainable = False
    if start is not None:
        model.set_weights(load(start)._network.weights)
        return model
    weights = first + model.get_weights()[len(first) :]
    # The brightness of 2x2 pixels is a mixture of their 12 values, from which its noise is subtracted.
    to_brightness = np.kron(np.eye(4), np.full((3, 1), ORTHONORMAL.brightness))
    weights[0] = np.float32(to_brightness @ first[0])
    weights[-1][:] = 0
    weights[-1][1, 1, -4:] = to_brightness.T
    model.set_weights(weights)
    return model


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
