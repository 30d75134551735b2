"""
Watching a denoiser learn
=========================

A short animation of the same noisy digits, denoised after each epoch of the training of a
``UNetDenoiser``. Runs in less than a minute; writes ``training_animation.gif``.
"""

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skdenoise import DenoisingDisplay, UNetDenoiser, add_noise, psnr

# %%
# One test digit of each class, with the same noise in every picture.

X, y = load_digits(return_X_y=True)
X_train, X_test, _, y_test = train_test_split(X / 16, y, random_state=0)
clean = X_test[[np.flatnonzero(y_test == digit)[0] for digit in range(10)]]
noisy = add_noise(clean, noise_factor=0.5, random_state=0)

# %%
# ``partial_fit`` trains for one epoch, with new noise in each. We keep the denoised digits after each of
# the first ten epochs, then after every fifth, because the denoiser learns most early.

epochs = [*range(1, 11), *range(15, 41, 5)]
denoiser = UNetDenoiser(noise_factor=0.5, random_state=0)
denoised = {0: noisy}
for epoch in range(1, epochs[-1] + 1):
    denoiser.partial_fit(X_train)
    if epoch in epochs:
        denoised[epoch] = denoiser.transform(noisy)

# %%
# ``DenoisingDisplay`` keeps the images that it draws, so each picture of the animation only replaces
# their data.

display = DenoisingDisplay(clean=clean, noisy=noisy, denoised=noisy).plot(
    error=None
)
title = display.figure_.suptitle(" ")


def show(epoch):
    """Show the digits denoised after this epoch."""
    decibels = psnr(clean, denoised[epoch], data_range=1)
    title.set_text(f"epoch {epoch}: {decibels.mean():.1f} dB")
    for i, image in enumerate(denoised[epoch].reshape(-1, 8, 8)):
        display.images_["denoised"][i].set_data(image)
        display.axes_[1, i].set_xlabel(f"{decibels[i]:.1f} dB")


# %%
# The last picture is shown longer.

frames = [*denoised, *[epochs[-1]] * 4]
animation = FuncAnimation(display.figure_, show, frames)
animation.save("training_animation.gif", PillowWriter(fps=4), dpi=90)
for epoch in (0, 1, 5, 10, 40):
    print(
        f"epoch {epoch}: {psnr(clean, denoised[epoch], data_range=1).mean():.1f} dB"
    )

# %%
# Most is learned in the first epoch. The remaining ones gain two decibels, above all in the thin strokes.
