"""--json: one object, faithful and harmless."""

import io
import json
import os
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.model import Passage, Usage, Window
from rerank_cli.reading.reader import read
from rerank_cli.rendering import View
from tests.rendering.rankings import HOSTILE, of_row, passage, ranking, render

PIPE = View()
TERMINAL = View(width=80, terminal=True)


def test_keys_and_their_order_are_as_promised() -> None:
    """Scripts would break on a key that moved, vanished or changed its name."""
    row = {"id": "ai", "title": "标题", "text": "定义"}
    given = ranking([passage("b", source="b.txt", line=7), of_row(row)], [0.25, 0.99743])
    parsed = json.loads(render(given, "json", PIPE))
    assert list(parsed) == ["query", "provider", "model", "results", "usage"]
    assert parsed == {
        "query": "什么是人工智能？",
        "provider": "siliconflow",
        "model": "bge",
        "results": [
            {
                "rank": 1,
                "score": 0.99743,
                "index": 1,
                "id": "ai",
                "text": "定义",
                "source": "a.jsonl",
                "line": 1,
                "fields": {"title": "标题"},
            },
            {"rank": 2, "score": 0.25, "index": 0, "text": "b", "source": "b.txt", "line": 7},
        ],
        "usage": {"requests": 1, "input_tokens": 123},
    }
    assert [list(result) for result in parsed["results"]] == [
        ["rank", "score", "index", "id", "text", "source", "line", "fields"],
        ["rank", "score", "index", "text", "source", "line"],
    ]


def test_the_best_window_has_its_place_and_text() -> None:
    """A program could not show why a passage was found, or would count characters otherwise."""
    given = ranking(["😀 about the weather", "b"], best=[Window(2, 7), None])
    first, second = json.loads(render(given, "json", PIPE))["results"]
    assert first["best"] == {"start": 2, "end": 7, "text": "about"}
    assert list(first) == ["rank", "score", "index", "text", "best", "source", "line"]
    assert "best" not in second


def test_tokens_that_the_endpoint_does_not_tell_are_left_out() -> None:
    """Unknown tokens would be billed as none."""
    shown = render(ranking(["a"], usage=Usage(2)), "json", PIPE)
    assert json.loads(shown)["usage"] == {"requests": 2}


def test_what_came_from_the_cache_is_told_where_something_did() -> None:
    """A script could not tell scores that were paid for from those that were kept."""
    one = Usage(1, 5, cached=2) + Usage(2, cached=3)
    shown = render(ranking(["a"], usage=one), "json", PIPE)
    assert json.loads(shown)["usage"] == {"requests": 3, "input_tokens": 5, "cached": 5}


def test_nothing_left_is_still_a_whole_object() -> None:
    """`jq .results` would fail where no passage was kept."""
    assert json.loads(render(ranking([]), "json", PIPE))["results"] == []


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
def test_chinese_is_not_escaped(output_format: str) -> None:
    """`grep 人工智能` on the output would find nothing."""
    row = {"id": "编号", "标题": "题", "text": "人工智能"}
    shown = render(ranking([of_row(row)]), output_format, PIPE)
    for text in row.values():
        assert f'"{text}"' in shown
    assert "\\u" not in shown


@pytest.mark.parametrize("output_format", ["json", "jsonl", "csv", "tsv"])
@pytest.mark.parametrize("score", [0.1 + 0.2, 1e-300, 5e-324, -11.062500000000002, 0.0])
def test_scores_are_at_full_precision(output_format: str, score: float) -> None:
    """Thresholds and fusions downstream would work on rounded scores."""
    assert repr(score) in render(ranking(["a"], [score]), output_format, PIPE)


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
@pytest.mark.parametrize("look", [PIPE, TERMINAL], ids=["pipe", "terminal"])
def test_controls_are_carried_and_never_bare(output_format: str, look: View) -> None:
    """A program would get another text than was read, or a terminal would obey it."""
    odd = f"{HOSTILE}\n\r\t\ufeff\u200b"
    row = {"id": f"i{odd}", f"k{odd}": f"v{odd}", "text": f"a{odd}b"}
    shown = render(ranking([of_row(row)]), output_format, look)
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Zl", "Zp")]
    result = json.loads(shown)
    result = result["results"][0] if output_format == "json" else result
    assert result["text"] == row["text"]
    assert result["id"] == row["id"]
    assert result.get("fields", result)[f"k{odd}"] == f"v{odd}"


@pytest.mark.parametrize("output_format", ["json", "jsonl"])
def test_no_mark_turns_the_writing_in_a_terminal(output_format: str) -> None:
    """A passage could show a reader other JSON than there is."""
    shown = render(ranking([HOSTILE]), output_format, TERMINAL)
    assert not set("\u061c\u200e\u200f\u202e\u2066\u2069") & set(shown)


@pytest.mark.parametrize("output_format", ["table", "json", "jsonl", "csv", "tsv", "text"])
def test_a_file_name_that_is_not_utf_8_can_be_written(output_format: str) -> None:
    """Output for such a file would end in a traceback."""
    source = os.fsdecode(b"\xff.txt")
    render(ranking([passage("a", source=source), "b"]), output_format, PIPE).encode()


@pytest.mark.parametrize("output_format", ["json", "jsonl", "csv", "tsv", "text", "table"])
def test_the_deepest_value_that_is_read_can_be_written(output_format: str) -> None:
    """A passage with deeply nested fields would be scored, and then lost in a traceback."""
    shallow, deep = 1, 100_000
    while deep - shallow > 1:
        middle = (shallow + deep) // 2
        try:
            nested(middle)
        except InputError:
            deep = middle
        else:
            shallow = middle
    assert render(ranking([nested(shallow)]), output_format, PIPE)


def nested(depth: int) -> Passage:
    """The passage that is read of a row with a value of this depth."""
    line = b'{"text": "a", "x": ' + b"[" * depth + b"]" * depth + b"}"
    (found,) = read(["-"], stdin=io.BytesIO(line), input_format="jsonl").passages
    return found


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(), min_size=1, max_size=5), scores=st.data())
def test_any_text_and_score_come_back(texts: list[str], scores: st.DataObject) -> None:
    """Some text or score would come back other than it was."""
    finite = st.floats(allow_nan=False, allow_infinity=False)
    given_scores = scores.draw(st.lists(finite, min_size=len(texts), max_size=len(texts)))
    results = json.loads(render(ranking(texts, given_scores), "json", PIPE))["results"]
    assert {(r["index"], r["text"], r["score"]) for r in results} == {
        (index, text, score)
        for index, (text, score) in enumerate(zip(texts, given_scores, strict=True))
    }
