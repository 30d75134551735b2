"""Images from archives and folders, as the command line reads them."""

import subprocess
import sys

import numpy as np
import pytest
import tifffile
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
    with pytest.raises(ValueError, match=r"not a readable \.npz archive"):
        load_labelled_images(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", images=np.zeros((3, 4, 4)))
    with pytest.raises(ValueError, match=r"holds the arrays \['images'\]"):
        load_labelled_images(tmp_path / "other.npz")


def test_images_of_different_sizes_are_named(tmp_path):
    save_images(tmp_path / "sizes")
    Image.new("L", (9, 9)).save(tmp_path / "sizes" / "dog" / "9.png")
    with pytest.raises(ValueError, match=r"9\.png is 9x9 pixels.* one size"):
        load_labelled_images(tmp_path / "sizes")


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
    with pytest.raises(ValueError, match=r"cut\.npz is not a readable \.npz archive"):
        load_labelled_images(tmp_path / "cut.npz")
    monkeypatch.setattr("skdenoise.io.safety.MAX_BYTES", 100_000)
    with pytest.raises(ValueError, match=r"a\.npz holds .* Split it"):
        load_labelled_images(tmp_path / "a.npz")


def test_a_path_called_digits_comes_before_the_digits_of_scikit_learn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_images(tmp_path / "digits")
    assert set(load_labelled_images("digits").y_train) == {"cat", "dog"}


def write_16_bits(path):
    Image.fromarray(np.full((5, 6), 52000, np.uint16)).save(path)


def write_floats(path):
    tifffile.imwrite(path.with_suffix(".tif"), np.full((5, 6), 0.5, np.float32))
    path.unlink()


def write_nan(path):
    np.save(path.with_suffix(".npy"), np.full((5, 6), np.nan))
    path.unlink()


def write_stack(path):
    tifffile.imwrite(
        path.with_suffix(".tif"), np.zeros((4, 5, 6), np.uint8), photometric="minisblack"
    )
    path.unlink()


def write_half(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"IDAT") + 6])


ODD = {
    "16 bits": (write_16_bits, "grey uint16; most images are grey uint8"),
    "1 bit": (lambda path: Image.new("1", (6, 5)).save(path), "grey bool; most"),
    "floats": (write_floats, "grey float32; most images are grey uint8"),
    "not a number": (write_nan, "grey float64; most"),
    "colours": (lambda path: Image.new("RGB", (6, 5)).save(path), "uint8 with 3 channels; most"),
    "a stack": (write_stack, "has 4 pages"),
    "no image": (lambda path: path.write_text("no image"), "cannot be read"),
    "half an image": (write_half, "cannot be read"),
    "transparent": (lambda path: Image.new("LA", (6, 5), (9, 100)).save(path), "transparent"),
}


@pytest.mark.parametrize("kind", ODD)
def test_files_that_do_not_belong_to_the_others_are_left_out_and_named(tmp_path, kind):
    write, reason = ODD[kind]
    save_images(tmp_path)
    write(tmp_path / "dog" / "3.png")
    images = load_labelled_images(tmp_path)
    assert len(images.X_train) + len(images.X_test) == 23
    (left_out,) = images.left_out
    assert str(tmp_path / "dog" / "3.") in left_out
    assert reason in left_out


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("part", [".", "train", "test"])
def test_a_class_that_would_lose_all_its_images_is_refused(tmp_path, kind, part):
    write, reason = ODD[kind]
    for each in {part} if part == "." else ("train", "test"):
        save_images(tmp_path / each, classes=("cat", "dog", "fish"), n=4)
    for file in sorted((tmp_path / part / "fish").iterdir()):
        write(file)
    for limit in (None, 6):
        with pytest.raises(ValueError, match=f"class fish is left.*{reason}"):
            load_labelled_images(tmp_path, max_train=limit, max_test=limit)


