"""The command ``train``."""

import copy
import warnings
from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from sklearn.exceptions import ConvergenceWarning

from skdenoise import ImageFolder, UNetDenoiser, noise_names
from skdenoise.cli.common import (
    INTERRUPTED,
    AsJson,
    Overwrite,
    Quiet,
    Seed,
    ValueRange,
    check_new,
    check_noise,
    choice_of,
    import_keras_in_silence,
    in_options,
    print_json,
    saved,
    say,
    say_warning,
)
from skdenoise.io.file_names import image_paths, images_left_out
from skdenoise.io.kinds import of_usual_kind
from skdenoise.networks.by_name import NETWORKS
from skdenoise.supervision.by_name import SUPERVISIONS

LEARNED_NOTHING = 3
_NETWORKS = tuple(NETWORKS)
_SUPERVISION = tuple(SUPERVISIONS)
# Share of the images, and the largest number of them, that are held out to measure the PSNR.
_HELD_OUT_SHARE, _MOST_HELD_OUT = 0.1, 20


def _check_factor(text):
    """Return a noise factor, or a range of them, as `UNetDenoiser` takes it."""
    if text in (None, "estimate"):
        return text
    try:
        values = tuple(float(part) for part in text.split(":"))
    except ValueError:
        values = ()
    if len(values) not in (1, 2) or values[0] > values[-1]:
        raise typer.BadParameter(f"{text!r} is not a number or a range such as 0:0.2.")
    return values[0] if len(values) == 1 else values


def train(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder of clean images, with its subfolders: PNG, JPEG, TIFF, BMP, WebP, PBM, PGM, PPM or .npy "
            "files of any size. With --clean or --supervision: noisy images.",
            exists=True,
            file_okay=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to save the denoiser.")],
    clean: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the same images without noise, under the same file names.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    supervision: Annotated[
        str,
        typer.Option(
            help="How to learn. clean: from clean images. self: from noisy images, by predicting hidden "
            "pixels (the noise must be independent between pixels). self_rows, self_columns: the same, by predicting "
            "hidden rows or columns (for stripes). recorrupted: from images with "
            "Gaussian noise, by adding more (--noise-factor: its strength, or estimate).",
            callback=choice_of(_SUPERVISION),
        ),
    ] = "clean",
    noise: Annotated[
        str,
        typer.Option(
            help=f"Noise to train on, one of {', '.join(noise_names())}.", callback=check_noise
        ),
    ] = "gaussian",
    noise_factor: Annotated[
        str | None,
        typer.Option(
            help="Strength of the noise, or a range such as 0:0.2 (the default for gaussian). For gaussian "
            "this is the standard deviation, where black is 0 and white is 1.",
            callback=_check_factor,
        ),
    ] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Convert colour images to grey.")] = False,
    network: Annotated[
        str, typer.Option(help=f"One of {', '.join(_NETWORKS)}.", callback=choice_of(_NETWORKS))
    ] = "compact",
    patch_size: Annotated[
        int, typer.Option(min=8, help="Side of the training patches, in pixels.")
    ] = 64,
    augment: Annotated[
        bool, typer.Option(help="Flip and turn patches at random; not for digits or text.")
    ] = True,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Passes over the images. By default, training takes 1,250 steps (other noise than Gaussian, pairs, and other "
            "numbers of channels than 1 and 3: 2,500; tiny images: 1,000; bias_free: 10,000; classic: 10 passes).",
        ),
    ] = None,
    value_range: ValueRange = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
):
    """Train a denoiser on the images of a folder, and save it.

    New noise is added to the clean images in each step, so no noisy images are needed. Files that cannot
    be read, or differ from the others in dtype or channels, are listed and left out, and the exit code is
    1. Ctrl-C, SIGTERM and SIGHUP stop the training and save the denoiser. If it has learned nothing, the
    exit code is 3.
    """
    check_new(output, overwrite)
    _check_supervision(supervision, clean, noise, noise_factor)
    images, n_left_out = _usable(folder, False if grey else None)
    n_found, targets = len(images), None
    if clean is not None:
        images, targets = _paired(images, folder, clean)
    images, targets, patch_size = _large_enough(images, targets, patch_size)
    n_left_out += n_found - len(images)
    if supervision == "clean" and noise == "gaussian" and noise_factor is None:
        noise_factor = (0.0, 0.2)
    import_keras_in_silence()
    denoiser = UNetDenoiser(
        noise,
        noise_factor,
        network=network,
        supervision=supervision,
        value_range=value_range,
        patch_size=patch_size,
        augment=augment,
        epochs=epochs,
        verbose=0 if quiet or as_json else 1,
        random_state=seed,
    )
    learning, judging = _split(images, targets, seed)
    if not (quiet or as_json):
        n_images = f"{len(learning[0])} image{'s' if len(learning[0]) > 1 else ''}"
        print(f"training on patches of {patch_size}x{patch_size} pixels of {n_images}", flush=True)
    exit_code, learned = _fit(denoiser, *learning)
    interrupted = exit_code != 0
    place = saved(output, denoiser.set_params(verbose=0).save)
    result = {
        "model": str(place),
        "images": len(learning[0]),
        "held_out": len(judging[0]),
        "epochs": denoiser.n_iter_,
        "left_out": n_left_out,
        "interrupted": interrupted,
        "learned": learned,
        "psnr": _psnr(denoiser, *judging) if not interrupted else None,
        "psnr_noisy": _psnr_of_noisy(denoiser, supervision, *judging) if not interrupted else None,
        "psnr_against": _judged_against(supervision, clean),
    }
    if as_json:
        print_json(result)
    else:
        print(_in_words(result))
    if not learned:
        say("The denoiser has learned nothing, see the warning above.")
    if not exit_code and place == output and not learned:
        exit_code = LEARNED_NOTHING
    if exit_code or n_left_out or place != output:
        raise typer.Exit(exit_code or 1)


