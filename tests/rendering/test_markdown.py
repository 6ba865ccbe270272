"""-f markdown: a table for a page, in which a passage says only what it says."""

import re

import pytest

from rerank_cli.rendering import View
from tests.rendering.rankings import CONTROLS, HOSTILE, of_row, passage, ranking, render

PIPE = View()


def test_the_example_looks_like_this() -> None:
    """A table that no page shows as one would be pasted into a report."""
    given = ranking([of_row({"id": "甲", "text": "第一"}, line=3), "two"], [0.99743, 1e-7])
    assert render(given, "markdown", PIPE).splitlines() == [
        "| rank | score | line | id | passage |",
        "| --: | --: | --- | --- | --- |",
        "| 1 | 0.9974 | a.jsonl:3 | 甲 | 第一 |",
        "| 2 | 1.00e-07 | a.txt:2 |  | two |",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("one\ntwo\r\nthree\rfour", "one<br>two<br>three<br>four"),
        ("a\tb", "a b"),
        ("<script>*x*_y_`z`", r"\<script\>\*x\*\_y\_\`z\`"),
        ("![a](http://b)", r"!\[a\](http://b)"),
        ("a\\|b", r"a\\\|b"),
        ("~~no~~ $x$ &amp;", r"\~\~no\~\~ \$x\$ \&amp;"),
    ],
)
def test_what_would_be_markup_is_text(text: str, shown: str) -> None:
    """A pipe would break the row in two, and a passage bring its own links and scripts."""
    given = ranking([passage(text, id=text.partition("\n")[0])])
    last = render(given, "markdown", PIPE).splitlines()[-1]
    assert last.endswith(f"| {shown} |")
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", last)) == 6


def test_a_passage_is_whole_and_one_row() -> None:
    """A page would have a part of it, as a terminal does."""
    long = "the quick brown fox " * 300
    shown = render(ranking([long, HOSTILE]), "markdown", View(width=80, full=False, terminal=True))
    assert long.strip() in shown
    assert len(shown.splitlines()) == 4
    assert not {control[0] for control in CONTROLS} & set(shown)


def test_nothing_left_is_nothing_printed() -> None:
    """A table of no rows would stand in the page."""
    assert render(ranking([]), "markdown", PIPE) == ""
