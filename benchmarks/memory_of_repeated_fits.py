"""How much memory a process keeps of each of 100 fits, with compiled networks reused and not.

python benchmarks/memory_of_repeated_fits.py
"""

import gc
import subprocess
import sys

import psutil
from sklearn.datasets import load_digits

from skdenoise import UNetDenoiser
from skdenoise.backend import compiled as pool

WARM_UP, FITS = 10, 100


def fit_and_transform(n, *, reuse):
    """Fit `n` small denoisers, and apply each."""
    X = load_digits().data[:64] / 16
    for seed in range(n):
        if not reuse:
            pool._idle.clear()
        UNetDenoiser(filters=(8, 16), epochs=1, random_state=seed).fit(X).transform(X)


def measure(reuse, n_fits):
    """Print the growth per fit in MiB, after some fits to warm up."""
    fit_and_transform(WARM_UP, reuse=reuse)
    gc.collect()
    before = psutil.Process().memory_info().rss
    fit_and_transform(n_fits, reuse=reuse)
    gc.collect()
    growth = (psutil.Process().memory_info().rss - before) / n_fits / 2**20
    how = "reused" if reuse else "compiled anew"
    print(f"compiled networks {how}: {growth:.2f} MiB a fit over {n_fits} fits", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1] == "reuse", FITS if sys.argv[1] == "reuse" else FITS // 4)
    else:
        for mode in ("reuse", "anew"):
            subprocess.run([sys.executable, __file__, mode], check=True)
