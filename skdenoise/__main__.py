"""``python -m skdenoise``, and the command ``skdenoise``."""

import errno
import os
import sys

from skdenoise.extras import require_extra


def main():
    """Run the command line, or report which package is missing."""
    # TensorFlow reads this when it is imported. Without it, it prints pages of log messages.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        require_extra("cli", "The command line", modules=("typer", "jinja2"))
    except ModuleNotFoundError as error:
        sys.exit(str(error))
    from skdenoise.cli import app, signals

    signals.show_plain_warnings()
    signals.interrupt_on_signals()
    try:
        app(prog_name="skdenoise")
    except SystemExit as end:
        sys.exit(signals.exit_code_after(end.code))
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            # Results in files have errors that name them.
            sys.exit(f"The output cannot be written: {error.strerror}.")
        if not signals.is_interrupt(error):
            raise
        print("Aborted.", file=sys.stderr)
        sys.exit(signals.exit_code_after(130))


if __name__ == "__main__":
    main()