def _check_supervision(supervision, clean, noise, noise_factor):
    """Check that the options are compatible."""
    if supervision != "clean" and clean is not None:
        raise typer.BadParameter(
            f"--supervision {supervision} learns from noisy images only; leave --clean out.",
            param_hint="--clean",
        )
    if supervision == "recorrupted" and (isinstance(noise_factor, tuple) or noise_factor is None):
        raise typer.BadParameter(
            "--supervision recorrupted needs a single noise strength, that of the images, such as 0.1; or "
            "estimate.",
            param_hint="--noise-factor",
        )
    if supervision == "recorrupted" and noise != "gaussian":
        raise typer.BadParameter(
            f"--supervision recorrupted is for gaussian noise, not {noise}.", param_hint="--noise"
        )
    if supervision != "recorrupted" and noise_factor == "estimate":
        raise typer.BadParameter(
            "estimate is for --supervision recorrupted; give a strength, or a range such as 0:0.2.",
            param_hint="--noise-factor",
        )
    adds_noise = clean is None and SUPERVISIONS[supervision].uses_noise
    if not adds_noise and (noise != "gaussian" or noise_factor is not None):
        option = "--clean" if clean is not None else f"--supervision {supervision}"
        raise typer.BadParameter(
            f"with {option}, the noise that is in the images is learned, and none is added; leave --noise and "
            "--noise-factor out.",
            param_hint="--noise" if noise_factor is None else "--noise-factor",
        )


def _judged_against(supervision, clean):
    """Return what the held-out images are compared with."""
    if supervision != "clean":
        return "the noisy images themselves"
    return "the images of --clean" if clean is not None else "clean images"


def _usable(folder, colour):
    """Return the usable images of a folder, and the number of the others, which are listed."""
    archives = image_paths(folder, (".npz",))
    for path in archives:
        say(f"left out: {path} is an archive, which only `skdenoise denoise` takes; give images")
    if left_out := images_left_out(folder):
        say(f"left out: {left_out}")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Left out")  # said above
            images = ImageFolder(folder, colour)
    except FileNotFoundError as error:
        raise typer.BadParameter(str(error), param_hint="FOLDER") from error

    def header(index):
        image = images[index]
        return image.shape, image.dtype

    usable, left_out = of_usual_kind(images.paths, header)
    reasons = {}
    for index, reason in left_out.items():
        reasons.setdefault(images.paths[index], []).append(reason)
    for first, *others in reasons.values():
        more = f" (and {len(others)} more page(s) of this file)" if others else ""
        say(f"left out: {first}{more}")
    if not usable:
        raise typer.BadParameter(f"{folder} has no readable image.", param_hint="FOLDER")
    return images.subset(usable), len(left_out) + len(archives)


