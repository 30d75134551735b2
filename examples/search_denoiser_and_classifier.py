"""
Searching denoiser and classifier together
==========================================

The best kernel width for clean images differs from the best one for denoised images, so search over
denoiser and classifier together. A denoiser takes longer to fit than a classifier. With ``memory``, the
pipeline fits it once for all classifiers. Runs in about two minutes.
"""

from tempfile import TemporaryDirectory

import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, noisy_scorer

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# The noise to expect is 0.5. The search decides whether to train the denoiser for one noise level or for
# a range. It also chooses the classifier's kernel. The scorer adds noise to the validation images, the
# same noise for every candidate.

with TemporaryDirectory() as cache:
    search = GridSearchCV(
        Pipeline(
            [
                ("denoise", UNetDenoiser(epochs=20, random_state=0)),
                ("classify", SVC()),
            ],
            memory=cache,
        ),
        {
            "denoise__noise_factor": [0.3, 0.5, (0, 0.7)],
            "classify__C": [1, 10],
            "classify__gamma": [0.01, 0.04, 0.16],
        },
        scoring=noisy_scorer("accuracy", noise_factor=0.5),
        cv=2,
    ).fit(X_train, y_train)

# %%
# There are eighteen candidates, but only three denoisers per fold were trained.

results = pd.DataFrame(search.cv_results_["params"])
results["accuracy"] = search.cv_results_["mean_test_score"].round(3)
print(
    results.sort_values("accuracy", ascending=False)
    .head(8)
    .to_string(index=False)
)

trained_on = results["denoise__noise_factor"].astype(str)
best = results.groupby(["classify__gamma", trained_on])
curves = best["accuracy"].max().unstack()
ax = curves.plot(logx=True, marker="o", figsize=(6.4, 3.5))
ax.set(xlabel="gamma of the SVC", ylabel="accuracy with the better C")
ax.legend(title="denoiser trained on")
ax.figure.set_layout_engine("constrained")
ax.figure.savefig("search_denoiser_and_classifier.png", dpi=150)

noisy = add_noise(X_test, noise_factor=0.5, random_state=1)
print(f"best: {search.best_params_}")
print(
    f"accuracy on noisy test images: {search.score(X_test, y_test):.3f} with the scorer's draw, "
    f"{search.best_estimator_.score(noisy, y_test):.3f} with another"
)

# %%
# The best candidates are level, whatever the noise of their denoiser, with another kernel for each: so it pays to search
# over both together.

# sphinx_gallery_thumbnail_path = "images/thumbnails/search_denoiser_and_classifier.jpg"
