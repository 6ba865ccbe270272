"""What a batch writes of a query: a line of JSON, or lines of a run."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.model import Candidates, Job, Passage, PassageId
from rerank_cli.ranking import rank
from rerank_cli.reading.runs import batch_scored_docs, trec_scored_docs
from rerank_cli.rendering import render_job
from tests.rendering.rankings import HOSTILE, of_row, passage


def rendered(
    output_format: str,
    passages: Sequence[Passage],
    scores: Sequence[float] | None = None,
    *,
    job_id: PassageId = "q1",
    fields: Mapping[str, object] | None = None,
    threshold: float | None = None,
) -> str:
    """The output of a job whose passages get these scores; by default from 1.0 down."""
    candidates = Candidates("什么是", tuple(passages))
    scores = scores or [1 - place / len(passages) for place in range(len(passages))]
    job = Job(job_id, candidates, range(len(passages)), fields or {}, "jobs", 3)
    return render_job(job, rank(candidates, scores, threshold=threshold), output_format, "tag")


def row(*given: Any, **named: Any) -> Any:
    """The row of a line of JSON."""
    text = rendered("jsonl", *given, **named)
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return json.loads(text)


def test_a_line_has_the_query_and_its_results_as_json_does() -> None:
    """A script that reads `rerank --json` could not read its batches."""
    found = row([passage("a"), of_row({"id": 7, "text": "b", "n": 1}, line=2)], [0.5, 0.75])
    assert list(found) == ["id", "query", "results"]
    assert (found["id"], found["query"]) == ("q1", "什么是")
    first, second = found["results"]
    about = {"text": "b", "source": "a.jsonl", "line": 2, "fields": {"n": 1}}
    assert first == {"rank": 1, "score": 0.75, "index": 1, "id": 7, **about}
    assert (second["rank"], second["index"], "id" in second) == (2, 0, False)


@pytest.mark.parametrize("job_id", [1, "1", "文", 0])
def test_an_id_comes_out_as_it_went_in(job_id: PassageId) -> None:
    """Results could not be joined with the queries that they belong to."""
    assert row([passage("a")], job_id=job_id)["id"] == job_id
    assert type(row([passage("a")], job_id=job_id)["id"]) is type(job_id)


def test_fields_come_out_and_none_hides_ours() -> None:
    """A category would be lost, or results of somebody else be taken for these."""
    found = row([passage("a")], fields={"category": [1], "results": "old", "id": None, "query": 2})
    assert found["category"] == [1]
    assert found["id"] == "q1"
    assert found["query"] == "什么是"
    assert found["results"][0]["text"] == "a"
    assert (found["input_results"], found["input_id"], found["input_query"]) == ("old", None, 2)


def test_a_field_that_is_named_like_one_that_was_renamed_is_kept() -> None:
    """Of two fields one would be written over the other."""
    found = row([passage("a")], fields={"results": "one", "input_results": "two"})
    assert {"one", "two"} <= {json.dumps(value).strip('"') for value in found.values()}


def test_a_query_of_which_nothing_is_left_still_has_its_line() -> None:
    """A query whose results are all below --threshold would look forgotten."""
    assert row([passage("a")], [0.5], threshold=0.9)["results"] == []
    assert rendered("trec", [passage("a")], [0.5], threshold=0.9) == ""


def test_characters_that_a_terminal_obeys_stay_in_their_line() -> None:
    """A document could end its line, or write over others on a screen."""
    text = rendered("jsonl", [passage(HOSTILE)], fields={HOSTILE: HOSTILE})
    assert text[:-1].isprintable()
    assert json.loads(text)["results"][0]["text"] == HOSTILE


def test_a_run_has_six_columns() -> None:
    """trec_eval reads nothing else."""
    text = rendered("trec", [passage("a"), passage("b", id="d2")], [1e-7, 0.1 + 0.2])
    assert text == "q1 Q0 d2 1 0.30000000000000004 tag\nq1 Q0 0 2 1e-07 tag\n"


@pytest.mark.parametrize("word", ["two words", "", "tab\there", "a\u3000b", "a\x00", "a\n", "\x1b"])
def test_ids_that_are_no_words_are_refused(word: str) -> None:
    """Columns would shift, and a document's rank be read as its score."""
    with pytest.raises(InputError, match=r"^jobs:3: the query's id is ") as caught:
        rendered("trec", [passage("a")], job_id=word)
    assert caught.value.hint
    with pytest.raises(InputError, match=r"^jobs:3: a document's id is "):
        rendered("trec", [passage("a", id=word)])


@pytest.mark.parametrize("ids", [("d", "d"), ("1", None), (1, "1")])
def test_documents_with_one_id_are_refused(ids: tuple[PassageId | None, PassageId | None]) -> None:
    """trec_eval, ir_measures and `rerank eval` refuse a run that has a document twice."""
    with pytest.raises(InputError, match=r"^jobs:3: "):
        rendered("trec", [passage("a", id=ids[0]), passage("b", id=ids[1])])


WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1)
SCORES = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(WORDS, SCORES, min_size=1, max_size=6), WORDS)
def test_both_formats_are_read_back_as_they_were(found: dict[str, float], query_id: str) -> None:
    """`rerank eval` would measure other scores than those that the model gave."""
    passages = [passage("a", id=doc_id) for doc_id in found]
    scores = list(found.values())
    readers = {"jsonl": batch_scored_docs, "trec": trec_scored_docs}
    for output_format, parse in readers.items():
        text = rendered(output_format, passages, scores, job_id=query_id)
        read = [each for _, each in parse(text, "x")]
        assert {each.doc_id: each.score for each in read} == found
        assert {each.query_id for each in read} == {query_id}
        ordered = [each.score for each in read]
        assert ordered == sorted(ordered, reverse=True)
