"""``python -m skdenoise``, and the command ``skdenoise``."""

import os
import sys


def main():
    """Run the command line, or say what it lacks."""
    # TensorFlow reads this when it is imported; without it, it greets with pages of log.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from skdenoise.cli import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "matplotlib", "pandas", "jinja2"):
            raise
        sys.exit(
            f"The command line needs the package {error.name}: install it with\n"
            '    pip install "skdenoise[cli]"'
        )
    app(prog_name="skdenoise")


if __name__ == "__main__":
    main()