def test_integers_below_zero_need_a_value_range(tmp_path):
    X = np.random.default_rng(0).integers(-100, 101, (40, 8, 8)).astype(np.int16)
    np.savez(tmp_path / "signed.npz", X=X, y=np.arange(40) % 2)
    with pytest.raises(ValueError, match="negative"):
        load_labelled_images(tmp_path / "signed.npz")
    images = load_labelled_images(tmp_path / "signed.npz", value_range=(-100, 100))
    np.testing.assert_allclose(np.unique(images.X_train), np.linspace(0, 1, 201), atol=1e-6)


def test_images_of_other_formats_are_noted(tmp_path):
    for folder in (tmp_path / "cat", tmp_path / "dog"):
        folder.mkdir()
        for number in range(4):
            Image.new("L", (8, 8), 20 * number).save(folder / f"{number}.png")
    Image.new("L", (8, 8)).save(tmp_path / "cat" / "moving.gif")
    images = load_labelled_images(tmp_path)
    (note,) = images.notes
    assert note.startswith("left out: 1 image file(s)")
    assert ".gif" in note
    assert not images.left_out


def test_floats_that_are_not_finite_are_left_out_and_named(tmp_path):
    for label in range(2):
        (tmp_path / str(label)).mkdir()
        for i in range(8):
            np.save(tmp_path / str(label) / f"{i}.npy", np.full((5, 6), i / 8))
    np.save(tmp_path / "1" / "3.npy", np.full((5, 6), np.nan))
    images = load_labelled_images(tmp_path)
    assert len(images.X_train) + len(images.X_test) == 15
    assert [str(tmp_path / "1" / "3.npy") in reason for reason in images.left_out] == [True]


def test_a_file_of_the_sample_that_cannot_be_read_is_replaced(tmp_path):
    save_images(tmp_path / "train")
    save_images(tmp_path / "test")
    for i in range(6):
        write_half(tmp_path / "train" / "dog" / f"{i}.png")
    images = load_labelled_images(tmp_path, max_train=12)
    assert len(images.X_train) == 12
    assert 0 < len(images.left_out) <= 6


@pytest.mark.parametrize(
    ("train", "test", "is_said"),
    [
        ("train", "test", False),
        ("train", "val", True),
        ("Train", "TEST", True),
        ("training", "validation", True),
        ("TRAIN", "valid", True),
    ],
)
def test_parts_are_found_whatever_their_case(tmp_path, train, test, is_said):
    save_images(tmp_path / train, n=5)
    save_images(tmp_path / test, n=3)
    images = load_labelled_images(tmp_path)
    assert (len(images.X_train), len(images.X_test)) == (10, 6)
    assert images.notes == ([f"training on {train}, testing on {test}"] if is_said else [])


def test_validation_images_are_not_used_beside_test_images(tmp_path):
    for n, part in enumerate(("train", "val", "test"), 5):
        save_images(tmp_path / part, n=n)
    images = load_labelled_images(tmp_path)
    assert (len(images.X_train), len(images.X_test)) == (10, 14)
    assert images.notes == ["not used, beside train and test: val"]


def test_parts_may_be_called_like_classes_among_other_classes(tmp_path):
    save_images(tmp_path, classes=("bus", "train", "test"))
    images = load_labelled_images(tmp_path)
    assert set(images.y_train) == {"bus", "train", "test"}
    assert images.notes == ["read as classes, since they hold images: test, train"]


@pytest.mark.parametrize("parts", [("train", "val"), ("Train", "test"), ("test", "val")])
def test_parts_without_class_folders_are_refused(tmp_path, parts):
    save_images(tmp_path, classes=parts)
    with pytest.raises(ValueError, match=r"no subfolders with images of a class.*Put the images"):
        load_labelled_images(tmp_path)


def test_one_part_without_class_folders_is_refused(tmp_path):
    save_images(tmp_path / "train")
    save_images(tmp_path, classes=("val", "test"))
    with pytest.raises(ValueError, match="called test, which have no subfolders"):
        load_labelled_images(tmp_path)


