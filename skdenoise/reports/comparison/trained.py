"""A trained classifier, and what was chosen for it."""

from dataclasses import dataclass, field

from sklearn.pipeline import Pipeline

from skdenoise.base import transformed


@dataclass(frozen=True)
class Choice:
    """What a race has chosen for a condition.

    Parameters
    ----------
    setting : int
        Index of the setting, of those that the condition has.
    n_copies : int
        Number of noisy copies; 0 for clean images.
    given_up : bool
        Whether more copies were not tried, because other conditions were better.
    """

    setting: int
    n_copies: int
    given_up: bool = False


@dataclass(frozen=True)
class Trained:
    """A trained classifier, and the transformer before it, if there is one."""

    classifier: object
    transformer: object
    seconds: float
    choices: dict = field(default_factory=dict)
    choice: Choice | None = None

    def prepare(self, images):
        """Return images as the classifier receives them."""
        return images if self.transformer is None else transformed(self.transformer, images)

    def as_pipeline(self):
        """Return transformer and classifier as one fitted pipeline."""
        before = [] if self.transformer is None else [("denoise", self.transformer)]
        return Pipeline([*before, ("classify", self.classifier)])
