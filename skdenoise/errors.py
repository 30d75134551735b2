"""Errors that must reach the user as they are."""


class ForkError(RuntimeError):
    """The framework cannot compute in this process, which was forked after it had started."""
