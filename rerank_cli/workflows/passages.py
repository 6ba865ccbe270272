"""Reads a query and the passages of files, for `rerank` and `rerank compare`."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from rerank_cli.console.streams import Streams
from rerank_cli.errors import UsageError
from rerank_cli.model import Candidates
from rerank_cli.reading.encoding import check_encoding
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.reader import read
from rerank_cli.reranker import ScoringOptions

_NAMED = 5


@dataclass(frozen=True, slots=True)
class PassageInput:
    """Where the passages come from; no files is standard input."""

    files: Sequence[str]
    format: str
    names: FieldNames
    encoding: str | None
    max_bytes: int
    delimiter: str | None
    quotes: bool


def check_input(query: str, given: PassageInput, scoring: ScoringOptions, streams: Streams) -> None:
    """Refuse, with a UsageError, what can be refused before any input is read."""
    if not query.strip():
        raise UsageError("the query is empty", 'Usage: rerank "what to rank by" FILE')
    check_text(query, "the query")
    check_texts(scoring)
    if not given.files and streams.stdin_is_terminal:
        raise UsageError("no FILE, and standard input is a terminal", "Name a file of passages.")
    if given.encoding is not None:
        check_encoding(given.encoding)


def check_texts(scoring: ScoringOptions) -> None:
    """Refuse, with a UsageError, an option that cannot be sent."""
    for name, text in {**scoring.extras, "model": scoring.model}.items():
        if isinstance(text, str):
            check_text(text, f"--{name}")


def check_text(text: str, what: str) -> None:
    """Refuse, with a UsageError, a text that cannot be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{what} is not UTF-8 text", "Check the terminal's encoding (locale)."
        ) from None


def read_candidates(query: str, given: PassageInput, streams: Streams) -> Candidates:
    """The query with the passages of the input; warns of what is odd about either."""
    if os.path.isfile(query):
        streams.report(f"rerank: {query} is a file, but taken as the query, which comes first")
    reading = read(
        given.files or ["-"],
        stdin=streams.stdin,
        input_format=given.format,
        names=given.names,
        encoding=given.encoding,
        max_bytes=given.max_bytes,
        delimiter=given.delimiter,
        quotes=given.quotes,
    )
    given.names.check_used(reading.passages)
    for warning in reading.warnings:
        streams.warn(warning)
    blank = reading.blank
    if blank:
        listed = ", ".join(blank[:_NAMED]) + (", …" if len(blank) > _NAMED else "")
        streams.warn(f"left out, because blank: {listed} ({len(blank)} in all)")
    return Candidates(query, reading.passages)
