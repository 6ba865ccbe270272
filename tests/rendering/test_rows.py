"""JSONL, CSV and TSV: the input's own rows with rank and score."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.model import Passage, Window
from rerank_cli.reading.reader import read
from rerank_cli.rendering import View
from tests.rendering.rankings import CONTROLS, HOSTILE, of_row, passage, ranking, render

PIPE = View()
TABLES = [("csv", ","), ("tsv", "\t")]


def objects(*passages: Passage) -> list[dict[str, object]]:
    """The objects of the JSONL output."""
    return [json.loads(line) for line in render(ranking(passages), "jsonl", PIPE).splitlines()]


def table(output_format: str, *passages: Passage | str) -> list[dict[str, str]]:
    """The rows of the CSV or TSV output, as the csv module reads them."""
    shown = io.StringIO(render(ranking(passages), output_format, PIPE), newline="")
    rows = csv.DictReader(shown, delimiter=dict(TABLES)[output_format], strict=True)
    return [dict(row) for row in rows]


def test_jsonl_gives_the_rows_back_best_first() -> None:
    """`… -f jsonl | jq` would not have the input's fields, or in another order."""
    rows: list[dict[str, object]] = [
        {"text": "a", "id": 1, "tags": ["x", None], "more": {"深": True}},
        {"id": "2", "text": "b", "none": None},
    ]
    shown = render(ranking([of_row(row) for row in rows], [0.25, 0.5]), "jsonl", PIPE)
    parsed = [json.loads(line) for line in shown.splitlines()]
    assert parsed == [
        {"rank": 1, "score": 0.5, "id": "2", "text": "b", "none": None},
        {
            "rank": 2,
            "score": 0.25,
            "text": "a",
            "id": 1,
            "tags": ["x", None],
            "more": {"深": True},
        },
    ]
    assert [list(row) for row in parsed] == [
        ["rank", "score", "id", "text", "none"],
        ["rank", "score", "text", "id", "tags", "more"],
    ]


@pytest.mark.parametrize(("output_format", "cut"), TABLES)
def test_a_table_gives_the_columns_back_best_first(output_format: str, cut: str) -> None:
    """A spreadsheet would lose columns, or get them in another order."""
    rows = [{"id": "1", "topic": "x", "text": "甲"}, {"id": "2", "topic": "y", "text": "乙"}]
    shown = render(ranking([of_row(row) for row in rows], [0.25, 0.5]), output_format, PIPE)
    assert shown.replace(cut, "|") == ("rank|score|id|topic|text\n1|0.5|2|y|乙\n2|0.25|1|x|甲\n")


@pytest.mark.parametrize("output_format", ["csv", "tsv", "jsonl"])
def test_plain_lines_get_a_text_column(output_format: str) -> None:
    """Ranked lines could not be taken into a table."""
    shown = render(ranking(["甲"], [0.5]), output_format, PIPE)
    expected = {
        "csv": "rank,score,text\n1,0.5,甲\n",
        "tsv": "rank\tscore\ttext\n1\t0.5\t甲\n",
        "jsonl": '{"rank": 1, "score": 0.5, "text": "甲"}\n',
    }
    assert shown == expected[output_format]


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ({"rank": "r", "score": "s"}, {"input_rank": "r", "input_score": "s"}),
        ({"rank": "r", "input_rank": "i"}, {"input_rank": "i", "input_input_rank": "r"}),
        ({"input_score": "i", "score": "s"}, {"input_score": "i", "input_input_score": "s"}),
        (
            {"score": "a", "input_score": "b", "input_input_score": "c"},
            {"input_score": "b", "input_input_score": "c", "input_input_input_score": "a"},
        ),
    ],
)
@pytest.mark.parametrize("output_format", ["jsonl", "csv", "tsv"])
def test_columns_called_rank_or_score_are_kept_beside_ours(
    output_format: str, row: dict[str, str], kept: dict[str, str]
) -> None:
    """Ranking a ranking again would lose the first scores."""
    given = of_row({"text": "a", **row})
    if output_format == "jsonl":
        assert objects(given) == [{"rank": 1, "score": 1.0, "text": "a", **kept}]
    else:
        assert table(output_format, given) == [{"rank": "1", "score": "1.0", "text": "a", **kept}]