def test_several_folders_for_a_part_are_refused(tmp_path):
    for part in ("train", "val", "validation"):
        save_images(tmp_path / part)
    with pytest.raises(ValueError, match="several folders for the same part, val, validation"):
        load_labelled_images(tmp_path)


def test_classes_to_test_on_must_be_among_those_to_train_on(tmp_path):
    save_images(tmp_path / "train", classes=("Cat", "dog"))
    save_images(tmp_path / "test", classes=("cat", "dog"))
    with pytest.raises(
        ValueError, match=r"test has the classes cat, dog.*train has Cat, dog.*case"
    ):
        load_labelled_images(tmp_path)
    X, y = np.zeros((9, 4, 4), np.uint8), np.arange(9) % 3
    np.savez(tmp_path / "a.npz", x_train=X, y_train=y, x_test=X, y_test=y + 1)
    with pytest.raises(ValueError, match=r"lack: 3\. The training images have 0, 1, 2"):
        load_labelled_images(tmp_path / "a.npz")


def test_classes_without_test_images_or_that_differ_only_in_case_are_said(tmp_path):
    save_images(tmp_path / "train", classes=("Cat", "cat", "dog"))
    save_images(tmp_path / "test", classes=("cat", "Cat"))
    assert load_labelled_images(tmp_path).notes == [
        "classes that differ only in case: Cat, cat",
        "classes that differ only in case: Cat, cat",
        "no test images of these classes: dog",
    ]


def test_images_that_are_not_in_a_class_folder_are_said(tmp_path):
    save_images(tmp_path)
    save_images(tmp_path / "dog", classes=("deep",), n=2)
    Image.new("L", (6, 5)).save(tmp_path / "sheet.png")
    (tmp_path / "empty").mkdir()
    images = load_labelled_images(tmp_path)
    assert len(images.X_train) + len(images.X_test) == 24
    loose, empty, deep = images.notes
    assert "1 image(s) in no class folder, such as" in loose
    assert str(tmp_path / "empty") in empty
    assert "2 image(s) in deeper folders, such as" in deep


def test_folders_that_lie_too_deep_are_advised(tmp_path):
    save_images(tmp_path / "data")
    with pytest.raises(ValueError, match=r"0 folders with images.*give that folder"):
        load_labelled_images(tmp_path)


def test_classes_that_are_too_small_to_split_are_refused(tmp_path):
    save_images(tmp_path)
    save_images(tmp_path, classes=("fish",), n=1)
    with pytest.raises(ValueError, match=r"class fish has 1.*leave out rare classes"):
        load_labelled_images(tmp_path)
    classes = [f"class{i}" for i in range(10)]
    save_images(tmp_path / "many", classes=classes, n=2)
    with pytest.raises(ValueError, match="20 images of 10 classes cannot be split"):
        load_labelled_images(tmp_path / "many")


def test_what_was_found_is_said(tmp_path):
    save_images(tmp_path, mode="RGB")
    assert load_labelled_images(tmp_path).found == (
        "24 images of 2 classes, 6x5 pixels, uint8 with 3 channels; a random 25 % for testing"
    )
    assert load_labelled_images("digits").found.startswith("1797 images of 10 classes, 8x8 pixels")


