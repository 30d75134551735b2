"""Adapt texts that are written for the repository, or for docstrings, to the site.

On a page of the repository, links lead to files and names of the package are plain code. On the site, the same
links lead to the pages of examples, and the names to the API reference.
"""

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms import SphinxTransform

import skdenoise


def link_examples_to_their_pages(app, docname, source):
    """Replace links to the files of examples, or to their folder, by links to pages of the site."""
    to_docs = "../" * docname.count("/")
    text = re.sub(
        rf"\]\({to_docs}\.\./examples/(\w+)\.py\)",
        rf"]({to_docs}auto_examples/\1.rst)",
        source[0],
    )
    source[0] = text.replace(
        f"]({to_docs}../examples)", f"]({to_docs}auto_examples/index.rst)"
    )


class LinkNames(SphinxTransform):
    """Link code that is a public name of this package, or a full name of scikit-learn.

    Not in headings and links, nor in API pages, whose docstrings have links of their own.
    """

    default_priority = 5

    def apply(self, **kwargs):
        """Replace the code by references."""
        if self.env.docname.startswith(("api/", "auto_examples/")):
            return
        for code in list(self.document.findall(nodes.literal)):
            target = _target(code.astext())
            inside = _inside(
                code,
                nodes.title,
                nodes.reference,
                pending_xref,
                nodes.literal_block,
            )
            if target is not None and not inside:
                reference = pending_xref(
                    "",
                    refdomain="py",
                    reftype="obj",
                    reftarget=target,
                    refexplicit=True,
                )
                code.replace_self(reference)
                reference += code


def _target(name):
    if re.fullmatch(r"sklearn\.[\w.]+\.[A-Z]\w+", name):
        return name
    return (
        f"skdenoise.{name}"
        if name.split(".")[0] in skdenoise.__all__
        else None
    )


def _inside(node, *kinds):
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            return True
    return False


def keep_initials(app, what, name, obj, options, lines):
    """Escape the first initial of a reference, which could be read as a list item, as in A. B. C."""
    lines[:] = [
        re.sub(r"^(\s*\.\. \[\S+\] [A-Z])\. ", r"\1\\. ", line)
        for line in lines
    ]


def setup(app):
    """Connect the functions to Sphinx."""
    app.connect("source-read", link_examples_to_their_pages)
    app.add_transform(LinkNames)
    # After numpydoc, which works at priority 500.
    app.connect("autodoc-process-docstring", keep_initials, priority=600)
    return {"parallel_read_safe": True}
