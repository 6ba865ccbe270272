"""Runs, as they are measured: what `rerank batch` writes, or TREC's six columns."""

import math
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeAlias

from rerank_cli.errors import InputError
from rerank_cli.model import Run, ScoredDoc
from rerank_cli.reading import batch_output
from rerank_cli.reading.lines import split
from rerank_cli.reading.source import load, shown_name

Parse: TypeAlias = Callable[[str, str], Iterator[tuple[int, ScoredDoc]]]

_COLUMNS = "query-id Q0 doc-id rank score tag"


def read_run(file: str, *, stdin: BinaryIO | None, encoding: str | None = None) -> Run:
    """The rankings of a file (`-` is standard input); its ranks are not read, only its scores.

    Raises InputError, with file and line, for a line that is no ranking, for a score that is no
    finite number, and for a document that is ranked twice for a query.
    """
    text = load(file, stdin, encoding)
    source = shown_name(file)
    parse = parser_for(text)
    scores: dict[str, dict[str, float]] = {}
    for line, (query_id, doc_id, score) in parse(text, source):
        ranked = scores.setdefault(query_id, {})
        if doc_id in ranked:
            raise _twice(parse, text, source, line, (query_id, doc_id))
        ranked[doc_id] = score
    if not scores:
        raise InputError("no rankings in it", source=source)
    return Run(source, scores)


def parser_for(text: str) -> Parse:
    """What reads the lines of a run: by its content, of `rerank batch` or TREC's."""
    return batch_output.parse if text.lstrip()[:1] in {"{", "["} else parse_trec


def parse_trec(text: str, source: str) -> Iterator[tuple[int, ScoredDoc]]:
    """The line number (from 1) and content of each line of a TREC run."""
    check_nul(text, source)
    for number, line in split(text):
        cells = line.split()
        if len(cells) != 6:
            raise InputError(
                f"{len(cells)} columns, expected 6: {_COLUMNS}",
                source=source,
                line=number,
                hint="A run is what rerank batch writes (JSON lines), or a TREC run.",
            )
        yield number, ScoredDoc(cells[0], cells[2], _score(cells[4], source, number))


def check_nul(text: str, source: str) -> None:
    """Raise InputError at a NUL character: measures are computed in C, where it ends an id."""
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise InputError("holds a NUL character", source=source, line=line)


def _score(cell: str, source: str, line: int) -> float:
    try:
        # Python would take 1_000 for a number, which nothing else that reads runs does.
        score = math.nan if "_" in cell else float(cell)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise InputError(
            f"score {cell[:40]!r} is not a finite number (columns: {_COLUMNS})",
            source=source,
            line=line,
        )
    return score


def _twice(parse: Parse, text: str, source: str, line: int, pair: tuple[str, str]) -> InputError:
    """The error for a pair that stands in the text for the second time; the first is looked up."""
    first = next(number for number, row in parse(text, source) if row[:2] == pair)
    where = "twice on this line" if first == line else f"already on line {first}"
    query_id, doc_id = pair
    return InputError(
        f"document {doc_id!r} of query {query_id!r} is ranked {where}", source=source, line=line
    )
