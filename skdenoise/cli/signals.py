"""The process of the command line: signals that end it, and warnings that it shows.

Only `skdenoise.__main__` calls these functions. Importing the package changes nothing.
"""

import signal
import warnings

from skdenoise.cli.common import say_warning
from skdenoise.interrupts import note_interrupt

# docker stop and batch schedulers; a terminal or ssh session that is closed. Windows has no SIGHUP.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_received = []


def interrupt_on_signals():
    """Let SIGTERM and SIGHUP do what Ctrl-C does, unless they are ignored, as with nohup."""
    for number in [signal.SIGINT, *_ENDING]:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number, frame):
    if number in _ENDING:
        # What was learned is saved now. A second signal must not stop that.
        for each in _ENDING:
            signal.signal(each, signal.SIG_IGN)
    _received.append(number)
    note_interrupt()
    raise KeyboardInterrupt


def exit_code_after(code):
    """Return an exit code or, if a signal has ended the work, 130 (Ctrl-C), 143 (SIGTERM) or 129 (SIGHUP)."""
    return 128 + _received[-1] if _received else code


def is_interrupt(error):
    """Return whether an error stands for an interrupt: a compiled module, while it is imported, replaces it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def show_plain_warnings():
    """Show warnings as a line each, without the place in the source."""
    warnings.showwarning = _show


def _show(message, category, filename, lineno, file=None, line=None):
    say_warning(message)
