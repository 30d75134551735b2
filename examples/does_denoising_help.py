"""
Does denoising help here?
=========================

Whether a denoiser in front of a classifier is worth it depends on the images, on the noise and on the
classifier. ``compare_denoising`` answers for yours: it trains the classifier in every way that people
use against noise, for the same noise, and tests all on the same noisy images. Runs in about two
minutes; writes ``does_denoising_help.png``.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skdenoise import FilterDenoiser, SubspaceDenoiser, UNetDenoiser, compare_denoising

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.4, random_state=0)

# %%
# The rivals are the classifier alone, the classifier trained on noisy images, a PCA before it, and
# filters. Their settings are chosen on validation images, apart from the test images. Everything is
# trained once, blind, for all noise factors up to 0.6; leave ``train_noise_factor`` out to train for
# each level by itself.

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
# "U-Net, on denoised clean" and "U-Net, classifier as it was" show what the classifier should learn
# from: the first is what a pipeline would do if the denoiser did not hand on denoised *noisy* images
# while it is fitted, the second is the case of a classifier that cannot be trained again.
#
# The same as curves, with their intervals:

(display,) = comparison.plot()
display.figure_.savefig("does_denoising_help.png", dpi=150)

# %%
# All numbers are in a tidy table:

columns = ["noise_factor", "condition", "score", "difference", "p_value", "clean_cost"]
print(comparison.frame[columns].round(3).to_string(index=False))
