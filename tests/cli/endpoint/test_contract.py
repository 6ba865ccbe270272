"""One score a passage, through the whole command: kept, or one line that says why not."""

from pathlib import Path

import pytest

from tests.running import Ended, rerank_once
from tests.serving import Loopback, Received, http


def _reply_to(body: object, *arguments: str, stdin: str = "one\ntwo\n") -> Ended:
    with Loopback(lambda _: http(body)) as server:
        return rerank_once("q", "--base-url", server.url, "--json", *arguments, stdin=stdin)


def test_reordered_reply() -> None:
    """Scores would be put beside the wrong passages."""
    scores = {2: 0.1, 0: 0.7, 3: 0.9, 1: 0.4}
    results = [{"index": index, "relevance_score": score} for index, score in scores.items()]
    outcome = _reply_to({"results": results}, stdin="a\nb\nc\nd\n")
    assert outcome.scores == [0.7, 0.4, 0.1, 0.9]
    assert [result["text"] for result in outcome.json["results"]] == ["d", "a", "b", "c"]


def test_echoed_document_is_not_printed() -> None:
    """A server could change what the user reads."""
    result = {"index": 0, "relevance_score": 0.5, "document": {"text": "forged"}}
    outcome = _reply_to({"results": [result]}, stdin="real\n")
    assert outcome.json["results"][0]["text"] == "real"
    assert "forged" not in outcome.out


_GOOD = '{"index":0,"relevance_score":0.5}'


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (_GOOD, "index 0 twice"),
        ('{"index":2,"relevance_score":0.5}', "index 2, but 2 passages"),
        ('{"index":-1,"relevance_score":0.5}', "index -1"),
        ('{"index":true,"relevance_score":0.5}', "index true"),
        ('{"index":1.0,"relevance_score":0.5}', "index 1.0"),
        ('{"index":"1","relevance_score":0.5}', 'index "1"'),
        ('{"relevance_score":0.5}', "index null"),
        ('{"index":1,"relevance_score":NaN}', "score NaN for index 1"),
        ('{"index":1,"relevance_score":Infinity}', "score Infinity"),
        ('{"index":1,"relevance_score":1e999}', "score Infinity"),
        ('{"index":1,"relevance_score":%s}' % ("9" * 400), "score 999"),
        ('{"index":1,"relevance_score":%s}' % ("9" * 5000), "JSON"),
        ('{"index":%s,"relevance_score":1}' % ("9" * 4000), "index 999"),
        ('{"index":1,"relevance_score":"0.5"}', 'score "0.5"'),
        ('{"index":1,"relevance_score":true}', "score true"),
        ('{"index":1,"relevance_score":null}', "score null"),
        ('{"index":1}', "score null"),
        ("0.5", "not an object"),
        ("null", "not an object"),
        ('{"index":%s}' % ("[" * 700 + "]" * 700), "index [[["),
        ("[" * 100_000, "JSON"),
    ],
    ids=lambda text: text[:36],
)
def test_reply_that_breaks_the_contract(result: str, says: str) -> None:
    """A passage would be ranked by a score that was not given for it."""
    outcome = _reply_to(f'{{"results":[{_GOOD},{result}]}}'.encode())
    assert says in outcome.error
    assert outcome.code == 5


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"results":{"0":0.5}}', "no results"),
        (b'{"results":null}', "no results"),
        (b"[]", "no results"),
        (b"null", "no results"),
        (b'"Invalid token"', "no results: Invalid token"),
        (b'{"error":{"message":"upstream is down","code":502}}', "upstream is down"),
        (b'{"error":"upstream is down"}', "upstream is down"),
        (b"<!DOCTYPE html><html><title>Sign in</title></html>", "Sign in"),
        (b'{"results":[{"index":0,"relevance', "broken JSON"),
        (b"", "empty"),
        (b"\n", "empty"),
        (b"\xff\xfe\xfd", "JSON"),
        (b'{"results":"\xff"}', "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[" * 700 + b"]" * 700, "the reply"),
        (b'{"error":' * 700 + b'"x"' + b"}" * 700, "the reply"),
        (b'{"results":[' + b" " * 100_000, "broken JSON"),
    ],
    ids=lambda value: str(value[:24]),
)
def test_success_without_a_ranking(body: bytes, says: str) -> None:
    """A broken reply would end in a traceback, or in an error that does not show it."""
    outcome = _reply_to(body)
    assert says in outcome.error
    assert outcome.code == 5


def test_endpoint_is_named_without_its_query_string() -> None:
    """A user would not see who failed, or would paste a secret into a bug report."""
    with Loopback(lambda _: http(b"")) as server:
        outcome = rerank_once("q", "--base-url", f"{server.url}?token=secret")
        assert f"custom ({server.url}/rerank)" in outcome.error
        assert "secret" not in outcome.err


# Which passage got no score


def _without(*left_out: str) -> Loopback:
    """A server that gives every passage but these a score."""

    def respond(received: Received) -> bytes:
        documents = received.json["documents"]
        return http(
            {
                "results": [
                    {"index": index, "relevance_score": 0.5}
                    for index, text in enumerate(documents)
                    if text not in left_out
                ]
            }
        )

    return Loopback(respond)


@pytest.mark.parametrize("most", ["1", "2", "9"])
def test_passage_without_a_score_is_named(most: str) -> None:
    """A user could not find the passage that the endpoint leaves out."""
    files = {"first.txt": "one\n\ntwo\none\n", "second.jsonl": '{"text":""}\n{"text":"three"}\n'}
    for name, text in files.items():
        Path(name).write_text(text)
    with _without("three") as server:
        arguments = ("--base-url", server.url, "--max-passages", most, "--concurrency", "1")
        outcome = rerank_once("q", *files, *arguments)
    assert "second.jsonl:2" in outcome.error
    assert "first.txt" not in outcome.error
    assert outcome.code == 5


def test_repeated_passage_without_a_score_is_named_where_it_first_stands() -> None:
    """A user would be sent to a line that holds another passage."""
    with _without("two") as server:
        outcome = rerank_once("q", "--base-url", server.url, stdin="one\n\none\ntwo\ntwo\n")
    assert "<stdin>:4" in outcome.error


def test_many_passages_without_a_score() -> None:
    """The error would fill the screen."""
    outcome = _reply_to({"results": []}, stdin="".join(f"{number}\n" for number in range(90)))
    assert "0 of 90" in outcome.error
    assert "<stdin>:1, <stdin>:2" in outcome.error
    assert "…" in outcome.error
