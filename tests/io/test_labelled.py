"""Images from archives and folders, as the command line reads them."""

import numpy as np
import pytest
from PIL import Image

from skdenoise.io.labelled import load_labelled_images


def save_images(folder, classes=("cat", "dog"), n=12, size=(6, 5), mode="L"):
    """Write an image folder per class, cats dark and dogs bright."""
    for brightness, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for i in range(n):
            colour = 40 + 120 * brightness + i
            fill = colour if mode == "L" else (colour, 0, 0)
            Image.new(mode, size, fill).save(folder / name / f"{i}.png")


def test_digits_come_with_scikit_learn():
    images = load_labelled_images("digits", max_train=100, max_test=50)
    assert images.X_train.shape == (100, 8, 8)
    assert images.X_test.shape == (50, 8, 8)
    assert images.X_train.dtype == np.float32
    assert (images.X_train.min(), images.X_train.max()) == (0, 1)
    assert set(images.y_train) == set(range(10))


@pytest.mark.parametrize(("mode", "shape"), [("L", (5, 6)), ("RGB", (5, 6, 3))])
def test_a_folder_has_a_folder_for_each_class(tmp_path, mode, shape):
    save_images(tmp_path, mode=mode)
    images = load_labelled_images(tmp_path)
    assert images.X_train.shape == (18, *shape)
    assert images.X_test.shape == (6, *shape)
    dark = images.X_train[images.y_train == "cat"]
    assert 40 / 255 <= dark.max() <= 51 / 255
    assert images.X_train.max() > 160 / 255


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "I;16"])
def test_kinds_of_picture_files(tmp_path, mode):
    save_images(tmp_path)
    grey = Image.new("L", (6, 5), 200)
    for file in tmp_path.rglob("*.png"):
        picture = Image.fromarray(np.full((5, 6), 52000, np.uint16)) if mode == "I;16" else grey
        picture.convert(mode).save(file)
    X = load_labelled_images(tmp_path).X_train
    assert X.shape[1:] == ((5, 6, 3) if mode in ("RGBA", "P") else (5, 6))
    assert X.max() == (1 if mode == "1" else pytest.approx(200 / 255, abs=0.02))


def test_folders_may_say_what_to_test_on(tmp_path):
    save_images(tmp_path / "train")
    save_images(tmp_path / "test", n=3)
    images = load_labelled_images(tmp_path)
    assert len(images.X_train) == 24
    assert len(images.X_test) == 6


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_archives_are_read_in_units_of_black_and_white(tmp_path, dtype):
    white = 1 if dtype == "float64" else np.iinfo(dtype).max
    X = np.zeros((40, 4, 4), dtype)
    X[::2] = white
    y = np.arange(40)[:, np.newaxis] % 2
    np.savez(tmp_path / "a.npz", X=X, y=y)
    images = load_labelled_images(tmp_path / "a.npz")
    assert (images.X_train.min(), images.X_train.max()) == (0, 1)
    assert images.y_train.ndim == 1
    np.savez(tmp_path / "b.npz", x_train=X[:30], y_train=y[:30], x_test=X[30:], y_test=y[30:])
    images = load_labelled_images(tmp_path / "b.npz")
    assert len(images.X_test) == 10


def test_the_range_of_an_archive_is_that_of_its_training_images(tmp_path):
    X = np.random.default_rng(0).integers(0, 256, (50, 4, 4))
    y = np.arange(50) % 2
    for name, stored in {"int64": X, "floats of digits": X / 16, "flat": X.reshape(50, 16)}.items():
        np.savez(tmp_path / "a.npz", x_train=stored, y_train=y, x_test=stored[:9], y_test=y[:9])
        images = load_labelled_images(tmp_path / "a.npz")
        assert images.X_train.shape == (50, 4, 4), name
        assert 0 <= images.X_train.min() < 0.05, name
        assert 0.95 < images.X_train.max() <= 1, name


@pytest.mark.parametrize("limit", [20, 1345, 1346])
def test_any_limit_keeps_the_shares_of_the_classes(limit):
    images = load_labelled_images("digits", max_train=limit)
    counts = np.bincount(images.y_train)
    assert counts.sum() == limit
    assert np.ptp(counts) <= max(2, 0.1 * limit / 10)


def test_the_same_seed_draws_the_same_images():
    one, other = (load_labelled_images("digits", max_train=50, seed=seed) for seed in (1, 1))
    np.testing.assert_array_equal(one.X_train, other.X_train)


def test_what_is_wrong_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        load_labelled_images(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="0 folders with images"):
        load_labelled_images(tmp_path / "empty")
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(ValueError, match=r"no \.npz archive"):
        load_labelled_images(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", images=np.zeros((3, 4, 4)))
    with pytest.raises(ValueError, match=r"holds the arrays \['images'\]"):
        load_labelled_images(tmp_path / "other.npz")


def test_images_of_different_sizes_and_broken_files_are_named(tmp_path):
    save_images(tmp_path / "sizes")
    Image.new("L", (9, 9)).save(tmp_path / "sizes" / "dog" / "9.png")
    with pytest.raises(ValueError, match=r"9\.png is 9x9 with 1 channels.* one size"):
        load_labelled_images(tmp_path / "sizes")
    save_images(tmp_path / "broken")
    (tmp_path / "broken" / "dog" / "3.png").write_text("no image")
    with pytest.raises(ValueError, match=r"3\.png cannot be read"):
        load_labelled_images(tmp_path / "broken")
    save_images(tmp_path / "clear")
    Image.new("RGBA", (6, 5), (1, 2, 3, 100)).save(tmp_path / "clear" / "cat" / "0.png")
    with pytest.raises(ValueError, match="transparent"):
        load_labelled_images(tmp_path / "clear")


def test_hidden_files_and_folders_are_left_out(tmp_path):
    save_images(tmp_path)
    (tmp_path / "cat" / "._1.png").write_bytes(b"what macOS leaves on other disks")
    (tmp_path / ".thumbnails").mkdir()
    Image.new("L", (6, 5)).save(tmp_path / ".thumbnails" / "1.png")
    images = load_labelled_images(tmp_path)
    assert len(images.X_train) + len(images.X_test) == 24
    assert set(images.y_train) == {"cat", "dog"}


def test_archives_that_would_fill_the_memory_or_are_damaged_are_named(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", X=np.zeros((20, 30, 30)), y=np.arange(20) % 2)
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.npz is no \.npz archive"):
        load_labelled_images(tmp_path / "cut.npz")
    monkeypatch.setattr("skdenoise.io.safety.MAX_BYTES", 100_000)
    with pytest.raises(ValueError, match=r"a\.npz holds .* Split it"):
        load_labelled_images(tmp_path / "a.npz")
