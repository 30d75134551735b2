"""Configuration of the documentation site: ``python -m sphinx -W -b html docs docs/_build/html``."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# Read by TensorFlow when the first example imports it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from example_gallery import PICTURES  # noqa: E402

import skdenoise  # noqa: E402

project = "skdenoise"
author = "The skdenoise developers"
version = release = skdenoise.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "texts_as_written",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
# Names in single backticks, as in `noise_names`, are links where there is such a name.
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"
# Quotation marks are those of Python more often than not.
smartquotes = False

# API reference: the page of a class shows its own methods, not those that scikit-learn gives it.
numpydoc_show_class_members = False
autodoc_default_options = {"members": True, "member-order": "bysource"}

# Pages in Markdown: links to a heading, as GitHub makes them.
myst_heading_anchors = 3

# Gallery of examples. They save their pictures in the folder in which they lie, so they run in a copy.
EXAMPLES = HERE / "_build" / "examples"
shutil.rmtree(EXAMPLES, ignore_errors=True)
shutil.copytree(HERE.parent / "examples", EXAMPLES, ignore=shutil.ignore_patterns(*PICTURES))

SHOWN_BUT_NOT_EXECUTED = {
    "camera_noise": "takes several minutes",
    "choose_a_denoiser": "takes about two minutes, and has no picture",
    "colour_images": "takes half an hour, and reads CIFAR-10 from SKDENOISE_DATA",
    "grid_search_noise_factor": "takes about two minutes, and has no picture",
    "search_denoiser_and_classifier": "takes about two minutes, and has no picture",
    "several_kinds_of_noise": "takes about two minutes, and has no picture",
    "mnist_with_and_without_denoising": "takes ten minutes, and reads MNIST from SKDENOISE_DATA",
}
sphinx_gallery_conf = {
    "examples_dirs": "_build/examples",
    "gallery_dirs": "auto_examples",
    "backreferences_dir": "auto_examples/backreferences",
    "doc_module": "skdenoise",
    "filename_pattern": rf"[\\/](?!({'|'.join(SHOWN_BUT_NOT_EXECUTED)})\.)\w+\.py$",
    "image_scrapers": ("example_gallery.saved_pictures", "matplotlib"),
    "within_subsection_order": "example_gallery.reading_order",
    "default_thumb_file": str(HERE / "images" / "digits.png"),
    "remove_config_comments": True,
    # No output for the value of an expression: the examples print what is to be seen.
    "capture_repr": (),
    "show_signature": False,
    # Its page would load scripts from elsewhere.
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skdenoise"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {"install": [], "changelog": [], "contributing": [], "noise": []}
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": False,
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 5,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
copyright = "the skdenoise developers, BSD-3-Clause"
