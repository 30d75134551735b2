"""What labels in the loss of the denoiser are worth, and what they cost.

Writes experiments/results/labels_in_the_loss.md, a table of docs/results.md.

MNIST, blind Gaussian noise from 0 to 0.6. The denoiser learns from the first 5,000 training images, with several
weights of the labels. Classifiers learn from the same images with other noise, denoised, and are tested on 2,000 of
the last 6,000 training images. "unseen" classifiers learn from 5,000 other images, whose labels the denoiser never
saw: if they gained more, labels would leak from the denoised training images.
"""

from _data import load_mnist
from _record import main, mean_psnr
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from skdenoise import UNetDenoiser, add_noise

BLIND, LEVELS = (0, 0.6), (0, 0.2, 0.4, 0.6)
COLUMNS = ["label_weight", "classifier", *(f"noise {level}" for level in LEVELS)]


def measure(quick):
    """Return the rows of the table."""
    X, y, *_ = load_mnist(stand_in=quick)
    size, n_test = (100, 50) if quick else (5000, 2000)
    params = {"epochs": 1} if quick else {}
    X_test, y_test = X[-3 * n_test :][:n_test], y[-3 * n_test :][:n_test]
    tests = [add_noise(X_test, noise_factor=level, random_state=9) for level in LEVELS]
    rows = []
    for weight in (0.0, 0.3) if quick else (0.0, 0.1, 0.3, 1.0):
        denoiser = UNetDenoiser(
            noise_factor=BLIND, label_weight=weight, random_state=0, **params
        ).fit(X[:size], y[:size])
        noisy = add_noise(X[: 2 * size], noise_factor=BLIND, random_state=5)
        train = denoiser.transform(noisy)
        denoised = [denoiser.transform(images) for images in tests]
        rows.append(
            {"label_weight": weight, "classifier": "PSNR, dB"}
            | {c: f"{mean_psnr(X_test, d):.2f}" for c, d in zip(COLUMNS[2:], denoised, strict=True)}
        )
        for name, make in CLASSIFIERS.items():
            for kind, part in (("", slice(size)), (", unseen", slice(size, 2 * size))):
                fitted = make().fit(train[part], y[part])
                rows.append(
                    {"label_weight": weight, "classifier": f"{name}{kind}"}
                    | {
                        c: f"{fitted.score(d, y_test):.3f}"
                        for c, d in zip(COLUMNS[2:], denoised, strict=True)
                    }
                )
    return rows


CLASSIFIERS = {
    "logistic regression": lambda: LogisticRegression(max_iter=100),
    "kNN": KNeighborsClassifier,
    "random forest": lambda: RandomForestClassifier(60, random_state=0),
}


if __name__ == "__main__":
    main(__file__)