IMAGES, LABELS = np.zeros((12, 4, 4), np.uint8), np.arange(12) % 3


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.eye(3)[LABELS], LABELS),
        (np.eye(3, dtype=bool)[LABELS], LABELS),
        (LABELS.astype(float), LABELS),
        (LABELS.astype(np.uint8)[:, np.newaxis], LABELS),
        (LABELS.astype(str), LABELS.astype(str)),
        (LABELS.astype("S"), LABELS.astype(str)),
    ],
    ids=["one-hot", "one-hot booleans", "whole floats", "a column", "text", "bytes"],
)
def test_labels_of_an_archive_are_classes(tmp_path, y, expected):
    np.savez(tmp_path / "a.npz", x_train=IMAGES, y_train=y, x_test=IMAGES, y_test=y)
    images = load_labelled_images(tmp_path / "a.npz")
    np.testing.assert_array_equal(images.y_train, expected)
    np.savez(tmp_path / "b.npz", X=IMAGES, y=y)
    assert load_labelled_images(tmp_path / "b.npz").y_test.ndim == 1


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.eye(3)[LABELS] / 2, "rows are not one-hot"),
        (np.ones((12, 3)), "rows are not one-hot"),
        (np.eye(3)[LABELS].astype(str), "rows are not one-hot"),
        (np.zeros((12, 2, 2)), r"shape \(12, 2, 2\).*expected one class per image"),
        (np.array(3), r"shape \(\).*expected one class per image"),
        (LABELS[:-1], "11 labels for 12 images"),
        (LABELS + 0.5, "12 values that are not classes, such as 0.5"),
        (np.where(LABELS == 1, np.nan, LABELS), "4 values that are not classes, such as nan"),
        (LABELS.astype(object), r"holds Python objects.*\.astype\(str\)"),
        (np.array(["cat", "dog", None] * 4, object), "holds Python objects"),
        (LABELS * 1j, "complex128; expected one class per image"),
        (LABELS * 0, "All training images are of the class 0"),
    ],
)
def test_labels_that_are_not_classes_are_refused_in_words(tmp_path, y, message):
    np.savez(tmp_path / "a.npz", X=IMAGES, y=y)
    with pytest.raises(ValueError, match=rf"(?s)a\.npz.*{message}"):
        load_labelled_images(tmp_path / "a.npz")
    parts = {"x_train": IMAGES, "y_train": y, "x_test": IMAGES, "y_test": LABELS}
    np.savez(tmp_path / "b.npz", **parts)
    with pytest.raises(ValueError, match=rf"(?s)b\.npz.*{message}"):
        load_labelled_images(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("x_test", "message"),
    [
        (
            np.zeros((12, 5, 4), np.uint8),
            r"uint8 of shape \(4, 4\), the test images uint8 of.*\(5, 4\)",
        ),
        (np.zeros((12, 4, 4, 3), np.uint8), r"of shape \(4, 4, 3\); expected the same"),
        (np.zeros((12, 4, 4)), "the test images float64"),
        (np.zeros((12, 15), np.uint8), "rows of x_test have 15 values"),
        (np.full((12, 4, 4), np.nan), "x_test contains NaN"),
        (np.array([None] * 12), "x_test holds Python objects"),
    ],
)
def test_test_images_unlike_the_training_images_are_refused_in_words(tmp_path, x_test, message):
    parts = {"x_train": IMAGES, "y_train": LABELS, "x_test": x_test, "y_test": LABELS}
    np.savez(tmp_path / "a.npz", **parts)
    with pytest.raises(ValueError, match=rf"a\.npz.*{message}"):
        load_labelled_images(tmp_path / "a.npz")


def test_arrays_of_objects_that_are_not_needed_do_no_harm(tmp_path):
    np.savez(tmp_path / "a.npz", X=IMAGES, y=LABELS, about=np.array({"of": "cats"}, object))
    assert len(load_labelled_images(tmp_path / "a.npz").X_train) == 9


PEAK = """
import resource, sys
from skdenoise.io.labelled import load_labelled_images
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
images = load_labelled_images(sys.argv[1], max_train=20, max_test=20)
assert len(images.X_train) == len(images.X_test) == 20
unit = 1 if sys.platform == "darwin" else 1024
print((peak() - before) * unit)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no module resource")
def test_only_the_images_of_the_sample_are_in_memory(tmp_path):
    for label in ("0", "1"):
        (tmp_path / label).mkdir()
        Image.new("RGB", (256, 256), (200, 9, 9)).save(tmp_path / label / "0.png")
        for i in range(1, 400):
            (tmp_path / label / f"{i}.png").hardlink_to(tmp_path / label / "0.png")
    result = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path)], capture_output=True, text=True, check=True
    )
    all_pixels, sample = 800 * 256 * 256 * 3, 40 * 256 * 256 * 3
    assert int(result.stdout) < 10 * sample < all_pixels
