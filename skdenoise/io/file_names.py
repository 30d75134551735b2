"""File names: the endings of images, and the images in a folder."""

from collections.abc import Iterable
from pathlib import Path

TIFF = (".tif", ".tiff")
JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
NETPBM = (".pbm", ".pgm", ".ppm", ".pnm")
ENDINGS = (".png", *JPEG, ".bmp", ".webp", *NETPBM, *TIFF, ".npy")
# Endings of images that are not read from folders: moving, several, raw, or not written again.
_OTHERS = (
    *(".apng", ".avif", ".avifs", ".cr2", ".cr3", ".czi", ".dcm", ".dds", ".dib", ".dng", ".exr", ".fit"),
    *(".fits", ".gif", ".hdr", ".heic", ".heif", ".ico", ".j2k", ".jp2", ".jpx", ".jxl", ".jxr", ".lif"),
    *(".mpo", ".nd2", ".nef", ".nii", ".orf", ".arw", ".pcx", ".pfm", ".psd", ".qoi", ".raf", ".ras", ".rw2"),
    *(".sgi", ".svs", ".tga", ".xbm", ".xcf", ".xpm"),
)  # fmt: skip


def image_paths(folder: str | Path, endings: Iterable[str] = ENDINGS) -> list[Path]:
    """Return the files with these extensions in a folder and its subfolders, sorted."""
    return [path for path in _paths(folder, endings) if path.is_file()]


def _paths(folder, endings):
    folder = Path(folder)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def is_other_image(path: str | Path) -> bool:
    """Return whether a file has the extension of an image that is not read or written."""
    return Path(path).suffix.lower() in _OTHERS


def images_left_out(folder: str | Path) -> str:
    """Return what to know of images in a folder that are not read, in sentences, or an empty text.

    These are images in other formats, and links to files that are not there.
    """
    sentences = []
    paths = _paths(folder, (*ENDINGS, *_OTHERS))
    others = [path for path in paths if is_other_image(path) and path.is_file()]
    if others:
        endings = ", ".join(sorted({path.suffix.lower() for path in others}))
        sentences.append(
            f"{len(others)} image file(s) of {folder} with the endings {endings}. Convert them to PNG or TIFF to "
            "use them."
        )
    broken = [
        path
        for path in paths
        if path.is_symlink() and not path.exists() and not is_other_image(path)
    ]
    if broken:
        sentences.append(
            f"{len(broken)} link(s) of {folder} to files that are not there, such as {broken[0].name}."
        )
    return " ".join(sentences)


def check_ending(path: str | Path) -> None:
    """Raise an error if no image is written with the extension of a path."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise ValueError(
            f"{path} cannot be written: expected one of the endings {', '.join(ENDINGS)}. Convert the image to "
            "PNG or TIFF, or give another name."
        )
