"""`rerank batch -o FILE`: the same command goes on where it stopped, and only the same command."""

from pathlib import Path

import pytest

from rerank_cli.workflows.batch.journal import Journal
from tests.answers import healthy
from tests.cli.batch.runs import Counting, batch, errors_of, right, serving
from tests.running import Ended, rerank
from tests.serving import Received, http
from tests.workflows.batch.jobs import ids, job, jobs_file, rows

OUT = Path("out")


class FullAfter(Counting):
    """Has a balance for so many queries."""

    def __init__(self, queries: int) -> None:
        super().__init__()
        self._left = queries

    def __call__(self, seen: Received) -> bytes:
        self._left -= 1
        if self._left < 0:
            return http(
                {"code": 30001, "message": "Sorry, your account balance is insufficient"}, 403
            )
        return super().__call__(seen)


@pytest.fixture
def jobs(tmp_path: Path) -> str:
    """A file of twelve jobs."""
    return str(jobs_file(tmp_path / "jobs.jsonl", 12))


def half(jobs: str, *arguments: str, url: str = "http://127.0.0.1:9/v1") -> None:
    """Rank some of the jobs into a file that says it was scored at a fixed address."""
    done = batch(FullAfter(5), jobs, "-o", "out", "--concurrency", "1", *arguments)
    assert done.code == 4
    assert len(OUT.read_bytes().splitlines()) >= 1
    at(f"{url}/rerank")


def at(url: str) -> None:
    """Let the journal say that the output was scored at another address.

    Each server of a test has a port of its own.
    """
    file = Path("out.progress")
    if file.exists():
        begun, *entries = Journal(file).entries()
        journal = Journal(file)
        lines = [journal.begun({**begun["settings"], "url": url})]
        lines += [journal.line({**entry}) for entry in entries]
        file.write_bytes(b"".join(lines))


def again(jobs: str, *arguments: str, answer: Counting | None = None) -> tuple[Ended, Counting]:
    """Rank the rest, at whatever address."""
    counting = answer or Counting()
    with serving(counting) as url:
        at(f"{url}/rerank")
        done = rerank("batch", jobs, "--base-url", url, "-o", "out", *arguments)
    return done, counting


def test_the_same_command_goes_on_and_pays_nothing_twice(jobs: str) -> None:
    """What was paid before the balance ran out would be paid again, or be missing."""
    half(jobs)
    before = OUT.read_bytes()
    done, counting = again(jobs)
    assert done.code == 0
    assert OUT.read_bytes().startswith(before)
    assert sorted(ids(OUT)) == list(range(12))
    assert right(rows(OUT))
    assert set(counting.asked) == {f"q{n}" for n in range(5, 12)}
    assert "7 queries · 14 passages" in done.err
    assert "5 done before" in done.err
    done, counting = again(jobs)
    assert done.code == 0
    assert not counting.asked


def test_a_torn_last_line_is_repaired(jobs: str) -> None:
    """The file would hold half a line for ever, and no JSON reader get past it."""
    half(jobs)
    with OUT.open("ab") as out:
        out.write(b'{"id": 5, "query": "q5", "resu')
    with Path("out.progress").open("ab") as account:
        account.write(b'{"id":5,"jo')
    done, _ = again(jobs)
    assert done.code == 0
    assert sorted(ids(OUT)) == list(range(12))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("-m", "other"), "model"),
        (("--top-n", "1"), "top_n"),
        (("--threshold", "0.1"), "threshold"),
        (("--scores", "minmax"), "scores"),
        (("--format", "trec"), "format"),
        (("--provider", "tei"), "provider"),
        (("--text-field", "body"), "text"),
        (("--id-field", "key"), "id"),
        (("--encoding", "latin-1"), "encoding"),
    ],
)
def test_other_settings_are_refused(jobs: str, arguments: tuple[str, ...], named: str) -> None:
    """Results of two models, or of two readings of the jobs, would stand in one file."""
    half(jobs)
    before = OUT.read_bytes()
    done, counting = again(jobs, *arguments)
    assert done.code == 3
    assert f"out was begun with {named}" in done.err.replace("_field", "")
    assert "--fresh" in done.err
    assert OUT.read_bytes() == before
    assert not counting.asked


