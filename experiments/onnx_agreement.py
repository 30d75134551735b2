"""Whether pipelines that are exported to ONNX answer as the pipelines themselves do.

Writes experiments/results/onnx_agreement.md, a table of docs/guide/onnx.md.

Denoiser and classifiers are fitted on 3,000 images of MNIST and tested on 5,000 with noise 0.4, in
float32. A label that differs is explained where it is a tie (the two highest scores of the pipeline
differ by less than 1e-5), or where it is among the highest that scikit-learn's own classifier gives the
image as ONNX Runtime has denoised it: a pixel has been rounded to the other side of a threshold.
Speed is measured by benchmarks/bench_onnx.py.
"""

import numpy as np
import onnxruntime
from _data import load_mnist
from _record import main
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skdenoise import NoiseAugmenter, UNetDenoiser, add_noise, to_onnx

COLUMNS = ["what", "ONNX Runtime", "unit"]
CLASSIFIERS = (
    LogisticRegression(max_iter=200),
    RandomForestClassifier(random_state=0),
    SVC(),
    MLPClassifier(early_stopping=True, random_state=0),
    KNeighborsClassifier(),
)


def measure(quick):
    """Return the rows of the table."""
    X, y, X_test, _ = load_mnist(stand_in=quick)
    n, n_test = (300, 100) if quick else (3000, 5000)
    X, X_test = (part.astype(np.float32) for part in (X[:n], X_test[:n_test]))
    y = y[:n].astype(np.int64)  # skl2onnx's nearest neighbours take no uint8 labels
    denoiser = UNetDenoiser(noise_factor=0.4, precision="float32", random_state=0)
    denoiser.set_params(epochs=1 if quick else None).fit(X)
    noisy = add_noise(X_test, noise_factor=0.4, random_state=1)
    session = _session(denoiser)
    (denoised,) = session.run(None, {"images": noisy})
    return [
        _images_alike(denoised, denoiser, noisy),
        *(
            _labels_alike(classifier, denoiser, X, y, noisy, denoised)
            for classifier in (CLASSIFIERS[:1] if quick else CLASSIFIERS)
        ),
    ]


def _session(estimator):
    return onnxruntime.InferenceSession(to_onnx(estimator).SerializeToString())


def _images_alike(denoised, denoiser, noisy):
    worst = np.abs(denoised - denoiser.transform(noisy)).max()
    return {
        "what": "largest difference of a pixel",
        "ONNX Runtime": f"{worst:.1e}",
        "unit": "range",
    }


def _labels_alike(classifier, denoiser, X, y, noisy, denoised):
    steps = NoiseAugmenter(noise_factor=0.4, random_state=2), FrozenEstimator(denoiser), classifier
    pipeline = make_pipeline(*steps).fit(X, y)
    labels, _ = _session(pipeline).run(None, {"images": noisy})
    different = np.flatnonzero(labels != pipeline.predict(noisy))
    tied = rounded = 0
    for place in different:
        is_tie = len(_highest(pipeline, noisy[place])) > 1
        tied += is_tie
        rounded += not is_tie and labels[place] in _highest(classifier, denoised[place])
    return {
        "what": f"labels of {type(classifier).__name__} that agree",
        "ONNX Runtime": f"{100 * (1 - len(different) / len(noisy)):.2f}",
        "unit": f"% of {len(noisy)}; {len(different)} differ: {tied} ties, {rounded} rounded",
    }


def _highest(classifier, image):
    """Return the labels whose score is the highest, but for rounding."""
    method = "predict_proba" if hasattr(classifier, "predict_proba") else "decision_function"
    (scores,) = getattr(classifier, method)(image[np.newaxis])
    return classifier.classes_[scores > scores.max() - 1e-5]


if __name__ == "__main__":
    main(__file__)
