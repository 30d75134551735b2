"""
An unknown level of noise
=========================

A denoiser trained for one noise level blurs images with less noise, and leaves noise in images with more.
If the level is not known, or differs from image to image, train on a range. One level is drawn for each
image, so the denoiser is blind to it. If many images have no noise at all, let ``DenoisingClassifier`` decide
which ones to denoise. Runs in about two minutes; writes ``unknown_noise_level.png``.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import DenoisingClassifier, RobustnessCurveDisplay, UNetDenoiser

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.4, random_state=0
)

# %%
# A number is one level; a pair is a range.

levels = {
    "trained for 0.2": 0.2,
    "trained for 0.6": 0.6,
    "blind, 0 to 0.6": (0, 0.6),
}
pipelines = {
    name: make_pipeline(
        UNetDenoiser(noise_factor=level, random_state=0), SVC()
    )
    for name, level in levels.items()
}
pipelines["no denoiser"] = SVC()
pipelines["blind, where it helps"] = DenoisingClassifier(
    SVC(), UNetDenoiser(noise_factor=(0, 0.6), random_state=0), random_state=0
)
for pipeline in pipelines.values():
    pipeline.fit(X_train, y_train)

# %%
# On digits as small as these, the denoiser for strong noise costs accuracy where there is little noise. On
# clean images, it is best to use no denoiser: the blind one costs three points there, and gains 43 points
# at noise factor 0.5. ``DenoisingClassifier`` has nearly the best of both, because it decides for each
# image whether to denoise it.

display = RobustnessCurveDisplay.from_estimator(
    pipelines,
    X_test,
    y_test,
    noise_factors=(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
)
for name, scores in display.scores.items():
    print(f"{name:>22}: " + "  ".join(f"{score:.3f}" for score in scores))
display.figure_.savefig("unknown_noise_level.png", dpi=150)
