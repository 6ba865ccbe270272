"""Plain text, one passage a line."""

from collections.abc import Iterator

from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames

_BLOCK = 2**20


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers (from 1) and lines, without LF or CRLF; blank lines are skipped.

    Not str.splitlines, which also breaks at form feeds and other characters that texts hold.
    """
    number = start = 0
    while start <= len(text):
        # By blocks of whole lines: splitting all at once would hold a long text twice.
        end = text.find("\n", start + _BLOCK)
        end = len(text) if end < 0 else end
        for line in text[start:end].split("\n"):
            number += 1
            if line and not line.isspace():
                yield number, line[:-1] if line[-1] == "\r" else line
        start = end + 1


def passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """A passage a line; `names` are not used, as a plain line has no fields."""
    for number, line in numbered_lines(text):
        yield Passage(line, source, number)
