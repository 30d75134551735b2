"""The commands that train on files and denoise them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from functools import partial

import keras
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from sklearn.datasets import load_sample_images
from typer.testing import CliRunner

from skdenoise import (
    CameraNoise,
    CameraPipeline,
    CorrelatedGaussianNoise,
    FilterDenoiser,
    ImageFolder,
    UNetDenoiser,
    add_noise,
    load,
    psnr,
)
from skdenoise.cli import app
from skdenoise.cli.common import in_options
from skdenoise.cli.train import _fit
from skdenoise.io.image_files import read_image, write_image
from skdenoise.supervision.by_name import SUPERVISIONS


def skdenoise(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def photographs():
    """Twelve small parts of colour photographs, of two sizes."""
    first, second = load_sample_images().images
    parts = [first[i : i + 40, :48] for i in range(0, 240, 40)]
    return parts + [second[:44, i : i + 36] for i in range(0, 216, 36)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, photographs):
    """The photographs in a folder and a folder in it, with a file that is none."""
    folder = tmp_path_factory.mktemp("photographs")
    (folder / "more").mkdir()
    for i, image in enumerate(photographs):
        write_image(folder / ("more" if i % 2 else "") / f"{i}.png", image)
    (folder / "broken.png").write_bytes(b"no image")
    write_image(folder / "grey.png", photographs[0][..., 0])
    return folder


QUICK = ("--epochs", 2, "--patch-size", 16, "--quiet")
NOTHING_LEARNED = 3  # as may happen in two epochs


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """What `train` prints, and the model that it saves."""
    model = tmp_path_factory.mktemp("model") / "photo.skdenoise"
    return skdenoise("train", folder, "-o", model, *QUICK), model


def test_train_saves_a_denoiser_and_names_what_it_leaves_out(trained):
    result, model = trained
    assert result.exit_code in (1, NOTHING_LEARNED), result.output
    assert "2 image(s) left out" in result.stdout
    assert "trained on 11 image(s), 2 epoch(s)" in result.stdout
    assert "PSNR on 1 held-out image(s)" in result.stdout
    for words in (
        "broken.png cannot be read",
        "grey.png is grey uint8; most images are uint8 with 3",
    ):
        assert words in result.stderr
    assert load(model).noise_.sigma == (0.0, 0.2)


def test_train_gives_the_same_for_the_same_seed(folder, trained, tmp_path):
    result = skdenoise("train", folder, "-o", tmp_path / "again", *QUICK, "--json")
    assert json.loads(result.stdout)["images"] == 11
    assert load(tmp_path / "again").history_ == load(trained[1]).history_
    assert skdenoise("train", folder, "-o", tmp_path / "b", *QUICK, "--seed", 1).exit_code in (
        1,
        NOTHING_LEARNED,
    )
    assert load(tmp_path / "b").history_ != load(trained[1]).history_


def test_train_on_pairs_and_on_grey_levels(folder, tmp_path):
    result = skdenoise("train", folder, "--clean", folder, "-o", tmp_path / "a", *QUICK)
    assert result.exit_code in (1, NOTHING_LEARNED), result.output
    assert "against the images of --clean" in result.stdout
    assert load(tmp_path / "a").noise_ is None
    params = ("--grey", "--noise", "salt_and_pepper", "--noise-factor", 0.1, "--no-augment")
    result = skdenoise("train", folder, "-o", tmp_path / "b", *QUICK, *params)
    assert result.exit_code in (1, NOTHING_LEARNED), result.output
    denoiser = load(tmp_path / "b")
    assert denoiser.image_shape_[2] == 1
    assert denoiser.noise_.amount == 0.1


def test_train_leaves_out_pairs_of_which_one_cannot_be_read(photographs, tmp_path):
    for name in ("noisy", "clean"):
        (tmp_path / name).mkdir()
        for i in range(3):
            write_image(tmp_path / name / f"{i}.png", photographs[i])
    (tmp_path / "clean" / "1.png").write_bytes(b"damaged")
    command = ("train", tmp_path / "noisy", "--clean", tmp_path / "clean", "-o", tmp_path / "a")
    result = skdenoise(*command, *QUICK)
    assert result.exit_code in (1, NOTHING_LEARNED), result.output
    assert "1.png cannot be read" in result.stderr
    assert "trained on 2 image(s)" in result.stdout


@pytest.mark.parametrize(
    "params",
    [
        ("--supervision", "self"),
        ("--supervision", "self_rows"),
        ("--supervision", "recorrupted", "--noise-factor", "estimate"),
    ],
)
def test_train_on_noisy_images_alone(photographs, tmp_path, params):
    (tmp_path / "noisy").mkdir()
    for i, image in enumerate(photographs[:11]):
        noisy = add_noise(image[np.newaxis], noise_factor=0.2, random_state=i)[0]
        write_image(tmp_path / "noisy" / f"{i}.png", noisy)
    model = tmp_path / "model"
    result = skdenoise("train", tmp_path / "noisy", "-o", model, *QUICK, *params, "--json")
    assert result.exit_code in (0, NOTHING_LEARNED), result.output
    assert json.loads(result.stdout)["psnr_against"] == "the noisy images themselves"
    assert load(model).supervision == params[1]
    told = skdenoise("denoise", model, tmp_path / "noisy" / "0.png", "-o", tmp_path / "0.png")
    assert told.exit_code == 0, told.output


@pytest.mark.filterwarnings("always:The noise of the images is correlated:UserWarning")
def test_train_warns_of_correlated_noise_in_options(tmp_path):
    (tmp_path / "noisy").mkdir()
    clean = np.stack([image[:200, :200, 1] for image in load_sample_images().images])
    noisy = add_noise(clean, CorrelatedGaussianNoise(0.1, correlation=0.7), random_state=0)
    for i, image in enumerate(noisy):
        write_image(tmp_path / "noisy" / f"{i}.png", image)
    params = ("--supervision", "recorrupted", "--noise-factor", "estimate")
    result = skdenoise("train", tmp_path / "noisy", "-o", tmp_path / "model", *QUICK, *params)
    warned = " ".join(result.stderr.split())
    assert "For pictures of cameras, use photo-real." in warned
    assert "train with --noise camera_pipeline, or with --noise correlated_gaussian." in warned


def test_train_leaves_small_images_out_but_not_where_most_are_small(folder, tmp_path):
    write_image(folder / "icon.png", np.zeros((5, 5, 3), np.uint8))
    np.savez(folder / "stack.npz", np.zeros((3, 40, 40, 3), np.uint8))
    try:
        quick = ("-o", tmp_path / "a", "--epochs", 1, "--quiet", "--patch-size")
        result = skdenoise("train", folder, *quick, 16)
        assert "icon.png is smaller than a patch of 16x16 pixels" in result.stderr
        assert "stack.npz is an archive" in result.stderr
        assert "4 image(s) left out" in result.stdout
        (folder / "icon.png").unlink()
        assert "smaller" not in skdenoise("train", folder, *quick, 64, "--overwrite").stderr
        assert load(tmp_path / "a").patch_size == 36
    finally:
        for name in ("icon.png", "stack.npz"):
            (folder / name).unlink(missing_ok=True)


def test_denoise_keeps_names_formats_and_structure(folder, trained, tmp_path):
    result = skdenoise("denoise", trained[1], folder, "-o", tmp_path / "out", "--quiet")
    assert result.exit_code == 1
    assert "12 denoised, 2 skipped" in result.stdout
    assert "broken.png cannot be read" in result.stderr
    assert "grey.png: Got images with 1 channels" in result.stderr
    found = sorted(path.relative_to(tmp_path / "out") for path in tmp_path.rglob("*.png"))
    wanted = sorted(path.relative_to(folder) for path in folder.rglob("[0-9]*.png"))
    assert found == wanted
    denoised = read_image(tmp_path / "out" / "more" / "1.png")
    expected = load(trained[1]).transform(read_image(folder / "more" / "1.png")[np.newaxis])[0]
    np.testing.assert_array_equal(denoised, expected)


def test_denoise_does_not_replace_files_unless_told_to(folder, trained, tmp_path):
    command = ("denoise", trained[1], folder / "0.png", "-o", tmp_path / "0.png", "--quiet")
    assert skdenoise(*command).exit_code == 0
    before = (tmp_path / "0.png").read_bytes()
    (tmp_path / "0.png").write_bytes(b"mine")
    result = skdenoise(*command)
    assert result.exit_code == 1
    assert "exists" in result.stderr
    assert (tmp_path / "0.png").read_bytes() == b"mine"
    assert skdenoise(*command, "--overwrite").exit_code == 0
    assert (tmp_path / "0.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["0.png"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
def test_dtypes_come_back_as_they_were_and_are_denoised_alike(
    photographs, trained, tmp_path, dtype
):
    image = photographs[0]
    if dtype == "uint16":
        image = image.astype(dtype) * 257
    elif dtype != "uint8":
        image = (image / 255).astype(dtype)
    np.save(tmp_path / "in.npy", image)
    result = skdenoise("denoise", trained[1], tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert result.exit_code == 0, result.output
    denoised = np.load(tmp_path / "out.npy")
    assert denoised.dtype == image.dtype
    scale = {"uint8": 255, "uint16": 65535}.get(dtype, 1)
    expected = load(trained[1]).transform(photographs[0][np.newaxis])[0] / 255
    np.testing.assert_allclose(denoised / scale, expected, atol=0.005)


def test_floats_beyond_0_and_1_need_a_range_where_they_cannot_be_in_that_of_the_denoiser(
    photographs, trained, tmp_path
):
    unit = photographs[0].astype(np.float32) / 255
    unit[: len(unit) // 2] -= 2
    np.save(tmp_path / "in.npy", unit)
    command = ("denoise", trained[1], tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    result = skdenoise(*command)
    assert result.exit_code == 1
    assert "floats from -" in result.stderr
    assert "--value-range 0:1" in result.stderr
    result = skdenoise(*command, "--value-range", "0:1")
    assert result.exit_code == 0, result.output
    assert "in.npy -> " in result.stderr  # a line for each file, where there is no terminal
    expected = load(trained[1]).transform(255 * unit[np.newaxis])[0] / 255
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-5)


def test_archives_of_stacks(photographs, trained, tmp_path):
    stack, labels = np.stack(photographs[:3]), np.arange(3)
    np.savez(tmp_path / "in.npz", X=stack, y=labels)
    result = skdenoise("denoise", trained[1], tmp_path / "in.npz", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "out" / "in.npz") as archive:
        np.testing.assert_array_equal(archive["y"], labels)
        np.testing.assert_array_equal(archive["X"], load(trained[1]).transform(stack))
    floats = np.stack([stack[0] / 255, stack[1] / 1.0]).astype(np.float32)
    np.savez(tmp_path / "floats.npz", X=floats)
    skdenoise("denoise", trained[1], tmp_path / "floats.npz", "-o", tmp_path / "out")
    with np.load(tmp_path / "out" / "floats.npz") as archive:  # of one range, though one is dark
        np.testing.assert_array_equal(archive["X"], load(trained[1]).transform(floats))
    np.savez(tmp_path / "labels.npz", y=labels)
    result = skdenoise("denoise", trained[1], tmp_path / "labels.npz", "-o", tmp_path / "out")
    assert "no array of images" in result.stderr


def test_endings_may_be_in_capitals(photographs, trained, tmp_path):
    stack = np.stack(photographs[:2])
    np.savez(tmp_path / "in.npz", X=stack)
    np.save(tmp_path / "in.npy", stack[0])
    for name in ("in.npz", "in.npy"):
        (tmp_path / name).rename(tmp_path / name.upper())
        result = skdenoise("denoise", trained[1], tmp_path / name.upper(), "-o", tmp_path / "out")
        assert result.exit_code == 0, result.output
    expected = load(trained[1]).transform(stack)
    with np.load(tmp_path / "out" / "IN.NPZ") as archive:
        np.testing.assert_array_equal(archive["X"], expected)
    np.testing.assert_array_equal(read_image(tmp_path / "out" / "IN.NPY"), expected[0])
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize("name", ["file", "allow_pickle"])
def test_an_archive_that_numpy_cannot_write_again_is_skipped(photographs, trained, tmp_path, name):
    np.savez(tmp_path / "in.npz", X=np.stack(photographs[:2]))
    with zipfile.ZipFile(tmp_path / "in.npz", "a") as archive:
        archive.writestr(f"{name}.npy", archive.read("X.npy"))
    result = skdenoise("denoise", trained[1], tmp_path / "in.npz", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert f"array called '{name}'" in result.stderr


def test_a_denoiser_of_grey_images_takes_colours(folder, tmp_path):
    skdenoise("train", folder, "-o", tmp_path / "grey", "--grey", *QUICK)
    command = ("denoise", tmp_path / "grey", folder / "0.png")
    assert skdenoise(*command, "-o", tmp_path / "colours.png").exit_code == 0
    denoiser, image = load(tmp_path / "grey"), read_image(folder / "0.png")
    np.testing.assert_array_equal(
        read_image(tmp_path / "colours.png"), denoiser.transform(image[np.newaxis])[0]
    )
    command += ("-o", tmp_path / "separate.png", "--separate-channels")
    assert skdenoise(*command).exit_code == 0
    np.testing.assert_array_equal(
        read_image(tmp_path / "separate.png")[..., 0], denoiser.transform(image[None, ..., 0])[0]
    )


def test_channels_that_are_not_colours_name_the_option(folder, tmp_path):
    skdenoise("train", folder, "-o", tmp_path / "grey", "--grey", *QUICK)
    np.save(tmp_path / "two.npy", read_image(folder / "0.png")[..., :2])
    command = ("denoise", tmp_path / "grey", tmp_path / "two.npy", "-o", tmp_path / "out")
    result = skdenoise(*command)
    assert result.exit_code == 1
    assert "--separate-channels" in result.stderr
    assert skdenoise(*command, "--separate-channels").exit_code == 0


def test_a_self_ensemble_is_for_denoisers_that_know_all_orientations(folder, trained, tmp_path):
    command = ("denoise", "photo-gray", folder / "0.png", "-o")
    assert skdenoise(*command, tmp_path / "once.png").exit_code == 0
    assert skdenoise(*command, tmp_path / "mean.png", "--self-ensemble").exit_code == 0
    assert (read_image(tmp_path / "once.png") != read_image(tmp_path / "mean.png")).any()
    no_turns = load(trained[1]).set_params(augment=False)
    no_turns.save(tmp_path / "upright")
    result = skdenoise("denoise", tmp_path / "upright", folder, "-o", tmp_path, "--self-ensemble")
    assert result.exit_code == 2
    assert "flipped and turned" in result.stderr


@pytest.mark.parametrize("white", [1, 255])
def test_denoisers_of_the_package_take_floats_in_the_range_of_each_file(
    photographs, tmp_path, white
):
    image = photographs[0][np.newaxis] / np.float32(255) * white
    noisy = add_noise(image, noise_factor=0.1, value_range=(0, white), random_state=0)
    write_image(tmp_path / "noisy.tif", noisy[0])
    told = skdenoise("denoise", "photo-gray", tmp_path / "noisy.tif", "-o", tmp_path / "clean.tif")
    assert "warning" not in told.stderr
    expected = UNetDenoiser.from_pretrained("photo-gray").transform(noisy)[0]
    np.testing.assert_allclose(read_image(tmp_path / "clean.tif"), expected, atol=1e-6 * white)


def test_strength_keeps_a_part_of_the_noise(folder, tmp_path):
    command = ("denoise", "photo-gray", folder / "grey.png", "-o")
    for strength in (0, 0.5, 1):
        written = tmp_path / f"{strength}.png"
        assert skdenoise(*command, written, "--strength", strength).exit_code == 0
    none, half, full = (read_image(tmp_path / f"{s}.png").astype(float) for s in (0, 0.5, 1))
    np.testing.assert_array_equal(none, read_image(folder / "grey.png"))
    assert np.abs(half - (none + full) / 2).max() <= 1
    assert skdenoise(*command, tmp_path / "more.png", "--strength", 1.1).exit_code == 2


def test_images_of_other_formats_are_counted_once(photographs, tmp_path):
    kinds = tmp_path / "kinds"
    kinds.mkdir()
    for name in ("a.png", "b.jfif", "c.ppm", "d.gif", "e.tga"):
        Image.fromarray(photographs[0]).save(kinds / name)
    FilterDenoiser("median").fit(photographs[0][None]).save(tmp_path / "model")
    denoised = skdenoise("denoise", tmp_path / "model", kinds, "-o", tmp_path / "out")
    trained = skdenoise("train", kinds, "-o", tmp_path / "b", *QUICK)
    assert denoised.exit_code == 0, denoised.output
    for result in (denoised, trained):
        assert result.stderr.count("left out: 2 image file(s)") == 1
        assert "endings .gif, .tga" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "a.png",
        "b.jfif",
        "c.ppm",
    ]


def test_an_output_that_cannot_be_written_is_refused_before_denoising(photographs, tmp_path):
    write_image(tmp_path / "a.png", photographs[0])
    write_image(tmp_path / "deep.tif", photographs[0].astype(np.uint16))
    Image.fromarray(photographs[0]).save(tmp_path / "a.gif")
    command = ("denoise", "photo-real")
    result = skdenoise(*command, tmp_path / "a.png", "-o", tmp_path / "b.gif")
    assert result.exit_code == 2
    assert "cannot be written as .gif" in result.stderr
    result = skdenoise(*command, tmp_path / "a.gif", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.gif cannot be written: expected one of the endings" in result.stderr
    result = skdenoise(*command, tmp_path / "deep.tif", "-o", tmp_path / "b.png")
    assert result.exit_code == 1
    assert "cannot store images of uint16" in result.stderr
    assert not (tmp_path / "b.gif").exists()
    assert not (tmp_path / "out").exists()


def test_json_says_what_became_of_each_file(folder, trained, tmp_path):
    result = skdenoise("denoise", trained[1], folder, "-o", tmp_path, "--json")
    report = json.loads(result.stdout)
    assert (report["done"], report["skipped"]) == (12, 2)
    reasons = {file["reason"] for file in report["files"] if file["status"] == "skipped"}
    assert any("broken.png" in reason for reason in reasons)


@pytest.fixture(scope="module")
def camera_picture(tmp_path_factory):
    """A photograph with noise of a camera: a file."""
    photograph = load_sample_images().images[1][100:292, 200:392]
    noise = CameraPipeline(shot=3e-3, white_balance=2, blur=0.8, quality=95)
    path = tmp_path_factory.mktemp("camera") / "dark.png"
    write_image(path, add_noise(photograph[None], noise, random_state=0)[0])
    return path


def test_denoise_says_what_the_noise_was_and_is(tmp_path):
    white = tmp_path / "white.png"
    photograph = load_sample_images().images[1][100:292, 200:392]
    write_image(white, add_noise(photograph[None], noise_factor=0.1, random_state=0)[0])
    told = skdenoise("denoise", "photo-gray", white, "-o", tmp_path / "out.png")
    assert re.search(
        r"noise \(estimated\): (9|10)\.\d % of the value range before, 0\.\d % after", told.stdout
    )
    assert "hardly changed" not in told.stderr
    quiet = skdenoise("denoise", "photo-gray", white, "-o", tmp_path / "b.png", "--quiet")
    assert quiet.stdout == "1 denoised, 0 skipped\n"


def test_denoise_names_the_files_that_it_has_hardly_changed(camera_picture, tmp_path):
    told = skdenoise("denoise", "photo-gray", camera_picture, "-o", tmp_path / "out.png")
    assert f"hardly changed: {camera_picture}." in told.stderr
    assert "try the denoiser photo-real" in told.stderr
    gentle = (camera_picture, "-o", tmp_path / "b.png", "--strength", 0.1)
    assert "hardly changed" not in skdenoise("denoise", "photo-gray", *gentle).stderr


def test_the_denoiser_for_pictures_of_cameras_removes_their_noise(camera_picture, tmp_path):
    told = skdenoise("denoise", "photo-real", camera_picture, "-o", tmp_path, "--json")
    (picture,) = json.loads(told.stdout)["files"]
    assert picture["noise_left"] < 0.5 * picture["noise"]
    assert picture["unchanged"] < 0.5


def test_json_has_the_noise_of_each_file(camera_picture, tmp_path):
    tiny, stacks = tmp_path / "tiny.png", tmp_path / "stacks.npz"
    write_image(tiny, np.full((4, 4), 100, np.uint8))
    np.savez(stacks, few=np.zeros((2, 8, 8), np.uint8), many=np.full((20, 64, 64), 9, np.uint8))
    files = (camera_picture, tiny, stacks)
    told = skdenoise("denoise", "photo-gray", *files, "-o", tmp_path / "out", "--json")
    picture, small, stack = json.loads(told.stdout)["files"]
    assert picture["correlation"] > 0.45
    assert 0.02 < picture["noise"] < 0.05
    assert picture["noise_left"] == pytest.approx(picture["noise"], rel=0.1)
    assert picture["unchanged"] > 0.5
    assert (small["noise"], small["noise_left"], small["correlation"]) == (None, None, None)
    assert stack["noise"] == 0
    assert (stack["unchanged"], stack["change"]) == (1, 0)


def test_a_denoiser_of_camera_noise_is_known_by_its_noise_and_not_by_its_name(
    camera_picture, tmp_path
):
    model, flat = tmp_path / "mine.skdenoise", tmp_path / "flat.png"
    UNetDenoiser.from_pretrained("photo-real").save(model)
    rng = np.random.default_rng(0)
    write_image(flat, np.uint8(128 + rng.integers(-1, 2, (200, 200)) * 2))
    told = skdenoise("denoise", model, camera_picture, flat, "-o", tmp_path / "out")
    assert "try the denoiser photo-real" not in told.stderr


def test_info_tells_what_a_model_is(trained):
    result = skdenoise("info", trained[1])
    for words in (
        "compact, filters 32:",
        "GaussianNoise",
        "Additive white Gaussian noise",
        "black and white: 0 and 255",
        "clean images, to which this noise was added",
        "2 epoch(s); last loss",
    ):
        assert words in result.stdout
    about = json.loads(skdenoise("info", trained[1], "--json").stdout)
    assert about["parameters"] == sum(
        weight.size for weight in load(trained[1]).model_.get_weights()
    )


def test_info_of_a_denoiser_without_a_range_of_its_own(tmp_path):
    UNetDenoiser.from_pretrained("photo-gray").save(tmp_path / "model")
    shown = " ".join(skdenoise("info", tmp_path / "model").stdout.split())
    assert "black and white: by the dtype of each image" in shown
    assert json.loads(skdenoise("info", tmp_path / "model", "--json").stdout)["value_range"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("train", "nowhere", "-o", "model"), "does not exist"),
        (("train", "{empty}", "-o", "model"), "no images"),
        (("train", "{folder}", "-o", "{folder}"), "is a folder"),
        (("train", "{folder}", "-o", "nowhere/model"), "does not exist"),
        (("train", "{folder}", "-o", "{model}"), "--overwrite"),
        (("train", "{folder}", "-o", "model", "--noise-factor", "weak"), "0:0.2"),
        (("train", "{folder}", "-o", "model", "--noise-factor", "0.3:0.2"), "0:0.2"),
        (("train", "{folder}", "-o", "model", "--noise", "hiss"), "not a known noise"),
        (("train", "{folder}", "-o", "model", "--network", "large"), "compact"),
        (("train", "{folder}", "-o", "model", "--clean", "{empty}"), "no images"),
        (("train", "{folder}", "-o", "m", "--noise-factor", "estimate"), "--supervision"),
        (("train", "{folder}", "-o", "m", "--supervision", "recorrupted"), "single noise strength"),
        (
            ("train", "{folder}", "-o", "m", "--supervision", "self", "--clean", "{folder}"),
            "leave --clean out",
        ),
        (("train", "{folder}", "-o", "m", "--value-range", "255:0"), "not a range LOW:HIGH"),
        (("train", "{folder}", "-o", "model", "--clean", "{folder}/more"), "lacks"),
        (
            ("train", "{folder}", "-o", "m", "--clean", "{folder}", "--noise", "poisson"),
            "with --clean",
        ),
        (
            ("train", "{folder}", "-o", "m", "--supervision", "self", "--noise-factor", "0.1"),
            "with --supervision self, the noise that is in the images is learned",
        ),
        (("denoise", "{folder}/0.png", "{folder}", "-o", "out"), "is not a readable"),
        (("denoise", "{model}", "nowhere.png", "-o", "out"), "nowhere.png does not exist"),
        (("denoise", "{model}", "{empty}", "-o", "out"), "no images"),
        (("denoise", "{model}", "{folder}", "-o", "{model}"), "is a file"),
        (("denoise", "{model}", "{folder}/0.png", "-o", "out.npz"), "archives stay archives"),
        (("denoise", "{model}", "{folder}", "-o", "out.png"), "Give a folder"),
        (
            ("denoise", "{model}", "{folder}", "{folder}/0.png", "-o", "out"),
            "would both be written to out/0.png",
        ),
        (("info", "{folder}/0.png"), "is not a readable"),
        (("info", "photo-grey"), "denoiser in the package: photo-gray"),
        (("info", "{folder}"), "is a folder; give a file"),
    ],
)
def test_wrong_options_are_refused(folder, trained, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"folder": folder, "model": trained[1], "empty": tmp_path / "empty"}
    result = skdenoise(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_keeps_what_has_been_learned(folder, tmp_path):
    model = tmp_path / "model"
    command = [
        sys.executable,
        "-m",
        "skdenoise",
        "train",
        folder,
        "-o",
        model,
        "--epochs",
        "100000",
    ]
    training = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A job in the background of a shell ignores it, and so would what it starts.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    for line in training.stdout:
        if line.startswith("epoch 1/"):
            break
    time.sleep(1)
    training.send_signal(signal.SIGINT)
    output, errors = training.communicate(timeout=120)
    assert training.returncode == 130, errors
    assert "then interrupted" in output
    assert 1 <= load(model).n_iter_ < 100_000


def test_what_was_learned_is_kept_where_an_image_can_no_longer_be_read(folder):
    class RemovesAnImage(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            images.paths[1].rename(images.paths[1].with_suffix(".gone"))

    images = ImageFolder(folder / "more", cache=0)
    callbacks = [RemovesAnImage()]
    denoiser = UNetDenoiser(filters=(4,), patch_size=16, epochs=3, callbacks=callbacks)
    try:
        assert _fit(denoiser, images, None)[0] == 1
    finally:
        images.paths[1].with_suffix(".gone").rename(images.paths[1])
    assert denoiser.n_iter_ == 1


def test_the_denoiser_that_comes_with_the_package_is_known_by_its_name(folder, tmp_path):
    told = skdenoise("denoise", "photo-gray", folder / "grey.png", "-o", tmp_path / "grey.png")
    assert told.exit_code == 0, told.output
    assert read_image(tmp_path / "grey.png").shape == (40, 48)
    about = json.loads(skdenoise("info", "photo-gray", "--json").output)
    assert about["network"] == "bias_free"
    assert about["channels"] == 1


def test_a_folder_of_the_name_of_a_packaged_denoiser_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").mkdir()
    told = skdenoise("info", "text", "--json")
    assert json.loads(told.output)["network"] == "compact"


def test_a_file_that_fails_in_any_way_does_not_end_the_others(photographs, trained, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    np.savez(source / "a.npz", names=np.full((2, 3, 4), "text"))
    np.savez(source / "b.npz", X=np.stack(photographs[:2]), names=np.full((2, 3, 4), "text"))
    with zipfile.ZipFile(source / "c.npz", "w") as archive:
        archive.writestr("notes.txt", "no array")
    with zipfile.ZipFile(source / "d.npz", "w") as archive, archive.open("X.npy", "w") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (1, 14_000, 14_000)}
        np.lib.format.write_array_header_1_0(file, header)
    with zipfile.ZipFile(source / "e.npz", "w") as archive, archive.open("X.npy", "w") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**9, 100, 100)}
        np.lib.format.write_array_header_1_0(file, header)
    write_image(source / "f.png", photographs[0])
    result = skdenoise("denoise", trained[1], source, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 1
    files = json.loads(result.stdout)["files"]
    assert [file["status"] for file in files] == ["skipped", "done", *["skipped"] * 3, "done"]
    reasons = [
        "no array of images",
        "",
        "notes.txt, which is not an array",
        "179 megapixels",
        "shorter",
        "",
    ]
    for file, reason in zip(files, reasons, strict=True):
        assert reason in file["reason"]
    with np.load(tmp_path / "out" / "b.npz") as archive:
        assert archive["names"].shape == (2, 3, 4)


def test_what_no_reader_foresaw_skips_a_file_and_an_interrupt_does_not(
    photographs, trained, tmp_path, monkeypatch
):
    for name in ("a", "b"):
        write_image(tmp_path / f"{name}.png", photographs[0])
    errors = [MemoryError(), ZeroDivisionError("of no known kind"), KeyboardInterrupt()]

    def fail(*arguments):
        raise errors.pop(0)

    monkeypatch.setattr("skdenoise.cli.contents.read_image", fail)
    command = ("denoise", trained[1], *sorted(tmp_path.glob("*.png")), "-o", tmp_path / "out")
    result = skdenoise(*command)
    assert result.exit_code == 1
    assert "a.png: MemoryError" in result.stderr
    assert "b.png: of no known kind" in result.stderr
    assert skdenoise(*command).exit_code == 130


def test_an_archive_that_inflates_beyond_the_limit_is_skipped(
    photographs, trained, tmp_path, monkeypatch
):
    monkeypatch.setattr("skdenoise.io.safety.MAX_BYTES", 2**20)
    np.savez_compressed(tmp_path / "in.npz", X=np.zeros((2, 1000, 1000), np.uint8))
    assert (tmp_path / "in.npz").stat().st_size < 10_000
    result = skdenoise("denoise", trained[1], tmp_path / "in.npz", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert "in.npz holds" in result.stderr


def test_denoise_stabilizes_counting_noise(tmp_path):
    clean = load_sample_images().images[1][20:180, 300:460]
    noisy = add_noise(clean[np.newaxis], "poisson", 0.25, random_state=0)[0]
    write_image(tmp_path / "noisy.png", noisy)
    for folder, options in (("direct", ()), ("stabilized", ("--stabilize",))):
        result = skdenoise(
            "denoise", "photo-gray", tmp_path / "noisy.png", "-o", tmp_path / folder, *options
        )
        assert result.exit_code == 0, result.output
    direct, stabilized = (
        psnr([clean], [read_image(tmp_path / name / "noisy.png")], data_range=255)[0]
        for name in ("direct", "stabilized")
    )
    assert stabilized > direct + 0.5


@pytest.fixture
def frames(tmp_path):
    """Four small frames of one sensor, and a file that is not an image."""
    clean = load_sample_images().images[1][100:196, 100:484, 1]
    noisy = add_noise(clean[np.newaxis], CameraNoise(shot=0.02, read=1e-4, gamma=1), random_state=0)
    (tmp_path / "in").mkdir()
    for index in range(4):
        frame = noisy[0, :, 96 * index : 96 * (index + 1)]
        write_image(tmp_path / "in" / f"{index}.png", frame)
    (tmp_path / "in" / "broken.png").write_bytes(b"no image")
    return tmp_path / "in"


def stabilized(inputs, output, noise_model, *options):
    """Run ``denoise --stabilize``; return the result and its output without boxes and line breaks."""
    result = skdenoise(
        *("denoise", "photo-gray", inputs, "-o", output, "--stabilize"),
        *(f"--noise-model={noise_model}", *options),
    )
    return result, " ".join(result.output.replace("│", " ").split())


def test_denoise_measures_the_noise_of_one_sensor_together(frames, tmp_path):
    result, said = stabilized(frames, tmp_path / "together", "together")
    assert result.exit_code == 1  # of the broken file alone
    (found,) = re.findall(r"noise model of 4 image\(s\): (\S+:\S+)", said)
    shot, read = map(float, found.split(":"))
    assert shot == pytest.approx(0.02, rel=0.2)
    stabilized(frames, tmp_path / "given", found)
    denoiser = UNetDenoiser.from_pretrained("photo-gray")
    denoiser.set_params(stabilize=CameraNoise(shot=shot, read=read, gamma=1))
    for index in range(4):
        images = [
            read_image(tmp_path / name / f"{index}.png") for name in ("in", "together", "given")
        ]
        np.testing.assert_array_equal(images[1], images[2])
        np.testing.assert_array_equal(images[1], denoiser.transform(images[0][np.newaxis])[0])


def test_noise_is_measured_together_in_stacks_and_archives(frames, tmp_path):
    stack = np.stack([read_image(frames / f"{index}.png") for index in range(4)])
    np.savez(tmp_path / "in.npz", frames=stack)
    np.save(tmp_path / "in.npy", stack)
    models = [
        json.loads(stabilized(path, tmp_path / "out", "together", "--json")[0].stdout)[
            "noise_model"
        ]
        for path in (tmp_path / "in.npz", tmp_path / "in.npy", frames)
    ]
    assert models[0] == models[1] == models[2]
    assert models[0]["shot"] == pytest.approx(0.02, rel=0.2)


def test_images_of_several_sizes_are_measured_together_except_small_ones(frames, tmp_path):
    write_image(frames / "strip.png", read_image(frames / "0.png")[:10])
    write_image(frames / "part.png", read_image(frames / "1.png")[:40])
    _, said = stabilized(frames, tmp_path / "out", "together")
    (shot,) = re.findall(r"noise model of 5 image\(s\): (\S+):", said)
    assert float(shot) == pytest.approx(0.02, rel=0.2)


def test_a_noise_model_needs_a_certain_value_range(frames, tmp_path):
    for index in range(4):
        frame = read_image(frames / f"{index}.png").astype(np.uint16)
        write_image(frames / f"{index}.tif", frame * 16)
        (frames / f"{index}.png").unlink()
    result, said = stabilized(frames, tmp_path / "out", "together")
    assert result.exit_code == 2
    assert "not certain for uint16" in said
    result, said = stabilized(frames, tmp_path / "out", "0.02:0")
    assert said.count("Give --value-range LOW:HIGH") == 4
    assert not list((tmp_path / "out").glob("*.tif"))
    _, said = stabilized(frames, tmp_path / "out", "together", "--value-range", "0:4080")
    (shot,) = re.findall(r"noise model of 4 image\(s\): (\S+):", said)
    assert float(shot) == pytest.approx(0.02, rel=0.2)
    assert len(list((tmp_path / "out").glob("*.tif"))) == 4


def test_a_file_without_usable_values_does_not_stop_the_measurement(frames, tmp_path):
    np.save(frames / "nan.npy", np.full((40, 40), np.nan))
    np.save(frames / "other.npy", np.linspace(3.75, 7.95, 1600).reshape(40, 40))
    result, said = stabilized(frames, tmp_path / "out", "together")
    assert "noise model of 4 image(s)" in said
    assert result.exit_code == 1
    assert "4 denoised, 3 skipped" in said


@pytest.mark.parametrize("text", ["0.1", "-1:0", "nan:1", "inf:0", "1:2:3", "all", "1e-40:0"])
def test_an_invalid_noise_model_is_refused(frames, tmp_path, text):
    result, said = stabilized(frames, tmp_path / "out", text)
    assert result.exit_code == 2
    assert "SHOT:READ" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("folder", "the images differ: "),
        ("empty", "no image can be used to measure the noise."),
        ("black", "expected at least 50. Give more images, or the noise as SHOT:READ."),
        ("tiny", "the least side is 16 pixels"),
    ],
)
def test_noise_that_cannot_be_measured_together(folder, tmp_path, source, message):
    for name, shape in (("empty", None), ("black", (40, 40)), ("tiny", (12, 90))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "broken.png").write_bytes(b"no image")
        if shape is not None:
            write_image(tmp_path / name / "black.png", np.zeros(shape, np.uint8))
    files = folder if source == "folder" else tmp_path / source
    result, said = stabilized(files, tmp_path / "out", "together")
    assert result.exit_code == 2
    assert message in said
    assert not (tmp_path / "out").exists()


def test_messages_about_the_noise_name_options_and_nothing_of_python(tmp_path):
    clean = load_sample_images().images[1][100:292, 100:292, 1]
    correlated = add_noise(
        clean[np.newaxis], CorrelatedGaussianNoise(0.1, correlation=0.7), random_state=0
    )
    write_image(tmp_path / "correlated.png", correlated[0])
    write_image(tmp_path / "black.png", np.zeros((40, 40), np.uint8))
    _, warned = stabilized(tmp_path / "correlated.png", tmp_path / "out", "together")
    assert "use photo-real, or train with --noise camera_pipeline" in warned
    assert (
        "train with --noise correlated_gaussian, or, if there are clean images, with --clean"
        in warned
    )
    result = skdenoise(
        *("denoise", "photo-gray", tmp_path / "black.png", "-o", tmp_path / "out", "--stabilize")
    )
    assert "give it: --noise-model 0.01:0, or --noise-model together" in result.output
    assert "=" not in warned + result.output


def test_a_noise_model_is_for_stabilizing(frames, tmp_path):
    result = skdenoise("denoise", "photo-gray", frames, "-o", tmp_path, "--noise-model", "0.1:0")
    assert result.exit_code == 2
    assert "requires --stabilize" in result.output


def test_denoise_refuses_to_stabilize_what_was_trained_for_other_noise(folder, tmp_path):
    result = skdenoise("denoise", "photo-real", folder, "-o", tmp_path, "--stabilize")
    assert result.exit_code == 2
    assert "trained for other noise" in result.output


def test_denoise_names_the_file_whose_range_a_hot_pixel_sets(tmp_path):
    frame = 4 * load_sample_images().images[0][:64, :64, 0].astype(np.uint16)
    write_image(tmp_path / "good.tif", frame)
    frame[5, 5] = 65535
    write_image(tmp_path / "hot.tif", frame)
    files = [tmp_path / "hot.tif", tmp_path / "good.tif"]
    result = skdenoise("denoise", "photo-gray", *files, "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("warning: "))
    assert "hot.tif" in line
    assert "--value-range 0:1023" in line
    given = skdenoise(
        *("denoise", "photo-gray", *files, "-o", tmp_path / "out", "--overwrite"),
        *("--value-range", "0:1023"),
    )
    assert "warning: " not in given.stderr


# Intervals


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif"])
def test_denoise_writes_the_ends_of_intervals_beside_the_result(photographs, tmp_path, ending):
    clean = np.tile(photographs[6], (2, 2, 1))
    noisy = add_noise(clean[np.newaxis], noise_factor=0.1, random_state=0)[0]
    write_image(tmp_path / f"noisy{ending}", noisy)
    options = ("-o", tmp_path / "out", "--intervals", 0.9)
    result = skdenoise("denoise", "photo-gray", tmp_path / f"noisy{ending}", *options)
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    # JPEG would not keep what is promised.
    of_ends = ".png" if ending == ".jpg" else ending
    assert names == [f"noisy{ending}", f"noisy_high{of_ends}", f"noisy_low{of_ends}"]
    denoised, high, low = (read_image(tmp_path / "out" / name).astype(int) for name in names)
    tolerance = 12 if ending == ".jpg" else 0  # which JPEG changes
    assert (low <= denoised + tolerance).mean() > 0.99
    assert (denoised <= high + tolerance).mean() > 0.99
    assert ((low <= clean) & (clean <= high)).mean() > 0.6
    again = skdenoise("denoise", "photo-gray", tmp_path / f"noisy{ending}", *options)
    assert again.exit_code == 1
    (tmp_path / "out" / f"noisy{ending}").unlink()
    again = skdenoise("denoise", "photo-gray", tmp_path / f"noisy{ending}", *options)
    assert f"noisy_low{of_ends} exists" in again.output
    assert not (tmp_path / "out" / f"noisy{ending}").exists()


def said(result):
    """Return what a command says, without the lines of a box around it."""
    return re.sub(r"[\s│]+", " ", result.output)


def test_the_ends_of_stacks_and_of_any_range_are_around_the_result(photographs, tmp_path):
    clean = np.float32(np.stack(photographs[6:8]).mean(axis=-1))  # floats from 0 to 255
    stack = add_noise(clean, noise_factor=0.1, random_state=0, value_range=(0, 255))
    np.save(tmp_path / "stack.npy", stack)
    options = ("-o", tmp_path / "out", "--intervals", 0.9, "--value-range", "0:255", "--json")
    result = skdenoise("denoise", "photo-gray", tmp_path / "stack.npy", *options)
    assert result.exit_code == 0, result.output
    (file,) = json.loads(result.stdout)["files"]
    denoised, low, high = (np.load(file[name]) for name in ("output", "low", "high"))
    assert low.shape == stack.shape
    inside = (low <= denoised.clip(0, 255) + 1e-3) & (denoised.clip(0, 255) - 1e-3 <= high)
    assert inside.mean() > 0.99
    assert ((low <= clean) & (clean <= high)).mean() > 0.6


def test_denoise_refuses_intervals_that_it_cannot_promise(folder, trained, tmp_path):
    out = ("-o", tmp_path / "out", "--intervals", 0.9)
    image = folder / "0.png"
    result = skdenoise("denoise", trained[1], image, *out)
    assert result.exit_code == 2
    assert "has no calibration with it" in said(result)
    result = skdenoise("denoise", "photo-real", image, *out)
    assert "has no calibration with it" in said(result)
    result = skdenoise("denoise", "photo-gray", image, *out, "--strength", 0.5)
    assert "Leave out --strength" in said(result)
    result = skdenoise("denoise", "photo-gray", image, "-o", tmp_path / "out", "--intervals", 90)
    assert "between 0 and 1" in said(result)
    write_image(tmp_path / "0.png", read_image(image))
    write_image(tmp_path / "0_low.png", read_image(image))
    result = skdenoise("denoise", "photo-gray", tmp_path / "0.png", tmp_path / "0_low.png", *out)
    assert "where another result goes" in said(result)
    assert not (tmp_path / "out").exists()
    np.savez(tmp_path / "some.npz", images=np.zeros((2, 32, 32), np.uint8))
    result = skdenoise("denoise", "photo-gray", tmp_path / "some.npz", *out)
    assert result.exit_code == 1
    assert "an archive cannot have intervals" in result.output


def test_ends_of_two_results_are_not_written_to_one_file(photographs, tmp_path):
    for name in ("a.jpg", "a.png"):
        Image.fromarray(photographs[0][:40, :40, 0]).save(tmp_path / name)
    (tmp_path / "in").mkdir()
    for name in ("a.jpg", "a.png"):
        (tmp_path / name).rename(tmp_path / "in" / name)
    told = skdenoise(
        *("denoise", "photo-gray", tmp_path / "in", "-o", tmp_path / "out", "--intervals", "0.9")
    )
    assert told.exit_code == 2
    assert "where that of another image goes" in " ".join(told.output.replace("│", " ").split())


@pytest.mark.parametrize("way", SUPERVISIONS)
def test_each_way_to_learn_is_known_on_the_command_line(way):
    assert in_options(f"supervision={way!r} is slow") == f"--supervision {way} is slow"
    assert " images" in SUPERVISIONS[way].images


def test_masks_of_an_archive_stay_and_what_was_denoised_is_named(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (3, 40, 40), dtype=np.uint8)
    masks = rng.random((4, 40, 40)) > 0.5
    np.savez(tmp_path / "in.npz", images=images, masks=masks, y=np.arange(3))
    command = ("denoise", "photo-gray", tmp_path / "in.npz", "-o", tmp_path / "out.npz")
    told = skdenoise(*command)
    assert told.exit_code == 0, told.output
    assert "in.npz: denoised images, and no other array" in told.stderr
    with np.load(tmp_path / "out.npz") as archive:
        np.testing.assert_array_equal(archive["masks"], masks)
        assert (archive["images"] != images).mean() > 0.5
    told = json.loads(skdenoise(*command, "--overwrite", "--json").stdout)
    assert told["files"][0]["arrays"] == ["images"]


def test_a_single_image_of_imagej_keeps_its_unit(tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 4096, (40, 48)).astype(np.uint16)
    metadata = {"unit": "um", "Info": "exposure=20 ms", "Ranges": (0.0, 4095.0)}
    tifffile.imwrite(tmp_path / "in.tif", image, imagej=True, resolution=(4, 4), metadata=metadata)
    told = skdenoise("denoise", "photo-gray", tmp_path / "in.tif", "-o", tmp_path / "out.tif")
    assert told.exit_code == 0, told.output
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        assert file.is_imagej
        assert len(file.pages) == 1
        kept = file.imagej_metadata
        assert (kept["unit"], kept["Info"], kept["Ranges"]) == tuple(metadata.values())
        assert file.pages[0].resolution == (4, 4)
        assert file.asarray().shape == image.shape
    told = skdenoise("denoise", "photo-gray", tmp_path / "in.tif", "-o", tmp_path / "out.png")
    assert told.exit_code == 0, told.output


def test_each_page_of_a_scan_keeps_the_colour_profile(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rng = np.random.default_rng(0)
    pages = [Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)) for _ in range(3)]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:], icc_profile=profile)
    told = skdenoise("denoise", "photo-gray", tmp_path / "in.tif", "-o", tmp_path / "out.tif")
    assert told.exit_code == 0, told.output
    for name in ("in.tif", "out.tif"):
        with tifffile.TiffFile(tmp_path / name) as file:
            assert [34675 in file.pages.get(i, aspage=True).tags for i in range(3)] == [True] * 3


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("as_file", [True, False])
def test_a_result_does_not_replace_an_input_through_a_link(tmp_path, as_file):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    original = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    write_image(tmp_path / "in" / "a.png", original)
    (tmp_path / "out" / "a.png").symlink_to(tmp_path / "in" / "a.png")
    given, out = (tmp_path / name / ("a.png" if as_file else "") for name in ("in", "out"))
    told = skdenoise("denoise", "photo-gray", given, "-o", out, "--overwrite")
    assert told.exit_code == 2
    assert "is a link to" in " ".join(told.output.replace("│", " ").split())
    np.testing.assert_array_equal(read_image(tmp_path / "in" / "a.png"), original)


def test_colours_of_bits_are_refused_by_all_formats_but_npy(tmp_path):
    bits = np.random.default_rng(0).random((40, 50, 3)) > 0.5
    np.save(tmp_path / "in.npy", bits)
    for ending in (".tif", ".png"):
        out = tmp_path / f"out{ending}"
        told = skdenoise("denoise", "photo-gray", tmp_path / "in.npy", "-o", out)
        assert told.exit_code == 1
        assert "cannot store images of bool with 3 channel(s); write .npy" in told.output
        assert not out.exists()


def test_a_file_that_is_in_its_place_when_an_interrupt_comes_is_done(tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", np.zeros((40, 40), np.uint8))
    module = sys.modules["skdenoise.cli.denoise"]
    write = module.write_result

    def interrupted(*arguments):
        write(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_result", interrupted)
    command = ("denoise", "photo-gray", tmp_path / "a.png", "-o", tmp_path / "b.png", "--json")
    told = skdenoise(*command)
    assert told.exit_code == 130
    found = json.loads(told.stdout)
    assert found["interrupted"]
    assert (found["done"], found["files"][0]["status"]) == (1, "done")
