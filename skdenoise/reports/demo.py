"""The demo: classification of noisy digits, which ship with scikit-learn."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.displays import DenoisingDisplay, RobustnessCurveDisplay
from skdenoise.noise import NoiseAugmenter, add_noise

NOISE_FACTORS = (0.0, 0.2, 0.4, 0.6)
SHOWN_FACTOR = 0.4


@dataclass
class DemoResult:
    """The result of the demo.

    Parameters
    ----------
    y_true : ndarray of shape (n,)
        The true digits of the test images.
    predictions : dict of str to list of ndarray of shape (n,)
        The predicted digits at each of `NOISE_FACTORS`, by condition.
    images : dict of str to ndarray
        Some test images: noisy, denoised and clean.
    """

    y_true: np.ndarray
    predictions: dict
    images: dict

    @property
    def accuracies(self) -> dict:
        """Accuracy on the test images at each of `NOISE_FACTORS`, by condition."""
        return {
            condition: [accuracy_score(self.y_true, y_pred) for y_pred in predictions]
            for condition, predictions in self.predictions.items()
        }


def run_demo(*, random_state=0, verbose=1) -> DemoResult:
    """Classify noisy digits with a support vector machine, with and without a denoiser.

    The denoiser is trained once, for noise factors from 0 to the largest. The rival, a classifier
    trained on noisy images, is trained for the same noise factors.

    Parameters
    ----------
    random_state : int
        Seed of all random numbers.
    verbose : int
        Level of output, as in `UNetDenoiser`.

    Returns
    -------
    DemoResult
    """
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, test_size=0.4, stratify=y, random_state=random_state
    )
    noise = {"noise_factor": (0, max(NOISE_FACTORS)), "random_state": random_state}
    svc = SVC()
    conditions = {
        "SVC, no denoiser": clone(svc),
        "SVC trained on noisy images": make_pipeline(NoiseAugmenter(**noise), clone(svc)),
        "SVC after PCA": make_pipeline(PCA(20, random_state=random_state), clone(svc)),
        "SVC after UNetDenoiser": make_pipeline(UNetDenoiser(**noise, verbose=verbose), clone(svc)),
    }
    noisy = {
        factor: add_noise(X_test, noise_factor=factor, random_state=random_state)
        for factor in NOISE_FACTORS
    }
    predictions = {}
    for name, estimator in conditions.items():
        estimator.fit(X_train, y_train)
        predictions[name] = [estimator.predict(noisy[factor]) for factor in NOISE_FACTORS]
    denoiser = conditions["SVC after UNetDenoiser"][0]
    shown = np.concatenate([np.flatnonzero(y_test == digit)[:1] for digit in range(10)])
    images = {
        "noisy": noisy[SHOWN_FACTOR][shown],
        "denoised": denoiser.transform(noisy[SHOWN_FACTOR][shown]),
        "clean": X_test[shown],
    }
    return DemoResult(y_test, predictions, images)


def plot_demo(result: DemoResult):
    """Plot the images and the accuracy curves of a demo.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 7.5), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(7, 8))
    DenoisingDisplay.from_predictions(**result.images, n_images=10, figure=above, error=None)
    above.suptitle(f"Digits with Gaussian noise, noise factor {SHOWN_FACTOR}")
    curves = RobustnessCurveDisplay.from_predictions(
        result.y_true,
        result.predictions,
        NOISE_FACTORS,
        score_name="accuracy on test images",
        ax=below.subplots(),
    )
    curves.ax_.set_title("Accuracy under noise; trained on noise factors 0 to 0.6")
    return figure
