"""The command ``denoise``."""

import contextlib
import functools
import sys
import time
import warnings
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skdenoise.cli.common import (
    INTERRUPTED,
    AsJson,
    Overwrite,
    Quiet,
    ValueRange,
    check_room,
    in_options,
    print_json,
    say,
    say_warning,
)
from skdenoise.cli.contents import (
    CannotWriteError,
    read_archive_stacks,
    read_file,
    write_archive,
    write_result,
    writer_of_end,
)
from skdenoise.cli.jobs import check_ends, ends_of, is_archive, jobs_for
from skdenoise.cli.models import Model, loaded
from skdenoise.cli.noise_model import (
    MOST_IMAGES,
    TOGETHER,
    check_certain,
    check_noise_model,
    measured_together,
)
from skdenoise.cli.self_check import advice, self_check, summary
from skdenoise.denoisers.own_range import denoise_images
from skdenoise.denoisers.pretrained import MODEL_CARDS
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.evaluation.conformal import ConformalDenoiser
from skdenoise.images.layout import check_images
from skdenoise.images.value_range import range_of_images
from skdenoise.interrupts import raise_noted_interrupt
from skdenoise.noise.camera_pipeline import CameraPipeline
from skdenoise.noise.correlated import CorrelatedGaussianNoise
from skdenoise.noise.mixture import Compose, RandomChoice


def denoise(
    model: Model,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN...",
            help="Images (PNG, JPEG, TIFF, BMP, WebP, PBM, PGM, PPM, .npy), stacks of images (TIFF, .npy), .npz "
            "archives of these, and folders.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Folder for the results; for a single image, this can be a file."
        ),
    ],
    separate_channels: Annotated[
        bool,
        typer.Option(
            "--separate-channels",
            help="With a denoiser for grey images, denoise each channel as a grey image: for channels that "
            "are not red, green and blue.",
        ),
    ] = False,
    self_ensemble: Annotated[
        bool,
        typer.Option(
            "--self-ensemble",
            help="Average the results for eight flips and rotations of each image: slightly better, "
            "and eight times slower.",
        ),
    ] = False,
    strength: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="How much of the noise to remove: 0 leaves the images as they are, 1 removes all that the "
            "denoiser can. If omitted, uses the strength of the denoiser (usually 1).",
            show_default=False,
        ),
    ] = None,
    stabilize: Annotated[
        bool,
        typer.Option(
            "--stabilize",
            help="For noise that grows with the brightness, such as that of counted photons (microscopy, X-rays, "
            "astronomy): measure it in each image, make it equally strong everywhere, denoise, and transform "
            "back. If the camera adds an offset, give it as black (--value-range).",
        ),
    ] = False,
    noise_model: Annotated[
        str | None,
        typer.Option(
            metavar="SHOT:READ|together",
            callback=check_noise_model,
            help="Noise model for --stabilize, instead of an estimate for each image. SHOT:READ sets the variance to "
            "SHOT * x + READ, where x is the brightness from 0 (black) to 1 (white), e.g. 0.01:0.0002. 'together' "
            "measures one model on up to 64 of the images; they must be from one sensor with the same settings.",
            show_default=False,
        ),
    ] = None,
    intervals: Annotated[
        float | None,
        typer.Option(
            metavar="COVERAGE",
            help="Also write the ends of an interval for each pixel, to NAME_low and NAME_high beside the result. "
            "With 0.9, the true value of 90 % of the pixels is in its interval, on average. For photo-gray, and noise that "
            "is independent from pixel to pixel.",
            show_default=False,
        ),
    ] = None,
    value_range: ValueRange = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
):
    """Remove noise from image files.

    File names, formats, dtypes and the structure of folders are preserved. A file is skipped if it
    cannot be read or its result exists. Skipped files are listed, and the exit code is 1.

    At the end, the noise is estimated before and after, and files that are hardly changed are named.
    """
    jobs = jobs_for(inputs, output)
    check_room(output.parent if output.is_file() else output)
    conformal = None
    if intervals is not None:
        if strength is not None or stabilize or self_ensemble or separate_channels:
            raise typer.BadParameter(
                "the intervals are those of the denoiser as it is. Leave out --strength, --stabilize, "
                "--self-ensemble and --separate-channels.",
                param_hint="--intervals",
            )
        check_ends(jobs)
    denoiser = loaded(model)
    if intervals is not None:
        conformal = _calibrated(model, intervals)
    if self_ensemble:
        if not getattr(denoiser, "augment", False):
            raise typer.BadParameter(
                f"{model} was not trained on flipped and turned images.",
                param_hint="--self-ensemble",
            )
        denoiser.set_params(inference="self_ensemble")
    if strength is not None:
        denoiser.set_params(strength=strength)
    hidden = quiet or as_json
    if noise_model is not None and not stabilize:
        raise typer.BadParameter("requires --stabilize.", param_hint="--noise-model")
    if stabilize:
        _check_stabilize(denoiser, model)
        if noise_model == TOGETHER:
            noise_model = _noise_of_all(jobs, denoiser, value_range, hidden=hidden)
        denoiser.set_params(stabilize=noise_model or "estimate")
    if separate_channels:
        denoiser.set_params(colour="separate")
    interrupted, failure = False, None
    if len(jobs) == 1 and not hidden and isinstance(denoiser, UNetDenoiser):
        denoiser.set_params(verbose=1)  # for one large image, the bar counts its tiles
    try:
        for job in _tracked(jobs, hidden=hidden or len(jobs) == 1):
            with _warnings_of(job.input):
                _run(
                    *(job, denoiser, conformal, value_range, overwrite),
                    has_noise_model=noise_model is not None,
                    checked=as_json or not quiet,
                )
            if job.status == "skipped" and not as_json:
                say(f"skipped: {job.reason}")
            if job.status == "done" and job.arrays and not hidden:
                say(f"{job.input}: denoised {', '.join(job.arrays)}, and no other array")
            if job.status == "done" and not hidden and not sys.stdout.isatty():
                say(f"{job.input} -> {job.output} ({job.seconds:.1f} s)")
            raise_noted_interrupt()
    except KeyboardInterrupt:
        interrupted = True
    except CannotWriteError as error:
        failure = str(error)
    done, skipped = (sum(job.status == status for job in jobs) for status in ("done", "skipped"))
    if as_json:
        files = [job.as_dict() for job in jobs]
        result = {"files": files, "done": done, "skipped": skipped}
        if noise_model is not None:
            result["noise_model"] = {"shot": noise_model.shot, "read": noise_model.read}
        print_json(result | {"interrupted": interrupted, "failure": failure})
    else:
        left = len(jobs) - done - skipped
        print(f"{done} denoised, {skipped} skipped" + (f", {left} left" if left else ""))
        if not quiet:
            _report_noise(jobs, denoiser)
    if failure is not None:
        say(failure)
    if interrupted or skipped or failure is not None:
        raise typer.Exit(INTERRUPTED if interrupted else 1)