@pytest.mark.parametrize("arguments", [("--concurrency", "2"), ("--retries", "1")])
def test_settings_that_change_no_result_are_free(jobs: str, arguments: tuple[str, ...]) -> None:
    """Whoever was too fast for the endpoint could not go on more slowly."""
    half(jobs)
    done, _ = again(jobs, *arguments)
    assert done.code == 0
    assert sorted(ids(OUT)) == list(range(12))


def test_another_address_is_refused(jobs: str) -> None:
    """Scores of two servers, perhaps of two models, would stand in one file."""
    half(jobs)
    done = batch(healthy, jobs, "-o", "out")
    assert done.code == 3
    assert 'begun with url "http://127.0.0.1:9/v1/rerank"' in done.err


def test_other_jobs_are_refused(jobs: str, tmp_path: Path) -> None:
    """Results of two experiments would stand in one file."""
    half(jobs)
    before = OUT.read_bytes()
    other = jobs_file(tmp_path / "other.jsonl", 12, text="other")
    done, counting = again(str(other))
    assert done.code == 3
    assert "out was begun with other jobs: 5 of 5" in done.err
    assert OUT.read_bytes() == before
    assert not counting.asked


def test_a_refused_command_leaves_the_list_of_failures(jobs: str, tmp_path: Path) -> None:
    """A mistyped name of a file would remove the list of what failed."""
    done, _ = again(jobs, answer=Counting(_refusing))
    assert done.code == 6
    failed = errors_of("out").read_bytes()
    done, _ = again(str(jobs_file(tmp_path / "other.jsonl", 12, text="other")))
    assert done.code == 3
    assert errors_of("out").read_bytes() == failed


def test_more_jobs_are_welcome_and_may_have_moved(jobs: str) -> None:
    """A file of jobs that grows every day would have to be scored anew every day."""
    half(jobs)
    lines = Path(jobs).read_text().splitlines(keepends=True)
    Path(jobs).write_text("".join(["\n", job("new"), *reversed(lines)]))
    done, counting = again(jobs)
    assert done.code == 0
    assert len(counting.asked) == 8
    assert sorted(map(str, ids(OUT))) == sorted([*map(str, range(12)), "new"])


def _refusing(seen: Received) -> bytes:
    refused = seen.json["query"] in ("q3", "q4")
    return http({"message": "query is not allowed"}, 400) if refused else healthy(seen)


def test_what_failed_is_tried_again(jobs: str) -> None:
    """A query that failed once would be lost, or its old error kept although it is done."""
    done, _ = again(jobs, answer=Counting(_refusing))
    assert done.code == 6
    assert sorted(ids(errors_of("out"))) == [3, 4]
    done, counting = again(jobs)
    assert done.code == 0
    assert set(counting.asked) == {"q3", "q4"}
    assert sorted(ids(OUT)) == list(range(12))
    assert not errors_of("out").exists()


def test_a_query_that_fails_each_time_is_listed_each_time(jobs: str) -> None:
    """With nothing else left to do, a server's stumbling at one query would look like its end."""

    def stumbling(seen: Received) -> bytes:
        stumbles = seen.json["query"] == "q5"
        return http({"message": "oops"}, 500) if stumbles else healthy(seen)

    for _ in range(2):
        done, _ = again(jobs, "--retries", "0", "--concurrency", "1", answer=Counting(stumbling))
        assert done.code == 6
        assert ids(errors_of("out")) == [5]
    assert len(ids(OUT)) == 11


def test_max_errors_gives_up_early_and_keeps_what_is_done(jobs: str) -> None:
    """A night's run against a broken model would fill a disk with errors."""
    refusing = Counting(
        lambda seen: healthy(seen) if seen.json["query"] == "q0" else http({"message": "no"}, 400)
    )
    done, _ = again(jobs, "--max-errors", "3", "--concurrency", "1", answer=refusing)
    assert done.code == 6
    assert ids(OUT) == [0]
    assert len(rows(errors_of("out"))) == 3
    assert set(refusing.asked) == {"q0", "q1", "q2", "q3"}
    assert "gave up" in done.err


