"""One thread for an operation of TensorFlow, against as many as there are cores.

TensorFlow runs operations beside one another, and each in several threads, which have to be woken and
waited for: where operations are small, that takes longer than they do. `TF_NUM_INTRAOP_THREADS=1`
leaves an operation one thread, and others run beside it. Each case is run in processes of its own, in
turn with and without; the ratio is how much faster it is with one thread. The last two are a network of
somebody else's, the original as Keras runs it, which such a process may hold too.
"""

import json
import sys

import _original
import numpy as np
from _record import run_in_process, seconds

from skdenoise import UNetDenoiser

COLUMNS = ["what", "as many as cores", "one", "unit", "ratio"]
REPEATS = 3


def _fit(size, batch_size, **params):
    def case(rng, n_steps):
        images = rng.random((n_steps * batch_size, size, size), dtype=np.float32)
        params.update(batch_size=batch_size, epochs=1, random_state=0)
        denoiser = UNetDenoiser(**params).fit(images[: 8 * batch_size])
        return lambda: denoiser.fit(images), n_steps

    return case


def _transform(size, n_images):
    def case(rng, n_steps):
        images = rng.random((n_images * n_steps // 80, size, size), dtype=np.float32)
        denoiser = UNetDenoiser(epochs=1, random_state=0).fit(images[:1])
        denoiser.transform(images)
        return lambda: denoiser.transform(images), len(images)

    return case


def _original_fit(rng, n_steps):
    images, model = rng.random((4 * n_steps, 28, 28, 1), dtype=np.float32), _original.build()
    _original.fit(model, images[:128], seed=0, validation_split=0)
    return lambda: _original.fit(model, images, seed=0, validation_split=0), len(images)


def _original_predict(rng, n_steps):
    images, model = rng.random((4 * n_steps, 28, 28, 1), dtype=np.float32), _original.build()
    model.predict(images[:32], verbose=0)
    return lambda: model.predict(images, verbose=0), len(images)


CASES = {
    "fit, 16 of 28x28": (_fit(28, 16), "ms a step"),
    "fit, 32 of 28x28": (_fit(28, 32), "ms a step"),
    "fit, 64 of 8x8": (_fit(8, 64), "ms a step"),
    "fit, bias_free, 8 of 64x64": (_fit(64, 8, network="bias_free"), "ms a step"),
    "transform, 28x28": (_transform(28, 5120), "ms an image"),
    "transform, 512x512": (_transform(512, 8), "ms an image"),
    "original, fit": (_original_fit, "ms an image"),
    "original, predict": (_original_predict, "ms an image"),
}


def measure(quick):
    """Return the rows of the table."""
    rows = []
    for what, (_, unit) in list(CASES.items())[:1] if quick else CASES.items():
        times = {None: [], 1: []}
        for _ in range(1 if quick else REPEATS):
            for threads, found in times.items():
                task = [__file__, what, "16" if quick else "240"]
                found.append(json.loads(run_in_process(task, threads)))
        several, one = np.median(times[None]), np.median(times[1])
        rows.append({"what": what, "as many as cores": float(several), "one": float(one)})
        rows[-1] |= {"unit": unit, "ratio": float(several / one)}
        print(rows[-1], flush=True)
    return rows


def _milliseconds(what, n_steps):
    """Return what one step, or one image, of a case takes."""
    run, n = CASES[what][0](np.random.default_rng(0), n_steps)
    return 1e3 * seconds(run) / n


if __name__ == "__main__":
    print(json.dumps(_milliseconds(sys.argv[1], int(sys.argv[2]))))
