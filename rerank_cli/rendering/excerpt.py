"""A passage as it is shown in a table: made harmless, wrapped, and cut around its best window."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from itertools import islice, pairwise
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len

from rerank_cli.model import Ranked, Window
from rerank_cli.rendering.visible import LINE_BREAK, visible
from rerank_cli.rendering.wrapping import CHARACTERS, prefix, units, wrap

LINES = 3
"""Lines of a passage, unless it is shown in full."""

MARK = "¶"
"""The mark for a line break. It is in Latin-1, so that fonts have it that lack ␊ or ↵."""

_BLANKS = re.compile(r"[ \t]*[\r\n][ \t\r\n]*|[ \t]+")
_CUT = "…"
# A joiner between letters shapes them; one beside a blank or an ASCII character joins nothing.
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f\\s])\u200d|\u200d(?![^\x00-\x7f\\s])")


class Look(Enum):
    """How a part of a passage looks."""

    PLAIN = auto()
    BEST = auto()
    """Of the best window."""
    MARK = auto()
    """Not of the passage itself: it stands for a line break."""


Line: TypeAlias = Sequence[tuple[str, Look]]
"""The parts of a line, from left to right."""


class _Shown(NamedTuple):
    """A text as it is shown: where its best window is, and its marks for line breaks."""

    text: str
    best: Window
    breaks: Sequence[int]

    def after(self, start: int) -> "_Shown":
        """What stands from a character on, with an ellipsis in front; all of it from the first."""
        if not start:
            return self
        text, shift = _CUT + self.text[start:], start - len(_CUT)
        best = Window(*(max(each - shift, 0) for each in self.best))
        return _Shown(text, best, [at - shift for at in self.breaks if at >= start])

    def line(self, start: int, end: int) -> Line:
        """The parts of a line that goes from a character to another."""
        at = bisect_left(self.breaks, start)
        marks = {each for each in self.breaks[at : at + end - start] if each < end}
        ends = {start, end, *marks, *(each + 1 for each in marks), *self.best}
        return [
            (self.text[one:other], self._look(one, marks))
            for one, other in pairwise(sorted(each for each in ends if start <= each <= end))
        ]

    def _look(self, at: int, marks: set[int]) -> Look:
        if at in marks:
            return Look.MARK
        return Look.BEST if self.best.start <= at < self.best.end else Look.PLAIN


def one_line(text: str) -> str:
    """A text on one line, whole; each line break is a mark."""
    return _harmless(LINE_BREAK.sub(MARK, text))


def whole(ranked: Ranked, room: int) -> Iterator[Line]:
    """All lines of a passage, `room` cells wide; its own line breaks are marked, and kept."""
    shown = _shown(ranked.passage.text, ranked.best, squeezed=False)
    start = 0
    for end in (*(at + 1 for at in shown.breaks), len(shown.text)):
        if start < end or not shown.text:
            for first, last in wrap(shown.text[start:end], room):
                yield shown.line(start + first, start + last)
        start = end


def excerpt(ranked: Ranked, room: int) -> list[Line]:
    """At most `LINES` lines of a passage, `room` cells wide; ellipses stand where it goes on.

    They are the first ones, or those around the best window if that would not be seen there. Runs
    of blanks are one blank, and one mark where they break lines.
    """
    text, best = _without_ends(ranked.passage.text, ranked.best or Window(0, 0))
    # Wrapping is costly and needs no more than this.
    most = room * LINES * CHARACTERS
    begin, end = max(best.start - most, 0), best.end + most
    near = Window(best.start - begin, best.end - begin)
    shown = _shown(text[begin:end], near, squeezed=True)
    begins, goes_on = not begin, end < len(text)
    for start in _starts(shown, room, begins=begins, goes_on=goes_on):
        part = shown.after(start)
        lines = list(islice(wrap(part.text, room), LINES + 1))
        cut = goes_on or len(lines) > LINES
        lines = lines[:LINES]
        if part.best.end <= lines[-1][1] - cut:
            break
    parts = [part.line(*each) for each in lines]
    return [*parts[:-1], _with_ellipsis(parts[-1], room)] if cut else parts


def _without_ends(text: str, best: Window) -> tuple[str, Window]:
    """The text without the line breaks and blanks around it, which need no marks."""
    stripped = text.strip(" \t\r\n")
    shift = len(text) - len(text.lstrip(" \t\r\n"))
    return stripped, Window(*(min(max(each - shift, 0), len(stripped)) for each in best))


def _starts(shown: _Shown, room: int, *, begins: bool, goes_on: bool) -> Iterator[int]:
    """Where an excerpt may start, the most welcome first: it must have room for the best window."""
    if begins:
        yield 0
    before, after = shown.text[: shown.best.start], shown.text[shown.best.start :]
    # As much as there is room for if the passage ends soon, else a line.
    leads = [] if goes_on else [LINES * room - cell_len(after)]
    for lead in (*leads, room, room // 2):
        if lead > 0:
            start = len(before) - prefix(before[::-1], lead)
            first = next(units(before[start:]), "")
            yield start + len(first)
    yield len(before)


def _with_ellipsis(line: Line, room: int) -> Line:
    parts = list(line)
    while parts and sum(cell_len(text) for text, _ in parts) > room - 1:
        text, look = parts.pop()
        if text[:-1]:
            parts.append((text[:-1], look))
    return [*parts, (_CUT, Look.PLAIN)]


def _shown(text: str, best: Window | None, *, squeezed: bool) -> _Shown:
    """A text that no terminal obeys, with its best window: none if that would be all of it."""
    start, end = best or (0, 0)
    shown, ends, breaks = "", [], []
    for part in (text[:start], text[start:end], text[end:]):
        at = 0
        for blank in (_BLANKS if squeezed else LINE_BREAK).finditer(part):
            shown += _harmless(part[at : blank.start()])
            if LINE_BREAK.search(blank[0]):
                breaks.append(len(shown))
                shown += MARK + " " * squeezed
            else:
                shown += " "
            at = blank.end()
        shown += _harmless(part[at:])
        ends.append(len(shown))
    window = Window(*ends[:2])
    if shown[window.start : window.end].strip() == shown.strip():
        window = Window(0, 0)
    return _Shown(shown, window, breaks)


def _harmless(text: str) -> str:
    return _STRAY_JOINER.sub("<U+200D>", visible(text))
