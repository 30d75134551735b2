"""Link names of scikit-learn to its documentation, without reading its inventory from the network.

Each public name has a page of its own there, at an address that follows from the name.
"""

from docutils import nodes

PAGES = "https://scikit-learn.org/stable/modules/generated/{}.html"


def setup(app):
    """Register the extension."""
    app.connect("missing-reference", link_to_scikit_learn)
    return {"parallel_read_safe": True}


def link_to_scikit_learn(app, env, node, content):
    """Return a link if a reference that Sphinx cannot resolve names something of scikit-learn."""
    name = node.get("reftarget", "")
    if not name.startswith("sklearn."):
        return None
    return nodes.reference(
        "", "", content, internal=False, refuri=PAGES.format(name)
    )
