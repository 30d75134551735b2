"""The page: a study as one HTML file that works offline."""

import base64
import io
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from skdenoise.displays import DenoisingDisplay, NoiseNoveltyDisplay, TrainingCurveDisplay
from skdenoise.extras import installed_versions
from skdenoise.io.safety import written_whole
from skdenoise.noise.from_parameters import resolve_noise


def write_report(study, path, *, call, title):
    """Write a study as one self-contained HTML page.

    Parameters
    ----------
    study : Study
        The study to show.
    path : Path
        The file to write. It is never left half written.
    call : str
        The command that reproduces the page.
    title : str
        Title of the page.
    """
    environment = Environment(
        loader=PackageLoader("skdenoise.reports", "."),
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
        pictures=_pictures(study),
        versions=installed_versions().items(),
    )
    with written_whole(path) as new:
        new.write_text(page, encoding="utf-8")


@dataclass(frozen=True)
class Picture:
    """A figure on the page, with a text for people who cannot see it and a caption."""

    alt: str
    caption: str
    url: str


def _pictures(study):
    """Return the figures by the part of the page they belong to."""
    pictures = {
        "curves": _picture(
            study.comparison.plot(),
            "Line chart of accuracy against noise factor; the tables below have its numbers.",
            "One line for each way to train, with its 95 % interval.",
        )
    }
    transformer = study.pipeline[0] if study.pipeline is not None else None
    if transformer is not None:
        images = study.images.X_test[:8]
        pictures["images"] = _picture(
            DenoisingDisplay.from_estimator(
                transformer,
                images.reshape(len(images), -1),
                noise=resolve_noise(study.noise, study.noise_factor),
                random_state=0,
            ),
            "Rows of eight test images: noisy, denoised, clean, and the error that remains.",
            f"{study.noise} noise, noise factor {study.noise_factor:g}, removed by {study.shown}.",
        )
    if hasattr(transformer, "history_"):
        pictures["training"] = _picture(
            TrainingCurveDisplay.from_estimator(transformer),
            "Line chart of the training loss of the denoiser against the epoch.",
            f"{study.shown}, trained for noise factor {study.trained_for}.",
        )
    if study.corruptions is not None:
        pictures["corruptions"] = _picture(
            study.corruptions.plot(),
            "Line chart of mean accuracy against severity; the tables below have its numbers.",
            "Means over corruptions, separately for those seen in training and others.",
        )
    if study.novelty is not None:
        pictures["novelty"] = _picture(
            NoiseNoveltyDisplay.from_estimator(study.novelty.detector, study.novelty.plotted),
            "Scatter plot of the distance of the noise of images from the usual, against its strength; the table "
            "below has the shares above the line.",
            "Each point is an image, at severity 3. Those above the line are reported.",
        )
    return pictures


def _picture(display, alt, caption):
    file = io.BytesIO()
    display.figure_.savefig(file, format="png", dpi=110)
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return Picture(alt, caption, url)
