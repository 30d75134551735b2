"""The summary: tables to read, and what they mean in words."""

from dataclasses import dataclass
from html import escape

from skdenoise.extras import require_extra


def check_pandas(name):
    """Raise an error, before any work is done, if pandas is not installed."""
    require_extra("cli", name, modules=("pandas",))


@dataclass(frozen=True)
class Summary:
    """Tables and sentences: text where it is printed, HTML in a notebook.

    Attributes
    ----------
    head : str
        What is shown.
    blocks : list of (str, pandas.DataFrame)
        Tables of text, with their titles.
    sentences : list of str
        What they mean.
    legend : str
        What the signs in the tables mean.
    """

    head: str
    blocks: list
    sentences: list
    legend: str = ""

    def __str__(self):
        tables = [f"{title}\n\n{table.to_string()}" for title, table in self.blocks]
        parts = [self.head, *tables, self.legend, *self.sentences]
        return "\n\n".join(part for part in parts if part)

    __repr__ = __str__

    def _repr_html_(self):
        tables = "".join(
            f"<h4>{escape(title)}</h4>{table.to_html(border=0)}" for title, table in self.blocks
        )
        sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return (
            f"<div><p>{escape(self.head)}</p>{tables}<p>{escape(self.legend)}</p>"
            f"<ul>{sentences}</ul></div>"
        )
