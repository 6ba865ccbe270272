"""The table for people."""

import re

import pytest
from rich.cells import cell_len

from rerank_cli.rendering import View
from tests.rendering.rankings import CONTROLS, HOSTILE, passage, ranking, render

PIPE = View()
TERMINAL = View(width=80, full=False, terminal=True)
LOOKS = [
    PIPE,
    View(width=120, full=False, terminal=True),
    View(width=120, colour=True, terminal=True),
]

EXAMPLE = ranking(
    [
        "人工智能是计算机科学的一个分支。",
        "苹果是一种水果。",
        "机器学习是一个重要子领域。",
    ],
    [0.99743, 0.0, 0.27866],
)


@pytest.mark.parametrize("look", [PIPE, TERMINAL])
def test_the_example_looks_like_this(look: View) -> None:
    """The first thing a user sees would be wrong in a way that no other test describes."""
    assert render(EXAMPLE, "table", look).splitlines() == [
        "rank   score              line  passage",
        "   1  0.9974  ██████████     1  人工智能是计算机科学的一个分支。",
        "   2  0.2787  ██▊            3  机器学习是一个重要子领域。",
        "   3  0.0000                 2  苹果是一种水果。",
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_nothing_left_is_nothing_printed(look: View) -> None:
    """`wc -l` would count a header where no passage was kept."""
    assert render(ranking([]), "table", look) == ""


def test_in_a_pipe_each_passage_is_one_whole_line() -> None:
    """`grep` and `head` on the table would see parts of passages."""
    long = "人工智能 and words " * 200
    lines = render(ranking([long, "a\nb\r\nc"]), "table", PIPE).splitlines()
    assert len(lines) == 3
    assert lines[1].endswith(long)
    assert lines[2].endswith("a¶b¶c")


def test_in_a_pipe_columns_align_by_cells() -> None:
    """Ids in Chinese or emoji would push the columns apart."""
    ids = ["文档一", "b", "😀", None, 5]
    given = ranking([passage(f"正文{n}", id=id_, line=10**n) for n, id_ in enumerate(ids)])
    lines = render(given, "table", PIPE).splitlines()
    assert "  id " in lines[0]
    starts = {cell_len(line[: line.index("正文")]) for line in lines[1:]}
    assert starts == {cell_len(lines[0][: lines[0].index("passage")])}


@pytest.mark.parametrize("look", LOOKS)
def test_several_files_are_told_apart(look: View) -> None:
    """A line number would not say of which file."""
    given = ranking(
        [passage("One", source="甲.txt", line=3), passage("Two", source="b.txt", line=12)]
    )
    first, second = plain(render(given, "table", look)).splitlines()[1:]
    assert "甲.txt:3 " in first
    assert "b.txt:12 " in second
    assert cell_len(first[: first.index("One")]) == cell_len(second[: second.index("Two")])


def test_a_place_too_long_for_the_width_keeps_the_line_number() -> None:
    """Results from files in deep folders would all show the same place, without a line."""
    folder = "data/corpus/2024/november"
    given = ranking(
        [
            passage("x", source=f"{folder}/part-1.jsonl", line=31),
            passage("y", source=f"{folder}/part-2.jsonl", line=47),
        ]
    )
    first, second = render(given, "table", TERMINAL).splitlines()[1:]
    assert ":31 " in first
    assert ":47 " in second


def test_ids_are_shown_only_where_there_are_some() -> None:
    """A column of nothing would take room from the passages."""
    assert "id" not in render(ranking(["a"]), "table", PIPE).split("\n")[0].split()
    shown = render(ranking([passage("a", id=0), "b"]), "table", PIPE).splitlines()
    assert shown[0].split() == ["rank", "score", "line", "id", "passage"]
    assert shown[1].split()[-2:] == ["0", "a"]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("text", ["[red]", "[/]", "[bold red on blue]x[/]", ":smile:", "\\[x]"])
def test_markup_is_only_text(look: View, text: str) -> None:
    """A passage in brackets would vanish, crash the table, or paint it."""
    given = ranking([passage(f"a {text} b", id=text, source=text), passage("c", source="d")])
    line = plain(render(given, "table", look)).splitlines()[1]
    assert line.count(text) == 3


@pytest.mark.parametrize("look", [PIPE, View(width=120, terminal=True), TERMINAL])
def test_what_a_terminal_would_obey_is_shown_instead(look: View) -> None:
    """A passage, id or file name could recolour, retitle, rewrite or reverse the terminal."""
    given = ranking([passage(HOSTILE, id=HOSTILE, source=HOSTILE), "c"])
    shown = render(given, "table", look)
    assert not {control[0] for control in CONTROLS} & set(shown)
    assert len(shown.splitlines()) == len(shown.split("\n")) - 1


@pytest.mark.parametrize("control", ["\x1b[31m", "\x9b31m", "\u202e"])
def test_in_colour_only_our_own_codes_are_obeyed(control: str) -> None:
    """A passage could paint itself as the best one."""
    look = View(width=80, colour=True, terminal=True)
    assert control[0] not in plain(render(ranking([f"a{control}b"]), "table", look))


def test_colour_only_when_asked() -> None:
    """Colour codes would end up in files, or never in a terminal."""
    for look in (PIPE, TERMINAL, View(width=80, terminal=True)):
        assert "\x1b" not in render(EXAMPLE, "table", look)
    coloured = render(EXAMPLE, "table", View(width=80, full=False, colour=True, terminal=True))
    assert "\x1b[" in coloured
    stripped = [line.rstrip() for line in plain(coloured).splitlines()]
    assert stripped == render(EXAMPLE, "table", TERMINAL).splitlines()


def plain(shown: str) -> str:
    """Without colour codes."""
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)
