import os
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from skdenoise.io import safety
from skdenoise.io.model_file import read_model
from skdenoise.io.safety import written_whole

# Writes a model file again and again, and says so after the first time.
WRITER = """
import sys
import numpy as np
from skdenoise.io.model_file import write_model
for number in range(10**9):
    write_model(sys.argv[1], {"number": number}, {"numbers": np.full(10**6, number, np.float64)})
    print(number, flush=True)
"""


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
def test_what_a_link_leads_to_is_replaced_with_the_usual_mode(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target.txt", tmp_path / "link.txt"
    target.write_text("before")
    link.symlink_to(target)
    mask = os.umask(0o027)
    try:
        with written_whole(link) as new:
            new.write_text("after")
    finally:
        os.umask(mask)
    assert link.is_symlink()
    assert target.read_text() == "after"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_files_of_killed_processes_are_removed_and_no_others(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    prefix = f".skdenoise-{safety._HOST}"
    orphan = tmp_path / f"{prefix}-{ended.pid}-aa.png"
    others = [
        tmp_path / f"{prefix}-{ended.pid}-bb.png",  # too young to be sure
        tmp_path / f"{prefix}-{os.getpid()}-cc.png",  # of a process that runs
        tmp_path / f".skdenoise-00000000-{ended.pid}-dd.png",  # of another host
        tmp_path / f"{prefix}-nobody.png",
    ]
    for path in [orphan, *others]:
        path.touch()
    for path in [orphan, *others[1:]]:
        os.utime(path, (0, 0))
    safety._remove_orphans.cache_clear()
    with safety.written_whole(tmp_path / "new.png") as new:
        new.write_bytes(b"new")
    assert set(tmp_path.iterdir()) == {tmp_path / "new.png", *others}


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
