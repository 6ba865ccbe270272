"""Reads files and standard input, each in its format, into one list of passages."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import BinaryIO, TypeAlias

from rerank_cli.errors import InputError, UsageError
from rerank_cli.model import Passage
from rerank_cli.reading import FORMATS, MAX_INPUT
from rerank_cli.reading.detection import format_of_name, format_of_text
from rerank_cli.reading.encoding import text_of
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.source import (
    check_stdin_once,
    is_parquet,
    opened,
    read_bytes,
    seekable,
    shown_name,
)

Parser: TypeAlias = Callable[..., Iterator[Passage]]
"""Takes text, source and `FieldNames`; one of a table also what `csv_passages` does."""

_TABLES = {"csv", "tsv"}
_WITHOUT_FIELDS = {"lines", "paragraphs", "files"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The passages in input order, the locators of blank ones, and warnings for the user."""

    passages: tuple[Passage, ...]
    blank: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _How:
    """How files are read: see `read`."""

    names: FieldNames
    encoding: str | None
    max_bytes: int
    delimiter: str | None
    quotes: bool


def read(
    files: Sequence[str],
    *,
    stdin: BinaryIO | None,
    input_format: str = "auto",
    names: FieldNames | None = None,
    encoding: str | None = None,
    max_bytes: int = MAX_INPUT,
    delimiter: str | None = None,
    quotes: bool = True,
) -> Reading:
    """Read every file, in the order given; `-` is standard input.

    Raises InputError, with file and line, for anything that is not what its format says, and
    UsageError for an option that the formats of these files do not have.
    """
    check_stdin_once(files)
    how = _How(names or FieldNames(), encoding, max_bytes, delimiter, quotes)
    passages: list[Passage] = []
    blank: list[str] = []
    warnings: list[str] = []
    formats = set()
    for file in files:
        before = len(passages) + len(blank)
        known = format_of_name(file) if input_format == "auto" else input_format
        format_name, found = _passages_of(file, stdin, known, how, warnings.append)
        formats.add(format_name)
        for passage in found:
            if passage.is_blank:
                blank.append(passage.locator)
            else:
                passages.append(passage)
        if len(passages) + len(blank) == before:
            warnings.append(f"{shown_name(file)}: no passages")
    _check_applied(formats, how)
    if not passages:
        problem = "every passage is blank" if blank else "no passages in it"
        source = ", ".join(map(shown_name, files))
        raise InputError(problem, source=source, hint="At least one passage is needed to rank.")
    return Reading(tuple(passages), tuple(blank), tuple(warnings))


def _passages_of(
    file: str, stdin: BinaryIO | None, known: str | None, how: _How, warn: Callable[[str], None]
) -> tuple[str, Iterator[Passage]]:
    """The format of a file, which may be `known`, and its passages."""
    source = shown_name(file)
    with opened(file, stdin) as stream:
        if known == "parquet" or (known is None and is_parquet(stream)):
            return "parquet", _parquet_passages(file, stdin, how)
        data = read_bytes(stream, source, how.max_bytes)
    text = text_of(data, how.encoding, source)
    begins_as = format_of_text(text)
    if known == "lines" and begins_as != "lines":
        warn(
            f"{source}: looks like JSON but is read as plain lines; "
            "--input-format jsonl or json reads it"
        )
    # Only tables have delimiters.
    known = known or ("csv" if how.delimiter else None)
    format_name = known or begins_as
    module, function = FORMATS[format_name]
    parser: Parser = getattr(import_module(f"rerank_cli.reading.{module}"), function)
    if format_name in _TABLES:
        parser = partial(parser, delimiter=how.delimiter, quotes=how.quotes, warn=warn)
    passages = parser(text, source, how.names)
    return format_name, passages if known else _recognised(passages)


def _parquet_passages(file: str, stdin: BinaryIO | None, how: _How) -> Iterator[Passage]:
    from rerank_cli.reading.parquet import passages

    source, limit = shown_name(file), how.max_bytes
    with opened(file, stdin) as stream:
        yield from passages(seekable(stream, source, limit), source, how.names, limit)


def _recognised(passages: Iterator[Passage]) -> Iterator[Passage]:
    """The passages of a file whose format nobody named, whose errors say how to name one."""
    try:
        yield from passages
    except InputError as error:
        way_out = "(--input-format lines takes any text as plain lines.)"
        hint = f"{error.hint} {way_out}" if error.hint else way_out
        raise replace(error, hint=hint) from error.__cause__


def _check_applied(formats: Collection[str], how: _How) -> None:
    """Refuse, with a UsageError, an option that has no meaning in any of the formats."""
    found = ", ".join(sorted(formats))
    if not _TABLES.intersection(formats) and (how.delimiter is not None or not how.quotes):
        option = "--no-quotes" if how.delimiter is None else "--delimiter"
        hint = "--input-format csv and tsv read tables."
        raise UsageError(f"{option} is for tables, and the input is {found}", hint)
    if how.encoding is not None and formats == {"parquet"}:
        raise UsageError("--encoding is for text, and the input is parquet", "Leave it out.")
    if how.names != FieldNames() and _WITHOUT_FIELDS.issuperset(formats):
        problem = f"--text-field and --id-field are for rows with fields, and the input is {found}"
        raise UsageError(problem, "--input-format says what it is.")
