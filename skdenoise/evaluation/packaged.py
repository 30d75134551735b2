"""Packaged calibrations: the errors of denoisers that come with the package, measured on photographs."""

from pathlib import Path

import numpy as np

from skdenoise.denoisers.pretrained import pretrained_path
from skdenoise.evaluation.calibration import Calibration
from skdenoise.evaluation.usual_noise import UsualNoise


def packaged_calibrations(name: str) -> dict[int, Calibration]:
    """Return the calibrations of a denoiser, by the number of channels of the images.

    Raises
    ------
    ValueError
        For a name that is not known, and if there is none.
    """
    model = pretrained_path(name)
    path = model.with_name(f"{model.stem}-intervals.npz")
    if not path.exists():
        raise ValueError(
            f"{name} has no calibration with it, because it is not known how far its results are from the truth. "
            "Calibrate it on pairs of noisy and clean images: "
            f"ConformalDenoiser(FrozenEstimator(UNetDenoiser.from_pretrained({name!r}))).fit(noisy, clean=clean)."
        )
    with np.load(path) as arrays:
        return {channels: _read(arrays, channels) for channels in arrays["channels"].tolist()}


def write_calibrations(path: Path, calibrations: dict[int, dict]) -> None:
    """Write calibrations, as `packaged_calibrations` reads them.

    Parameters
    ----------
    path : Path
        The file.
    calibrations : dict of int to dict
        For each number of channels: ``scores``, ``groups`` (the group of each image), ``edges``, and ``known`` and
        ``calibration``, the statistics of the noise.
    """
    arrays = {
        f"{name}_{channels}": array
        for channels, of_channels in calibrations.items()
        for name, array in of_channels.items()
    }
    np.savez_compressed(path, channels=list(calibrations), **arrays)


def _read(arrays, channels):
    found = {
        name: arrays[f"{name}_{channels}"]
        for name in ("scores", "groups", "edges", "known", "calibration")
    }
    groups = [
        np.float32(found["scores"][found["groups"] == group])
        for group in range(len(found["edges"]) + 1)
    ]
    usual = UsualNoise(found["known"], found["calibration"])
    return Calibration(groups, found["edges"], usual, is_in_range=True)
