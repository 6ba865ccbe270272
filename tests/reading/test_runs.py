"""Runs: what `rerank batch` writes, and TREC's six columns."""

import io
import json

import pytest

from rerank_cli.errors import InputError
from rerank_cli.model import Run
from rerank_cli.reading.runs import read_run


def _run(text: str | bytes) -> Run:
    data = text.encode() if isinstance(text, str) else text
    return read_run("-", stdin=io.BytesIO(data))


def _line(query_id: object, *results: object, **more: object) -> str:
    return json.dumps({"id": query_id, "query": "?", **more, "results": results}) + "\n"


def test_a_trec_run_is_read_by_its_scores() -> None:
    """Runs of Anserini or Terrier could not be measured, or would be by ranks that lie."""
    run = _run("q1 Q0 d1 1 0.5 tag\nq1\tQ0\td2\t2\t-1e-3\ttag\r\n\nq2 0 d1 9 7 x")
    assert run.scores == {"q1": {"d1": 0.5, "d2": -0.001}, "q2": {"d1": 7.0}}
    assert run.name == "<stdin>"


def test_a_batch_output_is_read_by_ids() -> None:
    """What `rerank batch` writes would have to be converted first."""
    text = _line("q1", {"rank": 1, "score": 0.9, "index": 4, "id": "d7", "text": "x"}, lang="zh")
    text += _line(2, {"score": 1, "index": 0, "id": 7})
    assert _run(text).scores == {"q1": {"d7": 0.9}, "2": {"7": 1.0}}


def test_a_result_without_an_id_goes_by_its_index() -> None:
    """Candidates that are plain strings could not be judged at all."""
    assert _run(_line("q", {"score": 0.5, "index": 3})).scores == {"q": {"3": 0.5}}


def test_a_query_that_failed_ranks_nothing() -> None:
    """One failed query of a thousand would keep the others from being measured."""
    text = (
        '{"id": "q1", "error": "timed out"}\n' + _line("q2") + _line("q3", {"score": 1, "id": "d"})
    )
    assert _run(text).scores == {"q3": {"d": 1.0}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no rankings"),
        (" \n\n", "no rankings"),
        ("q1 Q0 d1 1 0.5\n", ":1: 5 columns, expected 6"),
        ("q1 Q0 d1 1 0.5 t\nq1 Q0 d2 2 nan t\n", ":2: score 'nan' is not a finite"),
        ("q1 Q0 d1 1 inf t\n", ":1: score 'inf'"),
        ("q1 Q0 d1 1 1_000 t\n", ":1: score '1_000'"),
        ("q1 Q0 d1 1 high t\n", ":1: score 'high'"),
        ("q1 Q0 a 1 2 t\nq1 Q0 b 2 1 t\nq1 Q0 a 3 0 t\n", ":3: .*'a' .*'q1' .*on line 1"),
        ("q1 d1 Q0 1 2 t\n", ":1: the document is 'Q0', and 'd1' stands where Q0 should"),
        ("q1 Q0 1 d1 2 t\n", ":1: rank 'd1' is not a number"),
        ("q1 Q0 a\0b 1 2 t\n", ":1: holds a NUL"),
        ('{"id": "q1"\n', ":1: not JSON"),
        ('{"query": "x", "results": []}\n', ":1: query has no 'id'"),
        ('{"id": "q1"}\n', ":1: no 'results': found 'id'"),
        ("[1]\n", ":1: no 'results'"),
        ('{"id": true, "results": []}\n', ":1: query: 'id' is no usable id"),
        ('{"id": "", "results": []}\n', ":1: query: 'id'"),
        ('{"id": "q1", "results": 7}\n', ":1: 'results' is not an array"),
        (_line("q1") + _line("q1"), ":2: .*'q1' is ranked twice: already on line 1"),
        (_line("q1", 7), ":1: result 1 is not an object"),
        (_line("q1", {"score": 1}), ":1: result 1 has no 'id' and no 'index'"),
        (_line("q1", {"id": "a\0", "score": 1}), ":1: result 1: 'id'"),
        (_line("q1", {"id": "d"}), ":1: result 1 has no 'score'"),
        (_line("q1", {"id": "d", "score": "1"}), ":1: result 1: 'score' is no number"),
        (_line("q1", {"id": "d", "score": True}), ":1: result 1: 'score'"),
        (_line("q1", {"id": "d", "score": 10**400}), ":1: result 1: 'score'"),
        ('{"id": "q", "results": [{"id": "d", "score": NaN}]}\n', ":1: not JSON: NaN"),
        ('{"id": "q", "results": [{"id": "d", "score": 1e999}]}\n', ":1: not JSON"),
        (_line("q", *({"id": "d", "score": s} for s in (2, 1))), ":1: .*'d' .*twice on this line"),
        (_line("q", {"id": "3", "score": 2}, {"index": 3, "score": 1}), "'3' .*twice"),
    ],
)
def test_what_is_no_run_is_refused_with_its_place(text: str, told: str) -> None:
    """A damaged run would be measured, and its figures believed."""
    with pytest.raises(InputError, match=told):
        _run(text)


def test_other_bytes_are_refused() -> None:
    """A binary file would be measured as a run of garbage ids."""
    with pytest.raises(InputError, match="<stdin>:1: not utf-8"):
        _run(b"q1 Q0 \xff\xfe 1 1 t\n")
