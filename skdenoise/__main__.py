"""``python -m skdenoise``, and the command ``skdenoise``."""

import os
import sys


def main():
    """Run the command line, or report which package is missing."""
    # TensorFlow reads this when it is imported. Without it, it prints pages of log messages.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        from skdenoise.cli import app
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "matplotlib", "pandas", "jinja2"):
            raise
        sys.exit(
            f"The command line needs the package {error.name}. Install it with\n"
            '    pip install "skdenoise[cli]"'
        )
    app(prog_name="skdenoise")


if __name__ == "__main__":
    main()
