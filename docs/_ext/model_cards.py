"""A directive for the model cards of the denoisers that come with the package."""

from dataclasses import asdict

from sphinx.util.docutils import SphinxDirective

from skdenoise.denoisers.pretrained import MODEL_CARDS, pretrained_path

_NAMES = {"purpose": "for", "not_for": "not for"}


class ModelCards(SphinxDirective):
    """Show a table for each packaged denoiser, in a page of Markdown."""

    def run(self):
        """Return the tables as nodes."""
        text = "\n\n".join(
            _card(name, asdict(card)) for name, card in MODEL_CARDS.items()
        )
        return self.parse_text_to_nodes(text)


def _card(name, card):
    figures = card.pop("figures")
    rows = [(_NAMES.get(field, field), value) for field, value in card.items()]
    rows += figures.items()
    rows.append(
        (
            "size of the file",
            f"{pretrained_path(name).stat().st_size / 1e6:.1f} MB",
        )
    )
    lines = [
        f"| `{name}` | |",
        "| --- | --- |",
        *(f"| {field} | {value} |" for field, value in rows),
    ]
    return "\n".join(lines)


def setup(app):
    """Register the directive ``model-cards``."""
    app.add_directive("model-cards", ModelCards)
    return {"parallel_read_safe": True}
