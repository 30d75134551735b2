"""
An unknown level of noise
=========================

A denoiser that was trained for one level of noise blurs images with less noise, and leaves noise in
those with more. Where the level is not known, or differs from image to image, it is trained on a range:
one level is drawn for each image, and the denoiser becomes blind to it. Runs in about a minute; writes
``unknown_noise_level.png``.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import RobustnessCurveDisplay, UNetDenoiser

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, test_size=0.4, random_state=0)

# %%
# A number is one level; a pair is a range.

levels = {"trained for 0.2": 0.2, "trained for 0.6": 0.6, "blind, 0 to 0.6": (0, 0.6)}
pipelines = {
    name: make_pipeline(UNetDenoiser(noise_factor=level, random_state=0), SVC())
    for name, level in levels.items()
}
pipelines["no denoiser"] = SVC()
for pipeline in pipelines.values():
    pipeline.fit(X_train, y_train)

# %%
# On digits as small as these, the denoiser for strong noise costs accuracy where there is little noise,
# and wins none where there is much: its classifier has seen nothing but strongly blurred images. The
# blind one is as good as the one for weak noise at every level within the intervals. On clean images no
# denoiser at all is best.

display = RobustnessCurveDisplay.from_estimator(
    pipelines, X_test, y_test, noise_factors=(0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
)
for name, scores in display.scores.items():
    print(f"{name:>16}: " + "  ".join(f"{score:.3f}" for score in scores))
display.figure_.savefig("unknown_noise_level.png", dpi=150)