def _paired(images, folder, clean):
    """Return the noisy images that have a usable clean image of the same name, and these."""
    targets, _ = _usable(clean, images.colour)
    index = {key: i for i, key in enumerate(_names_and_pages(targets, clean))}
    wanted = _names_and_pages(images, folder)
    missing = [str(name) for name, _ in wanted if not (clean / name).exists()]
    if missing:
        raise typer.BadParameter(
            f"{clean} lacks {len(missing)} of the images, for example {missing[0]}.",
            param_hint="--clean",
        )
    pages, clean_pages = (Counter(each.paths) for each in (images, targets))
    for path, number in pages.items():
        other = clean / path.relative_to(folder)
        if clean_pages[other] not in (0, number):
            raise typer.BadParameter(
                f"{path} has {number} usable page(s), and {other} has {clean_pages[other]}. Give as many clean "
                "pages, in the same order.",
                param_hint="--clean",
            )
    both = [i for i, name in enumerate(wanted) if name in index]
    if not both:
        raise typer.BadParameter("no image can be used in both folders.", param_hint="--clean")
    return images.subset(both), targets.subset(index[wanted[i]] for i in both)


def _names_and_pages(images, folder):
    return [
        (path.relative_to(folder), page)
        for path, page in zip(images.paths, images.pages, strict=True)
    ]


def _large_enough(images, targets, patch_size):
    """Return the images that are large enough for patches, and the size of the patches.

    If most images are too small, the patches are made smaller. Otherwise small images are left out.
    """
    sides = np.array([min(shape[:2]) for shape in images.read_shapes()])
    if np.median(sides) < patch_size:
        return images, targets, int(sides.min())
    paths = zip(images.paths, sides, strict=True)
    for path in dict.fromkeys(path for path, side in paths if side < patch_size):
        say(f"left out: {path} is smaller than a patch of {patch_size}x{patch_size} pixels")
    large = np.flatnonzero(sides >= patch_size)
    return images.subset(large), targets and targets.subset(large), patch_size


def _split(images, targets, seed):
    """Return the images (with their clean ones, if any) to train on, and those held out.

    Pages of a stack are often nearly the same. So whole files are held out, or else the last pages of one.
    """
    n_held_out = min(_MOST_HELD_OUT, int(_HELD_OUT_SHARE * len(images)))
    in_file = {}
    for index, path in enumerate(images.paths):
        in_file.setdefault(path, []).append(index)
    files, held_out = list(in_file), []
    for number in np.random.default_rng(seed).permutation(len(files)):
        pages = in_file[files[number]]
        if len(held_out) + len(pages) <= n_held_out:
            held_out += pages
    if not held_out:
        held_out = in_file[files[-1]][-n_held_out:] if n_held_out else []
    parts = sorted(set(range(len(images))) - set(held_out)), sorted(held_out)
    return [(images.subset(part), targets and targets.subset(part)) for part in parts]


def _fit(denoiser, images, targets):
    """Train.

    Returns
    -------
    exit_code : int
        Not 0 if training ended early, after at least one epoch.
    learned : bool
        Whether the fit has not warned that it learned nothing.
    """
    caught = set()

    def show(message, category, *place):  # at once: a fit may take an hour
        caught.add(category)
        say_warning(message)

    with warnings.catch_warnings():
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.showwarning = show
        exit_code = _fitted(denoiser, images, targets)
    return exit_code, not any(issubclass(category, ConvergenceWarning) for category in caught)


def _fitted(denoiser, images, targets):
    try:
        denoiser.fit(images, clean=targets)
    except KeyboardInterrupt:
        if not hasattr(denoiser, "n_iter_"):
            say("interrupted before the end of the first epoch: nothing is saved")
            raise typer.Exit(INTERRUPTED) from None
        return INTERRUPTED
    except (ValueError, OSError) as error:
        if not hasattr(denoiser, "n_iter_"):
            raise typer.BadParameter(in_options(error), param_hint="FOLDER") from error
        say(in_options(error))
        return 1
    return 0


def _psnr(denoiser, images, targets):
    """Return the PSNR of the held-out images, or None if there are none."""
    return denoiser.score(images, clean=targets) if len(images) else None


def _psnr_of_noisy(denoiser, supervision, images, targets):
    """Return the PSNR of the same images before denoising, if they are compared with clean ones."""
    if supervision != "clean":
        return None
    untouched = copy.copy(denoiser).set_params(strength=0)
    return _psnr(untouched, images, targets)


def _in_words(result):
    lines = [
        f"{result['model']}: trained on {result['images']} image(s), {result['epochs']} epoch(s)"
    ]
    if result["interrupted"]:
        lines[0] += ", then interrupted"
    if result["psnr"] is not None:
        noisy = result["psnr_noisy"]
        noisy = "" if noisy is None else f" (noisy: {noisy:.2f} dB)"
        lines.append(
            f"PSNR on {result['held_out']} held-out image(s): {result['psnr']:.2f} dB{noisy}, against "
            f"{result['psnr_against']}"
        )
    if result["left_out"]:
        lines.append(f"{result['left_out']} image(s) left out")
    return "\n".join(lines)
