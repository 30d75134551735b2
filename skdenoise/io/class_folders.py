"""Class folders: find the images of each class, and the parts for training and testing."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from skdenoise.io.file_names import ENDINGS, image_paths

_TRAIN = ("train", "training")
# In order of preference: without a test part, the validation part is used for testing.
_TEST = ("test", "testing")
_VALIDATION = ("val", "valid", "validation")


@dataclass(frozen=True)
class ClassFolders:
    """Image files in class folders.

    Parameters
    ----------
    train : dict of str to list of Path
        The files of each class; those for training, if `test` is given.
    test : dict of str to list of Path, or None
        The files of each class for testing. If None, the folder does not separate them.
    notes : list of str
        How the folder was read where this is not obvious, and what is not used.
    """

    train: dict[str, list[Path]]
    test: dict[str, list[Path]] | None
    notes: list[str]


def find_class_folders(path: Path) -> ClassFolders:
    """Find the images of each class in a folder.

    Parameters
    ----------
    path : Path
        A folder with one subfolder per class, or with a folder for training (``train`` or
        ``training``, whatever its case) and one for testing (``test`` or ``testing``, otherwise
        ``val``, ``valid`` or ``validation``) that have such subfolders.

    Raises
    ------
    ValueError
        If the folder has neither form, or could be read in several ways.
    """
    parts = _parts(path)
    if parts is None:
        classes, notes = _classes(path)
        names = [name for name in classes if _is_part(name)]
        if len(names) == len(classes):
            raise _without_classes(path, [path / name for name in names])
        if names:
            notes.append(f"read as classes, since they hold images: {listed(names)}")
        return ClassFolders(classes, None, notes)
    train, test = parts
    of_train, notes = _classes(train)
    of_test, notes_on_test = _classes(test)
    _check_same_classes(train, of_train, test, of_test)
    notes += notes_on_test + _on_loose_images(path)
    if (train.name, test.name) != ("train", "test"):
        notes.insert(0, f"training on {train.name}, testing on {test.name}")
    unused = [folder.name for folder in _folders(path) if folder not in parts]
    if unused:
        notes.append(f"not used, beside {train.name} and {test.name}: {listed(unused)}")
    return ClassFolders(of_train, of_test, notes)


def _parts(path):
    """Return the folders for training and testing, or None if the folder does not separate them."""
    train, test, validation = (
        [folder for folder in _folders(path) if folder.name.lower() in names]
        for names in (_TRAIN, _TEST, _VALIDATION)
    )
    test = test or validation
    if not train or not test:
        return None
    without = [folder for folder in (*train, *test) if not _has_class_folders(folder)]
    others = [folder for folder in _folders(path) if not _is_part(folder.name) and _images(folder)]
    if len(without) == len(train + test) and others:
        return None  # classes that are called so, beside others
    if without:
        raise _without_classes(path, without)
    if len(train) > 1 or len(test) > 1:
        several = [folder.name for folder in (train if len(train) > 1 else test)]
        raise ValueError(
            f"{path} has several folders for the same part, {listed(several)}; expected one for training and "
            "one for testing. Move or rename the others."
        )
    return train[0], test[0]


def _without_classes(path, folders):
    return ValueError(
        f"{path} has folders called {listed(folder.name for folder in folders)}, which have no subfolders "
        f"with images of a class. Put the images of each class into a folder of their own, such as "
        f"{folders[0] / 'cat'}, in a part for training (train) and one for testing (test or val). If the "
        "folders are classes, give them other names."
    )


def _classes(path):
    """Return the image files of each class, and notes on what is not used."""
    classes, notes, nested = {}, _on_loose_images(path), []
    for folder in _folders(path):
        files, deeper = _images(folder), _nested_images(folder)
        nested += deeper
        if files:
            classes[folder.name] = files
        elif not deeper:
            notes.append(f"no images ({', '.join(ENDINGS)}) in {folder}")
    if len(classes) < 2:
        raise ValueError(
            f"{path} has {len(classes)} folders with images ({', '.join(ENDINGS)}); expected one "
            f"folder per class, and at least two classes.{_advice(path, nested)}"
        )
    if nested:
        notes.append(f"not used: {len(nested)} image(s) in deeper folders, such as {nested[0]}")
    alike = _differ_only_in_case(classes)
    if alike:
        notes.append(f"classes that differ only in case: {listed(alike)}")
    return classes, notes


def _advice(path, nested):
    """Return what to do where images lie too deep in a folder, or nothing."""
    if not nested:
        return ""
    folder = path / nested[0].relative_to(path).parts[0]
    return (
        f" There are images in deeper folders, such as {nested[0]}. If the classes are in {folder}, give "
        "that folder; otherwise put the images directly into the class folders."
    )


def _check_same_classes(train, of_train, test, of_test):
    """Raise an error if a class of the test part is not in the training part."""
    unknown = [name for name in of_test if name not in of_train]
    if unknown:
        raise ValueError(
            f"{test} has the classes {listed(of_test)}, but {train} has {listed(of_train)}: no image of "
            f"{listed(unknown)} to train on. Give the folders of a class the same name in both, with the "
            "same case."
        )


def _differ_only_in_case(names):
    folded = [name.casefold() for name in names]
    return [name for name in names if folded.count(name.casefold()) > 1]


def _is_part(name):
    return name.lower() in (*_TRAIN, *_TEST, *_VALIDATION)


def _has_class_folders(path):
    return any(_images(folder) or _nested_images(folder) for folder in _folders(path))


def _folders(path):
    return [
        folder
        for folder in sorted(path.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
    ]


def _images(folder):
    """Return the images directly in a folder, sorted."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in ENDINGS and not file.name.startswith(".") and file.is_file()
    ]


def _nested_images(folder):
    return [file for file in image_paths(folder) if file.parent != folder]


def _on_loose_images(path):
    """Return a note on the images beside the class folders, if there are any."""
    files = _images(path)
    return (
        [f"not used: {len(files)} image(s) in no class folder, such as {files[0]}"] if files else []
    )


def listed(names: Iterable[str]) -> str:
    """Return up to eight names in words."""
    names = list(names)
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more
