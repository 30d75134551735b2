"""
Does denoising help here?
=========================

Whether a denoiser in front of a classifier helps depends on the images, the noise and the classifier.
``compare_denoising`` answers this for yours. It trains the classifier in all common ways against noise,
for the same noise, and tests all of them on the same noisy images. Runs in about two minutes; writes
``does_denoising_help.png``.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skdenoise import (
    FilterDenoiser,
    SubspaceDenoiser,
    UNetDenoiser,
    compare_denoising,
)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.4, random_state=0
)

# %%
# The rivals are the classifier without a denoiser, the classifier trained on noisy images, PCA before
# it, and filters. Their settings are chosen on validation images, separate from the test images.
# Everything is trained once, blind, for all noise factors up to 0.6. Without ``train_noise_factor``,
# everything is trained for each noise level separately.

comparison = compare_denoising(
    SVC(),
    X_train,
    y_train,
    X_test,
    y_test,
    noise="gaussian",
    noise_factors=(0.2, 0.4, 0.6),
    train_noise_factor=(0, 0.6),
    denoisers=[UNetDenoiser(), SubspaceDenoiser(), FilterDenoiser("gaussian")],
    n_components=(10, 20, 40),
    n_repeats=2,
    random_state=0,
)
print(comparison)

# %%
# Two rows show what the classifier should learn from. In "U-Net, on denoised clean", it learns on
# denoised clean images: a pipeline would do this if the denoiser did not pass on denoised *noisy* images
# while it is fitted. In "U-Net, classifier not retrained", the classifier cannot be trained again.
#
# The same as curves, with intervals:

display = comparison.plot()
display.figure_.savefig("does_denoising_help.png", dpi=150)

# %%
# All numbers are in a tidy table:

columns = [
    "noise_factor",
    "condition",
    "score",
    "difference",
    "p_value",
    "clean_cost",
]
print(comparison.frame[columns].round(3).to_string(index=False))

# %%
# On digits of 8x8 pixels no denoiser is shown to help, and on clean images each of them costs accuracy. So on
# images like these, train the classifier on noisy images, or after PCA. On 28x28 pixels it is different: see the
# page on results.
