"""Whether ids of a run and of judgments are of one origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.evaluation.matching import likely_same, matching
from rerank_cli.model import Run


def _run(**scores: list[str]) -> Run:
    return Run("run", {query_id: dict.fromkeys(found, 1.0) for query_id, found in scores.items()})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("d1.txt", "d1"),
        ("d1", "d1.txt"),
        ("corpus/d1.txt", "d1"),
        ("D1", "d1"),
        ("doc7", "7"),
        ("007", "7"),
        ("d1#0", "d1"),
        ("msmarco_passage_03_12", "03_12"),
        ("文件7", "7"),
        ("d10-d1", "d1"),
    ],
)
def test_ids_that_differ_as_names_of_one_document_do(ours: str, theirs: str) -> None:
    """Figures of zero would be taken for a bad reranker."""
    assert likely_same([ours], [theirs]) == (ours, theirs)
    found = matching(_run(q=[ours]), {"q": {theirs: 1}})
    assert (found.judged, found.documents, found.alike) == (0, 1, (ours, theirs))
    assert found.doubtful


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("d10", "d1"), ("1", "10"), ("ab", "abc"), ("d1", "e1"), ("0", "10"), ("x", "d1")],
)
def test_ids_of_other_documents_are_not_alike(ours: str, theirs: str) -> None:
    """A good run would be refused, because it has not found what is judged."""
    assert likely_same([ours], [theirs]) is None


def test_most_of_the_ids_must_be_alike() -> None:
    """One page below another that is judged would make a run seem to be of another origin."""
    assert likely_same(["a/1", "b", "c", "d"], ["a", "x", "y", "z", "w"]) is None
    assert likely_same(["a/1", "b/1", "c", "d"], ["a", "b", "y", "z", "w"]) == ("a/1", "a")


def test_a_run_that_finds_what_is_judged_is_not_doubtful() -> None:
    """Sparse judgments, or a short run, would bring a warning each time."""
    sparse = matching(_run(q=[f"d{n}" for n in range(100)]), {"q": {"d7": 1}})
    assert (sparse.judged, sparse.documents, sparse.possible) == (1, 100, 1)
    assert not sparse.doubtful
    assert not matching(_run(q=["d1"]), {"q": {f"d{n}": 0 for n in range(100)}}).doubtful
    assert not matching(_run(), {"q": {"d1": 1}}).doubtful
    half = matching(_run(q=["d1", "d2"], r=["d3"]), {"q": {"d1": 1, "d9": 1}, "r": {"d3": 1}})
    assert not half.doubtful


def test_a_run_that_finds_little_of_it_is_doubtful() -> None:
    """Ids that match by chance would hide that they are of two origins."""
    ranked, judged = [str(n) for n in range(10)], {f"doc{n}x": 1 for n in range(9)} | {"7": 1}
    few = matching(_run(q=ranked), {"q": judged})
    assert (few.judged, few.documents, few.possible) == (1, 10, 10)
    assert few.doubtful


def test_one_query_with_other_ids_is_enough() -> None:
    """A part of the queries that another program has ranked would count as 0."""
    run = _run(q=["d1"], r=["d2"], s=["d3.txt"])
    found = matching(run, {"q": {"d1": 1}, "r": {"d2": 1}, "s": {"d3": 1}})
    assert found.alike == ("d3.txt", "d3")
    assert found.doubtful


@given(st.lists(st.text("d01./", min_size=1)), st.lists(st.text("d01./", min_size=1)))
def test_what_is_alike_is_one_of_each(ours: list[str], theirs: list[str]) -> None:
    """A hint would name ids that are not there."""
    alone = [each for each in ours if each not in theirs]
    found = likely_same(alone, theirs)
    assert found is None or (found[0] in alone and found[1] in theirs)
