import errno
import os
import stat
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skdenoise import FilterDenoiser, load
from skdenoise.io.file_names import ENDINGS
from skdenoise.io.image_files import write_image
from skdenoise.io.model_file import read_model
from skdenoise.io.safety import is_lasting, try_to_write, written_whole
from skdenoise.io.stacks import StackLayout, write_stack

# Writes a model file again and again, and says so after the first time.
WRITER = """
import sys
import numpy as np
from skdenoise.io.model_file import write_model
for number in range(10**9):
    write_model(sys.argv[1], {"number": number}, {"numbers": np.full(10**6, number, np.float64)})
    print(number, flush=True)
"""


@pytest.mark.parametrize("name", ["model", "skdenoise", "e"])
def test_errors_name_a_file_whose_name_is_in_them_anyway(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile(name, "w") as file:
        file.writestr("model.json", '{"format": "x"}')
    with pytest.raises(ValueError, match=f"^{name} is not a readable skdenoise model"):
        load(name)


def test_a_file_is_there_whole_or_as_it_was(tmp_path):
    path = tmp_path / "notes.txt"
    with written_whole(path) as new:
        new.write_text("first")
        assert new.suffix == ".txt"
        assert not path.exists()
    with pytest.raises(FileNotFoundError), written_whole(path) as new:
        new.rename(tmp_path / "nowhere" / "half.txt")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_with_the_longest_name_that_there_is_is_written(tmp_path):
    path = tmp_path / f"{'n' * 251}.txt"
    with written_whole(path) as new:
        new.write_text("text")
    assert path.read_text() == "text"


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")
def test_what_a_link_leads_to_is_replaced_and_keeps_its_mode(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target.txt", tmp_path / "link.txt"
    target.write_text("before")
    target.chmod(0o600)
    link.symlink_to(target)
    with written_whole(link) as new:
        assert stat.S_IMODE(new.stat().st_mode) == 0o600
        new.write_text("after")
    assert link.is_symlink()
    assert target.read_text() == "after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_new_file_has_the_usual_mode(tmp_path):
    mask = os.umask(0o027)
    try:
        with written_whole(tmp_path / "new.txt") as new:
            new.write_text("text")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path):
    path = tmp_path / "model.skdenoise"
    for seconds in (0.01, 0.05, 0.2):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE
        ) as process:
            process.stdout.readline()
            time.sleep(seconds)
            process.kill()
        about, arrays = read_model(path, lambda about, arrays: (about, arrays))
        np.testing.assert_array_equal(arrays["numbers"], np.full(10**6, about["number"]))


@contextmanager
def file_size_limit(n_bytes):
    """Let no file of this process become larger, which looks to it like a full disk."""
    resource = pytest.importorskip("resource", reason="limits of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("side", [10, 300])
def test_an_image_that_does_not_fit_is_an_error_and_leaves_nothing(tmp_path, ending, side):
    colours = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    image = {".pbm": colours[..., 0] > 99, ".pgm": colours[..., 0]}.get(ending, colours)
    path = tmp_path / f"image{ending}"
    write_image(path, image)
    size = path.stat().st_size
    path.unlink()
    for limit in (
        8,
        size // 2,
        size - 1,
    ):  # the encoders of some formats do not notice the last one
        with file_size_limit(limit), pytest.raises(OSError, match="too large") as caught:
            write_image(path, image)
        assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(path))
        assert not list(tmp_path.iterdir())


def test_a_stack_that_does_not_fit_is_an_error(tmp_path):
    pages = np.zeros((3, 50, 50), np.uint8)
    with file_size_limit(pages.nbytes), pytest.raises(OSError, match=r"stack\.tif"):
        write_stack(tmp_path / "stack.tif", pages, StackLayout((3,), "Q", "shaped"))
    assert not list(tmp_path.iterdir())


def test_save_names_the_file_that_does_not_fit_and_the_denoiser_stays(tmp_path):
    X = load_digits().images
    denoiser, path = FilterDenoiser("median").fit(X), tmp_path / "median.skdenoise"
    with file_size_limit(100), pytest.raises(OSError, match=r"median\.skdenoise") as caught:
        denoiser.save(path)
    assert caught.value.errno == errno.EFBIG
    denoiser.save(path)
    np.testing.assert_array_equal(load(path).transform(X), denoiser.transform(X))


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"source\.txt"),
        written_whole(tmp_path / "copy.txt") as new,
    ):
        new.write_text((tmp_path / "source.txt").read_text())


def test_a_trial_finds_missing_room_and_leaves_nothing(tmp_path):
    try_to_write(tmp_path / "new" / "folder", 2**12)
    assert not list(tmp_path.iterdir())
    with file_size_limit(2**20), pytest.raises(OSError, match="too large"):
        try_to_write(tmp_path, 2**20 + 1)
    with pytest.raises(OSError, match="No space left"):
        try_to_write(tmp_path, 2**42)
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        try_to_write(tmp_path / "file" / "folder")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_trial_finds_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError, match=tmp_path.name) as caught:
        try_to_write(tmp_path)
    assert is_lasting(caught.value, tmp_path)


def test_lasting_errors_are_those_that_the_next_file_meets_too(tmp_path):
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        assert is_lasting(OSError(number, "text"), tmp_path)
    for error in (
        PermissionError(errno.EACCES, "of one file"),
        OSError("text"),
        ValueError("text"),
    ):
        assert not is_lasting(error, tmp_path)
