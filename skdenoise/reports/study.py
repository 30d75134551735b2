"""The study: all results that a report shows, for one set of images."""

from dataclasses import dataclass

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skdenoise.denoisers.filters import FILTERS, FilterDenoiser
from skdenoise.denoisers.subspace import SubspaceDenoiser
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.io.labelled import LabelledImages
from skdenoise.noise.by_name import named_model
from skdenoise.reports.comparison import DenoisingComparison, compare_denoising
from skdenoise.reports.comparison.comparison import name_of
from skdenoise.reports.comparison.conditions import ON_CLEAN
from skdenoise.reports.comparison.levels import in_words
from skdenoise.reports.corruptions import CorruptionReport, corruption_report
from skdenoise.reports.novelty import NoveltyReport, novelty_report

CLASSIFIERS = {
    "svc": SVC(),
    "logistic": LogisticRegression(max_iter=300),
    "forest": RandomForestClassifier(),
    "knn": KNeighborsClassifier(),
    "mlp": MLPClassifier(128),
}
DENOISERS = ("unet", "subspace", *FILTERS)
DEFAULT_DENOISERS = ("unet", "gaussian", "median")


@dataclass(frozen=True)
class Study:
    """All results that a report shows.

    Parameters
    ----------
    images : LabelledImages
        The training and test images.
    comparison : DenoisingComparison
        The comparison with all rivals.
    corruptions : CorruptionReport or None
        Accuracy of the denoising pipeline under other noise.
    novelty : NoveltyReport or None
        Which other noise would be noticed.
    shown : str
        The condition whose images and corruptions are shown.
    noise : str
        Name of the noise model.
    noise_factor : float
        The strongest noise factor, which is also that of the images shown.
    """

    images: LabelledImages
    comparison: DenoisingComparison
    corruptions: CorruptionReport | None
    novelty: NoveltyReport | None
    shown: str
    noise: str
    noise_factor: float

    @property
    def pipeline(self):
        """The fitted pipeline shown, for the strongest noise; None after an early interrupt."""
        return _strongest(self.comparison, self.shown)[1]

    @property
    def trained_for(self):
        """The noise factor this pipeline was trained for, in words."""
        return in_words(_strongest(self.comparison, self.shown)[0])


def run_study(
    images,
    *,
    classifier="svc",
    denoisers=DEFAULT_DENOISERS,
    noise="gaussian",
    noise_factors=None,
    train="blind",
    n_repeats=1,
    epochs=None,
    corruptions=True,
    random_state=0,
    verbose=1,
):
    """Compare denoising with its rivals, and test the denoising pipeline with every corruption.

    Parameters
    ----------
    images : LabelledImages
        Training and test images.
    classifier : str, default="svc"
        One of `CLASSIFIERS`.
    denoisers : sequence of str, default=("unet", "gaussian", "median")
        Names in `DENOISERS`: ``"unet"``, ``"subspace"``, or a method of `FilterDenoiser`.
    noise : str, default="gaussian"
        Name of a noise model.
    noise_factors : sequence of float, default=None
        Strengths to test at. If None, uses a moderate and a strong one.
    train : {"blind", "matched"}, default="blind"
        Whether to train once for all noise factors up to the largest, or for each factor.
    n_repeats : int, default=1
        Number of repeats, as in `compare_denoising`.
    epochs : int, default=None
        Epochs of the U-Net. If None, uses its default.
    corruptions : bool, default=True
        Whether to test with every corruption too.
    random_state : int, default=0
        Seed of all random numbers.
    verbose : int, default=1
        1 shows a progress bar.

    Returns
    -------
    Study
    """
    flat = [X.reshape(len(X), -1) for X in (images.X_train, images.X_test)]
    shape = images.X_train.shape[1:]
    noise_factors = noise_factors or named_model(noise).typical_factors
    chosen = [_denoiser(name, epochs) for name in denoisers]
    comparison = compare_denoising(
        CLASSIFIERS[classifier],
        flat[0],
        images.y_train,
        flat[1],
        images.y_test,
        noise=noise,
        noise_factors=noise_factors,
        train_noise_factor=(0, max(noise_factors)) if train == "blind" else "matched",
        denoisers=chosen,
        n_copies=(1, 4),
        n_repeats=n_repeats,
        clip=True,
        image_shape=shape,
        value_range=(0, 1),
        return_estimator=True,
        random_state=random_state,
        verbose=verbose,
    )
    shown = name_of(chosen[0])
    report = novelty = None
    if corruptions and not comparison.interrupted:
        _, pipeline = _strongest(comparison, shown)
        novelty = novelty_report(pipeline[0], flat[1], image_shape=shape, random_state=random_state)
        report = corruption_report(
            pipeline,
            flat[1],
            images.y_test,
            reference=_strongest(comparison, ON_CLEAN)[1],
            image_shape=shape,
            value_range=(0, 1),
            random_state=random_state,
        )
    return Study(images, comparison, report, novelty, shown, noise, max(noise_factors))


def _strongest(comparison, condition):
    """Return the strongest noise that a pipeline of a condition was trained for, and this pipeline; or twice None."""
    *_, strongest = (
        (None, None),
        *(
            (label, pipeline)
            for (_, label, name), pipeline in comparison.estimators.items()
            if name == condition
        ),
    )
    return strongest


def _denoiser(name, epochs):
    if name == "unet":
        return UNetDenoiser(epochs=epochs)
    return SubspaceDenoiser() if name == "subspace" else FilterDenoiser(name)
