"""Stacks: files of several images of one size, TIFF or NumPy, read and written in the same layout."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from skdenoise.io.file_names import TIFF
from skdenoise.io.kept import ICC_TAG, kept_of_page
from skdenoise.io.npy import is_image, mapped_images, native, write_array
from skdenoise.io.safety import errors_name, written_whole
from skdenoise.io.segments import check_segments, decoded_page
from skdenoise.io.tiff import (
    check_codecs,
    opened_tiff,
    quiet_tiff,
    tifffile_reads,
    upright_pixels,
    upright_shape,
    write_tiff,
)
from skdenoise.typing import Images

_NPY = ".npy"
# What tifffile derives from the shape when it writes a stack of ImageJ.
_DERIVED = ("ImageJ", "images", "channels", "slices", "frames", "hyperstack")


@dataclass(frozen=True)
class StackLayout:
    """What a file says of the order and meaning of its pages.

    Parameters
    ----------
    shape : tuple of int
        Lengths of the axes of the pages, such as (frames, slices, channels).
    axes : str
        Their letters as in tifffile, such as ``"TZC"``.
    kind : str
        Who wrote the file, as tifffile finds: ``"imagej"``, ``"shaped"`` (tifffile itself) or others.
    options : dict
        Further arguments of `tifffile.imwrite`: resolution, compression, and metadata of ImageJ.
    """

    shape: tuple[int, ...]
    axes: str
    kind: str
    options: dict[str, Any] = field(default_factory=dict)


class TiffStack(Sequence[Images]):
    """The pages of a TIFF file, each read on access.

    Channels of a microscope are pages of their own, and not colours.

    Parameters
    ----------
    path : str or Path
        The file.

    Attributes
    ----------
    page_shape : tuple of int
        (height, width) or (height, width, 3) of each page.
    layout : StackLayout
        The axes of the pages.

    Raises
    ------
    ValueError
        If it is not such a file, its pages differ in size or dtype, or it has more than 8 GiB.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._errors_name_it(), opened_tiff(self.path) as (file, n_pages):
            page, series = file.pages[0], file.series[0]
            n_axes = len(series.shape) - len(page.shape)
            lengths = series.shape[:n_axes]
            is_whole = len(file.pages) in (1, n_pages) and len(file.series) == 1
            if not is_whole or math.prod(lengths) != n_pages or not series.axes.endswith(page.axes):
                raise ValueError(
                    f"{self.path} has {n_pages} pages, which are not a plain stack of images of one size and dtype. "
                    "Save each page as a file."
                )
            if not tifffile_reads(page):
                kind = f"{self.path} is a stack of {page.dtype}, {page.photometric.name}"
                check_codecs(kind, page)
                raise ValueError(f"{kind}, which cannot be read. Save it as RGB or grey levels.")
            self.page_shape = upright_shape(self.path, page)
            self.layout = StackLayout(lengths, series.axes[:n_axes], series.kind, _options(file))
            self._n_pages = n_pages
            self._is_in_one_block = len(file.pages) == 1 and n_pages > 1

    def _errors_name_it(self):
        return errors_name(self.path, "cannot be read as a stack")

    @contextmanager
    def _opened(self) -> Iterator[tifffile.TiffFile]:
        """Open the file without the checks of all its pages, which were done once."""
        with self._errors_name_it(), quiet_tiff(self.path) as file:
            yield file

    def __len__(self) -> int:
        return self._n_pages

    def __getitem__(self, index: int) -> Images:  # type: ignore[override] # no slices
        """Return one page, (height, width) or (height, width, 3)."""
        index = range(len(self))[index]
        with self._opened() as file:
            return self._page(file, index)

    def read(self) -> Images:
        """Return all pages as one array (n_pages, height, width) or (n_pages, height, width, 3)."""
        with self._opened() as file:
            first = self._page(file, 0)
            pages = np.empty((len(self), *first.shape), first.dtype)
            for index in range(len(self)):
                pages[index] = self._page(file, index)
            return pages

    def _page(self, file, index):
        if self._is_in_one_block:  # by ImageJ, after the only page
            page, series = file.pages[0], file.series[0]
            shape = (len(self), *page.shape)
            dtype = series.dtype.newbyteorder(file.byteorder)
            pixels = file.filehandle.memmap_array(dtype, shape, series.dataoffset, mode="r")[index]
        else:
            page = file.pages.get(index, aspage=True)  # with its own orientation
            shape = upright_shape(self.path, page)
            if shape != self.page_shape:
                raise ValueError(f"page {index} has the shape {shape}, not {self.page_shape}")
            check_segments(f"{self.path}, page {index},", page)
            pixels = decoded_page(page)
        return upright_pixels(self.path, page, pixels)


