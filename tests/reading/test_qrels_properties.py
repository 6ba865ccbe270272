"""Judgments and runs come back as they were written, in either form."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.reading.qrels import read_qrels
from rerank_cli.reading.runs import read_run
from tests.properties import BRIEFLY

_ID = st.text(st.sampled_from("ab1é人-"), min_size=1, max_size=4)
_QRELS = st.dictionaries(
    _ID,
    st.dictionaries(_ID, st.integers(-9_999_999, 9_999_999), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)
_SCORES = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**70), 2**70)
_RUNS = st.dictionaries(
    _ID, st.dictionaries(_ID, _SCORES, min_size=1, max_size=4), min_size=1, max_size=4
)


def _file(lines: list[str], end: str) -> io.BytesIO:
    return io.BytesIO((end.join(lines) + end).encode())


_ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"])


@BRIEFLY
@given(_QRELS, _ENDS)
def test_judgments_are_read_as_they_were_written(
    qrels: dict[str, dict[str, int]], end: str
) -> None:
    """Figures would be computed from other judgments than those of the file."""
    rows = [(q, d, grade) for q, judged in qrels.items() for d, grade in judged.items()]
    trec = [f"{q} 0 {d} {grade}" for q, d, grade in rows]
    tabs = [f"{q}\t{d}\t{grade}" for q, d, grade in rows]
    assert read_qrels("-", stdin=_file(trec, end)) == qrels
    assert read_qrels("-", stdin=_file(tabs, end)) == qrels
    for header in ("query-id\tcorpus-id\tscore", "Query_ID\tdocid\trel", "qid\tdoc-id\trelevance"):
        assert read_qrels("-", stdin=_file([header, *tabs], end)) == qrels


@BRIEFLY
@given(_RUNS, _ENDS)
def test_runs_are_read_as_they_were_written(runs: dict[str, dict[str, float]], end: str) -> None:
    """A run would be measured by other scores than it has."""
    trec = [
        f"{q} Q0 {d} 1 {score} tag" for q, ranked in runs.items() for d, score in ranked.items()
    ]
    lines = [
        json.dumps({"id": q, "results": [{"id": d, "score": s} for d, s in ranked.items()]})
        for q, ranked in runs.items()
    ]
    for rows in (trec, lines):
        found = read_run("-", stdin=_file(rows, end)).scores
        assert found == {q: {d: float(s) for d, s in ranked.items()} for q, ranked in runs.items()}


@pytest.mark.parametrize(
    "row",
    ["q\t0\td\t1", "q\td", "q\t\t1", "q d 1", "q\td\t1.5", "q\td\t12345678", "q\td\t"],
)
def test_a_row_that_is_not_as_the_header_says_is_refused(row: str) -> None:
    """A column would be dropped, and a document judged by a number that stood elsewhere."""
    with pytest.raises(InputError, match=r"^<stdin>:3: "):
        read_qrels("-", stdin=_file(["query-id\tcorpus-id\tscore", "q\ta\t1", row], "\n"))


@pytest.mark.parametrize("row", ["q 0 d", "q 0 d 1 x", "q 0 d 1.0", "q", "q 0 d 12345678"])
def test_a_line_that_is_not_of_four_columns_is_refused(row: str) -> None:
    """Judgments would be read from other columns."""
    with pytest.raises(InputError, match=r"^<stdin>:2: "):
        read_qrels("-", stdin=_file(["q 0 a 1", row], "\n"))


def test_a_document_judged_in_two_ways_is_told_with_both_lines() -> None:
    """Which of two judgments counts would depend on the order of lines."""
    with pytest.raises(InputError, match=r"^<stdin>:4: .*'b' .*judged 2 on line 2"):
        read_qrels("-", stdin=_file(["q 0 a 1", "q 0 b 2", "q 0 c 1", "q 0 b 3"], "\n"))


def test_a_nul_is_told_with_its_line() -> None:
    """An id would end there without a word, and match nothing."""
    with pytest.raises(InputError, match=r"^<stdin>:3: "):
        read_qrels("-", stdin=_file(["q 0 a 1", "q 0 b 2", "q 0 c\0 1"], "\n"))
    with pytest.raises(InputError, match=r"^<stdin>:1: "):
        read_run("-", stdin=_file(["\0q Q0 a 1 2 tag"], "\n"))
    with pytest.raises(InputError, match=r"^<stdin>:2: "):
        read_run("-", stdin=_file(["", "q\0 Q0 a 1 2 tag"], "\n"))


@pytest.mark.parametrize(
    "line",
    [
        "7",
        "null",
        '"results"',
        "[1]",
        f'{{"id": "q", "results": [{{"id": "d", "score": {2**1024 - 1}}}]}}',
    ],
)
def test_a_later_line_of_a_run_that_is_none_is_refused(line: str) -> None:
    """One odd line of thousands would end in a traceback."""
    good = f'{{"id": "a", "results": [{{"id": "d", "score": {2**1023 - 1}}}]}}'
    with pytest.raises(InputError, match=r"^<stdin>:2: "):
        read_run("-", stdin=_file([good, line], "\n"))
