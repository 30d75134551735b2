"""The summary: readable tables, and conclusions in words."""

import textwrap
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame


_COLUMNS = 88  # of a line of text


@dataclass(frozen=True)
class Summary:
    """Sentences and tables, which print as text, or as HTML in a notebook. The sentences come first.

    Attributes
    ----------
    head : str
        What the tables show.
    blocks : list of (str, pandas.DataFrame)
        Titles and tables of text.
    sentences : list of str
        Conclusions from the tables.
    legend : str
        Meaning of the signs in the tables.
    """

    head: str
    blocks: "list[tuple[str, DataFrame]]"
    sentences: list[str]
    legend: str = ""

    def __str__(self) -> str:
        tables = [f"{title}\n\n{table.to_string()}" for title, table in self.blocks]
        legend = map(_wrapped, self.legend.split("\n\n"))
        parts = [*map(_wrapped, self.sentences), _wrapped(self.head), *tables, *legend]
        return "\n\n".join(part for part in parts if part)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        tables = "".join(
            f"<h4>{escape(title)}</h4>{table.to_html(border=0)}" for title, table in self.blocks
        )
        legend = "".join(f"<p>{escape(part)}</p>" for part in self.legend.split("\n\n") if part)
        sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return f"<div><ul>{sentences}</ul><p>{escape(self.head)}</p>{tables}{legend}</div>"


def _wrapped(text):
    return textwrap.fill(text, _COLUMNS)
