"""Reads files and standard input, each in its format, into one list of passages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import BinaryIO, TypeAlias

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading import FORMATS, MAX_INPUT
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.source import check_stdin_once, looks_like_json, read_text, shown_name

Parser: TypeAlias = Callable[[str, str, FieldNames], Iterator[Passage]]

_FORMAT_OF_SUFFIX = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv"}


@dataclass(frozen=True, slots=True)
class Reading:
    """The passages in input order, the locators of blank ones, and warnings for the user."""

    passages: tuple[Passage, ...]
    blank: tuple[str, ...]
    warnings: tuple[str, ...]


def read(
    files: Sequence[str],
    *,
    stdin: BinaryIO | None,
    input_format: str = "auto",
    names: FieldNames | None = None,
    encoding: str | None = None,
    max_bytes: int = MAX_INPUT,
) -> Reading:
    """Read every file, in the order given; `-` is standard input.

    Raises InputError, with file and line, for anything that is not what its format says.
    """
    check_stdin_once(files)
    passages: list[Passage] = []
    blank: list[str] = []
    warnings: list[str] = []
    for file in files:
        text = read_text(file, stdin, encoding, max_bytes)
        format_name = input_format
        if input_format == "auto":
            format_name = _FORMAT_OF_SUFFIX.get(PurePath(file).suffix.lower(), "lines")
        source = shown_name(file)
        before = len(passages) + len(blank)
        for passage in _parser(format_name)(text, source, names or FieldNames()):
            if passage.is_blank:
                blank.append(passage.locator)
            else:
                passages.append(passage)
        if len(passages) + len(blank) == before:
            warnings.append(f"{source}: no passages")
        elif format_name == "lines" and looks_like_json(text):
            warnings.append(
                f"{source}: looks like JSON but is read as plain lines; "
                "--input-format jsonl reads one object a line"
            )
    if not passages:
        found = "every passage is blank" if blank else "no passages in it"
        source = ", ".join(map(shown_name, files))
        raise InputError(found, source=source, hint="At least one passage is needed to rank.")
    return Reading(tuple(passages), tuple(blank), tuple(warnings))


def _parser(format_name: str) -> Parser:
    module, function = FORMATS[format_name]
    parser: Parser = getattr(import_module(f"rerank_cli.reading.{module}"), function)
    return parser
