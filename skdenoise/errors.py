"""Errors that have a type of their own."""


class ForkError(RuntimeError):
    """The framework cannot compute in this process, which was forked after it had started."""


class NotFiniteError(ValueError):
    """A result has values that are infinite or NaN."""


class DivergedError(ValueError):
    """A fit has made the network worse without end.

    Parameters
    ----------
    finding : str
        What shows it. The message adds what to do.
    """

    def __init__(self, finding: str) -> None:
        super().__init__(
            f"{finding}: training diverged. Lower learning_rate, or check that value_range fits the images."
        )
