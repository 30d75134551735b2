"""What a user's editor and ``mypy --strict`` see of the public names; checked by mypy, not run."""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import (
    DenoisingClassifier,
    DenoisingComparison,
    FilterDenoiser,
    GaussianNoise,
    ImageFolder,
    NoiseAugmenter,
    SubspaceDenoiser,
    UNetDenoiser,
    add_noise,
    compare_denoising,
    estimate_noise,
    noise_names,
    psnr,
    ssim,
)

images = np.zeros((4, 8, 8), np.float32)
X, y = load_digits(return_X_y=True)
noisy = add_noise(X, GaussianNoise(sigma=0.1), random_state=0)
denoiser = UNetDenoiser(noise_factor=(0, 0.6), random_state=0)
assert_type(denoiser.fit(X), UNetDenoiser)
assert_type(UNetDenoiser.from_pretrained("photo-gray"), UNetDenoiser)
assert_type(FilterDenoiser("median").fit(X), FilterDenoiser)
assert_type(SubspaceDenoiser(20).fit(X), SubspaceDenoiser)
assert_type(NoiseAugmenter(noise_factor=0.2).fit(X), NoiseAugmenter)
assert_type(denoiser.score(X), float)
assert_type(noise_names(), list[str])
strengths: NDArray[np.floating] = estimate_noise(noisy)
quality: NDArray[np.floating] = psnr(X, noisy, data_range=16)
similarity: NDArray[np.floating] = ssim(X, noisy, data_range=16)
first: NDArray[np.generic] = ImageFolder("photographs")[0]
pipeline = make_pipeline(denoiser, SVC())
assert_type(DenoisingClassifier(SVC()).fit(X, y), DenoisingClassifier)
assert_type(compare_denoising(SVC(), X, y, X, y), DenoisingComparison)
assert_type(FilterDenoiser("median").fit(images).transform(images), NDArray[np.float32])
ragged = [images[0], images[1, :5]]
several: list[NDArray[np.float32]] = FilterDenoiser("median").fit(ragged).transform(ragged)
learned: NDArray[np.float32] = SubspaceDenoiser(20, noise_factor=(0, 0.1)).fit_transform(images)
FilterDenoiser("median", GaussianNoise(0.1)).save("a.skdenoise")
assert_type(SubspaceDenoiser().fit(images).score(images), float)
