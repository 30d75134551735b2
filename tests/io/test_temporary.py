"""Temporary files, and what killed processes leave of them."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from skdenoise.io import temporary
from skdenoise.io.safety import written_whole
from skdenoise.io.temporary import temporary_file

posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

WRITES_FOR_EVER = """
    import sys, time
    from skdenoise.io.safety import written_whole
    with written_whole(sys.argv[1]) as new:
        new.write_text("half")
        print("ready", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def writing(tmp_path):
    """A process that is writing a file of the folder."""
    program = [sys.executable, "-c", textwrap.dedent(WRITES_FOR_EVER), str(tmp_path / "a.txt")]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate(timeout=60)


def write(path):
    with written_whole(path) as new:
        new.write_text("whole")


@posix
def test_what_a_killed_process_left_is_removed_by_the_next_write(writing, tmp_path, monkeypatch):
    # Each write searches the folder, however soon after the last one.
    monkeypatch.setattr(temporary, "_SHARE_OF_TIME", np.inf)
    write(tmp_path / "b.txt")
    assert len(list(tmp_path.glob(".skdenoise-*.txt"))) == 1  # it still runs
    writing.send_signal(signal.SIGKILL)
    writing.wait(timeout=60)
    write(tmp_path / "b.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


@posix
@pytest.mark.parametrize(
    "name",
    [
        ".skdenoise-{other}-{dead}-0123456789abcdef.txt",
        ".skdenoise-{host}-{alive}-0123456789abcdef.txt",
        ".skdenoise-{host}-99999999999999999999-0123456789abcdef.txt",
        ".skdenoise-{host}-{dead}-notes.txt",
        ".skdenoise-0123456789abcdef.txt",
        ".skdenoise-settings",
        ".other-{host}-{dead}-0123456789abcdef.txt",
    ],
)
def test_files_of_other_hosts_and_of_living_processes_and_of_others_stay(tmp_path, name):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(timeout=60)
    ids = {"host": temporary._host(), "other": "0" * 12, "alive": os.getppid(), "dead": ended.pid}
    kept = tmp_path / name.format(**ids)
    kept.touch()
    write(tmp_path / "b.txt")
    assert kept.exists()


def test_files_that_this_process_writes_stay_and_those_of_an_earlier_one_with_its_id_do_not(
    tmp_path,
):
    left = tmp_path / f".skdenoise-{temporary._host()}-{os.getpid()}-0123456789abcdef.txt"
    left.touch()
    with temporary_file(tmp_path) as first, temporary_file(tmp_path) as second:
        assert not left.exists()
        assert first.exists()
        assert second.exists()
    assert not list(tmp_path.iterdir())


def test_an_interrupt_removes_the_file(tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), written_whole(tmp_path / "a.txt"):
        interrupted()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_listed_is_no_obstacle(tmp_path, monkeypatch):
    def fail(folder):
        raise PermissionError(folder)

    monkeypatch.setattr(temporary.os, "scandir", fail)
    write(tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "whole"
