"""Runs, as they are measured: what `rerank batch` writes, or TREC's six columns."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, TypeAlias

from rerank_cli.errors import InputError
from rerank_cli.model import Run, ScoredDoc
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.fields import ID_TYPES
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.lines import numbered_lines
from rerank_cli.reading.source import read_text, shown_name

RunReader: TypeAlias = Callable[[str, str], Iterator[tuple[int, ScoredDoc]]]

_COLUMNS = "query-id Q0 doc-id rank score tag"
_HINT = "A run is what rerank batch writes (JSON lines), or a TREC run."


def read_run(
    file: str, *, stdin: BinaryIO | None, encoding: str | None = None, max_bytes: int = MAX_INPUT
) -> Run:
    """The rankings of a file (`-` is standard input); its ranks are not read, only its scores.

    Raises InputError, with file and line, for a line that is no ranking, for a score that is no
    finite number, and for a document that is ranked twice for a query.
    """
    text = read_text(file, stdin, encoding, max_bytes)
    source = shown_name(file)
    reader = run_reader(text)
    scores: dict[str, dict[str, float]] = {}
    for line, (query_id, doc_id, score) in reader(text, source):
        ranked = scores.setdefault(query_id, {})
        if doc_id in ranked:
            pair = (query_id, doc_id)
            first = next(number for number, row in reader(text, source) if row[:2] == pair)
            where = "twice on this line" if first == line else f"already on line {first}"
            problem = f"document {doc_id!r} of query {query_id!r} is ranked {where}"
            raise InputError(problem, source=source, line=line)
        ranked[doc_id] = score
    if not scores:
        raise InputError("no rankings in it", source=source)
    return Run(source, scores)


def run_reader(text: str) -> RunReader:
    """The reader for the format that a run is in: that of `rerank batch` (JSON), or TREC's."""
    return batch_scored_docs if text.lstrip()[:1] in {"{", "["} else trec_scored_docs


def trec_scored_docs(text: str, source: str) -> Iterator[tuple[int, ScoredDoc]]:
    """The line number (from 1) and content of each line of a TREC run."""
    check_nul(text, source)
    for number, line in numbered_lines(text):
        cells = line.split()
        if len(cells) != 6:
            problem = f"{len(cells)} columns, expected 6: {_COLUMNS}"
            raise InputError(problem, source=source, line=number, hint=_HINT)
        # Ranks are not read; but what is no rank stands in the wrong column, and others with it.
        if not cells[3].isdecimal() and not _is_number(cells[3]):
            problem = f"rank {cells[3][:40]!r} is not a number (columns: {_COLUMNS})"
            raise InputError(problem, source=source, line=number)
        if cells[2] == "Q0" != cells[1]:
            problem = f"the document is 'Q0', and {cells[1][:40]!r} stands where Q0 should"
            raise InputError(f"{problem} (columns: {_COLUMNS})", source=source, line=number)
        try:
            # Python would take 1_000 for a number, which nothing else that reads runs does.
            score = math.nan if "_" in cells[4] else float(cells[4])
        except ValueError:
            score = math.nan
        if not math.isfinite(score):
            problem = f"score {cells[4][:40]!r} is not a finite number (columns: {_COLUMNS})"
            raise InputError(problem, source=source, line=number)
        yield number, ScoredDoc(cells[0], cells[2], score)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def check_nul(text: str, source: str) -> None:
    """Raise InputError at a NUL character: measures are computed in C, where it ends an id."""
    at = text.find("\0")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise InputError("holds a NUL character", source=source, line=line)


def batch_scored_docs(text: str, source: str) -> Iterator[tuple[int, ScoredDoc]]:
    """The line number (from 1) and content of each result in the output of `rerank batch`.

    A result without an id goes by its index. A query without results, or one that failed, yields
    nothing. Raises InputError at the first line that is not as `rerank batch` writes it.
    """
    lines: dict[str, int] = {}
    for number, line in numbered_lines(text):
        row = value_of(line, source, number)
        if not isinstance(row, dict) or ("results" not in row and "error" not in row):
            found = ", ".join(map(repr, list(row)[:12])) if isinstance(row, dict) else "no object"
            problem = f"no 'results': found {found or 'nothing'}"
            raise InputError(problem, source=source, line=number, hint=_HINT)
        query_id = _id(row, ("id",), "query", source, number)
        if query_id in lines:
            problem = f"query {query_id!r} is ranked twice: already on line {lines[query_id]}"
            raise InputError(problem, source=source, line=number)
        lines[query_id] = number
        results = row.get("results") or []
        if not isinstance(results, list):
            raise InputError("'results' is not an array", source=source, line=number)
        for rank, result in enumerate(results, 1):
            yield number, _scored(query_id, result, f"result {rank}", source, number)


def _scored(query_id: str, result: Any, what: str, source: str, line: int) -> ScoredDoc:
    if not isinstance(result, dict):
        raise InputError(f"{what} is not an object", source=source, line=line)
    doc_id = _id(result, ("id", "index"), what, source, line)
    score = result.get("score")
    # The decoder refuses NaN and numbers beyond a float, but a whole number may be that large.
    if type(score) is int and abs(score) < 2**1023:
        score = float(score)
    if type(score) is not float or not math.isfinite(score):
        problem = f"{what} has no 'score'" if score is None else f"{what}: 'score' is no number"
        raise InputError(problem, source=source, line=line)
    return ScoredDoc(query_id, doc_id, score)


def _id(
    row: Mapping[str, object], names: tuple[str, ...], what: str, source: str, line: int
) -> str:
    name = next((name for name in names if row.get(name) is not None), None)
    if name is None:
        problem = f"{what} has no {' and no '.join(map(repr, names))}"
        hint = "Judgments are matched by the ids of queries and documents."
        raise InputError(problem, source=source, line=line, hint=hint)
    text = str(row[name]) if type(row[name]) in ID_TYPES else ""
    if not text or "\0" in text:
        raise InputError(f"{what}: {name!r} is no usable id", source=source, line=line)
    return text
