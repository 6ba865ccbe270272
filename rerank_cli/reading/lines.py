"""Plain text, one passage a line."""

from collections.abc import Iterator

from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames


def split(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers (from 1) and lines, without LF or CRLF; blank lines are skipped.

    Not str.splitlines, which also breaks at form feeds and other characters that texts hold.
    """
    number = start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        number, start = number + 1, end + 1
        if line and not line.isspace():
            yield number, line.removesuffix("\r")


def parse(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """The passages of a text file; a plain line has no fields, so the names are not used."""
    for number, line in split(text):
        yield Passage(text=line, source=source, line=number)
