"""Pretrained: denoisers whose weights come with the package."""

from pathlib import Path

from skdenoise.denoisers.model_file import load
from skdenoise.images.value_range import check_value_range

PRETRAINED = {
    "photo-gray": "grey photographs with Gaussian noise of standard deviations 0 to 55 of 255",
}


def pretrained_path(name):
    """Return the model file of a denoiser that comes with the package."""
    if name not in PRETRAINED:
        raise ValueError(
            f"name={name!r} is not a denoiser that comes with the package; there is "
            f"{', '.join(map(repr, PRETRAINED))}. skdenoise.load reads your own from a file."
        )
    return Path(__file__).with_name(f"{name}.skdenoise")


def load_pretrained(name, value_range, params):
    """Return the denoiser of this name; see `UNetDenoiser.from_pretrained`."""
    if value_range is None:
        raise ValueError(
            "value_range=None is inferred from the images of a fit, and there is none here. Give what is "
            "black and what is white: (0, 255) for uint8."
        )
    denoiser = load(pretrained_path(name)).set_params(value_range=value_range, **params)
    # The weights know units of the value range alone, whatever that is.
    denoiser.value_range_ = check_value_range(value_range, None)
    denoiser._check_params()
    denoiser._network.precision = denoiser.precision
    return denoiser
