"""Extras: optional dependencies, and what is missing or too old of those that a call needs."""

from importlib.metadata import PackageNotFoundError, requires, version


def require_extra(extra, what):
    """Raise where a package that the extra ``skdenoise[extra]`` names is missing or too old.

    Parameters
    ----------
    extra : str
        Name of the extra in the metadata of this package.
    what : str
        What needs it, for the error message.

    Raises
    ------
    ImportError
        Names each package, the version that is needed and the one that was found.
    """
    unmet = [text for text in map(_unmet, _requirements(extra)) if text]
    if unmet:
        raise ImportError(
            f"{what} needs {', '.join(unmet)}. Install what is missing: "
            f"pip install 'skdenoise[{extra}]'"
        )


def _requirements(extra):
    from packaging.requirements import Requirement

    try:
        declared = map(Requirement, requires("skdenoise") or ())
    except PackageNotFoundError:  # run from a source folder: nothing is known
        return []
    return [
        requirement
        for requirement in declared
        if requirement.marker
        and requirement.marker.evaluate({"extra": extra})
        and not requirement.marker.evaluate({"extra": ""})
    ]


def _unmet(requirement):
    """Return what is wrong with a package, or None."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name}{requirement.specifier} (not installed)"
    if requirement.specifier.contains(found, prereleases=True):
        return None
    return f"{requirement.name}{requirement.specifier} (found {found})"
