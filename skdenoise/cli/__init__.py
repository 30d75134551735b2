"""The command line: one module for each group of commands.

The modules import reports and everything below them. Nothing imports them.
"""

from typing import Annotated

import matplotlib  # noqa: F401 (so that a missing matplotlib is reported before training)
import typer

from skdenoise import __version__
from skdenoise.cli.demo import demo
from skdenoise.cli.files import denoise, info
from skdenoise.cli.study import evaluate, report
from skdenoise.cli.train import train

app = typer.Typer(
    help="Remove noise from images, before any scikit-learn classifier.",
    no_args_is_help=True,
    add_completion=False,
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


for command in (demo, train, denoise, info, evaluate, report):
    app.command()(command)