@pytest.mark.parametrize("output_format", ["csv", "tsv"])
def test_rows_of_several_files_keep_all_their_columns(output_format: str) -> None:
    """Columns that only one of several files has would be lost."""
    rows = table(
        output_format,
        of_row({"id": "1", "text": "a", "x": "p"}),
        passage("b", source="b.txt"),
        of_row({"text": "c", "y": "q", "x": "r"}, source="c.jsonl"),
    )
    assert rows == [
        {"rank": "1", "score": "1.0", "id": "1", "text": "a", "x": "p", "y": ""},
        {"rank": "2", "score": rows[1]["score"], "id": "", "text": "b", "x": "", "y": ""},
        {"rank": "3", "score": rows[2]["score"], "id": "", "text": "c", "x": "r", "y": "q"},
    ]


@pytest.mark.parametrize("output_format", ["csv", "tsv"])
def test_nested_values_stand_as_json_and_none_as_nothing(output_format: str) -> None:
    """A cell would hold Python's notation, which nothing else reads."""
    row = {
        "text": "a",
        "tags": ["甲", None],
        "more": {"b": True},
        "none": None,
        "yes": True,
        "n": 1.5,
    }
    (cells,) = table(output_format, of_row(row))
    assert json.loads(cells["tags"]) == ["甲", None]
    assert json.loads(cells["more"]) == {"b": True}
    assert (cells["none"], cells["yes"], cells["n"]) == ("", "true", "1.5")


@pytest.mark.parametrize("output_format", ["csv", "tsv"])
@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\r\nb", '"a"', 'a"b', "a,b\tc", " a ", "a\0b"])
def test_a_table_is_read_back_as_it_was(output_format: str, text: str) -> None:
    """A spreadsheet would split a passage into rows or cells, or change it."""
    rows = table(output_format, of_row({"id": text, "text": text, text: text}), "next")
    assert rows[0] == {"rank": "1", "score": "1.0", "id": text, "text": text, text: text}
    assert rows[1]["text"] == "next"


@pytest.mark.parametrize("output_format", ["csv", "tsv"])
def test_a_terminal_is_shown_symbols_and_a_file_gets_the_text(output_format: str) -> None:
    """A passage could take over the terminal, or a file would not hold what was read."""
    given = ranking([of_row({"id": HOSTILE, "text": f"a{HOSTILE}", f"k{HOSTILE}": HOSTILE})])
    shown = render(given, output_format, View(terminal=True))
    assert not {control[0] for control in CONTROLS} & set(shown)
    assert render(given, output_format, PIPE).count(HOSTILE) == 4


def test_nothing_left_is_no_line_of_jsonl_and_only_a_header_of_csv() -> None:
    """A consumer would take an empty result for a row."""
    assert render(ranking([]), "jsonl", PIPE) == ""
    assert render(ranking([]), "csv", PIPE) == "rank,score\n"


TEXTS = st.one_of(
    st.text(min_size=1), st.text("人，a\"'\t,\r\n\0\u2028é😀\ufeff1 ", min_size=1)
).filter(lambda text: bool(text.strip()))


# What tables are cut by.
CELLS = st.one_of(st.text(), st.text('a1"\t\n\r,;\ufeff ', max_size=12))


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {"text": TEXTS}, optional={"id": CELLS, "rank": CELLS, "备注": CELLS}
        ),
        min_size=1,
        max_size=6,
    ),
    output_format=st.sampled_from(["csv", "tsv", "jsonl"]),
)
def test_what_is_rendered_can_be_ranked_again(
    rows: list[dict[str, object]], output_format: str
) -> None:
    """A second `rerank` after the first would rank other passages."""
    if output_format != "jsonl":
        # No input may hold NUL, but as an escape of JSON.
        rows = [{name: str(text).replace("\0", "0") for name, text in row.items()} for row in rows]
    shown = render(ranking([of_row(row) for row in rows]), output_format, PIPE)
    again = read(["-"], stdin=io.BytesIO(shown.encode()), input_format=output_format)
    assert [passage.text for passage in again.passages] == [row["text"] for row in rows]
    for place, (passage_again, row) in enumerate(zip(again.passages, rows, strict=True), start=1):
        kept = {"input_rank" if name == "rank" else name: value for name, value in row.items()}
        assert str(passage_again.row["rank"]) == str(place)
        assert {name: passage_again.row[name] for name in kept} == kept


def test_jsonl_has_the_best_window() -> None:
    """`-f jsonl | jq .best.text` would say nothing of why a row was found."""
    row = {"text": "all about weather", "best": "of three"}
    shown = render(ranking([of_row(row)], [0.5], best=[Window(4, 9)]), "jsonl", PIPE)
    assert json.loads(shown) == {
        "rank": 1,
        "score": 0.5,
        "best": {"start": 4, "end": 9, "text": "about"},
        "text": "all about weather",
        "input_best": "of three",
    }
    assert json.loads(render(ranking([of_row(row)]), "jsonl", PIPE))["best"] == "of three"