def _calibrated(model, coverage):
    """Return a denoiser of the package with its intervals."""
    try:
        if model.exists() or str(model) not in MODEL_CARDS:
            raise ValueError(
                f"{model} has no calibration with it. In Python, ConformalDenoiser calibrates any denoiser on clean "
                "images."
            )
        return ConformalDenoiser.from_pretrained(str(model), coverage=coverage)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--intervals") from error


def _check_stabilize(denoiser, model):
    denoiser.set_params(stabilize="estimate")
    try:
        denoiser._check_stabilize()
    except ValueError as error:
        raise typer.BadParameter(
            f"{model} was trained for other noise than Gaussian noise, which it removes as it is.",
            param_hint="--stabilize",
        ) from error


def _noise_of_all(jobs, denoiser, value_range, *, hidden):
    """Return the noise model of the images of all files, or of a random part of many files."""
    chosen = np.random.default_rng(0).permutation(len(jobs))[:MOST_IMAGES]
    files = _readable([jobs[index] for index in sorted(chosen)], denoiser, value_range)
    with _warnings_of("--noise-model"):
        model, n_images = measured_together(files, len(chosen))
    if not hidden:
        say(f"noise model of {n_images} image(s): {model.shot:g}:{model.read:g}")
    return model


def _readable(jobs, denoiser, value_range):
    """Yield the path, the images and the value range of files that can be measured.

    Errors in other files are reported when they are denoised, or now if no file is left.
    """
    n_readable, reason = 0, None
    for job in jobs:
        try:
            if is_archive(job.input):
                arrays, stacks = read_archive_stacks(job.input)
                images = arrays[stacks[-1]]
            else:
                images, _ = read_file(job.input, job.output)
            check_images(images)
            range_of_file = _range_of(images, denoiser, value_range)
            check_certain(images, value_range)
        except Exception as error:
            reason = reason or _reason(job, error)
            continue
        n_readable += 1
        yield job.input, images, range_of_file
    if not n_readable:
        raise typer.BadParameter(
            f"no image can be used to measure the noise. {reason}", param_hint="--noise-model"
        )


