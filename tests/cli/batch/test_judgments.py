"""`rerank batch --qrels-out`: the judgments of a reranking set, so that it can be measured."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rerank_cli.reading.qrels import read_qrels
from tests.answers import healthy, score_of
from tests.cli.batch.runs import Counting, batch, serving
from tests.running import ONE_LINE, rerank
from tests.serving import Received, http

_SET: list[dict[str, Any]] = [
    {"query": f"q{n}", "positive": [f"p{n} {i}" for i in range(1 + n % 3)], "negative": negative}
    for n in range(7)
    for negative in [[f"n{n} {i}" for i in range(5)]]
]


def _written(name: str, rows: Sequence[object]) -> str:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return name


def _average_precision(row: dict[str, Any]) -> float:
    """By its definition: the mean precision at the ranks of the relevant documents."""
    documents = [*row["positive"], *row["negative"]]
    ranked = sorted(documents, key=score_of, reverse=True)
    hits = [rank for rank, text in enumerate(ranked, 1) if text in row["positive"]]
    return sum(found / rank for found, rank in enumerate(hits, 1)) / len(row["positive"])


@pytest.mark.parametrize("output_format", ["jsonl", "trec"])
def test_the_map_of_a_set_is_one_command_away(output_format: str) -> None:
    """The published figure of a reranking set could not be compared with."""
    jobs = _written("set.jsonl", _SET)
    done = batch(healthy, jobs, "-o", "run", "-f", output_format, "--qrels-out", "qrels")
    assert done.code == 0, done.err
    found = rerank("eval", "run", "--qrels", "qrels", "--measure", "AP", "--json", "--by-query")
    by_hand = [_average_precision(row) for row in _SET]
    (run,) = found.json["runs"]
    values = [each["AP"] for each in run["by_query"].values()]
    assert sorted(values) == pytest.approx(sorted(by_hand), abs=1e-9)
    assert 0 < run["values"]["AP"] < 1
    assert run["values"]["AP"] == pytest.approx(sum(by_hand) / len(by_hand), abs=1e-9)
    assert found.err == ""


def test_the_judgments_are_whole_when_a_batch_resumes() -> None:
    """The judgments of what an earlier run has finished would be missing."""
    left = 3

    def answer(seen: Received) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            return http({"code": 30001, "message": "your account balance is insufficient"}, 403)
        return healthy(seen)

    jobs = _written("set.jsonl", _SET)
    with serving(answer) as url:
        command = ("batch", jobs, "-o", "out", "--qrels-out", "qrels", "--base-url", url)
        assert rerank(*command, "--concurrency", "1").code == 4
        assert 0 < len(Path("out").read_text(encoding="utf-8").splitlines()) < len(_SET)
        Path("qrels").unlink()
        left = 100
        assert rerank(*command).code == 0
    assert len(read_qrels("qrels", stdin=None)) == len(_SET)
    assert rerank("eval", "out", "--qrels", "qrels").err == f"{len(_SET)} queries\n"


def test_a_dry_run_writes_no_judgments() -> None:
    """A plan would change files."""
    done = batch(healthy, _written("set", _SET), "--dry-run", "--qrels-out", "qrels")
    assert done.code == 0
    assert not Path("qrels").exists()


def test_ids_of_documents_are_those_of_the_run() -> None:
    """The judgments would be of other documents."""
    row = {"id": "q", "query": "what", "pos": [{"id": "d7", "text": "a"}], "neg": ["b", " "]}
    assert batch(healthy, _written("set", [row]), "--qrels-out", "qrels").code == 0
    judged = read_qrels("qrels", stdin=None)["q"]
    run = batch(healthy, "set", "-f", "trec", "-q").out
    assert {line.split()[2] for line in run.splitlines()} == set(judged)
    assert [doc_id for doc_id, relevance in judged.items() if relevance] == ["d7"]
    assert len(judged) == 2


def test_queries_with_one_side_only_have_no_judgments() -> None:
    """They would count as 1 or 0 whatever the model, as in no published figure."""
    one_sided = [{"query": "x", "pos": ["a"], "neg": []}, {"query": "y", "pos": [], "neg": ["b"]}]
    done = batch(healthy, _written("set", [*_SET, *one_sided]), "--qrels-out", "qrels")
    assert done.code == 0
    assert "no judgments of 2 queries that have only positive or only negative" in done.err
    assert len(read_qrels("qrels", stdin=None)) == len(_SET)


def test_what_is_no_job_keeps_no_other_from_being_judged() -> None:
    """One bad line would cost the judgments of all, or be judged though it is not ranked."""
    rows = [{**_SET[0], "id": "a"}, {"query": "q"}, {**_SET[1], "id": "a"}, {**_SET[2], "id": "b"}]
    assert batch(healthy, _written("set", rows), "--qrels-out", "qrels").code == 6
    assert list(read_qrels("qrels", stdin=None)) == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["jobs", "--qrels-out", "out"], "--qrels-out: no job has both positive and negative"),
        (["-", "--qrels-out", "out"], "--qrels-out needs a file of JOBS"),
        (["--qrels-out", "out"], "--qrels-out needs a file of JOBS"),
        (
            ["--queries", "q", "--corpus", "c", "--run", "r", "--qrels-out", "out"],
            "--qrels-out needs a file of JOBS",
        ),
        (["set", "--qrels-out", ""], "--qrels-out is empty"),
        (["set", "--qrels-out", "none/out"], "--qrels-out none/out: no such directory"),
        (["set", "--qrels-out", "set"], "--qrels-out set: that file is the input"),
        (["set", "-o", "o", "--qrels-out", "./o.progress"], "that file is the input, or the batch"),
        (["words", "--qrels-out", "out"], "words:2: the query's id is 'two words'"),
        (["twice", "--qrels-out", "out"], "twice:1: two documents go by 'd'"),
    ],
)
def test_judgments_that_cannot_be_written_are_refused(arguments: list[str], problem: str) -> None:
    """A batch would be paid for, and its judgments be missing or half."""
    _written("jobs", [{"query": "q", "documents": ["a", "b"]}])
    _written("set", _SET)
    _written("words", [_SET[0], {**_SET[1], "id": "two words"}])
    twice = [{"id": "d", "text": "a"}]
    _written("twice", [{"query": "q", "positive": twice, "negative": [{**twice[0], "text": "b"}]}])
    server = Counting(healthy)
    done = batch(server, *arguments)
    assert (done.code, done.out) == (2, "")
    assert ONE_LINE.fullmatch(done.err)
    assert problem in done.err
    assert server.asked.total() == 0
    assert not Path("out").exists()


def test_a_tag_without_a_run_is_refused() -> None:
    """It would be left out without a word."""
    done = batch(healthy, _written("set", _SET), "--tag", "mine")
    assert (done.code, done.out) == (2, "")
    assert "--tag needs -f trec" in done.error
