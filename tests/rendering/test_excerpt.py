"""A long passage is shown around its best window, which stands out in a terminal."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from rerank_cli.model import Window
from rerank_cli.rendering import View
from tests.rendering.rankings import ranking, render
from tests.rendering.test_table import plain

FILLER = "The office is open from nine to five. " * 12
ANSWER = "Refunds reach the card within three days."
CHINESE = "苹果是一种水果，富含维生素和纤维，有助于健康。" * 9
DEFINITION = "人工智能是计算机科学的一个分支，它企图了解智能的实质。"
CODES = re.compile(r"\x1b\[([0-9;]*)m([^\x1b]*)\x1b\[0m")


def shown(text: str, best: str, *, width: int = 80, full: bool = False, colour: bool = True) -> str:
    """The table of a passage, with one above it, and with its best window."""
    start = text.index(best)
    window = Window(start, start + len(best))
    look = View(width=width, full=full, colour=colour, terminal=True)
    return render(ranking(["first", text], best=[None, window]), "table", look)


def passage_of(table: str) -> list[str]:
    """The lines of the second passage."""
    header, _, *lines = plain(table).splitlines()
    return [line[header.index("passage") :] for line in lines]


def styled(table: str, code: str) -> str:
    """All that is written in a code, in one line."""
    return " ".join(" ".join(text for each, text in CODES.findall(table) if each == code).split())


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    ("before", "best", "after"),
    [
        (FILLER, ANSWER, FILLER),
        (FILLER, ANSWER, ""),
        (FILLER, ANSWER, "Ask."),
        (FILLER[:200], ANSWER, FILLER),
        ("", ANSWER, FILLER),
        (CHINESE, DEFINITION, CHINESE),
        (CHINESE, DEFINITION, ""),
        (FILLER * 900, ANSWER, FILLER * 900),
    ],
)
def test_the_best_window_is_seen_whole(width: int, before: str, best: str, after: str) -> None:
    """The reader would see the first lines, and not why the passage was found."""
    table = shown(before + best + after, best, width=width)
    lines = passage_of(table)
    assert len(lines) <= 3
    assert max(map(cell_len, plain(table).splitlines())) <= width
    # Wrapping leaves no blank in Chinese.
    assert styled(table, "1").replace(" ", "") == best.replace(" ", "")
    assert lines[0].startswith("…") == (not "".join(lines).startswith((before + best)[:9]))
    assert lines[-1].endswith("…") == bool(after and after != "Ask.")


def test_the_first_lines_are_shown_where_the_best_window_is_among_them() -> None:
    """The beginning of a passage, which says what it is, would be cut off for nothing."""
    lines = passage_of(shown("A note. " + ANSWER + FILLER, ANSWER))
    assert lines[0].startswith("A note. Refunds")


def test_what_stands_before_the_best_window_is_shown_too() -> None:
    """A window would begin in the middle of nowhere."""
    lines = passage_of(shown(FILLER + ANSWER + FILLER, ANSWER))
    assert "five. Refunds" in " ".join(lines)


def test_a_passage_that_ends_soon_fills_its_lines() -> None:
    """Of a window at the end of a passage two words would be shown, though there is room."""
    assert len(passage_of(shown(FILLER + ANSWER, ANSWER))) == 3


def test_a_window_larger_than_the_room_is_shown_from_its_beginning() -> None:
    """A narrow terminal would show anything but the window."""
    best = " ".join(f"word{number}" for number in range(60))
    lines = passage_of(shown(FILLER + best + FILLER, best, width=50))
    assert lines[0].startswith("…word0 ")


def test_the_best_window_is_emphasised_in_full_too() -> None:
    """In a passage of many screens the reader would have to look for it."""
    table = shown(FILLER + ANSWER + FILLER, ANSWER, full=True)
    assert styled(table, "1") == ANSWER


def test_the_first_row_stands_out_and_its_window_more() -> None:
    """The best passage would look like the others, or its window like the rest of it."""
    window = Window(len(FILLER), len(FILLER + ANSWER))
    look = View(width=80, full=False, colour=True, terminal=True)
    table = render(ranking([FILLER + ANSWER + FILLER], best=[window]), "table", look)
    assert ANSWER in styled(table, "1;32")
    assert "five." in styled(table, "32")


@pytest.mark.parametrize("best", [None, Window(0, 5), Window(0, 0)])
def test_a_passage_that_is_all_window_looks_as_without_one(best: Window | None) -> None:
    """Every short passage would be bold, and nothing stand out."""
    look = View(width=80, full=False, colour=True, terminal=True)
    without = render(ranking(["first", "Short"]), "table", look)
    assert render(ranking(["first", "Short"], best=[None, best]), "table", look) == without


def test_without_colour_nothing_but_the_cut_shows_the_window() -> None:
    """Codes would end up in a log."""
    table = shown(FILLER + ANSWER + FILLER, ANSWER, colour=False)
    assert "\x1b" not in table
    assert "Refunds reach" in table


def test_in_a_pipe_a_passage_is_whole() -> None:
    """`grep` on the table would see parts of passages."""
    given = ranking([FILLER + ANSWER], best=[Window(len(FILLER), len(FILLER + ANSWER))])
    assert FILLER + ANSWER in render(given, "table", View())


DOCSTRING = "\n    Return it.\n\n    If there are many,\r\n\ttake    the first.\n    "


def test_line_breaks_are_dim_marks_and_blanks_are_one() -> None:
    """A docstring would be half blanks, or its lines run together without a sign."""
    table = shown(DOCSTRING, "many")
    assert passage_of(table) == ["Return it.¶ If there are many,¶ take the first."]
    assert styled(table, "2").count("¶") == 2


def test_in_full_the_lines_are_the_passages_own() -> None:
    """--full would show a docstring as one block."""
    assert [line.rstrip() for line in passage_of(shown(DOCSTRING, "many", full=True))] == [
        "¶",
        "    Return it.¶",
        "¶",
        "    If there are many,¶",
        "␉take    the first.¶",
    ]


def test_a_mark_in_the_passage_itself_is_not_dim() -> None:
    """What the passage says could not be told from what stands for a line break."""
    assert "¶" not in styled(shown("a ¶ b", "a"), "2")


@pytest.mark.parametrize("width", range(40, 90))
@pytest.mark.parametrize("full", [True, False])
def test_no_line_begins_with_closing_punctuation(width: int, full: bool) -> None:
    """Chinese and Japanese readers stumble over a line that begins with 。 or ，."""
    text = "人工智能，是「计算机科学」的（一个）分支。它企图了解智能：实质！AI，RAG、等？" * 5
    lines = passage_of(shown(text, "分支", width=width, full=full))
    assert not [line for line in lines if line.startswith(tuple("，。、：！？」）"))]
    assert not [line for line in lines if line.rstrip("…").endswith(tuple("「（"))]


@given(
    st.text("ab ，。（智\n\té😀\u200d\u0301", max_size=300),
    st.integers(0, 300),
    st.integers(0, 60),
    st.sampled_from([32, 40, 80]),
    st.booleans(),
)
@example("a" * 200 + " b", 201, 1, 40, False)
def test_any_window_of_any_text_fits(
    text: str, start: int, length: int, width: int, full: bool
) -> None:
    """Some window would break the table, or crash it."""
    start = min(start, len(text))
    window = Window(start, min(start + length, len(text)))
    look = View(width=width, full=full, colour=True, terminal=True)
    table = render(ranking([text or "x"], best=[window]), "table", look)
    assert max(map(cell_len, plain(table).splitlines())) <= width
