"""Let ``pytest docs`` run the code of the documentation, page by page."""

import os
import tempfile

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

# There is one process per core, so each uses one thread.
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"


def enter_folder(namespace):
    """Let the code of a page write its files into a temporary folder."""
    namespace["_before"], namespace["_folder"] = (
        os.getcwd(),
        tempfile.TemporaryDirectory(),
    )
    os.chdir(namespace["_folder"].name)


def leave_folder(namespace):
    """Go back to the previous folder, and remove the temporary one."""
    os.chdir(namespace["_before"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    excludes=["_build/*"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
