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
    folder = Path(folder)
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def is_other_image(path: str | Path) -> bool:
    """Return whether a file has the extension of an image that is not read or written."""
    return Path(path).suffix.lower() in _OTHERS


def images_left_out(folder: str | Path) -> str:
    """Return a sentence on the images in a folder whose formats are not read, or an empty one."""
    paths = image_paths(folder, _OTHERS)
    if not paths:
        return ""
    endings = ", ".join(sorted({path.suffix.lower() for path in paths}))
    return (
        f"{len(paths)} image file(s) of {folder} with the endings {endings}. Convert them to PNG or TIFF to "
        "use them."
    )


def check_ending(path: str | Path) -> None:
    """Raise an error if no image is written with the extension of a path."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise ValueError(
            f"{path} cannot be written: expected one of the endings {', '.join(ENDINGS)}. Convert the image to "
            "PNG or TIFF, or give another name."
        )