class NpyStack(Sequence[Images]):
    """The images of a stack in an ``.npy`` file, each read on access.

    Parameters
    ----------
    path : str or Path
        The file.

    Attributes
    ----------
    page_shape : tuple of int
        (height, width) or (height, width, channels) of each image.
    layout : StackLayout
        One axis, which a TIFF file would have.

    Raises
    ------
    ValueError
        If it holds no stack.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        shape = self._pages().shape
        if is_image(shape):
            raise ValueError(
                f"{path} holds one image, an array of shape {shape}; expected a stack."
            )
        self.page_shape = shape[1:]
        self.layout = StackLayout(shape[:1], "I", "shaped")

    def _pages(self):
        with errors_name(self.path, "cannot be read as a stack"):
            return mapped_images(self.path)

    def __len__(self) -> int:
        return len(self._pages())

    def __getitem__(self, index: int) -> Images:  # type: ignore[override] # no slices
        """Return one image."""
        return native(self._pages()[index])

    def read(self) -> Images:
        """Return all images as one array."""
        return native(self._pages())


def opened_stack(path: str | Path) -> TiffStack | NpyStack:
    """Return the stack in a file."""
    return NpyStack(path) if Path(path).suffix.lower() == _NPY else TiffStack(path)


def is_stack_file(path: str | Path) -> bool:
    """Return whether a file holds a stack: a TIFF of several pages, or an array of images of any number."""
    if Path(path).suffix.lower() != _NPY:
        return n_images_in(path) > 1
    with errors_name(path, "cannot be read"):
        return not is_image(mapped_images(path).shape)


def is_imagej_image(path: str | Path) -> bool:
    """Return whether a file is a single image that ImageJ wrote, with a unit and more that only a stack keeps."""
    if Path(path).suffix.lower() not in TIFF:
        return False
    try:
        with errors_name(path, "cannot be read"), opened_tiff(path) as (file, n_pages):
            is_one = n_pages == 1 and file.series[0].kind == "imagej"
            return is_one and tifffile_reads(file.pages[0])
    except ValueError:
        return False  # whoever reads it reports why


def n_images_in(path: str | Path) -> int:
    """Return the number of images in a TIFF or ``.npy`` file, and 1 for others and for damaged ones."""
    ending = Path(path).suffix.lower()
    try:
        if ending == _NPY:
            return len(NpyStack(path)) if is_stack_file(path) else 1
        if ending in TIFF:
            with errors_name(path, "cannot be read"), opened_tiff(path) as (_, n_pages):
                return n_pages
    except ValueError:
        pass  # whoever reads it reports why
    return 1  # for others without a look into each file of a large folder


def check_stack_ending(path: str | Path, n_pages: int) -> None:
    """Raise an error if a stack cannot be written to a path."""
    if Path(path).suffix.lower() not in (*TIFF, _NPY):
        raise ValueError(f"{path}: a stack of {n_pages} pages can only be written as .tif or .npy.")


def write_stack(path: str | Path, pages: Images, layout: StackLayout) -> None:
    """Write the pages of a stack as a TIFF or ``.npy`` file. After an error, no partial file is left.

    Parameters
    ----------
    path : str or Path
        The file, whose ending is ``.tif``, ``.tiff`` or ``.npy``.
    pages : ndarray of shape (n_pages, height, width) or (n_pages, height, width, channels)
        The pages.
    layout : StackLayout
        Their axes, and the kind of file to write.

    Raises
    ------
    ValueError
        If the ending is another one.
    """
    check_stack_ending(path, len(pages))
    if Path(path).suffix.lower() == _NPY:
        write_array(path, pages)
        return
    is_colour = pages.ndim == 4
    axes = f"{layout.axes}YXS" if is_colour else f"{layout.axes}YX"
    options = {"photometric": "rgb" if is_colour else "minisblack", **layout.options}
    if layout.kind == "imagej":
        options |= {"imagej": True, "metadata": {**options["metadata"], "axes": axes}}
    elif layout.kind == "shaped":
        options["metadata"] = {"axes": axes}
    else:
        options["metadata"] = None
    with written_whole(path) as new:
        write_tiff(new, pages.reshape(*layout.shape, *pages.shape[1:]), **options)


def _options(file):
    """Return the arguments of `tifffile.imwrite` that keep what a file says beside its pixels."""
    page = file.pages[0]
    channels = 3 if page.samplesperpixel > 2 else 1
    is_once = len(file.pages) == 1 or ICC_TAG not in file.pages.get(1, aspage=True).tags
    options = kept_of_page(page).for_tiff(channels, page.dtype, profile_once=is_once)
    if file.series[0].kind == "imagej":
        for name in ("compression", "predictor"):
            options.pop(name, None)
        known = file.imagej_metadata or {}
        options["metadata"] = {
            name: _as_ascii(value) for name, value in known.items() if name not in _DERIVED
        }
    return options


def _as_ascii(value):
    """Return a text with other characters escaped as ImageJ does, such as the first one of µm."""
    if not isinstance(value, str):
        return value
    return "".join(one if one.isascii() else f"\\u{ord(one):04X}" for one in value)
