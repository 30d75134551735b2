"""
Does it hallucinate?
====================

A denoiser that was trained on other images may remove details of the picture, or draw details that were
not there. Without a clean image, nobody can measure the error of the result. But you can look at what
was removed: noise has no structure. Writes ``does_it_hallucinate.png``.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator

from skdenoise import (
    ConformalDenoiser,
    UNetDenoiser,
    add_noise,
    plot_image_rows,
)

# %%
# This denoiser has learned the digits 0 to 4, and has never seen another.

X, y = load_digits(return_X_y=True)
X = X / 16
sigma = 0.3
denoiser = UNetDenoiser(noise_factor=sigma, random_state=0).fit(
    X[y < 5][:-100]
)

# %%
# The residual is the noisy image minus the denoised one. If only noise was removed, the residual has the
# standard deviation of the noise, and its average over many images of one kind is nearly zero.
# Otherwise the average shows details that were removed (bright) or drawn (dark).

noisy = add_noise(X, noise_factor=sigma, value_range=(0, 1), random_state=1)
denoised = denoiser.transform(noisy)
residual = noisy - denoised
averages = np.array([residual[y == digit].mean(axis=0) for digit in range(10)])
for digit, average in enumerate(averages):
    of = y == digit
    by_chance = sigma / np.sqrt(of.sum())
    print(
        f"{digit}: residual {residual[of].std():.3f} (noise {sigma}), its average "
        f"{average.std():.3f} ({by_chance:.3f} by chance)"
    )

# %%
# One image and the average residual of each digit. For the digits that it has not learned, the average
# shows what is missing: the denoiser has changed them into digits that it knows.

first = [np.flatnonzero(y == digit)[-1] for digit in range(10)]
rows = {
    "noisy": noisy[first],
    "denoised": denoised[first],
    "average residual": np.clip(0.5 + averages, 0, 1),
    "clean": X[first],
}
plot_image_rows(rows).savefig("does_it_hallucinate.png", dpi=110)

# %%
# Intervals show which pixels are uncertain. They are calibrated on images that the denoiser has not seen, here the
# last 100 of the digits that it knows, and promise 90 % for images like these. For other digits they do not hold, and
# no warning can say so, since the noise is the same.

intervals = ConformalDenoiser(FrozenEstimator(denoiser), random_state=0)
intervals.fit(X[y < 5][-100:])
low, high = intervals.predict_interval(noisy)
inside = ((low <= X) & (high >= X)).mean(axis=1)
for name, of in (("known digits", y < 5), ("other digits", y >= 5)):
    print(f"{name}: {inside[of].mean():.0%} of the pixels in their intervals")

# %%
# For a single photograph, check whether the residual shows the edges of the picture. If it does, details
# are lost. If it does not, this is not a proof, but without a clean image you cannot know more. If it
# matters, train on images of the kind you have.
