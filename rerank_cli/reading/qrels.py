"""Judgments: TREC's four columns, or BEIR's table with a header."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from rerank_cli.errors import InputError
from rerank_cli.model import Qrels
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.fields import QREL_DOC, QREL_QUERY, QREL_RELEVANCE
from rerank_cli.reading.lines import numbered_lines
from rerank_cli.reading.runs import check_nul
from rerank_cli.reading.source import read_text, shown_name

_WHOLE = re.compile(r"[+-]?\d{1,7}", re.ASCII)
_TREC = "4: query-id iteration doc-id relevance"
_TABLE = "3, separated by tabs, as in the header"
_HINT = "Judgments are TREC's four columns, or BEIR's table: query-id, corpus-id, score and tabs."


def read_qrels(
    file: str, *, stdin: BinaryIO | None, encoding: str | None = None, max_bytes: int = MAX_INPUT
) -> Qrels:
    """The judgments of a file (`-` is standard input), queries in its order.

    Raises InputError, with file and line, for a line that is no judgment, and for a document that
    is judged twice in different ways.
    """
    text = read_text(file, stdin, encoding, max_bytes)
    source = shown_name(file)
    qrels: dict[str, dict[str, int]] = {}
    for line, query_id, doc_id, relevance in _judgments(text, source):
        judged = qrels.setdefault(query_id, {})
        before = judged.setdefault(doc_id, relevance)
        if before != relevance:
            again = _judgments(text, source)
            first = next(line for line, *pair, _ in again if pair == [query_id, doc_id])
            found = f"was judged {before} on line {first}, and differently here"
            problem = f"document {doc_id!r} of query {query_id!r} {found}"
            raise InputError(problem, source=source, line=line, hint=_HINT)
    if not qrels:
        raise InputError("no judgments in it", source=source)
    if len(set().union(*qrels.values())) == 1:
        _check_order(text, source)
    return qrels


def _check_order(text: str, source: str) -> None:
    """Raise InputError if document ids stand in the column of the iteration, which is one value."""
    rows = [line.split() for _, line in numbered_lines(text)]
    seconds = {row[1] for row in rows if len(row) == 4}
    if len(seconds) > 1:
        problem = f"every line judges document {rows[0][2]!r}, and column 2 varies"
        raise InputError(f"{problem}: expected {_TREC}", source=source, line=1, hint=_HINT)


def _judgments(text: str, source: str) -> Iterator[tuple[int, str, str, int]]:
    """The line number (from 1), query id, document id and relevance of each judgment."""
    check_nul(text, source)
    lines = numbered_lines(text)
    first = next(lines, None)
    if first is None:
        return
    order = _header(first[1])
    for number, line in lines if order else chain([first], lines):
        cells = [cell.strip() for cell in line.split("\t")] if order else line.split()
        if len(cells) == 4 and not order:
            del cells[1]
        if len(cells) != 3 or not all(cells):
            found = f"{len(cells)} columns" if all(cells) else "an empty cell"
            problem = f"{found}, expected {_TABLE if order else _TREC}"
            raise InputError(problem, source=source, line=number, hint=_HINT)
        query_id, doc_id, relevance = (cells[at] for at in order or (0, 1, 2))
        if not _WHOLE.fullmatch(relevance):
            problem = f"relevance {relevance[:40]!r} is not a whole number of at most 7 digits"
            raise InputError(problem, source=source, line=number, hint=_HINT)
        yield number, query_id, doc_id, int(relevance)


def _header(line: str) -> tuple[int, int, int] | None:
    """The columns (from 0) of query id, document id and relevance, if this is a header."""
    names = [cell.strip().lower() for cell in line.split("\t")]
    if len(names) != 3:
        return None
    columns = [
        next((at for at, name in enumerate(names) if name in known), -1)
        for known in (QREL_QUERY, QREL_DOC, QREL_RELEVANCE)
    ]
    return None if -1 in columns else (columns[0], columns[1], columns[2])
