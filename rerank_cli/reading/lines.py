"""Plain text, one passage a line."""

from collections.abc import Iterator

from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames

_BLOCK = 2**20


def line_end(text: str) -> str:
    """What ends the lines of a text: LF, or CR where there is no LF at all, as Macs once had it."""
    return "\r" if "\n" not in text and "\r" in text else "\n"


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """Line numbers (from 1) and lines, without their ends; blank lines are skipped.

    Lines end as `line_end` says, or by CRLF. Not str.splitlines, which also breaks at form feeds
    and other characters that texts hold. A byte order mark at the start of a line, as `cat` leaves
    it between two files, is no part of the line.
    """
    if line_end(text) == "\r":
        text = text.replace("\r", "\n")
    if "\ufeff" in text:
        text = text.replace("\n\ufeff", "\n")
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
