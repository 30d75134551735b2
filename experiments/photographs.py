"""Grey photographs: the denoiser that comes with the package, beside its peers, on Set12.

Writes experiments/results/photographs.md, a table of docs/guide/photographs.md.

Mean PSNR of the 12 images, clipped to black and white and rounded, with Gaussian noise of the standard
deviations of the literature (of 255), not clipped, drawn from a seed of its own for each image. Ours is
blind: one denoiser for all strengths from 0 to 55, and beyond. Seconds are for an image of 512x512
pixels, the median of interleaved repeats; DnCNN is timed with the weights that it starts with. `ratio`
is how many times as long as ours a peer takes. What is published comes from Zhang et al. 2017 and 2018.
``train_photographs.py`` makes the weights.
"""

from functools import partial

import numpy as np
from _data import load_photographs
from _record import interleaved, main, mean_psnr
from peers import build_dncnn
from sklearn.datasets import load_sample_image

from skdenoise import FilterDenoiser, MultiScale, UNetDenoiser

SIGMAS = (15, 25, 50, 100)
COLUMNS = ["what", *(f"{sigma} (dB)" for sigma in SIGMAS), "seconds", "ratio"]
PUBLISHED = {
    "BM3D, given sigma (published)": (32.37, 29.97, 26.72),
    "DnCNN, a network for each sigma (published)": (32.86, 30.44, 27.18),
    "FFDNet, given sigma (published)": (32.75, 30.43, 27.32),
}
TIMED_SIGMA = 25
OURS = 'from_pretrained("photo-gray"), blind'
ENSEMBLE = 'the same with inference="self_ensemble"'
SCALES_OF_TWO = MultiScale(n_scales=2)
SCALES = "the same with inference=MultiScale(n_scales=2)"
BOTH = "the same with both"
BM3D = "BM3D of the bm3d package, given sigma"
EIGHT_BITS = 'from_pretrained("photo-gray"), noisy images clipped to 8 bits'
EIGHT_BITS_SCALES = "the same with MultiScale(n_scales=2), clipped to 8 bits"


def measure(quick):
    """Return the rows of the table."""
    images = stand_ins() if quick else set12()
    pretrained = partial(UNetDenoiser.from_pretrained, "photo-gray", value_range=(0, 1))
    denoise = {
        OURS: blind(pretrained()),
        ENSEMBLE: blind(pretrained(inference="self_ensemble")),
        SCALES: blind(pretrained(inference=SCALES_OF_TWO)),
        BOTH: blind(pretrained(inference=["self_ensemble", SCALES_OF_TWO])),
        "non-local means, given sigma": _nl_means,
        BM3D: _bm3d,
    }
    quality = {what: psnr_by_sigma(images, function) for what, function in denoise.items()}
    for what, function in ((EIGHT_BITS, denoise[OURS]), (EIGHT_BITS_SCALES, denoise[SCALES])):
        quality[what] = psnr_by_sigma(images, _clipped_before(function))
    rows = [
        {"what": what, **{f"{s} (dB)": value for s, value in zip(SIGMAS, values, strict=False)}}
        for what, values in (quality | PUBLISHED).items()
    ]
    for what, wall in _walls(images[-1], denoise, 1 if quick else 3).items():
        row = next((row for row in rows if row["what"] == what), None)
        if row is None:
            rows.append(row := {"what": what})
        row["seconds"] = wall
        row["ratio"] = wall / rows[0].get("seconds", wall)
    return rows


def blind(denoiser):
    """Return a function of a noisy image and the standard deviation of its noise, which it ignores."""
    return lambda noisy, sigma: denoiser.transform(noisy[np.newaxis])[0]


def psnr_by_sigma(images, denoise):
    """Return the mean PSNR in dB of what a function makes of noisy images, for each of `SIGMAS`."""
    return [_psnr(images, sigma, denoise) for sigma in SIGMAS]


def in_eight_bits(image):
    """Return an image of 0..1 as 8 bits would keep it."""
    return np.rint(255 * np.clip(image, 0, 1)) / 255


def _clipped_before(denoise):
    return lambda noisy, sigma: denoise(in_eight_bits(noisy), sigma)


def set12():
    """Return the 12 images, uint8."""
    photographs = load_photographs()
    return [*photographs["set12_256"], *photographs["set12_512"]]


def stand_ins():
    """Return two small images that come with scikit-learn."""
    image = load_sample_image("china.jpg")[..., 1]
    return [image[:64, :64], image[100:196, 100:196]]


def _psnr(images, sigma, denoise):
    """Return the mean PSNR in dB."""
    values = []
    for index, image in enumerate(images):
        noise = np.random.default_rng([sigma, index]).standard_normal(image.shape)
        noisy = ((image + sigma * noise) / 255).astype(np.float32)
        denoised = in_eight_bits(denoise(noisy, sigma))
        values.append(mean_psnr(image[np.newaxis] / 255, denoised[np.newaxis]))
    return float(np.mean(values))


def _walls(image, denoise, repeats):
    """Return the seconds that each takes for an image."""
    rng = np.random.default_rng(0)
    noisy = (image / 255 + TIMED_SIGMA / 255 * rng.standard_normal(image.shape)).astype(np.float32)
    dncnn = build_dncnn()
    functions = {what: partial(function, noisy, TIMED_SIGMA) for what, function in denoise.items()}
    functions["DnCNN in Keras"] = lambda: dncnn.predict_on_batch(noisy[None, ..., None])
    return {
        what: float(np.median(times)) for what, times in interleaved(functions, repeats).items()
    }


def _nl_means(noisy, sigma):
    denoiser = FilterDenoiser("nl_means", sigma=sigma / 255, value_range=(0, 1))
    return denoiser.fit(noisy[np.newaxis]).transform(noisy[np.newaxis])[0]


def _bm3d(noisy, sigma):
    from bm3d import bm3d

    return bm3d(noisy, sigma / 255)


if __name__ == "__main__":
    main(__file__)
