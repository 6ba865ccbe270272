"""Runs, as they are measured: what `rerank batch` writes, or TREC's six columns."""

import math
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeAlias

from rerank_cli.errors import InputError
from rerank_cli.model import Run, ScoredDoc
from rerank_cli.reading import batch_output
from rerank_cli.reading.lines import numbered_lines
from rerank_cli.reading.source import read_text, shown_name

RunReader: TypeAlias = Callable[[str, str], Iterator[tuple[int, ScoredDoc]]]

_COLUMNS = "query-id Q0 doc-id rank score tag"


def read_run(file: str, *, stdin: BinaryIO | None, encoding: str | None = None) -> Run:
    """The rankings of a file (`-` is standard input); its ranks are not read, only its scores.

    Raises InputError, with file and line, for a line that is no ranking, for a score that is no
    finite number, and for a document that is ranked twice for a query.
    """
    text = read_text(file, stdin, encoding)
    source = shown_name(file)
    reader = run_reader(text)
    scores: dict[str, dict[str, float]] = {}
    for line, (query_id, doc_id, score) in reader(text, source):
        ranked = scores.setdefault(query_id, {})
        if doc_id in ranked:
            raise _twice(reader, text, source, line, (query_id, doc_id))
        ranked[doc_id] = score
    if not scores:
        raise InputError("no rankings in it", source=source)
    return Run(source, scores)


def run_reader(text: str) -> RunReader:
    """The reader for the format that a run is in: that of `rerank batch` (JSON), or TREC's."""
    return batch_output.scored_docs if text.lstrip()[:1] in {"{", "["} else trec_scored_docs


def trec_scored_docs(text: str, source: str) -> Iterator[tuple[int, ScoredDoc]]:
    """The line number (from 1) and content of each line of a TREC run."""
    check_nul(text, source)
    for number, line in numbered_lines(text):
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


def _twice(
    reader: RunReader, text: str, source: str, line: int, pair: tuple[str, str]
) -> InputError:
    """The error for a query and document that come a second time; names the line of the first."""
    first = next(number for number, row in reader(text, source) if row[:2] == pair)
    where = "twice on this line" if first == line else f"already on line {first}"
    query_id, doc_id = pair
    return InputError(
        f"document {doc_id!r} of query {query_id!r} is ranked {where}", source=source, line=line
    )
