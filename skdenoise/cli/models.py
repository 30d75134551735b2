"""The models that commands take, and the command ``info``."""

import math
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from skdenoise.cli.common import AsJson, import_keras_in_silence, print_json
from skdenoise.denoisers.loading import load
from skdenoise.denoisers.pretrained import MODEL_CARDS, pretrained_path
from skdenoise.denoisers.unet import UNetDenoiser
from skdenoise.extras import installed_versions
from skdenoise.inference import onnx_runtime
from skdenoise.supervision.by_name import resolve_supervision

_ARGUMENT = typer.Argument(
    help="A file saved by `skdenoise train`, or the name of a denoiser in the package: "
    f"{', '.join(MODEL_CARDS)}.",
)
Model = Annotated[Path, _ARGUMENT]


def file_of(model):
    """Return the file of a model given by its path or, if there is no such file, its name."""
    if _is_packaged(model):
        return pretrained_path(str(model))
    if model.is_dir():
        raise typer.BadParameter(f"{model} is a folder; give a file.", param_hint="MODEL")
    if model.exists():
        return model
    raise typer.BadParameter(
        f"{model} is neither a file nor a denoiser in the package: {', '.join(MODEL_CARDS)}.",
        param_hint="MODEL",
    )


def _is_packaged(model):
    return str(model) in MODEL_CARDS and not model.is_file()


def loaded(model):
    """Return a denoiser of the package, or the one in a model file."""
    file = file_of(model)
    if not onnx_runtime.is_preferable():
        import_keras_in_silence()
    try:
        if _is_packaged(model):
            return UNetDenoiser.from_pretrained(str(model))
        return load(file)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="MODEL") from error


def info(
    model: Annotated[Path | None, _ARGUMENT] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="Show the versions that a bug report should name.")
    ] = False,
    as_json: AsJson = False,
):
    """Show what a denoiser is for, and how it was trained."""
    if versions:
        found = installed_versions() | {"platform": platform.platform()}
        if as_json:
            print_json(found)
        else:
            print("\n".join(f"{k} {v}" for k, v in found.items()))
        return
    if model is None:
        raise typer.BadParameter(
            f"give a file, or a denoiser in the package: {', '.join(MODEL_CARDS)}.",
            param_hint="MODEL",
        )
    file = file_of(model)
    denoiser = loaded(model)
    card = asdict(MODEL_CARDS[str(model)]) if _is_packaged(model) else {}
    if as_json:
        print_json(_facts(denoiser) | {"bytes": file.stat().st_size} | card)
        return
    table = Table(show_header=False, box=None, title=str(model), title_justify="left")
    for name, text in (_in_words(denoiser, file.stat().st_size) | card).items():
        lines = text if isinstance(text, str) else "\n".join(f"{k}: {v}" for k, v in text.items())
        table.add_row(name.replace("_", " "), lines)
    Console().print(table)


def _facts(denoiser):
    """Return what a program wants to know of a denoiser."""
    facts = {
        "denoiser": type(denoiser).__name__,
        "channels": denoiser.image_shape_[2],
        "value_range": None if denoiser.value_range_ is None else list(denoiser.value_range_),
        "noise": _noise_of(denoiser),
    }
    if not isinstance(denoiser, UNetDenoiser):
        params = denoiser.get_params(deep=False)
        return facts | {k: params[k] for k in ("method", "n_components") if k in params}
    return facts | {
        "network": denoiser.network,
        "filters": list(denoiser._network.architecture.filters),
        "parameters": int(sum(weight.size for weight in denoiser._network.weights)),
        "epochs": denoiser.n_iter_,
        "losses": _last_losses(denoiser),
    }


def _in_words(denoiser, n_bytes):
    """Return what a reader wants to know of a denoiser."""
    facts = _facts(denoiser)
    height, width, channels = denoiser.image_shape_
    size = "fitted on several sizes" if height is None else f"fitted on {width}x{height} pixels"
    colours = {1: "grey", 3: "RGB"}.get(channels, f"{channels} channels")
    words = {
        "denoiser": ", ".join(
            [facts["denoiser"]]
            + [f"{k} {facts[k]}" for k in ("method", "n_components") if facts.get(k)]
        ),
        "images": f"{colours}, {size}; black and white: {_range_in_words(denoiser)}",
        "noise": _noise_in_words(denoiser),
    }
    if isinstance(denoiser, UNetDenoiser):
        filters = ", ".join(map(str, facts["filters"]))
        losses = ", ".join(f"{name} {value:.4f}" for name, value in facts["losses"].items())
        words |= {
            "network": f"{facts['network']}, filters {filters}: {facts['parameters']:,} parameters",
            "trained_on": _trained_on(denoiser),
            "training": f"{facts['epochs']:,} epoch(s); last {losses}",
        }
    return words | {"file": f"{n_bytes / 1e6:.1f} MB"}


def _last_losses(denoiser):
    last = {name: values[-1] for name, values in denoiser.history_.items()}
    return {name: loss for name, loss in last.items() if not math.isnan(loss)}


def _range_in_words(denoiser):
    if denoiser.value_range_ is None:
        return "by the dtype of each image"
    low, high = denoiser.value_range_
    return f"{low:g} and {high:g}"


def _noise_of(denoiser):
    if getattr(denoiser, "supervision", "clean") != "clean":
        return "that of the noisy images"
    return "real pairs" if denoiser.noise_ is None else repr(denoiser.noise_)


def _noise_in_words(denoiser):
    """Return the noise that a denoiser removes, and the first sentence about it."""
    noise = denoiser.noise_
    if noise is None or getattr(denoiser, "supervision", "clean") != "clean":
        return "that of the images it was trained on"
    about = (type(noise).__doc__ or "").strip().partition("\n")[0].replace("``", "")
    return f"{noise!r}\n{about}" if about else repr(noise)


def _trained_on(denoiser):
    supervision = resolve_supervision(denoiser.supervision)
    if supervision.learns_from_clean and denoiser.noise_ is None:
        return "pairs of noisy and clean images"
    return supervision.images
