"""Interrupts that the command line must not lose.

A KeyboardInterrupt is lost if it is raised while compiled code looks up an attribute, or while Python
deletes an object: both drop every exception. In a fit with short epochs that happens once in some hundred
times. So the command line notes each signal here, and long work asks between its steps whether there was
one.
"""

_noted = []


def note_interrupt() -> None:
    """Note that the work is to be interrupted."""
    _noted.append(True)


def raise_noted_interrupt() -> None:
    """Raise KeyboardInterrupt if an interrupt was noted, and forget it."""
    if _noted:
        _noted.clear()
        raise KeyboardInterrupt
