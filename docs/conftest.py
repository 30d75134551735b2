"""The code of the documentation is run, page by page, by ``pytest docs``."""

import os
import tempfile

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

# As many processes as cores run the pages: a thread each.
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"


def enter_folder(namespace):
    """Let the code of a page write its files into a folder of its own."""
    namespace["_before"], namespace["_folder"] = os.getcwd(), tempfile.TemporaryDirectory()
    os.chdir(namespace["_folder"].name)


def leave_folder(namespace):
    """Go back, and remove the folder."""
    os.chdir(namespace["_before"])
    namespace["_folder"].cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["*.md"],
    excludes=["_build/*"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()