def test_fresh_starts_over(jobs: str) -> None:
    """A run with better settings could not replace the old one."""
    half(jobs)
    done, counting = again(jobs, "--fresh", "-n", "1")
    assert done.code == 0
    assert len(counting.asked) == 12
    assert sorted(ids(OUT)) == list(range(12))
    assert {len(row["results"]) for row in rows(OUT)} == {1}


@pytest.mark.parametrize("fresh", [(), ("--fresh",)])
def test_the_jobs_are_never_written_over(tmp_path: Path, fresh: tuple[str, ...]) -> None:
    """A slip of the finger would destroy the file of jobs."""
    jobs_file(tmp_path / "out", 3)
    before = OUT.read_bytes()
    done, _ = again("./out", *fresh)
    assert done.code in (2, 3)
    assert OUT.read_bytes() == before


def test_a_corpus_is_never_written_over(tmp_path: Path) -> None:
    """A slip of the finger would destroy a corpus of millions."""
    (tmp_path / "q").write_text("q1\tone\n")
    (tmp_path / "out").write_text('{"_id": "d", "text": "x"}\n')
    (tmp_path / "r").write_text("q1 Q0 d 1 1 x\n")
    before = OUT.read_bytes()
    given = ("--queries", "q", "--corpus", "out", "--run", "r", "-o", "out", "--fresh")
    assert batch(healthy, *given).code in (2, 3)
    assert OUT.read_bytes() == before


def test_ordered_results_go_on_in_order(jobs: str) -> None:
    """After a restart --ordered would not be."""
    half(jobs, "--ordered")
    done, _ = again(jobs, "--ordered")
    assert done.code == 0
    assert ids(OUT) == list(range(12))


def test_an_output_that_was_cut_short_is_completed_with_a_warning(jobs: str) -> None:
    """A repaired disk would cost all that was paid, or leave half a line for ever."""
    half(jobs)
    OUT.write_bytes(OUT.read_bytes()[:-30])
    done, counting = again(jobs)
    assert done.code == 0
    assert "out was cut short: 1 query that had been written" in done.err
    assert sorted(ids(OUT)) == list(range(12))
    assert right(rows(OUT))
    assert set(counting.asked) == {f"q{n}" for n in range(4, 12)}


def test_an_output_that_was_edited_is_refused_until_it_is_cut_off_there(jobs: str) -> None:
    """Lines would be torn where an edit has moved them, or the edit be lost without a word."""
    half(jobs)
    lines = OUT.read_bytes().splitlines(keepends=True)
    OUT.write_bytes(b"".join([*lines[:2], lines[2].replace(b"passage", b"Passage"), *lines[3:]]))
    before = OUT.read_bytes()
    done, counting = again(jobs)
    assert done.code == 3
    assert "rerank: out:3: not as it was written" in done.err
    assert "cut the file off before that line" in done.err
    assert OUT.read_bytes() == before
    assert not counting.asked
    OUT.write_bytes(b"".join(lines[:2]))
    done, _ = again(jobs)
    assert done.code == 0
    assert sorted(ids(OUT)) == list(range(12))
    assert right(rows(OUT))


@pytest.mark.parametrize("line", ["[" * 100_000, "{}", '{"id":9}'])
def test_a_damaged_journal_is_refused_until_it_is_mended(jobs: str, line: str) -> None:
    """A line that nests deep would end in a traceback, and nobody know what to do."""
    half(jobs)
    journal = Path("out.progress")
    whole = journal.read_text()
    journal.write_text(f"{whole}{line}\n")
    done = rerank("batch", jobs, "--base-url", "http://127.0.0.1:9/v1", "-o", "out")
    assert done.code == 3
    assert "rerank: out.progress:7: not as it was written" in done.err
    assert "Without this line and those after it, the rest is resumed." in done.err
    journal.write_text(whole)
    done, _ = again(jobs)
    assert done.code == 0
    assert sorted(ids(OUT)) == list(range(12))
