"""Breaks text into lines of a terminal, as readers of its script expect.

A line ends at a blank, or beside an ideograph or kana. It never begins with closing punctuation, or
ends with opening punctuation, unless nothing else fits (what Japanese calls kinsoku).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from rich.cells import cell_len

_OPENING_WIDE = "（［｛〔〈《「『【〖〘〚"
_CLOSING_WIDE = "，。、．：；！？）］｝〕〉》」』】〗〙〛・ー％～"
_OPENING = _OPENING_WIDE + r"“‘(\[{"
_CLOSING = _CLOSING_WIDE + r"”’…‥—,.:;!?)\]}%"
# Ideographs, kana, and the wide forms and symbols among them; Hangul has blanks between words.
_IDEOGRAPH = "\u2e80-\u2fff\u3003-\u3007\u3012-\u3013\u3020-\u33ff\u3400-\u4dbf\u4e00-\u9fff"
_IDEOGRAPH += "\ua000-\ua4cf\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f"
_IDEOGRAPH += "\U00020000-\U0003ffff"
# What stays together: an ideograph, or a run of what is none, with the punctuation that belongs to
# it. Then the blanks after it.
_UNIT = re.compile(
    rf"[{_OPENING}]*"
    rf"(?:(?![{_CLOSING_WIDE}])[{_IDEOGRAPH}]|[^ {_IDEOGRAPH}{_OPENING_WIDE}{_CLOSING_WIDE}]+)?"
    rf"[{_CLOSING}]* *"
)
_JOINER = "\u200d"
CHARACTERS = 6
"""Characters a cell, at most, that are looked at: marks above and below letters take none."""


def wrap(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Start and end of each line of a text, without the blanks at its end; one if it is empty.

    A line has at most `width` cells, of which there are two at least.
    """
    start = end = at = cells = 0
    for unit in units(text):
        word = unit.rstrip(" ")
        blanks = len(unit) - len(word)
        size = cell_len(word)
        if at > start and cells + size > width:
            yield start, end
            start, cells = at, 0
        while size > width:
            fitting = prefix(word, width)
            yield at, at + fitting
            start = at = at + fitting
            word = word[fitting:]
            size = cell_len(word)
        # Blanks count only where something follows them on the line.
        end = at + len(word) if word else end
        at += len(word) + blanks
        cells += size + blanks
    if end > start or not text:
        yield start, max(start, end)


def units(text: str) -> Iterator[str]:
    """What stays together on a line, with the blanks after it."""
    held = ""
    at = 0
    while at < len(text):
        found = _UNIT.match(text, at)
        unit = (found and found[0]) or text[at]
        at += len(unit)
        # A mark that takes no cell of its own belongs to what stands before it, and so does what is
        # joined to that.
        if held and (unit.isascii() or not _belongs_to_the_one_before(held[-1] + unit, 1)):
            yield held
            held = ""
        held += unit
    if held:
        yield held


def prefix(text: str, width: int) -> int:
    """How many characters of a text fit into `width` cells, one at least."""
    if text.isascii():
        return max(min(width, len(text)), 1)
    counts = range(1, min(len(text), width * CHARACTERS) + 1)
    count = bisect_right(counts, width, key=lambda count: cell_len(text[:count])) or 1
    while 1 < count < len(text) and _belongs_to_the_one_before(text, count):
        count -= 1
    return count


def _belongs_to_the_one_before(text: str, at: int) -> bool:
    return text[at - 1] == _JOINER or cell_len(text[at]) == 0
