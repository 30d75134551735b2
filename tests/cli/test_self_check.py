"""The self-check at the end of `denoise`: what is said of which files."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_sample_image
from typer.testing import CliRunner

from skdenoise import CorrelatedGaussianNoise, add_noise
from skdenoise.cli import app
from skdenoise.cli.self_check import SelfCheck, advice, self_check, summary
from skdenoise.io.image_files import write_image

CLEAN = load_sample_image("flower.jpg")[np.newaxis, 60:260, 190:390]
WHITE = {"noise": 0.1, "noise_left": 0.1, "correlation": 0.0, "unchanged": 0.9, "change": 0.01}


def check(**changed):
    return SelfCheck(**WHITE | changed)


@pytest.mark.parametrize(
    ("noise", "is_correlated"),
    [("gaussian", False), (CorrelatedGaussianNoise(0.1, correlation=0.7), True)],
    ids=str,
)
def test_what_is_left_as_it_was_is_hardly_denoised(noise, is_correlated):
    factor = 0.1 if noise == "gaussian" else None
    noisy = add_noise(CLEAN, noise, factor, random_state=0)
    found = self_check(noisy, noisy, (0, 255))
    assert found.is_hardly_denoised
    assert found.is_correlated == is_correlated
    assert found.noise == found.noise_left == pytest.approx(0.1, rel=0.2)
    assert (found.unchanged, found.change) == (1, 0)


@pytest.mark.parametrize("noise", ["gaussian", "salt_and_pepper"])
def test_what_is_denoised_is_not_however_many_values_stay(noise):
    noisy = add_noise(CLEAN, noise, 0.05, random_state=0)
    found = self_check(noisy, CLEAN, (0, 255))
    assert not found.is_hardly_denoised


def test_floats_are_judged_as_integers_are():
    noisy = add_noise(CLEAN / np.float32(255), noise_factor=0.1, random_state=0)
    nearly = noisy + np.float32(1e-4)
    found = self_check(noisy, nearly, (0, 1))
    assert found.unchanged == 0
    assert found.is_hardly_denoised


def test_invisible_noise_is_no_reason_for_advice():
    assert advice({"a": check(noise=0.003, change=0)}, knows_cameras=False) == []


def test_correlated_noise_that_reads_as_none_is_named_if_most_values_stayed():
    hidden = {"a.jpg": check(noise=0.001, correlation=0.7, change=0.0, unchanged=0.9)}
    (said,) = advice(hidden, knows_cameras=False)
    assert "hardly changed: a.jpg. " in said
    assert "photo-real" in said
    denoised = {"a.jpg": check(noise=0.001, correlation=0.7, change=0.01, unchanged=0.5)}
    assert advice(denoised, knows_cameras=False) == []


@pytest.mark.parametrize("knows", ["knows_cameras", "knows_correlated"])
def test_a_denoiser_of_correlated_noise_leaves_what_has_none(knows):
    hidden = {"a.jpg": check(noise=0.001, correlation=0.7, change=0.0, unchanged=0.9)}
    assert advice(hidden, **{"knows_cameras": False, knows: True}) == []


@pytest.mark.parametrize(
    ("correlation", "knows_cameras", "expected"),
    [
        (0.6, False, "try the denoiser photo-real"),
        (0.6, True, "train one"),
        (0.1, False, "train one"),
        (0.1, True, "try the denoiser photo-gray"),
        (None, False, "train one"),
    ],
)
def test_advice_depends_on_the_noise_and_on_the_denoiser(correlation, knows_cameras, expected):
    (said,) = advice({"a.png": check(correlation=correlation)}, knows_cameras=knows_cameras)
    assert "a.png" in said
    assert expected in said


def test_a_denoiser_of_other_correlated_noise_is_not_sent_to_that_of_cameras():
    checks = {"page.png": check(correlation=0.6)}
    (said,) = advice(checks, knows_cameras=False, knows_correlated=True)
    assert "train one" in said


def test_files_of_each_kind_have_a_sentence_that_names_three():
    checks = {f"{i}.png": check() for i in range(5)} | {"camera.jpg": check(correlation=0.6)}
    correlated, independent = advice(checks, knows_cameras=False)
    assert "hardly changed: camera.jpg. " in correlated
    assert "hardly changed: 0.png, 1.png, 2.png and 2 more. " in independent


def test_a_summary_is_of_files_whose_noise_is_known():
    assert summary([SelfCheck()]) == ""
    one = summary([check(noise_left=0.02), SelfCheck()])
    assert one == "noise (estimated): 10.0 % of the value range before, 2.0 % after"
    assert summary([check(), check()]).startswith("median noise of 2 files (estimated)")


def test_a_file_whose_noise_cannot_be_measured_is_denoised_all_the_same(tmp_path, monkeypatch):
    def fails(*arguments):
        raise MemoryError("no room")

    monkeypatch.setattr(sys.modules["skdenoise.cli.denoise"], "self_check", fails)
    write_image(tmp_path / "a.png", CLEAN[0])
    command = ["denoise", "photo-gray", tmp_path / "a.png", "-o", tmp_path / "b.png"]
    told = CliRunner().invoke(app, [str(part) for part in command])
    assert told.exit_code == 0, told.output
    assert "its noise cannot be measured" in told.stderr
    assert "1 denoised, 0 skipped" in told.stdout


def test_changes_are_those_of_the_whole_stack():
    noisy = np.tile(CLEAN, (700, 1, 1)).astype(np.float32)
    denoised = noisy + np.random.default_rng(0).normal(0, 3, noisy.shape).astype(np.float32)
    denoised[:, 0] = noisy[:, 0]
    found = self_check(noisy, denoised, (0, 255))
    assert found.unchanged == pytest.approx(np.mean(noisy == denoised))
    assert found.change == pytest.approx(np.std((denoised - noisy) / 255), rel=1e-4)