def _report_noise(jobs, denoiser):
    """Say what the noise was and is, and what to do where nearly all is left."""
    checks = {str(job.input): job.check for job in jobs if job.status == "done"}
    found = summary(list(checks.values()))
    if found:
        print(found)
    if denoiser.strength == 1:
        knows = {
            "knows_cameras": _contains(denoiser.noise_, CameraPipeline),
            "knows_correlated": _contains(denoiser.noise_, CorrelatedGaussianNoise),
        }
        for sentence in advice(checks, **knows):
            say(sentence)


def _contains(noise, kind):
    """Return whether a noise model is of a kind, or a mixture with one that is."""
    parts = noise.models if isinstance(noise, Compose | RandomChoice) else []
    return isinstance(noise, kind) or any(_contains(part, kind) for part in parts)


def _run(job, denoiser, conformal, value_range, overwrite, *, has_noise_model, checked):
    """Denoise a file, and record the result in the job; if `checked`, with its noise.

    With `conformal`, the ends of the intervals are written as well. A noise model needs a certain value range.
    """
    start = time.perf_counter()
    try:
        noisy, denoised = _denoise_file(
            job, denoiser, conformal, value_range, overwrite, has_noise_model
        )
    except CannotWriteError:
        raise
    except Exception as error:  # whatever is wrong with one file must not stop the others
        job.status, job.reason = "skipped", _reason(job, error)
    else:
        if checked:
            _check(job, noisy, denoised, _range_of(noisy, denoiser, value_range))
    job.seconds = round(time.perf_counter() - start, 3)


def _denoise_file(job, denoiser, conformal, value_range, overwrite, has_noise_model):
    """Write the result of a file, and return its images before and after."""
    ends = [] if conformal is None else ends_of(job.output)
    for path in (job.output, *ends):
        if path.exists() and not overwrite:
            raise ValueError(f"{path} exists; use --overwrite to replace it.")
    if is_archive(job.input):
        if ends:
            raise ValueError("an archive cannot have intervals; give its images as files.")
        write, noisy, denoised = _denoised_archive(job, denoiser, value_range, has_noise_model)
    else:
        noisy, write_images = read_file(job.input, job.output)
        denoised = _denoised(denoiser, noisy, value_range, has_noise_model)
        if ends:
            own_range = _range_of(noisy, denoiser, value_range)
            bounds = conformal.predict_interval(noisy, value_range=own_range)
            # First, so that a result without them is not taken for a whole one.
            for path, bound in zip(ends, bounds, strict=True):
                write_result(writer_of_end(write_images, path, job.output, bound), path)
        write = functools.partial(write_images, images=denoised)
    before = _version_of(job.output)
    try:
        write_result(write, job.output)
    finally:  # an interrupt may come after the file is in its place
        if _version_of(job.output) != before:
            job.status = "done"
            job.ends = ends
    return noisy, denoised


def _version_of(path):
    """Return what differs between a file and the one that replaces it; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _check(job, noisy, denoised, value_range):
    """Measure the noise of a file whose result is written, so that no failure makes it a skipped one."""
    try:
        job.check = self_check(noisy, denoised, value_range)
    except Exception as error:
        say(f"{job.input}: denoised, but its noise cannot be measured: {_reason(job, error)}")


def _tracked(jobs, hidden):
    from skdenoise.progress import track

    return track(jobs, "denoising", verbose=not hidden)


def _reason(job, error):
    """Return what is wrong with a file, with its name."""
    text = str(error) or type(error).__name__
    named = str(job.input) in text or str(job.output) in text
    return text if named else f"{job.input}: {text}"


def _range_of(images, denoiser, value_range):
    """Return the value range that images are denoised in: the given one, or their own."""
    return value_range or range_of_images(images, denoiser.value_range_)


def _denoised_archive(job, denoiser, value_range, has_noise_model):
    """Denoise the stacks of an archive, and record their names in the job.

    Returns
    -------
    write : callable
        Writes all arrays to a path.
    noisy, denoised : ndarray
        The largest stack before and after.
    """
    arrays, job.arrays = read_archive_stacks(job.input)
    for name in job.arrays:
        noisy = arrays[name]
        arrays[name] = _denoised(denoiser, noisy, value_range, has_noise_model)
    return functools.partial(write_archive, arrays=arrays), noisy, arrays[name]


def _denoised(denoiser, images, value_range, has_noise_model):
    """Denoise images from a file; errors name the options of the command line."""
    if has_noise_model:
        check_certain(images, value_range)
    try:
        return denoise_images(denoiser, images, value_range=value_range)
    except ValueError as error:
        raise ValueError(in_options(error)) from error


@contextlib.contextmanager
def _warnings_of(path):
    """Say the warnings about a file in a line each, which names the file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        say_warning(message, path)
