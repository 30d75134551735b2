"""Docstrings of the public names: complete, and in the order of the signatures."""

import inspect
import re

import pytest
from numpydoc.validate import validate

import skdenoise
from skdenoise import CatalogueModel, UNetDenoiser
from skdenoise.inference.base import InferenceStep
from skdenoise.networks.by_name import NETWORKS
from skdenoise.networks.recipes import OWN

# https://numpydoc.readthedocs.io/en/latest/validation.html: sections in order, every parameter
# documented, with a type, none unknown, in the order of the signature; a summary in one line.
CHECKS = {"GL07", "PR01", "PR02", "PR03", "PR04", "PR08", "PR10", "RT01", "SS01", "SS03", "SS05"}

# Functions of the package make them: they have attributes in place of parameters.
RESULTS = (
    "skdenoise.Certificate",
    "skdenoise.ComparisonDisplay",
    "skdenoise.CorruptionReport",
    "skdenoise.DenoisingComparison",
)


def public_names():
    """Yield the dotted names of all public objects, and of the methods that they define."""
    for name in skdenoise.__all__:
        thing = getattr(skdenoise, name)
        if name.endswith("_scorer") and not inspect.isfunction(thing):
            continue  # instances, documented by their class
        yield f"skdenoise.{name}"
        if inspect.isclass(thing):
            for method, function in vars(thing).items():
                is_public = inspect.isfunction(function) and not method.startswith("_")
                if is_public and not is_documented_above(thing, method):
                    yield f"skdenoise.{name}.{method}"


def is_documented_above(thing, method):
    """Return whether a contract, an abstract base class of the package, documents a method."""
    contracts = [InferenceStep, CatalogueModel]
    return any(issubclass(thing, c) and thing is not c and hasattr(c, method) for c in contracts)


@pytest.mark.parametrize("name", list(public_names()))
def test_docstring_is_complete_and_in_the_order_of_the_signature(name):
    checks = CHECKS - {"PR01"} if name in RESULTS else CHECKS
    found = [f"{code}: {text}" for code, text in validate(name)["errors"] if code in checks]
    # scikit-learn's attributes after fitting on flat rows share a line without a type.
    assert [text for text in found if "feature_names_in_" not in text] == []


def recipe_table():
    """Return the table of defaults in the docstring of `UNetDenoiser`, as a dict of rows."""
    lines = inspect.getdoc(UNetDenoiser).splitlines()
    start, _, end = (i for i, line in enumerate(lines) if line.startswith("======="))
    head, *rows = (
        re.split(r"\s{2,}", line.strip()) for line in lines[start + 1 : end] if line[0] != "="
    )
    assert head == ["default", "compact", "its tiny", "bias_free", "classic", "your own"]
    return {row[0].strip("`"): row[1:] for row in rows}


def test_the_table_of_defaults_is_that_of_the_recipes():
    table = recipe_table()
    networks = [NETWORKS[name] for name in ("compact", "compact", "bias_free", "classic")]
    compact, _, bias_free, classic = (network.recipe for network in networks)
    recipes = [compact, compact.tiny, bias_free, classic, OWN]
    filters = [network.filters for network in networks]
    filters[1] = compact.tiny.filters
    assert table["filters"] == [*map(str, filters), "None"]
    assert table["length of a fit"] == [
        f"{recipe.epochs} epochs" if recipe.epochs else f"{recipe.steps} steps"
        for recipe in recipes
    ]
    assert table["batch_size"] == [str(recipe.batch_size) for recipe in recipes]
    assert table["learning_rate"] == [f"{recipe.learning_rate:g}" for recipe in recipes]
    assert table["rate of ``partial_fit"] == [
        f"{recipe.constant_learning_rate:g}" for recipe in recipes
    ]
    short = {"binary_crossentropy": "cross-entropy"}
    for row, attribute in (("loss`, noise added", "loss"), ("loss`, pairs", "loss_of_pairs")):
        losses = [short.get(loss, loss) for loss in (getattr(r, attribute) for r in recipes)]
        named = [text if text != "the same" else "cross-entropy" for text in table[row]]
        assert named == losses
    adam = [dict(recipe.adam) for recipe in recipes]
    assert table["beta_2` of Adam"] == [str(params.get("beta_2", "Keras's")) for params in adam]
    clipped = [str(params.get("clipnorm", "no")) for params in adam]
    assert table["gradients clipped to norm"] == clipped
