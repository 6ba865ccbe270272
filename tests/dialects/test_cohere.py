"""The shape that most endpoints share, alone: URL, body, and the contract of a reply."""

import json

import pytest

from rerank_cli.dialects import Dialect, RequestOptions
from rerank_cli.dialects.cohere import Cohere
from rerank_cli.errors import ReplyError
from tests.dialects.examples import request

# All others derive from it, so that mypy holds each to the protocol.
COHERE: Dialect = Cohere()


def _results(*scores: object) -> list[dict[str, object]]:
    return [{"index": index, "relevance_score": score} for index, score in enumerate(scores)]


def _refused(reply: object, count: int = 2) -> ReplyError:
    with pytest.raises(ReplyError) as caught:
        COHERE.decode(reply, {}, count)
    assert "\n" not in caught.value.message
    return caught.value


# The URL


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://api.siliconflow.cn/v1", "https://api.siliconflow.cn/v1/rerank"),
        ("https://api.siliconflow.cn/v1/", "https://api.siliconflow.cn/v1/rerank"),
        ("https://api.siliconflow.cn/v1/rerank", "https://api.siliconflow.cn/v1/rerank"),
        ("https://api.siliconflow.cn/v1/rerank/", "https://api.siliconflow.cn/v1/rerank"),
        ("http://localhost:7997", "http://localhost:7997/rerank"),
        ("http://localhost:7997/", "http://localhost:7997/rerank"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1/rerank"),
        ("https://host/v1?api-version=2", "https://host/v1/rerank?api-version=2"),
        ("https://host/v1/rerank?a=1&b=%2F", "https://host/v1/rerank?a=1&b=%2F"),
        ("https://host/v1/?a=/rerank", "https://host/v1/rerank?a=/rerank"),
        ("https://host/my-rerank", "https://host/my-rerank/rerank"),
        ("https://host/rerank/v1", "https://host/rerank/v1/rerank"),
    ],
)
def test_url(base_url: str, url: str) -> None:
    """A base URL as its owner's documentation writes it would not reach the endpoint."""
    assert COHERE.url(base_url, RequestOptions()) == url


# The body


def test_body_holds_what_the_endpoint_needs_and_no_more() -> None:
    """An endpoint that refuses unknown fields would refuse every request."""
    asked = request("什么是人工智能？", "二", "一", "三")
    assert COHERE.encode(asked, RequestOptions("BAAI/bge-reranker-v2-m3")) == {
        "model": "BAAI/bge-reranker-v2-m3",
        "query": "什么是人工智能？",
        "documents": ["二", "一", "三"],
    }


def test_body_without_a_model() -> None:
    """A server that has one model would be asked for another, and refuse."""
    body = COHERE.encode(request("q", "a"), RequestOptions())
    assert "model" not in body


def test_body_with_further_fields() -> None:
    """An option that the model takes would be silently ignored."""
    extras = {"instruction": "Judge by date.", "overlap_tokens": 0}
    body = COHERE.encode(request("q", "a"), RequestOptions("m", extras))
    assert {name: body[name] for name in extras} == extras


# Replies that keep the contract


def test_scores_keep_every_digit() -> None:
    """Two passages that differ in the last digit would be ranked by chance."""
    body = '{"results":[{"index":0,"relevance_score":1.4321870366984513e-05}]}'
    assert COHERE.decode(json.loads(body), {}, 1).scores == (1.4321870366984513e-05,)


def test_whole_numbers_and_logits_are_scores() -> None:
    """A server that sends 0, 1 or logits could not be used."""
    scores = COHERE.decode({"results": _results(1, 0, -11.25)}, {}, 3).scores
    assert scores == (1.0, 0.0, -11.25)
    assert {type(score) for score in scores} == {float}


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"meta": {"tokens": {"input_tokens": 150, "output_tokens": 10}}}, 150),
        ({"tokens": {"input_tokens": 123, "output_tokens": 0}}, 123),
        ({"meta": {"tokens": None, "billed_units": {"input_tokens": 44}}}, 44),
        ({"usage": {"prompt_tokens": 45, "total_tokens": 46}}, 45),
        ({"usage": {"total_tokens": 815}}, 815),
        ({"meta": {"billed_units": {"total_tokens": 98}, "tokens": {}}}, 98),
        ({"total_tokens": 321, "total_bytes": 1234}, 321),
        ({"meta": {"billed_units": {"search_units": 1}}}, None),
        ({"meta": None, "usage": None, "tokens": None}, None),
        ({"meta": [], "usage": "12", "tokens": 12}, None),
        ({"usage": {"prompt_tokens": -1}}, None),
        ({"usage": {"prompt_tokens": True}}, None),
        ({"usage": {"prompt_tokens": 1.5}}, None),
        ({}, None),
    ],
)
def test_input_tokens_wherever_the_reply_tells_them(
    usage: dict[str, object], tokens: int | None
) -> None:
    """The bill would be counted wrong, or a good ranking refused for an odd usage report."""
    assert COHERE.decode({"results": _results(0.5), **usage}, {}, 1).input_tokens == tokens


# Replies that break it


def test_index_left_out() -> None:
    """A list of scores without indexes would be taken for input order on trust."""
    assert "index" in _refused({"results": [{"relevance_score": 0.5}] * 2}).message


def test_score_under_the_other_name() -> None:
    """Gateways that say `score` could not be used."""
    results = [{"index": 1, "score": 0.25}, {"index": 0, "score": 3}]
    assert COHERE.decode({"results": results}, {}, 2).scores == (3.0, 0.25)


def test_score_under_two_names() -> None:
    """A number that means something else would be ranked as the score."""
    named, other = {"index": 0, "relevance_score": 0.5}, {"index": 1, "score": 9}
    for results in ([named, other], [other, named]):
        assert "score null for index 1" in _refused({"results": results}).message
    assert COHERE.decode({"results": [{**named, "score": 9}]}, {}, 1).scores == (0.5,)


def test_score_under_no_known_name() -> None:
    """A reply of another dialect would be read as if it were this one."""
    assert "score null for index 0" in _refused({"results": [{"index": 0, "logit": 1}]}).message


@pytest.mark.parametrize("result", [None, 0.5, "x", [0, 0.5], True])
def test_result_that_is_no_object(result: object) -> None:
    """A broken reply would end in a traceback."""
    assert "not an object" in _refused({"results": [result]}).message


@pytest.mark.parametrize("results", [None, {}, "x", 1, {"0": 0.5}, True])
def test_results_that_are_no_list(results: object) -> None:
    """A broken reply would end in a traceback."""
    assert "no results" in _refused({"results": results}).message


@pytest.mark.parametrize("reply", [None, [], _results(0.1, 0.2), "Invalid token", 1, True, {}])
def test_reply_that_is_no_object_with_results(reply: object) -> None:
    """A success that holds no ranking would end in a traceback."""
    assert "no results" in _refused(reply).message
