"""Configuration of the documentation site: ``python -m sphinx -W -b html docs docs/_build/html``."""

import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))
# TensorFlow reads this when the first example imports it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from example_gallery import PICTURES  # noqa: E402

import skdenoise  # noqa: E402

project = "skdenoise"
author = "The skdenoise developers"
version = release = skdenoise.__version__

extensions = [
    "model_cards",
    "scikit_learn_links",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "texts_as_written",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
# A name in single backticks, as in `noise_names`, becomes a link if the name exists.
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"
# Most quotation marks belong to Python code.
smartquotes = False

# The page of a class shows its own methods, not those inherited from scikit-learn.
numpydoc_show_class_members = False
autodoc_default_options = {"members": True, "member-order": "bysource"}

# The prompt of a console, and what a command prints, are not copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Markdown pages link to headings in the same way as on GitHub.
myst_heading_anchors = 3

# The examples run in a copy of their folder, because they save pictures in it.
EXAMPLES = HERE / "_build" / "examples"
shutil.rmtree(EXAMPLES, ignore_errors=True)
shutil.copytree(
    HERE.parent / "examples",
    EXAMPLES,
    ignore=shutil.ignore_patterns(*PICTURES),
)

SHOWN_BUT_NOT_EXECUTED = {
    "camera_noise": "takes several minutes",
    "choose_a_denoiser": "takes about two minutes",
    "colour_images": "takes half an hour, and reads CIFAR-10 from SKDENOISE_DATA",
    "grid_search_noise_factor": "takes about two minutes",
    "search_denoiser_and_classifier": "takes about two minutes",
    "several_kinds_of_noise": "takes about two minutes",
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
    # The value of an expression is not shown: the examples print their results.
    "capture_repr": (),
    "show_signature": False,
    # The page of computation times would load scripts from other sites.
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "skdenoise"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_logo = html_favicon = "_static/logo.svg"
html_sidebars = {
    page: []
    for page in ("changelog", "contributing", "noise", "results", "benchmarks")
}
html_theme_options = {
    "logo": {"text": "skdenoise"},
    "navigation_with_keys": False,
    "show_prev_next": False,
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
copyright = "the skdenoise developers, BSD-3-Clause"
