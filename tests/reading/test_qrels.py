"""Judgments: TREC's four columns, and BEIR's table."""

import io

import pytest

from rerank_cli.errors import InputError
from rerank_cli.model import Qrels
from rerank_cli.reading.qrels import read_qrels


def _qrels(text: str) -> Qrels:
    return read_qrels("-", stdin=io.BytesIO(text.encode()))


def test_trec_qrels() -> None:
    """Judgments of TREC collections would have to be converted."""
    assert _qrels("2 0 d1 1\n1 Q0 d2 -1\r\n\n2\t0\td3\t+2\n") == {
        "2": {"d1": 1, "d3": 2},
        "1": {"d2": -1},
    }


def test_a_beir_table() -> None:
    """Judgments of BEIR collections would have to be converted."""
    assert _qrels("query-id\tcorpus-id\tscore\nq1\td1\t2\r\nq1\td2\t0\n") == {
        "q1": {"d1": 2, "d2": 0}
    }


def test_ids_of_a_table_may_hold_blanks() -> None:
    """An id with a blank would be cut, and its passage never found in a run."""
    assert _qrels("query-id\tcorpus-id\tscore\nq 1\td 1\t1\n") == {"q 1": {"d 1": 1}}


def test_a_header_decides_the_order() -> None:
    """Queries and documents of a table in another order would be mixed up, without a word."""
    assert _qrels("doc_id\tquery_id\trelevance\nd1\tq1\t1\n") == {"q1": {"d1": 1}}


def test_a_table_without_its_header() -> None:
    """A table that went through `tail -n +2` could not be read."""
    assert _qrels("q1\td1\t2\n") == {"q1": {"d1": 2}}


def test_the_same_judgment_twice_is_one() -> None:
    """Files that were put together with some overlap would be refused."""
    assert _qrels("q 0 d 1\nq 0 d 1\n") == {"q": {"d": 1}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no judgments"),
        ("query-id\tcorpus-id\tscore\n", "no judgments"),
        ("q1 d1\n", ":1: 2 columns, expected 4"),
        ("q1 0 d1 1 extra\n", ":1: 5 columns, expected 4"),
        ("query-id\tcorpus-id\tscore\nq1 0 d1 1\n", ":2: 1 columns, expected 3"),
        ("query-id\tcorpus-id\tscore\nq1\t\t1\n", ":2: an empty cell"),
        ("q1 0 d1 1\nq1 0 d2 1.5\n", ":2: relevance '1.5' is not a whole number"),
        ("id\tdoc\tlabel\nq\td\t1\n", ":1: relevance 'label'"),
        (f"q 0 d {'9' * 30}\n", ":1: relevance '999"),
        ("q 0 d 1\nq 0 e 1\nq 0 d 2\n", ":3: .*'d' .*'q' was judged 1 on line 1"),
        ("q 0 d\0 1\n", ":1: holds a NUL"),
        ("q d 0 1\nq e 0 1\n", ":1: every line judges document '0', and column 2 varies"),
    ],
)
def test_what_is_no_judgment_is_refused_with_its_place(text: str, told: str) -> None:
    """Figures would be computed from half of the judgments."""
    with pytest.raises(InputError, match=told):
        _qrels(text)


@pytest.mark.parametrize("text", ["q 0 0 1\nr 0 0 1\n", "q d 0 1\n", "q\t0\t1\nr\t0\t1\n"])
def test_one_document_for_all_queries_is_no_other_order_of_columns(text: str) -> None:
    """A small collection could not be judged."""
    assert {doc_id for judged in _qrels(text).values() for doc_id in judged} == {"0"}
