"""A ranking becomes text. A new output format is one module and one line in `FORMATS`."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rerank_cli.model import Ranking

__all__ = ["BATCH_FORMATS", "FORMATS", "Look", "pieces", "render"]


class Look(NamedTuple):
    """How the output is looked at.

    width     columns to fit, None for as many as it takes
    colour    whether colour codes may be used
    full      whether long passages are shown whole
    terminal  whether it is a terminal, which obeys control characters
    """

    width: int | None = None
    colour: bool = False
    full: bool = True
    terminal: bool = False


Pieces = Iterable[str]


def _table(ranking: "Ranking", look: Look) -> Pieces:
    from rerank_cli.rendering.table import render

    return [render(ranking, look)]


def _json(ranking: "Ranking", look: Look) -> Pieces:
    from rerank_cli.rendering.json import render

    return render(ranking)


def _jsonl(ranking: "Ranking", look: Look) -> Pieces:
    from rerank_cli.rendering.rows import render_jsonl

    return render_jsonl(ranking)


def _csv(ranking: "Ranking", look: Look) -> Pieces:
    from rerank_cli.rendering.rows import render_table

    return _harmless(render_table(ranking, ","), look)


def _tsv(ranking: "Ranking", look: Look) -> Pieces:
    from rerank_cli.rendering.rows import render_table

    return _harmless(render_table(ranking, "\t"), look)


def _text(ranking: "Ranking", look: Look) -> Pieces:
    from rerank_cli.rendering.text import render

    return _harmless(render(ranking), look)


def _harmless(pieces: Pieces, look: Look) -> Pieces:
    """JSON escapes control characters and the table shows them; plain formats need this."""
    from rerank_cli.rendering.visible import visible_block

    return map(visible_block, pieces) if look.terminal else pieces


# Each imports its module when it is used: the table's needs Rich, the others start faster.
FORMATS: Mapping[str, Callable[["Ranking", Look], Pieces]] = {
    "table": _table,
    "json": _json,
    "jsonl": _jsonl,
    "csv": _csv,
    "tsv": _tsv,
    "text": _text,
}


BATCH_FORMATS = ("jsonl", "trec")
"""What a batch can be written as: the names of `batch.FORMATS`."""


def pieces(ranking: "Ranking", output_format: str, look: Look) -> Pieces:
    """The ranking in a format of `FORMATS`, piece by piece so that the whole is never held."""
    return FORMATS[output_format](ranking, look)


def render(ranking: "Ranking", output_format: str, look: Look) -> str:
    """The ranking in a format of `FORMATS`; ends with a newline unless it is empty."""
    return "".join(pieces(ranking, output_format, look))
