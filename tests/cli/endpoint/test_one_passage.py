"""What fails for one passage or for its size, with every request counted."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from rerank_cli import Reranker
from rerank_cli.errors import EndpointError, RefusedError, ScoringError
from tests.answers import healthy, score_of
from tests.cli.batch.runs import batch
from tests.running import KEY, Ended, rerank
from tests.serving import Loopback, Received, Respond, http

pytestmark = pytest.mark.usefixtures("slept")

TOO_LONG = http(
    {"error": {"message": "This model's maximum context length is 512 tokens.", "code": 400}}, 400
)
"""As vLLM refuses a passage; nothing in it is about a number of passages."""
TOO_LARGE = http({"error": {"message": "input (2004 tokens) is too large to process"}}, 500)
"""As llama.cpp does."""
SKIPPED = http({"error": {"message": "input is larger than the max context size. skipping"}}, 500)
BARE = http(b"", 500)
BACKEND = http({"error": "Backend error: boom", "error_type": "Backend"}, 424)
OUT_OF_MEMORY = http({"detail": "CUDA out of memory. Tried to allocate 2.00 GiB."}, 500)

EVERY_FAILURE = pytest.mark.parametrize(
    "failure", [TOO_LONG, TOO_LARGE, SKIPPED, BARE, BACKEND], ids=lambda each: str(each[-40:])
)
AT_ONCE = pytest.mark.parametrize("at_once", ["1", "8"])


def _failing_for(failure: bytes, *texts: str) -> Respond:
    def answer(seen: Received) -> bytes:
        return failure if set(texts) & set(seen.documents) else healthy(seen)

    return answer


def _at_most(passages: int, failure: bytes) -> Respond:
    """Fails for more passages than so many."""
    return lambda seen: healthy(seen) if len(seen.documents) <= passages else failure


def _jobs(count: int, passages: int) -> list[tuple[str, list[str]]]:
    return [(f"q{n}", [f"{n}.{at}" for at in range(passages)]) for n in range(count)]


def _many(
    answer: Respond, jobs: Sequence[tuple[str, list[str]]], at_once: str
) -> tuple[int, dict[int, ScoringError]]:
    """Rank many queries in Python: how many requests there were, and the errors of jobs."""
    errors: dict[int, ScoringError] = {}
    with Loopback(answer) as server, Reranker(base_url=server.url, concurrency=int(at_once)) as it:
        for result in it.rank_many(jobs):
            if isinstance(result.error, ScoringError):
                errors[int(str(result.id))] = result.error
            else:
                assert {hit.document: hit.score for hit in result.hits} == {
                    text: score_of(text) for text in jobs[int(str(result.id))][1]
                }
        return len(server.received), errors


def _ranked(answer: Respond, count: int, *options: str) -> tuple[Ended, list[Received]]:
    with Loopback(answer) as server:
        stdin = "".join(f"text {n}\n" for n in range(1, count + 1))
        return rerank("q", "--base-url", server.url, *options, stdin=stdin), [*server.received]


@AT_ONCE
@EVERY_FAILURE
@pytest.mark.parametrize("bad", ["0.0", "0.13", "6.7", "11.19"])
def test_one_bad_passage_costs_a_handful_of_requests(
    failure: bytes, bad: str, at_once: str
) -> None:
    """One passage of 240 would cost 200 requests, or end the batch."""
    jobs = _jobs(12, 20)
    requests, errors = _many(_failing_for(failure, bad), jobs, at_once)
    query, at = map(int, bad.split("."))
    assert set(errors) == {query}
    assert errors[query].passages == (f"documents[{at}]",)
    most = 12 + 10 if failure in (TOO_LONG, TOO_LARGE, SKIPPED) else 12 + 20
    assert requests <= most


@AT_ONCE
@EVERY_FAILURE
def test_all_passages_without_a_score_are_named(failure: bytes, at_once: str) -> None:
    """The next bad passage would be found only by another run, which costs as much again."""
    answer = _failing_for(failure, "text 4", "text 5", "text 33")
    done, received = _ranked(answer, 60, "--concurrency", at_once, "--max-passages", "20")
    assert done.error.endswith("passage: <stdin>:4, <stdin>:5, <stdin>:33")
    assert len(received) <= 3 + 3 * 14


@AT_ONCE
@EVERY_FAILURE
def test_what_can_be_scored_is_kept_in_the_cache(
    failure: bytes, at_once: str, tmp_path: Path
) -> None:
    """A run that fails for one passage would pay for all others once more."""
    file = tmp_path / "passages.txt"
    file.write_text("".join(f"text {n}\n" for n in range(1, 61)))
    options = ("--cache", "-m", "m", "--max-passages", "20", "--concurrency", at_once, "--json")

    env = {"XDG_CACHE_HOME": str(tmp_path)}
    bad = ["text 4"]

    def answer(seen: Received) -> bytes:
        return _failing_for(failure, *bad)(seen)

    with Loopback(answer) as server:
        first = rerank("q", str(file), *options, "--base-url", server.url, env=env)
        assert first.code in (4, 5)
        assert f"{file}:4" in first.error
        before = len(server.received)
        bad.clear()
        second = rerank("q", str(file), *options, "--base-url", server.url, env=env)
        assert [seen.documents for seen in server.received[before:]] == [["text 4"]]
    assert sorted(second.scores) == sorted(score_of(f"text {n}") for n in range(1, 61))


@AT_ONCE
@pytest.mark.parametrize("failure", [BARE, BACKEND])
@pytest.mark.parametrize("passages", [2, 20])
def test_a_batch_whose_first_job_has_a_bad_passage_goes_on(
    failure: bytes, passages: int, at_once: str, tmp_path: Path
) -> None:
    """A night's run would end with its first query."""
    file = tmp_path / "jobs.jsonl"
    lines = [
        json.dumps({"query": query, "documents": texts}) for query, texts in _jobs(9, passages)
    ]
    file.write_text("\n".join(lines) + "\n")
    options = ("-o", str(tmp_path / "out"), "--concurrency", at_once)
    done = batch(_failing_for(failure, "0.0"), str(file), *options)
    assert done.code == 6
    assert len((tmp_path / "out").read_text().splitlines()) == 8
    (failed,) = (tmp_path / "out.errors.jsonl").read_text().splitlines()
    assert "document 0" in json.loads(failed)["error"]


