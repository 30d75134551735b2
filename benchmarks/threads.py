"""One intra-op thread of TensorFlow, against as many as there are cores.

TensorFlow runs operations beside one another (inter-op), and each in several threads (intra-op), which
have to be woken and waited for: where operations are small, that takes longer than they do.
`TF_NUM_INTRAOP_THREADS=1` leaves each operation one thread, and others run beside it. Each case is run
in processes of its own, in turn with and without, at two lengths, whose difference counts; the ratio is
how much faster it is with one thread (the median of the turns, and their range). The last two are what
a process may hold besides: the network of the original recipe, in a plain Keras script.
"""

import json
import sys
from dataclasses import dataclass

import _original
import keras
import numpy as np
from _record import run_in_process, seconds

from skdenoise import UNetDenoiser

COLUMNS = ["what", "as many as cores", "one", "unit", "ratio", "from", "to"]
TURNS = 3


@dataclass(frozen=True)
class Fit:
    """Steps of the default denoiser, or of one of other parameters."""

    size: int
    batch_size: int
    network: str = "compact"
    length: int = 200
    unit: str = "ms a step"

    def prepare(self, rng):
        """Return a function that makes so many steps."""
        images = _images(rng, 2 * self.length * self.batch_size, self.size)
        params = {"network": self.network, "batch_size": self.batch_size, "epochs": 1}
        denoiser = UNetDenoiser(random_state=0, **params)
        return lambda n_steps: denoiser.fit(images[: n_steps * self.batch_size])


@dataclass(frozen=True)
class Transform:
    """Images, through the default denoiser."""

    size: int
    length: int
    unit: str = "ms an image"

    def prepare(self, rng):
        """Return a function that denoises so many images."""
        images = _images(rng, 2 * self.length, self.size)
        denoiser = UNetDenoiser(epochs=1, random_state=0).fit(images[:1])
        return lambda n_images: denoiser.transform(images[:n_images])


@dataclass(frozen=True)
class Original:
    """Images, in one epoch or one prediction of the original."""

    does: str
    length: int = 512
    unit: str = "ms an image"

    def prepare(self, rng):
        """Return a function that learns from, or predicts, so many images."""
        images = _images(rng, 2 * self.length, 28)[..., np.newaxis]
        model = _original.build()
        if self.does == "fit":
            return lambda n: _original.fit(model, images[:n], seed=0, validation_split=0)
        return lambda n: model.predict(images[:n], batch_size=128, verbose=0)


CASES = {
    "fit, 16 of 28x28": Fit(28, 16),
    "fit, 32 of 28x28": Fit(28, 32),
    "fit, 64 of 8x8": Fit(8, 64),
    "fit, bias_free, 8 of 64x64": Fit(64, 8, "bias_free"),
    "transform, 28x28": Transform(28, 20_480),
    "transform, 512x512": Transform(512, 48),
    "original, fit": Original("fit"),
    "original, predict": Original("predict"),
}


def measure(quick):
    """Return the rows of the table."""
    if keras.backend.backend() != "tensorflow":
        return [{"what": "measured on the TensorFlow backend alone"}]
    rows = []
    for what, case in list(CASES.items())[:1] if quick else CASES.items():
        task = [__file__, what, "2" if quick else str(case.length)]
        turns = [
            [json.loads(run_in_process(task, threads)) for threads in (None, 1)]
            for _ in range(1 if quick else TURNS)
        ]
        several, one = np.median(turns, axis=0)
        ratios = np.divide(*np.transpose(turns))
        rows.append({"what": what, "as many as cores": float(several), "one": float(one)})
        rows[-1] |= {"unit": case.unit, "ratio": float(np.median(ratios))}
        rows[-1] |= {"from": float(ratios.min()), "to": float(ratios.max())}
        print(rows[-1], flush=True)
    return rows


def _images(rng, n_images, size):
    return rng.random((n_images, size, size), dtype=np.float32)


def _milliseconds(what, length):
    """Return what one more step, or image, of a case takes."""
    run = CASES[what].prepare(np.random.default_rng(0))
    run(length)  # compiles
    return 1e3 * (seconds(run, 2 * length) - seconds(run, length)) / length


if __name__ == "__main__":
    print(json.dumps(_milliseconds(sys.argv[1], int(sys.argv[2]))))
