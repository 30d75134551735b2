"""Finding the denoiser inside an estimator: a pipeline, a search, a frozen or any other wrapper."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from skdenoise.base import transformed
from skdenoise.denoisers.base import Denoiser
from skdenoise.images.layout import check_columns, check_images


class FoundDenoiser(NamedTuple):
    """A denoiser, and the steps that images go through before it.

    Parameters
    ----------
    denoiser : estimator
        The denoiser.
    before : list of transformer
        The steps before it, in their order.
    """

    denoiser: Any
    before: list

    def prepare(self, images):
        """Return images as the fitted denoiser receives them; a table must have the columns of its fit."""
        if not self.before:
            check_columns(images, getattr(self.denoiser, "feature_names_in_", None))
        for step in self.before:
            is_array = isinstance(images, np.ndarray)
            images = transformed(step, images) if is_array else step.transform(images)
        return images

    def value_range_for(self, images):
        """Return black and white as the fitted denoiser takes them in images that it receives, or None if unknown."""
        if isinstance(self.denoiser, Denoiser):
            return self.denoiser._range_of(check_images(images))
        return getattr(self.denoiser, "value_range_", None)


def unwrapped(estimator):
    """Return the estimator inside fitted searches and frozen estimators, without opening pipelines."""
    # Frozen estimators come first, because they pass on all attributes of the estimator inside.
    if isinstance(estimator, FrozenEstimator):
        return unwrapped(estimator.estimator)
    if hasattr(estimator, "best_estimator_"):
        return unwrapped(estimator.best_estimator_)
    return estimator


def named_steps(estimator, name="") -> list[tuple[str, Any]]:
    """Return what an estimator does to images, as a flat list of steps and their names.

    Pipelines, fitted searches and frozen estimators are opened at any depth. Steps that are "passthrough"
    are left out.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    name : str, default=""
        Name of the estimator. Names of nested steps are joined by a dash.
    """
    estimator = unwrapped(estimator)
    if estimator is None or isinstance(estimator, str):  # "passthrough"
        return []
    if not isinstance(estimator, Pipeline):
        return [(name or type(estimator).__name__.lower(), estimator)]
    prefix = f"{name}-" if name else ""
    return [
        step for inner, part in estimator.steps for step in named_steps(part, f"{prefix}{inner}")
    ]


def flat_pipeline(estimator) -> Pipeline:
    """Return one pipeline of all steps of a pipeline, search or frozen estimator, as they are."""
    return Pipeline(named_steps(estimator))


def find_denoiser(estimator) -> FoundDenoiser | None:
    """Return the first denoiser in an estimator, or None if it has none.

    Besides what `named_steps` opens, this looks into wrappers that have their estimator in
    ``estimator_`` or ``estimator``, such as ``TunedThresholdClassifierCV`` or a search that is not
    fitted.

    Parameters
    ----------
    estimator : estimator
        Fitted or not; the denoiser itself, or an estimator that contains one.
    """
    before = []
    for _, step in named_steps(estimator):
        if isinstance(step, Denoiser):
            return FoundDenoiser(step, before)
        found = find_denoiser(_wrapped(step))
        if found is not None:
            return FoundDenoiser(found.denoiser, before + found.before)
        before.append(step)
    return None


def only_denoiser(estimator) -> Denoiser | None:
    """Return the denoiser that an estimator is, also frozen or in a search; None for pipelines and all others."""
    inside = unwrapped(estimator)
    if inside is None or isinstance(inside, Denoiser):
        return inside
    return only_denoiser(_wrapped(inside))


def learns_labels(estimator) -> bool:
    """Return whether the denoiser in an estimator would be another one with other labels; True if it has none."""
    found = find_denoiser(estimator)
    params = {} if found is None else found.denoiser.get_params(deep=False)
    return found is None or bool(params.get("label_weight")) or params.get("classifier") is not None


def steps_that_know_their_noise(estimator) -> list:
    """Return the steps of an estimator that have been fitted with a noise model, ``noise_``."""
    return [step for step in _all_steps(estimator) if getattr(step, "noise_", None) is not None]


def _all_steps(estimator) -> Iterator[BaseEstimator]:
    """Yield all steps of an estimator, also those inside of wrappers, and the wrappers themselves."""
    for _, step in named_steps(estimator):
        # A denoiser of a classifier, and the members of an ensemble.
        for inner in (_wrapped(step), getattr(step, "denoiser_", None), *_members(step)):
            yield from _all_steps(inner)
        yield step


def _members(step):
    """Yield the fitted estimators of an ensemble, such as ``StackingClassifier`` or ``FeatureUnion``."""
    named = chain.from_iterable(
        getattr(step, name, ()) for name in ("transformer_list", "transformers_")
    )
    calibrated = getattr(step, "calibrated_classifiers_", ())
    members = [
        *getattr(step, "estimators_", ()),
        *(part[1] for part in named if isinstance(part, tuple)),
        *(part.estimator for part in calibrated),
    ]
    for member in members:
        if isinstance(member, BaseEstimator):  # not the lists of gradient boosting, not "drop"
            yield member


def _wrapped(step):
    """Return the estimator inside a wrapper: the fitted one, if there is one; None for other steps."""
    inner = getattr(step, "estimator_", None)
    inner = getattr(step, "estimator", None) if inner is None else inner
    return inner if isinstance(inner, BaseEstimator) else None
