"""-f text: the passages alone."""

import pytest

from rerank_cli.rendering import View
from tests.rendering.rankings import CONTROLS, HOSTILE, of_row, ranking, render

PIPE = View()


def test_each_passage_is_one_line_and_nothing_else() -> None:
    """The next program would get scores or ids among the passages."""
    given = ranking(["乙", of_row({"id": "x", "text": "甲", "t": "u"})], [0.25, 0.5])
    assert render(given, "text", PIPE) == "甲\n乙\n"


@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
def test_a_line_break_within_a_passage_becomes_a_space(inside: str) -> None:
    """The next program would take one passage for two."""
    assert render(ranking([f"a{inside}b", "c"]), "text", PIPE) == "a b\nc\n"


def test_a_terminal_is_shown_symbols_and_a_pipe_gets_the_text() -> None:
    """A passage could take over the terminal, or the next program would get another text."""
    shown = render(ranking([HOSTILE]), "text", View(terminal=True))
    assert not {control[0] for control in CONTROLS} & set(shown)
    assert render(ranking([HOSTILE]), "text", PIPE) == f"{HOSTILE}\n"


def test_nothing_left_is_nothing_printed() -> None:
    """An empty line would be taken for a passage."""
    assert render(ranking([]), "text", PIPE) == ""
