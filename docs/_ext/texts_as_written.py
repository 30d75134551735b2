"""Lets texts be written as they read best where they are, in the repository and in docstrings."""

import re


def link_examples_to_their_pages(app, docname, source):
    """Let a link to the file of an example lead to its page in the site."""
    source[0] = re.sub(r"\]\(\.\./examples/(\w+)\.py\)", r"](auto_examples/\1.rst)", source[0])


def keep_initials(app, what, name, obj, options, lines):
    """Keep the first initial of a reference from being taken for the mark of a list, as in A. B. C."""
    lines[:] = [re.sub(r"^(\s*\.\. \[\S+\] [A-Z])\. ", r"\1\\. ", line) for line in lines]


def setup(app):
    """Connect both."""
    app.connect("source-read", link_examples_to_their_pages)
    # After numpydoc, which works at priority 500.
    app.connect("autodoc-process-docstring", keep_initials, priority=600)
    return {"parallel_read_safe": True}
