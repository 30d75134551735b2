import os
import subprocess
import sys

import numpy as np
import pytest
from skimage.io import imread

from skdenoise import __version__


def skdenoise(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "skdenoise", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "300"},
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    picture = tmp_path_factory.mktemp("demo") / "picture.png"
    return skdenoise("demo", "--output", picture), picture


def test_demo_prints_the_accuracy_of_all_conditions(demo):
    result, _ = demo
    assert result.returncode == 0, result.stderr
    for condition in ("SVC alone", "SVC trained on noisy images", "PCA, then SVC", "UNetDenoiser"):
        assert condition in result.stdout
    assert "Gaussian noise factor" in result.stdout


def test_denoiser_of_the_demo_wins_under_strong_noise(demo):
    rows = [line for line in demo[0].stdout.splitlines() if "SVC" in line and "│" in line]
    strongest = {row.split("│")[1].strip(): float(row.split("│")[-2]) for row in rows}
    assert max(strongest, key=strongest.get) == "UNetDenoiser, then SVC"


def test_demo_saves_a_picture(demo):
    picture = imread(demo[1])
    assert picture.shape[0] > 600
    assert picture.shape[1] > 800
    assert np.ptp(picture) == 255


def test_picture_that_cannot_be_saved_is_refused_before_the_work(tmp_path):
    result = skdenoise("demo", "-o", tmp_path / "picture.xyz")
    assert result.returncode == 2
    assert "png" in result.stderr
    result = skdenoise("demo", "-o", tmp_path / "nowhere" / "picture.png")
    assert result.returncode == 2
    assert "does not exist" in result.stderr


def test_version_and_help():
    assert skdenoise("--version").stdout.strip() == __version__
    assert "noisy digits" in skdenoise("--help").stdout
