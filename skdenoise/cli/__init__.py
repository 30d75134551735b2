"""The command line: one module for each group of commands.

The modules import reports and everything below them. Nothing imports them.
"""

import inspect
from typing import Annotated

import typer

from skdenoise import __version__
from skdenoise.cli.demo import demo
from skdenoise.cli.denoise import denoise
from skdenoise.cli.models import info
from skdenoise.cli.study import evaluate, report
from skdenoise.cli.train import train

app = typer.Typer(
    help="Remove noise from images, before any scikit-learn classifier.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool):
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
):
    pass


def _in_whole_lines(text):
    """Return the paragraphs of a docstring, each as one line that the terminal wraps."""
    return "\n\n".join(" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n"))


_EXAMPLES = {
    demo: ["skdenoise demo"],
    train: [
        "skdenoise train clean_photographs -o photo.skdenoise",
        "skdenoise train noisy --clean clean -o pairs.skdenoise",
        "skdenoise train noisy --supervision self -o own.skdenoise",
    ],
    denoise: [
        "skdenoise denoise photo-real holiday -o denoised",
        "skdenoise denoise photo.skdenoise scan.tif -o scan_denoised.tif",
        "skdenoise denoise photo-gray cells.tif -o denoised --stabilize",
        "skdenoise denoise text scans -o denoised",
    ],
    info: [
        "skdenoise info photo-gray",
        "skdenoise info photo.skdenoise --json",
        "skdenoise info --versions",
    ],
    evaluate: [
        "skdenoise evaluate digits",
        "skdenoise evaluate folder_of_classes --noise-factor 0.2,0.4 --csv table.csv",
    ],
    report: [
        "skdenoise report digits -o report.html",
        "skdenoise report folder_of_classes --noise motion_blur --noise-factor 3",
    ],
}
for command, examples in _EXAMPLES.items():
    app.command(
        help=_in_whole_lines(command.__doc__), epilog="\n\n".join(["Examples:", *examples])
    )(command)
