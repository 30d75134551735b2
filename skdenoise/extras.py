"""Extras: which packages are installed, and whether a call has the optional ones that it needs."""

import platform
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec


def require_extra(extra: str, what: str, *, modules: tuple[str, ...] = ()) -> None:
    """Raise an error if packages of the extra ``skdenoise[extra]`` are missing or too old.

    Call it before the work starts, so that the work is not lost for want of a package.

    Parameters
    ----------
    extra : str
        Name of the extra in the metadata of this package.
    what : str
        What needs the packages, for the error message.
    modules : tuple of str, default=()
        The modules of the extra that the call imports. If empty, requires all packages of the extra,
        in the versions that its metadata states.

    Raises
    ------
    ModuleNotFoundError
        Names each package, the version that is needed and the one that was found.
    """
    requirements = _requirements(extra)
    if modules:
        missing = [module.split(".")[0] for module in modules if not _can_import(module)]
        # A package that is installed but broken cannot be imported either.
        unmet = [
            (name in requirements and _unmet(requirements[name])) or f"{name} (cannot be imported)"
            for name in missing
        ]
    else:
        unmet = [text for text in map(_unmet, requirements.values()) if text]
    if unmet:
        raise ModuleNotFoundError(
            f"{what} needs {', '.join(unmet)}. Install what is missing: "
            f'pip install "skdenoise[{extra}]"'
        )


def require_keras(what: str) -> None:
    """Raise an error if Keras is missing, as in an environment for trained denoisers alone."""
    if find_spec("keras") is None:
        raise ModuleNotFoundError(
            f"{what} needs Keras and TensorFlow, which are not installed here. Install them: "
            "pip install keras tensorflow"
        )


def _requirements(extra):
    """Return the requirements of an extra by their names."""
    from packaging.requirements import Requirement

    try:
        declared = map(Requirement, requires("skdenoise") or ())
    except PackageNotFoundError:  # run from a source folder: nothing is known
        return {}
    return {
        requirement.name: requirement
        for requirement in declared
        if requirement.marker
        and requirement.marker.evaluate({"extra": extra})
        and not requirement.marker.evaluate({"extra": ""})
    }


def _unmet(requirement):
    """Return what is wrong with a package, or None."""
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name}{requirement.specifier} (not installed)"
    if requirement.specifier.contains(found, prereleases=True):
        return None
    return f"{requirement.name}{requirement.specifier} (found {found})"


def _can_import(module):
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def installed_versions() -> dict[str, str]:
    """Return the versions that a bug report or a result should name, of what is installed."""
    found = {"Python": platform.python_version()}
    for name in ("skdenoise", "scikit-learn", "keras", "tensorflow", "jax", "torch", "numpy"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found
