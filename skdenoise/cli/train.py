"""The command ``train``."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from skdenoise import ImageFolder, UNetDenoiser, noise_names
from skdenoise.cli.common import (
    INTERRUPTED,
    AsJson,
    Overwrite,
    Quiet,
    Seed,
    check_new,
    check_noise,
    choice_of,
    import_keras_in_silence,
    say,
)

_NETWORKS = ("compact", "bias_free", "classic")
# A tenth of the images, and at most so many, tell how good the denoiser has become.
_HELD_OUT_SHARE, _MOST_HELD_OUT = 0.1, 20


def _check_factor(text):
    """Return a noise factor, or a range of them, as `UNetDenoiser` takes it."""
    if text is None:
        return None
    try:
        values = tuple(float(part) for part in text.split(":"))
    except ValueError:
        values = ()
    if len(values) not in (1, 2) or values[0] > values[-1]:
        raise typer.BadParameter(f"{text!r} is neither a number nor a range such as 0:0.2.")
    return values[0] if len(values) == 1 else values


def train(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Clean images, in a folder and the folders in it: PNG, JPEG, TIFF, BMP, WebP or .npy "
            "files of any size. With --clean: noisy ones.",
            exists=True,
            file_okay=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to save the denoiser.")],
    clean: Annotated[
        Path | None,
        typer.Option(
            help="The same images clean, under the same names, to learn from real pairs.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    noise: Annotated[
        str,
        typer.Option(
            help=f"The noise to train on, one of {', '.join(noise_names())}.", callback=check_noise
        ),
    ] = "gaussian",
    noise_factor: Annotated[
        str | None,
        typer.Option(
            help="Its strength, or a range of strengths; 0:0.2 for gaussian where none is given: its "
            "standard deviation, from black to white 1.",
            callback=_check_factor,
        ),
    ] = None,
    grey: Annotated[bool, typer.Option("--grey", help="Turn colours into grey levels.")] = False,
    network: Annotated[
        str, typer.Option(help=f"One of {', '.join(_NETWORKS)}.", callback=choice_of(_NETWORKS))
    ] = "compact",
    patch_size: Annotated[
        int, typer.Option(min=8, help="Pixels a side of what is trained on.")
    ] = 64,
    augment: Annotated[
        bool, typer.Option(help="Flip and turn patches at random: not for digits or text.")
    ] = True,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Passes over the images; otherwise 2,500 steps (tiny images: 1,000), of bias_free 10,000.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    seed: Seed = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
):
    """Train a denoiser on the images of a folder, and save it.

    Noise is drawn on clean images, anew in each step, so that none need be there. A file that cannot be
    read is named and left out. Ctrl-C keeps what has been learned until then.
    """
    check_new(output, overwrite)
    images = _usable(folder, False if grey else None)
    targets = None if clean is None else _paired(images, folder, clean)
    if noise == "gaussian" and noise_factor is None:
        noise_factor = (0.0, 0.2)
    import_keras_in_silence()
    denoiser = UNetDenoiser(
        noise,
        noise_factor,
        network=network,
        patch_size=min(patch_size, *(min(shape[:2]) for shape in images.read_shapes())),
        augment=augment,
        epochs=epochs,
        verbose=0 if quiet or as_json else 1,
        random_state=seed,
    )
    learning, judging = _split(images, targets, seed)
    exit_code = _fit(denoiser, *learning)
    interrupted = exit_code != 0
    denoiser.set_params(verbose=0).save(output)
    result = {
        "model": str(output),
        "images": len(learning[0]),
        "held_out": len(judging[0]),
        "epochs": denoiser.n_iter_,
        "interrupted": interrupted,
        "psnr": _psnr(denoiser, *judging) if not interrupted else None,
    }
    print(json.dumps(result) if as_json else _in_words(result))
    if interrupted:
        raise typer.Exit(exit_code)


def _usable(folder, colour):
    """Return the images of a folder that can be read and go together; name the others."""
    try:
        images = ImageFolder(folder, colour)
    except FileNotFoundError as error:
        raise typer.BadParameter(str(error), param_hint="FOLDER") from error
    kinds = {}
    for index, path in enumerate(images.paths):
        try:
            image = images[index]
            kinds[path] = (image.shape[2:], image.dtype.name)
        except ValueError as error:
            say(f"left out: {error}")
    if not kinds:
        raise typer.BadParameter(f"{folder} has no image that can be read.", param_hint="FOLDER")
    usual, _ = Counter(kinds.values()).most_common(1)[0]
    for path, found in kinds.items():
        if found != usual:
            say(f"left out: {path} is {_described(*found)}, most are {_described(*usual)}")
    return images.subset(i for i, path in enumerate(images.paths) if kinds.get(path) == usual)


def _described(channels, dtype):
    return f"{dtype} with {channels[0]} channels" if channels else f"grey {dtype}"


def _paired(images, folder, clean):
    """Return the clean images of noisy ones, by their names."""
    targets = _usable(clean, images.colour)
    index = {path.relative_to(clean): i for i, path in enumerate(targets.paths)}
    wanted = [path.relative_to(folder) for path in images.paths]
    missing = [str(name) for name in wanted if name not in index]
    if missing:
        raise typer.BadParameter(
            f"{clean} lacks {len(missing)} of the images, {missing[0]} for one.",
            param_hint="--clean",
        )
    return targets.subset(index[name] for name in wanted)


def _split(images, targets, seed):
    """Return the images (and clean ones, if any) to learn from, and those to judge by."""
    order = np.random.default_rng(seed).permutation(len(images))
    n_held_out = min(_MOST_HELD_OUT, int(_HELD_OUT_SHARE * len(images)))
    parts = sorted(order[n_held_out:]), sorted(order[:n_held_out])
    return [(images.subset(part), targets and targets.subset(part)) for part in parts]


def _fit(denoiser, images, targets):
    """Train; return the exit code, which is not 0 where training ended early, but after an epoch."""
    try:
        denoiser.fit(images, clean=targets)
    except KeyboardInterrupt:
        if not hasattr(denoiser, "n_iter_"):
            say("interrupted before the first epoch was over: nothing is saved")
            raise typer.Exit(INTERRUPTED) from None
        return INTERRUPTED
    except (ValueError, OSError) as error:
        if not hasattr(denoiser, "n_iter_"):
            raise typer.BadParameter(str(error), param_hint="FOLDER") from error
        say(str(error))
        return 1
    return 0


def _psnr(denoiser, images, targets):
    """Return the PSNR of images that were held out, None where there are none."""
    return denoiser.score(images, clean=targets) if len(images) else None


def _in_words(result):
    lines = [
        f"{result['model']}: trained on {result['images']} image(s), {result['epochs']} epoch(s)"
    ]
    if result["interrupted"]:
        lines[0] += ", then interrupted"
    if result["psnr"] is not None:
        lines.append(
            f"{result['psnr']:.2f} dB on {result['held_out']} image(s) that it has not seen, "
            "with noise, denoised"
        )
    return "\n".join(lines)
