"""The output of `rerank batch` read as a run: a line a query, with its results."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from rerank_cli.errors import InputError
from rerank_cli.model import ScoredDoc
from rerank_cli.reading.jsonl import value_of
from rerank_cli.reading.lines import numbered_lines


def scored_docs(text: str, source: str) -> Iterator[tuple[int, ScoredDoc]]:
    """The line number (from 1) and content of each result.

    A result without an id goes by its index. A query without results, or one that failed, yields
    nothing. Raises InputError at the first line that is not as `rerank batch` writes it.
    """
    lines: dict[str, int] = {}
    for number, line in numbered_lines(text):
        row = value_of(line, source, number)
        if not isinstance(row, dict) or ("results" not in row and "error" not in row):
            raise _not_a_query(row, source, number)
        query_id = _id(row, ("id",), "query", source, number)
        if query_id in lines:
            problem = f"query {query_id!r} is ranked twice: already on line {lines[query_id]}"
            raise InputError(problem, source=source, line=number)
        lines[query_id] = number
        results = row.get("results") or []
        if not isinstance(results, list):
            raise InputError("'results' is not an array", source=source, line=number)
        for rank, result in enumerate(results, 1):
            yield number, _scored(query_id, result, rank, source, number)


def _scored(query_id: str, result: Any, rank: int, source: str, line: int) -> ScoredDoc:
    what = f"result {rank}"
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
    for name in names:
        value = row.get(name)
        if value is None:
            continue
        text = str(value) if type(value) in {str, int} else ""
        if not text or "\0" in text:
            raise InputError(f"{what}: {name!r} is no usable id", source=source, line=line)
        return text
    raise InputError(
        f"{what} has no {' and no '.join(map(repr, names))}",
        source=source,
        line=line,
        hint="Judgments are matched by the ids of queries and documents.",
    )


def _not_a_query(row: object, source: str, line: int) -> InputError:
    found = ", ".join(map(repr, list(row)[:12])) if isinstance(row, dict) else "no object"
    return InputError(
        f"no 'results': found {found or 'nothing'}",
        source=source,
        line=line,
        hint="A run is what rerank batch writes (JSON lines), or a TREC run.",
    )
