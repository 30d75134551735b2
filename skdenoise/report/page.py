"""The page: a study as one HTML file, which needs no network."""

import base64
import io
import os
import tempfile
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from skdenoise.displays import DenoisingDisplay, TrainingCurveDisplay
from skdenoise.noise.resolution import resolve_noise


def write_report(study, path, *, call, title, noise, noise_factor):
    """Write a study as one self-contained HTML page.

    Parameters
    ----------
    study : Study
        What to show.
    path : Path
        The file; it is replaced as a whole, or not at all.
    call : str
        The command that makes the page again.
    title : str
        Of the page.
    noise : str
        The name of the noise model.
    noise_factor : float
        The strength of the noise on the images that are shown.
    """
    environment = Environment(
        loader=PackageLoader("skdenoise.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    summary = study.comparison.summary()
    page = environment.get_template("page.html").render(
        title=title,
        call=call,
        study=study,
        summary=summary,
        pictures=_pictures(study, noise, noise_factor),
        versions=_versions(),
    )
    _write_whole(path, page)


def _pictures(study, noise, noise_factor):
    """Return figures as (title, what they show, PNG as a data URL)."""
    curves = study.comparison.plot()
    pictures = {
        "curves": (
            "Accuracy against the noise factor, one line per way to train; the numbers are in the "
            "table below.",
            curves[0].ax_.figure,
        )
    }
    transformer = study.pipeline[0] if len(study.pipeline) > 1 else None
    if transformer is not None:
        images = study.images.X_test[:8]
        flat = images.reshape(len(images), -1)
        display = DenoisingDisplay.from_estimator(
            transformer, flat, noise=resolve_noise(noise, noise_factor), random_state=0
        )
        pictures["images"] = (
            f"Test images with {noise} noise, noise factor {noise_factor:g}, the same denoised by "
            f"{study.shown}, clean, and the error that remains.",
            display.figure_,
        )
        if hasattr(transformer, "history_"):
            display = TrainingCurveDisplay.from_estimator(transformer)
            pictures["training"] = (
                "Training loss of the U-Net, by epoch.",
                display.figure_,
            )
    if study.corruptions is not None:
        display = study.corruptions.plot()
        pictures["corruptions"] = (
            "Mean accuracy over corruptions against severity, seen in training and others apart.",
            display.ax_.figure,
        )
    return {name: (text, _as_data_url(figure)) for name, (text, figure) in pictures.items()}


def _as_data_url(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _versions():
    import platform
    from importlib.metadata import version

    packages = ("skdenoise", "scikit-learn", "keras", "tensorflow", "numpy")
    return [("Python", platform.python_version()), *((name, version(name)) for name in packages)]


def _write_whole(path, text):
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.resolve().parent, suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
