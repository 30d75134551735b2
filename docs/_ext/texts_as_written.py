"""Adapt texts that are written for the repository, or for docstrings, to the site."""

import re


def link_examples_to_their_pages(app, docname, source):
    """Replace a link to the file of an example by a link to its page in the site."""
    source[0] = re.sub(r"\]\(\.\./examples/(\w+)\.py\)", r"](auto_examples/\1.rst)", source[0])


def keep_initials(app, what, name, obj, options, lines):
    """Escape the first initial of a reference, which could be read as a list item, as in A. B. C."""
    lines[:] = [re.sub(r"^(\s*\.\. \[\S+\] [A-Z])\. ", r"\1\\. ", line) for line in lines]


def setup(app):
    """Connect both functions to Sphinx."""
    app.connect("source-read", link_examples_to_their_pages)
    # After numpydoc, which works at priority 500.
    app.connect("autodoc-process-docstring", keep_initials, priority=600)
    return {"parallel_read_safe": True}