@AT_ONCE
def test_too_much_for_the_memory_is_a_size(at_once: str) -> None:
    """What fits in parts would fail as a whole; or each of many requests be sent in vain."""
    done, received = _ranked(
        _at_most(25, OUT_OF_MEMORY), 1000, "-f", "jsonl", "--concurrency", at_once
    )
    assert done.code == 0
    assert len(done.out.splitlines()) == 1000
    wasted = [seen for seen in received if len(seen.documents) > 25]
    assert len(wasted) <= (6 if at_once == "1" else 40)
    assert len(received) - len(wasted) <= 90


@pytest.mark.parametrize(
    ("message", "most"),
    [
        ("array should have size <= 25", 25),
        ("batch size 100 > maximum allowed batch size 32", 32),
        ("Too many documents: maximum 32 documents", 32),
        ("List should have at most 64 items after validation, not 100", 64),
        ("passages: 100 exceeds the limit of 80", 80),
        ("batch size is invalid, it should not be empty or larger than 50.: input.documents", 50),
        ("number of documents exceeds the limit of 1,0", 10),
    ],
)
def test_a_size_that_is_named_is_kept(message: str, most: int) -> None:
    """The size would be guessed, with more requests than needed, or anew for each request."""
    refusal = http({"message": message}, 400)
    done, received = _ranked(_at_most(most, refusal), 300, "-f", "jsonl", "--concurrency", "1")
    assert done.code == 0
    sizes = [len(seen.documents) for seen in received]
    pieces = [*[most] * (100 // most), *[100 % most] * (100 % most > 0)]
    assert sizes == [100, *pieces * 3]


def test_a_size_that_is_named_outlasts_a_bad_passage() -> None:
    """After one passage that is too long each request would be refused before it is cut."""
    refusal = http({"message": "array should have size <= 25"}, 400)

    def answer(seen: Received) -> bytes:
        return _failing_for(TOO_LONG, "text 9")(seen) if len(seen.documents) <= 25 else refusal

    done, received = _ranked(answer, 300, "--concurrency", "1")
    assert "<stdin>:9" in done.error
    assert sum(len(seen.documents) > 25 for seen in received) == 1


def test_tokens_are_no_number_of_passages() -> None:
    """A limit of 25 tokens would be taken for one of 25 passages."""
    refusal = http({"message": "maximum 25 tokens for the documents"}, 400)
    _, received = _ranked(_at_most(60, refusal), 100, "--concurrency", "1")
    assert [len(seen.documents) for seen in received] == [100, 50, 50]


@pytest.mark.parametrize("failure", [BARE, OUT_OF_MEMORY, BACKEND])
@pytest.mark.parametrize("passages", [1, 2, 5, 100])
def test_an_outage_gets_no_more_requests_than_tries(failure: bytes, passages: int) -> None:
    """Whoever has just gone down would be asked for each passage by itself."""
    done, received = _ranked(lambda _: failure, passages, "--concurrency", "1")
    assert "gave up after 4 tries" in done.error
    assert "<stdin>" not in done.error
    assert len(received) == 4


@pytest.mark.parametrize("at_once", [1, 8])
def test_an_outage_later_on_gets_no_more_requests_than_tries(at_once: int) -> None:
    """A server that goes down in the middle of a run would get a storm."""
    count = 0

    def answer(seen: Received) -> bytes:
        nonlocal count
        count += 1
        return healthy(seen) if count <= 20 else BARE

    options = ("--concurrency", str(at_once), "--max-passages", "20")
    done, received = _ranked(answer, 2000, *options)
    assert done.code == 5
    assert len(received) <= 20 + 10 * at_once
    assert at_once > 1 or len(received) == 29


def test_a_failure_that_passes_costs_no_passage() -> None:
    """A server that restarts would lose passages, or be sent small requests ever after."""
    count = 0

    def answer(seen: Received) -> bytes:
        nonlocal count
        count += 1
        return BARE if 2 <= count <= 5 else healthy(seen)

    done, received = _ranked(answer, 100, "--concurrency", "1", "--max-passages", "20")
    assert done.code == 0
    assert [len(seen.documents) for seen in received] == [20, 20, 20, 1, 1, 1, 20, 20, 20, 20]


@pytest.mark.parametrize("share", [20, 5])
def test_what_fails_now_and_then_costs_no_passage(share: int) -> None:
    """An endpoint that fails once in a while would seem to fail for some passages."""
    count = 0

    def answer(seen: Received) -> bytes:
        nonlocal count
        count += 1
        return BARE if count % share == 0 else healthy(seen)

    assert _many(answer, _jobs(60, 1), "8")[1] == {}


def test_nothing_answers_is_not_one_passage() -> None:
    """A request that is wrong in itself would be sent for every passage."""
    done, received = _ranked(lambda _: http({"message": "bad"}, 400), 100)
    assert "for one passage alone too" in done.error
    assert len(received) <= 9


def test_an_error_that_names_many_is_raised_before_the_rest_is_scored() -> None:
    """A thousand bad passages would each be searched for."""
    refused = http({"message": "bad"}, 400)
    answer = lambda seen: refused if seen.documents != ["text 1"] else healthy(seen)  # noqa: E731
    done, received = _ranked(answer, 1000, "--max-passages", "1", "--concurrency", "1")
    assert "<stdin>:2, <stdin>:3" in done.error
    assert done.error.endswith(", <stdin>:21, …")
    assert len(received) == 22


@pytest.mark.parametrize("failure", [TOO_LONG, BARE])
def test_python_names_the_passages(failure: bytes) -> None:
    """A program would have to read which documents have no score out of a sentence."""
    texts = [f"text {n}" for n in range(30)]
    answer = _failing_for(failure, "text 3", "text 20")
    with Loopback(answer) as server, Reranker(base_url=server.url) as it:
        with pytest.raises((RefusedError, EndpointError)) as caught:
            it.score("q", texts)
        assert caught.value.passages == ("documents[3]", "documents[20]")
        assert not caught.value.more_passages


# The number of results


def _first(count: int, field: str = "top_n", results: str = "results") -> Respond:
    """Answers with the first few results, unless it is told how many are wanted."""

    def answer(seen: Received) -> bytes:
        wanted = seen.json.get(field, count)
        scored = [
            {"index": at, "relevance_score": score_of(text)}
            for at, text in enumerate(seen.documents)
        ]
        return http({results: scored[:wanted]})

    return answer


@pytest.mark.parametrize("count", [0, 3])
def test_the_number_of_results_is_sent_where_some_are_missing(count: int) -> None:
    """Xinference and LocalAI would be sent what they forgot, again and again, or fail."""
    options = ("-f", "jsonl", "-v", "--concurrency", "1", "--max-passages", "10")
    done, received = _ranked(_first(count), 30, *options)
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 30
    assert [seen.json.get("top_n") for seen in received] == [None, 10, 10, 10]
    assert "top_n: sent from now on" in done.err


def test_the_number_of_results_has_the_name_that_the_endpoint_has_for_it() -> None:
    """Voyage would refuse, or ignore, a field that it does not have."""
    options = ("-f", "jsonl", "-p", "voyage", "--concurrency", "1")
    with Loopback(_first(1, "top_k", "data")) as server:
        key = {"RERANK_API_KEY": KEY}
        done = rerank("q", "--base-url", server.url, *options, stdin="a\nb\n", env=key)
        assert done.code == 0, done.err
        assert [seen.json.get("top_k") for seen in server.received] == [None, 2]


def test_an_endpoint_that_refuses_the_number_of_results() -> None:
    """What can be asked for again would fail for a field that was only tried."""

    def answer(seen: Received) -> bytes:
        return http({"message": "unknown field"}, 422) if "top_n" in seen.json else _first(3)(seen)

    done, received = _ranked(answer, 5, "-f", "jsonl")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 5
    assert [len(seen.documents) for seen in received] == [5, 5, 2]


def test_a_number_of_results_that_does_not_help_is_not_kept() -> None:
    """Every request of the run would hold a field that the endpoint does not know."""

    def answer(seen: Received) -> bytes:
        return healthy(seen) if len(seen.documents) < 10 else _first(9, "none")(seen)

    done, received = _ranked(
        answer, 20, "-f", "jsonl", "--max-passages", "10", "--concurrency", "1"
    )
    assert done.code == 0, done.err
    assert [seen.json.get("top_n") for seen in received] == [None, 10, None, None, 10, None]
