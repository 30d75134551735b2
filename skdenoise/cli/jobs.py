"""The jobs of the command ``denoise``: which files are read, and where their results go."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import typer

from skdenoise.cli.common import say
from skdenoise.cli.self_check import SelfCheck
from skdenoise.io.file_names import ENDINGS, image_paths, images_left_out, is_other_image

_ARCHIVE = ".npz"
_ENDINGS = (*ENDINGS, _ARCHIVE)
_LOSSY = (".jpg", ".jpeg", ".jfif", ".jpe", ".webp")


@dataclass
class Job:
    """A file to denoise, and the result.

    Parameters
    ----------
    input, output : Path
        The files.
    status : str
        ``"done"`` or ``"skipped"``; empty before it is processed.
    reason : str
        Why it was skipped.
    seconds : float
        Time taken.
    check : SelfCheck
        The noise before and after, once the result is written.
    ends : list of Path
        Files of the ends of the intervals, lower and upper, if they are written.
    arrays : list of str
        Names of the arrays of an archive that were denoised.
    """

    input: Path
    output: Path
    status: str = ""
    reason: str = ""
    seconds: float = 0.0
    check: SelfCheck = field(default_factory=SelfCheck)
    ends: list[Path] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)

    def as_dict(self):
        """Return what JSON output shows: one level, with paths as text."""
        shown = asdict(self)
        check = shown.pop("check")
        low, high = shown.pop("ends") or (None, None)
        shown |= {"low": low, "high": high}
        return {name: _plain(value) for name, value in (shown | check).items()}


def jobs_for(inputs, output):
    """Return a job for each image, in command-line order."""
    missing = [str(path) for path in inputs if not path.exists()]
    if missing:
        raise typer.BadParameter(f"{', '.join(missing)} does not exist.", param_hint="IN...")
    for path in inputs:
        if not (path.is_file() or path.is_dir()):
            raise typer.BadParameter(
                f"{path} is neither a file nor a folder. Write what comes from a pipe to a file first.",
                param_hint="IN...",
            )
    is_file = len(inputs) == 1 and inputs[0].is_file() and output.suffix.lower() in _ENDINGS
    if is_file and not output.is_dir():
        if is_archive(inputs[0]) != is_archive(output):
            raise typer.BadParameter(
                f"{inputs[0]} cannot be written as {output.suffix}: archives stay archives, and images stay "
                "images.",
                param_hint="--output",
            )
        jobs = [Job(inputs[0], output)]
        _check_outputs(jobs)
        return jobs
    if is_other_image(output) and not output.is_dir():
        raise typer.BadParameter(
            f"{output}: images cannot be written as {output.suffix}, only as {', '.join(_ENDINGS)}.",
            param_hint="--output",
        )
    if output.is_file():
        raise typer.BadParameter(f"{output} is a file; give a folder.", param_hint="--output")
    if output.suffix.lower() in _ENDINGS and not output.is_dir():
        raise typer.BadParameter(
            f"{output} is the name of a file, but there are several images, or a folder of them. Give a folder.",
            param_hint="--output",
        )
    jobs = []
    for path in inputs:
        if path.is_dir() and (left_out := images_left_out(path)):
            say(f"left out: {left_out}")
        files = _images_in(path, output) if path.is_dir() else [path]
        jobs += [
            Job(file, output / (file.relative_to(path) if path.is_dir() else file.name))
            for file in files
        ]
    if not jobs:
        raise typer.BadParameter(
            f"no images ({', '.join(_ENDINGS)}) found in {', '.join(map(str, inputs))}.",
            param_hint="IN...",
        )
    _check_outputs(jobs)
    return jobs


def _images_in(folder, output):
    """Return the images of a folder, without the results of an earlier run in a folder inside of it."""
    folder_of_results = output.resolve()
    has_results_inside = folder.resolve() in folder_of_results.parents
    return [
        path
        for path in image_paths(folder, _ENDINGS)
        if not (has_results_inside and folder_of_results in path.resolve().parents)
    ]


def _check_outputs(jobs):
    """Check that no two inputs have the same output, and that no output is a link to an input."""
    inputs = {}
    for job in jobs:
        other = inputs.setdefault(job.output, job.input)
        if other is not job.input:
            raise typer.BadParameter(
                f"{other} and {job.input} would both be written to {job.output}; denoise them into "
                "separate folders.",
                param_hint="IN...",
            )
    _check_links(jobs)


def _check_links(jobs):
    """Check that no output is a link to an input."""
    links = {job.output.resolve(): job.output for job in jobs if job.output.is_symlink()}
    if not links:
        return
    for job in jobs:
        link = links.get(job.input.resolve())
        if link is not None:
            raise typer.BadParameter(
                f"{link} is a link to {job.input}, which would be replaced by the result; give another folder.",
                param_hint="--output",
            )


def is_archive(path):
    """Return whether a file is an archive of arrays."""
    return path.suffix.lower() == _ARCHIVE


def ends_of(output):
    """Return the files of the ends of the intervals of a result. Lossy formats would not keep what is promised."""
    ending = ".png" if output.suffix.lower() in _LOSSY else output.suffix
    return [output.with_name(f"{output.stem}_{end}{ending}") for end in ("low", "high")]


def check_ends(jobs):
    """Check that the ends of intervals are written over no result and no other end."""
    taken = dict.fromkeys((job.output for job in jobs), "another result")
    for job in jobs:
        for path in ends_of(job.output):
            if path in taken:
                raise typer.BadParameter(
                    f"an end of the intervals of {job.input} would be written to {path}, where {taken[path]} "
                    "goes. Denoise them into separate folders.",
                    param_hint="--intervals",
                )
            taken[path] = "that of another image"


def _plain(value):
    return str(value) if isinstance(value, Path) else value
