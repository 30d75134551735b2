"""Long work shows its progress."""

import subprocess
import sys

import keras
import pytest
from rich.console import Console

from skdenoise import progress
from skdenoise.progress import _duration, progress_callbacks, show_steps


def test_the_module_does_not_import_keras():
    code = "import sys, skdenoise.progress; sys.exit('keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("verbose", "n_lines"), [(0, 0), (1, 23), (2, 1001)])
def test_a_fit_in_a_log_prints_some_lines_with_the_time_left(verbose, n_lines, capsys):
    for callback in progress_callbacks(verbose, epochs=1000, steps=3):
        callback.on_train_begin()
        for epoch in range(1000):
            callback.on_epoch_begin(epoch)
            callback.on_train_batch_end(0)
            callback.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.25})
        callback.on_train_end()
        callback.on_train_end()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == n_lines
    if lines:
        assert lines[:2] == [
            "denoiser: 3,000 steps in 1,000 epochs",
            "epoch 1/1000: loss 0.5000, val_loss 0.2500",
        ]
        assert lines[2].startswith("epoch 2/1000: loss 0.5000, val_loss 0.2500, ")
        assert lines[2].endswith(" left")
        assert lines[-2].endswith("loss 0.5000, val_loss 0.2500, less than a minute left")
        assert lines[-1] == "epoch 1000/1000: loss 0.5000, val_loss 0.2500"


@pytest.mark.parametrize(
    ("logs", "words"),
    [
        ({"loss": 0.5, "psnr": 22.123}, "PSNR 22.12 dB"),
        (
            {"loss": 0.5, "psnr": 22.123, "val_loss": 0.5, "val_psnr": 21.5},
            "PSNR 22.12 dB, 21.50 dB on held-out images",
        ),
        ({"loss": 1.0, "pixels_psnr": 20, "labels_loss": 2.0}, "PSNR 20.00 dB"),
    ],
)
def test_the_psnr_is_shown_where_it_is_known(logs, words, capsys):
    (callback,) = progress_callbacks(2, epochs=1, steps=3)
    callback.on_epoch_end(0, logs)
    assert capsys.readouterr().out == f"epoch 1/1: {words}\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute"),
        (61, "about 1 minute"),
        (170, "about 3 minutes"),
        (3599, "about 1 hour"),
        (7000, "about 2 hours"),
    ],
)
def test_durations_are_words(seconds, words):
    assert _duration(seconds) == words


def test_a_fit_on_a_terminal_shows_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    (callback,) = progress_callbacks(1, epochs=2, steps=10)
    callback.on_train_begin()
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        callback.on_train_batch_end(9)
        callback.on_epoch_end(epoch, {"loss": 0.5})
    callback.on_train_end()
    callback.on_train_end()
    assert "loss 0.5000" in capsys.readouterr().out


def test_steps_are_named_in_a_log(capsys):
    steps = show_steps("abc", 3, "comparison", 1, lambda n, step: step if n > 1 else None)
    assert list(steps) == ["a", "b", "c"]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "comparison 2/3: b\ncomparison 3/3: c\n"


def test_quiet_steps_show_nothing(capsys):
    assert list(show_steps("abc", 3, "comparison", 0, lambda n, step: step)) == ["a", "b", "c"]
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


@pytest.mark.parametrize("has_widgets", [True, False])
def test_a_notebook_without_widgets_gets_lines(monkeypatch, has_widgets):
    console = Console(force_jupyter=True)
    monkeypatch.setattr(progress, "Console", lambda: console)
    monkeypatch.setattr(progress, "find_spec", lambda name: object() if has_widgets else None)
    (callback,) = progress_callbacks(1, epochs=2, steps=10)
    shows_steps = (
        callback.on_train_batch_end.__func__ is not keras.callbacks.Callback.on_train_batch_end
    )
    assert shows_steps == has_widgets


def test_a_small_loss_is_shown_with_as_many_digits(capsys):
    (callback,) = progress_callbacks(2, epochs=1, steps=1)
    callback.on_epoch_end(0, {"loss": 0.00068345})
    assert "loss 0.0006835" in capsys.readouterr().out
