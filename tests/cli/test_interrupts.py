"""Work that is cut short: signals, full disks, folders that cannot be written to. Real processes and signals."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from skdenoise import FilterDenoiser, UNetDenoiser, load
from skdenoise.cli import app, signals
from skdenoise.interrupts import raise_noted_interrupt
from skdenoise.io import image_files, model_file, safety

posix = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")
# A file-size limit of 1 MiB, for a process and what it writes.
LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20)); "
COMMAND = "from skdenoise.__main__ import main; main()"
QUICK = ("--epochs", "2", "--patch-size", "16", "--quiet")


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """A folder of small images."""
    folder = tmp_path_factory.mktemp("clean")
    rng = np.random.default_rng(0)
    for index in range(12):
        image = np.kron(rng.integers(0, 255, (4, 4)), np.ones((8, 8))).astype(np.uint8)
        Image.fromarray(image).save(folder / f"{index:02}.png")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model file that needs no network."""
    path = tmp_path_factory.mktemp("model") / "median.skdenoise"
    FilterDenoiser("median").fit(np.zeros((1, 8, 8), np.uint8)).save(path)
    return path


def skdenoise(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def process(*arguments, before=""):
    return subprocess.Popen(
        [sys.executable, "-c", before + COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(*arguments):
    """A process that has ended when the block ends."""
    started = process(*arguments)
    try:
        yield started
    finally:
        started.kill()


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_training_and_what_was_learned_is_saved(number, clean, tmp_path):
    path = tmp_path / "kept.skdenoise"
    options = ("--epochs", 10**6, "--patch-size", 16)
    with running("train", clean, "-o", path, *options) as training:
        for line in training.stdout:
            if line.startswith("epoch 1/"):
                break
        time.sleep(0.5)
        training.send_signal(number)
        training.send_signal(number)  # a second one does not stop the saving
        output, errors = training.communicate(timeout=120)
    assert training.returncode == 128 + number, errors
    assert "then interrupted" in output
    assert load(path).n_iter_ >= 1
    assert os.listdir(tmp_path) == [path.name]


@posix
def test_a_signal_ends_denoise_and_finished_files_are_kept(model, tmp_path):
    (tmp_path / "noisy").mkdir()
    noisy = np.random.default_rng(0).integers(0, 256, (200, 200)).astype(np.uint8)
    for index in range(1000):
        Image.fromarray(noisy).save(tmp_path / "noisy" / f"{index:03}.png")
    out = tmp_path / "out"
    with running("denoise", model, tmp_path / "noisy", "-o", out) as denoising:
        while denoising.poll() is None and not list(out.glob("[0-9]*")):
            time.sleep(0.01)
        denoising.send_signal(signal.SIGTERM)
        output, errors = denoising.communicate(timeout=120)
    assert denoising.returncode == 143, errors
    kept = sorted(path.name for path in out.iterdir())
    assert kept
    assert f"{len(kept)} denoised, 0 skipped, {1000 - len(kept)} left" in output
    assert all(image_files.read_image(out / name).shape == (200, 200) for name in kept)


# Compiled code that looks up an attribute drops every exception. Here it happens in the first epoch, and
# after the first file.
LOST_INTERRUPT = """
import signal, sys
import skdenoise.cli
from skdenoise.training.loop import EpochRecord
def lose_after_first(of, name):
    whole, calls = getattr(of, name), []
    def losing(*arguments, **options):
        result = whole(*arguments, **options)
        if not calls:
            try:
                signal.raise_signal(signal.{signal})
            except KeyboardInterrupt:
                calls.append(1)
        return result
    setattr(of, name, losing)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
lose_after_first(EpochRecord, "on_epoch_begin")
lose_after_first(sys.modules["skdenoise.cli.denoise"], "_run")
"""


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_an_interrupt_that_compiled_code_drops_is_not_lost(name, code, clean, model, tmp_path):
    before = LOST_INTERRUPT.format(signal=name)
    path, out = tmp_path / "kept.skdenoise", tmp_path / "out"
    options = ("--epochs", 10**6, "--patch-size", 16, "--quiet")
    with process("train", clean, "-o", path, *options, before=before) as training:
        _, errors = training.communicate(timeout=120)
    assert training.returncode == code, errors
    assert load(path).n_iter_ == 1
    with process("denoise", model, clean, "-o", out, before=before) as denoising:
        output, errors = denoising.communicate(timeout=120)
    assert denoising.returncode == code, errors
    assert "1 denoised, 0 skipped, 11 left" in output
    with process("evaluate", "digits", *options[:2], "--quiet", before=before) as study:
        output, errors = study.communicate(timeout=120)
    assert study.returncode == code, errors
    assert "interrupted: results so far" in output


# A compiled module that is imported while a signal arrives ends with an error of its own.
INTERRUPTED_IMPORT = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
class Interrupted:
    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            try:
                os.kill(os.getpid(), signal.{signal})
                time.sleep(60)
            except KeyboardInterrupt as interrupt:
                raise ImportError("initialization failed") from interrupt
sys.meta_path.insert(0, Interrupted())
"""


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_during_an_import_is_no_error(name, code):
    with process("evaluate", "digits", before=INTERRUPTED_IMPORT.format(signal=name)) as study:
        _, errors = study.communicate(timeout=120)
    assert study.returncode == code, errors
    assert errors.splitlines()[-1] == "Aborted."
    assert "Traceback" not in errors


@posix
@pytest.mark.parametrize("command", ["evaluate", "report"])
def test_a_signal_ends_a_study_without_a_result(command, tmp_path):
    result = tmp_path / "result"
    output_of = {"evaluate": "--csv", "report": "--output"}[command]
    options = ("--epochs", 10**6, "--quiet")
    with running(command, "digits", output_of, result, *options) as study:
        assert study.stdout.readline().startswith("digits of scikit-learn")
        time.sleep(0.5)  # well before the first condition is measured, whose row would be a result
        study.send_signal(signal.SIGTERM)
        _, errors = study.communicate(timeout=120)
    assert study.returncode == 143, errors
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


@posix
def test_a_signal_that_is_ignored_stays_ignored(monkeypatch):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        signals.interrupt_on_signals()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        monkeypatch.setattr(signals, "_received", [])
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        assert signals.exit_code_after(130) == 143
        with pytest.raises(KeyboardInterrupt):
            raise_noted_interrupt()
        raise_noted_interrupt()  # once is enough
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_importing_the_command_line_sets_no_handler():
    code = "import signal, skdenoise.cli; assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL"
    subprocess.run([sys.executable, "-c", code], check=True)


@posix
@pytest.mark.parametrize("command", ["train", "denoise", "evaluate", "report"])
def test_no_room_is_found_out_before_the_work(command, clean, model, tmp_path):
    arguments = {
        "train": (clean, "-o", tmp_path / "model.skdenoise"),
        "denoise": (model, clean, "-o", tmp_path / "out"),
        "evaluate": ("digits", "--csv", tmp_path / "table.csv"),
        "report": ("digits", "-o", tmp_path / "page.html"),
    }
    limited = process(command, *arguments[command], before=LIMIT)
    _, errors = limited.communicate(timeout=120)
    assert limited.returncode == 2
    assert "cannot be written to: File too large" in " ".join(errors.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


class FullDisk:
    """A disk without room in some folder."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.tried = []

    def written_whole(self, path):
        self.tried.append(path)
        if str(path).startswith(self.folder):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return safety.written_whole(path)


def test_a_model_that_cannot_be_saved_is_saved_elsewhere(clean, tmp_path, monkeypatch):
    disk = FullDisk(tmp_path)
    monkeypatch.setattr(model_file, "written_whole", disk.written_whole)
    result = skdenoise("train", clean, "-o", tmp_path / "model.skdenoise", *QUICK)
    assert result.exit_code == 1, result.output
    assert "No space left on device" in result.output
    elsewhere = disk.tried[-1]
    assert str(elsewhere) in result.output
    assert load(elsewhere).n_iter_ == 2


def test_what_cannot_be_saved_anywhere_is_one_line(clean, tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "written_whole", FullDisk("/").written_whole)
    result = skdenoise("train", clean, "-o", tmp_path / "model.skdenoise", *QUICK)
    assert result.exit_code == 1
    assert "The result is lost" in result.output
    assert "Traceback" not in result.output


def test_a_denoiser_that_cannot_be_saved_stays_as_it_is(tmp_path, monkeypatch):
    images = np.random.default_rng(0).random((8, 8, 8))
    denoiser = UNetDenoiser(epochs=1, filters=(4, 8), random_state=0).fit(images)
    before = denoiser.transform(images)
    monkeypatch.setattr(model_file, "written_whole", FullDisk(tmp_path).written_whole)
    with pytest.raises(OSError, match=r"model\.skdenoise"):
        denoiser.save(tmp_path / "model.skdenoise")
    np.testing.assert_array_equal(denoiser.transform(images), before)


@pytest.mark.parametrize("as_json", [True, False])
def test_denoise_stops_at_a_full_disk(as_json, clean, model, tmp_path, monkeypatch):
    disk = FullDisk(tmp_path)
    monkeypatch.setattr(image_files, "written_whole", disk.written_whole)
    options = ["--json"] if as_json else []
    result = skdenoise("denoise", model, clean, "-o", tmp_path / "out", *options)
    assert result.exit_code == 1
    assert len(disk.tried) == 1
    if as_json:
        found = json.loads(result.stdout)
        assert "No space left" in found["failure"]
        assert found["done"] == 0
    else:
        assert "No space left" in result.output
        assert "12 left" in result.output


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_to_is_found_out_before_the_work(clean, model, tmp_path):
    tmp_path.chmod(0o500)
    try:
        result = skdenoise("denoise", model, clean, "-o", tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)
    assert result.exit_code == 2
    assert "Permission denied" in result.output


def test_results_of_an_earlier_run_are_not_denoised_again(clean, model):
    out = clean / "out"
    assert skdenoise("denoise", model, clean, "-o", out).exit_code == 0
    names = sorted(path.relative_to(out) for path in out.rglob("*"))
    again = skdenoise("denoise", model, clean, "-o", out, "--overwrite")
    assert again.exit_code == 0, again.output
    assert sorted(path.relative_to(out) for path in out.rglob("*")) == names
    assert len(names) == 12
    in_place = skdenoise("denoise", model, out, "-o", out, "--overwrite")
    assert "12 denoised" in in_place.output


@pytest.mark.parametrize("command", ["denoise", "info"])
def test_a_missing_model_is_reported_before_keras_is_imported(command, clean, tmp_path):
    more = (str(clean), "-o", str(tmp_path)) if command == "denoise" else ()
    arguments = [command, "nothing", *more]
    code = (
        "import sys\nfrom skdenoise.cli import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit as end: assert end.code == 2\nassert 'keras' not in sys.modules"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr
    assert "photo-gray" in result.stderr


def test_a_training_that_learns_nothing_has_an_exit_code_of_its_own(tmp_path):
    rng = np.random.default_rng(0)
    for index in range(4):
        pixels = rng.integers(0, 255, (32, 32)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    noise = ("--noise-factor", "0.02")
    result = skdenoise("train", tmp_path, "-o", tmp_path / "m.skdenoise", *QUICK, *noise)
    assert result.exit_code == 3, result.output
    assert "learned nothing" in result.output
    assert ".py" not in result.output


def test_the_psnr_of_noisy_images_stands_beside_that_of_the_denoised(clean, tmp_path):
    command = ("train", clean, "-o", tmp_path / "m.skdenoise", "--epochs", 2, "--patch-size", 16)
    result = json.loads(skdenoise(*command, "--json").stdout)
    assert 5 < result["psnr_noisy"] < 60
    assert result["learned"] in (True, False)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_an_output_on_a_full_disk_is_an_error_of_one_line(model, clean, tmp_path):
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "skdenoise", "info", str(model)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr


@posix
def test_a_pipe_is_not_read(model, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    told = skdenoise("denoise", model, tmp_path / "pipe.png", "-o", tmp_path / "out.png")
    assert told.exit_code == 2
    assert "neither a file nor a folder" in " ".join(told.output.replace("│", " ").split())
