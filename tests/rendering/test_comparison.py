"""Rankings side by side."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from rich.cells import cell_len

from rerank_cli.evaluation.agreement import agreement
from rerank_cli.model import Passage, Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.comparison import (
    MAX_RANKINGS,
    render_comparison,
    render_comparison_json,
)
from tests.rendering.rankings import CONTROLS, HOSTILE, passage, ranking

PIPE = View()
WIDTHS = [40, 60, 80, 120]
TEXTS = [
    "人工智能是计算机科学的一个分支，它企图了解智能的实质，并生产出一种新的智能机器。",
    "苹果是一种水果。",
    "Machine learning lets computers learn from data, and predict or decide.",
    "今天天气很好，适合户外活动。👩‍👩‍👧",
]
FIRST = (0.99743, 0.0001, 0.27866, 0.00001)
OTHERS = [(0.9, 0.2, 0.1, 0.3), (4.25, -1.5, -11.0625, -2.0)]
UUID = "9b2d7c1e-5f60-4e57-9b7f-0c1a2f3d4e5f"
DEEP = "data/corpus/2024/十一月/part-%d.jsonl"


def compared(
    passages: Sequence[Passage | str] = TEXTS,
    scorings: Sequence[Sequence[float]] = (FIRST, *OTHERS),
) -> list[Ranking]:
    """A ranking for each scoring of the passages."""
    names = ["local", *(f"acme-{number}" for number in range(1, len(scorings)))]
    return [
        replace(ranking(passages, scores), provider=name)
        for name, scores in zip(names, scorings, strict=True)
    ]


def table(
    rankings: Sequence[Ranking], look: View = PIPE, *, top_n: int | None = None, depth: int = 2
) -> str:
    """The comparison of them."""
    agreements = [agreement(rankings[0], other, depth) for other in rankings[1:]]
    return render_comparison(rankings, agreements, top_n, look)


def rows(shown: str) -> list[str]:
    """The lines of the table, its header first."""
    return shown.split("\n\n")[1].splitlines()


def fitted(width: int, *, full: bool = False) -> View:
    """A terminal of so many cells."""
    return View(width=width, full=full, terminal=True)


def widest(shown: str) -> int:
    """The cells of the widest line."""
    return max(cell_len(line) for line in shown.splitlines())


def test_a_comparison_looks_like_this() -> None:
    """The first thing a user sees would be wrong in a way that no other test describes."""
    assert table(compared(scorings=(FIRST, OTHERS[0]))).splitlines() == [
        "A  local bge",
        "B  acme-1 bge",
        "",
        "rank A     score  rank B   score  line  passage",
        f"     1    0.9974  1       0.9000     1  {TEXTS[0]}",
        f"     2    0.2787  4 ▼2    0.1000     3  {TEXTS[2]}",
        f"     3    0.0001  3       0.2000     2  {TEXTS[1]}",
        f"     4  1.00e-05  2 ▲2    0.3000     4  {TEXTS[3]}",
        "",
        "B and A  Kendall's tau 0.0000 · overlap of the best 2: 0.5000",
    ]


def test_each_further_model_is_set_against_the_first() -> None:
    """With three models, moves would be told from whichever stands beside, or not at all."""
    shown = table(compared())
    assert [re.findall("[▲▼][0-9]+", line) for line in rows(shown)[1:]] == [
        [],
        ["▼2", "▼2"],
        ["▲1"],
        ["▲2", "▲1"],
    ]
    told = shown.split("\n\n")[2].splitlines()
    assert [line[:8] for line in told] == ["B and A ", "C and A "]


def test_moves_stand_below_each_other_where_ranks_have_more_digits() -> None:
    """A column of ranks could not be read down where it holds 9 and 10."""
    scores = [float(-at) for at in range(12)]
    shown = rows(table(compared([f"t{at}" for at in range(12)], (scores, scores[::-1]))))
    assert len({line.find("▲") for line in shown if "▲" in line}) == 1
    assert {line.find("▲") for line in shown[7:]} == {line.find("▼") for line in shown[1:7]}


def test_a_model_without_a_name_goes_by_its_provider() -> None:
    """`None` would stand in the legend for a server that has but one model."""
    first, second = compared(scorings=(FIRST, FIRST))
    assert table([first, replace(second, model=None)]).splitlines()[1] == "B  acme-1"


def test_a_model_that_gives_every_passage_the_same_score_has_no_tau() -> None:
    """Somebody would read that it agrees, or disagrees, where it says nothing at all."""
    rankings = compared(scorings=(FIRST, (0.5,) * 4))
    assert "Kendall's tau - ·" in table(rankings)
    assert json.loads(as_json(rankings))["rankings"][1]["agreement"]["kendall_tau"] is None


def test_an_overlap_of_all_passages_is_not_told() -> None:
    """Two models that disagree on everything would be said to overlap wholly."""
    reverse = compared(scorings=(FIRST, [-score for score in FIRST]))
    assert table(reverse, depth=4).endswith("\n\nB and A  Kendall's tau -1.0000\n")
    assert "overlap of the best 3: 0.6667" in table(reverse, depth=3)


def test_the_best_of_any_model_are_shown() -> None:
    """With -n, the very passages would be hidden that another model finds best."""
    shown = rows(table(compared(), top_n=1))[1:]
    assert [TEXTS[0] in line for line in shown] == [True]

    reverse = compared(scorings=(FIRST, [-score for score in FIRST]))
    shown = rows(table(reverse, top_n=1))[1:]
    assert [line.split()[0] for line in shown] == ["1", "4"]
    assert [line.split()[2:4] for line in shown] == [["4", "▼3"], ["1", "▲3"]]
    assert len(rows(table(reverse, top_n=99))) == 5


@pytest.mark.parametrize("full", [True, False], ids=["full", "cut"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_two_or_three_models_is_wider_than_the_terminal(width: int, full: bool) -> None:
    """Every line would wrap, and the columns could not be told apart."""
    for scorings in ((FIRST, OTHERS[0]), (FIRST, *OTHERS)):
        shown = table(compared(scorings=scorings), fitted(width, full=full))
        assert widest(shown.split("\n\n")[1]) <= width


@pytest.mark.parametrize("width", WIDTHS[1:])
@pytest.mark.parametrize("source", ["a.txt", DEEP])
def test_ids_and_files_give_way_where_the_terminal_is_narrow(source: str, width: int) -> None:
    """Every line would wrap as soon as ids or file names are long."""
    given = [
        passage(text, source=source.replace("%d", str(line)), line=line, id=UUID)
        for line, text in enumerate(TEXTS, start=1)
    ]
    assert widest(table(compared(given), fitted(width)).split("\n\n")[1]) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_scores_give_way_to_ranks_and_passages(width: int) -> None:
    """A narrow terminal would show scores, which do not compare, and a few letters of a passage."""
    shown = rows(table(compared(), fitted(width)))
    scored = [word for letter in "ABC" for word in ("rank", letter, "score")]
    assert shown[0].split() == [*(scored if width >= 80 else "ABC"), "line", "passage"]
    room = width - cell_len(shown[0][: shown[0].index("passage")])
    assert room >= 14
    assert any("▼2" in line for line in shown)


def test_in_a_pipe_each_passage_is_one_whole_line() -> None:
    """`grep` on the comparison would see parts of passages, or several at once."""
    long = "人工智能 and words " * 200
    shown = rows(table(compared([long, "a\nb\r\nc"], ((2, 1), (1, 2)))))
    assert len(shown) == 3
    assert shown[1].endswith(long)
    assert shown[2].endswith("a¶b¶c")


def test_columns_align_by_cells() -> None:
    """Ids in Chinese or emoji would push the columns apart."""
    given = [passage(f"正文{at}", id=id_) for at, id_ in enumerate(["文档一", "b", "😀", None])]
    for look in (PIPE, fitted(120)):
        shown = rows(table(compared(given), look))
        assert "id" in shown[0].split()
        starts = {cell_len(line[: line.index("正文")]) for line in shown[1:]}
        assert starts == {cell_len(shown[0][: shown[0].index("passage")])}


def test_several_files_are_told_apart() -> None:
    """A line number would not say of which file."""
    given = [passage("One", source="甲.txt", line=3), passage("Two", source="b.txt", line=12)]
    shown = rows(table(compared(given, ((2, 1), (1, 2)))))
    assert "甲.txt:3 " in shown[1]
    assert "b.txt:12 " in shown[2]


@pytest.mark.parametrize("look", [PIPE, fitted(40), fitted(120)], ids=["pipe", "narrow", "wide"])
def test_what_a_terminal_would_obey_is_shown_instead(look: View) -> None:
    """A passage, id, file or model name could recolour, retitle or reverse the terminal."""
    given = [passage(HOSTILE, id=HOSTILE, source=HOSTILE), passage("c", source="b.txt")]
    first, second = compared(given, ((2, 1), (1, 2)))
    shown = table([first, replace(second, model=HOSTILE)], look)
    assert not {control[0] for control in CONTROLS} & set(shown)
    assert len(shown.splitlines()) == len(shown.split("\n")) - 1


@pytest.mark.parametrize("look", [PIPE, fitted(120)], ids=["pipe", "terminal"])
def test_markup_is_only_text(look: View) -> None:
    """A model or passage in brackets would vanish, or crash the table."""
    first, second = compared(["a [/] [red]b", "c"], ((2, 1), (1, 2)))
    shown = table([first, replace(second, model="[bold]m[/]")], look)
    assert "[bold]m[/]" in shown
    assert "a [/] [red]b" in shown


def test_as_many_as_there_are_letters_can_be_told_apart() -> None:
    """The last of many models would be left out without a word."""
    shown = table(compared(["a", "b"], [(2, 1)] * MAX_RANKINGS), depth=1)
    assert shown.splitlines()[MAX_RANKINGS - 1] == f"Z  acme-{MAX_RANKINGS - 1} bge"
    assert rows(shown)[0].split()[-5:-2] == ["rank", "Z", "score"]
    assert shown.splitlines()[-1].startswith("Z and A ")


def as_json(rankings: Sequence[Ranking], top_n: int | None = None, depth: int = 2) -> str:
    """The comparison as JSON."""
    agreements = [agreement(rankings[0], other, depth) for other in rankings[1:]]
    return render_comparison_json(rankings, agreements, top_n)


def test_keys_and_their_order_are_as_promised() -> None:
    """Scripts would break on a key that moved, vanished or changed its name."""
    given = [passage("a", id="x", line=1), passage("b", line=2)]
    first, second = compared(given, ((0.25, 0.5), (-3.0, -4.0)))
    shown = json.loads(as_json([first, replace(second, model=None)], depth=1))
    a = {"index": 0, "id": "x", "text": "a", "source": "a.txt", "line": 1}
    b = {"index": 1, "text": "b", "source": "a.txt", "line": 2}
    assert shown == {
        "query": "什么是人工智能？",
        "rankings": [
            {
                "provider": "local",
                "model": "bge",
                "results": [{"rank": 1, "score": 0.5, **b}, {"rank": 2, "score": 0.25, **a}],
            },
            {
                "provider": "acme-1",
                "model": None,
                "agreement": {"kendall_tau": -1.0, "overlap": 0.0, "depth": 1},
                "results": [{"rank": 1, "score": -3.0, **a}, {"rank": 2, "score": -4.0, **b}],
            },
        ],
    }
    assert list(shown) == ["query", "rankings"]
    assert list(shown["rankings"][1]) == ["provider", "model", "agreement", "results"]


def test_json_has_a_result_a_line() -> None:
    """Two comparisons could not be set side by side with diff, nor searched with grep."""
    lines = as_json(compared()).splitlines()
    assert sum(text in line for line in lines for text in TEXTS) == 3 * len(TEXTS)
    assert not [line for line in lines if sum(text in line for text in TEXTS) > 1]


def test_json_keeps_each_models_own_best() -> None:
    """With -n, a script would get passages that a model does not have among its best."""
    reverse = compared(scorings=(FIRST, [-score for score in FIRST]))
    listed = json.loads(as_json(reverse, top_n=1))["rankings"]
    assert [[each["text"] for each in row["results"]] for row in listed] == [[TEXTS[0]], [TEXTS[3]]]
    assert listed[1]["agreement"]["kendall_tau"] == pytest.approx(-1)


def test_json_of_hostile_text_is_faithful_and_harmless() -> None:
    """A terminal that shows the JSON would obey a passage, or the passage would be altered."""
    shown = as_json(compared([HOSTILE, "c"], ((2, 1), (1, 2))))
    assert not {control[0] for control in CONTROLS if control[0] < "\u2000"} & set(shown)
    assert json.loads(shown)["rankings"][0]["results"][0]["text"] == HOSTILE
