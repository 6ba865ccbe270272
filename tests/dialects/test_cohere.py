"""The shape that most endpoints share, alone: URL, body, and the contract of a reply."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.dialects import DIALECTS, Options
from rerank_cli.dialects.reply import parse
from rerank_cli.errors import ReplyError
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, Request, plan
from tests.dialects.properties import BRIEFLY

COHERE = DIALECTS["cohere"]

_FINITE = st.floats(allow_nan=False, allow_infinity=False)
_ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_NOT_QUITE_RESULTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "index": st.integers(-1, 3) | _ANY_JSON,
            "relevance_score": _FINITE | _ANY_JSON,
            "document": _ANY_JSON,
        },
    )
    | _ANY_JSON
)


def _request(query: str, *texts: str) -> Request:
    passages = tuple(Passage(text, "file", line) for line, text in enumerate(texts, start=1))
    (request,) = plan(Candidates(query, passages), Limits()).requests
    return request


def _results(*scores: object) -> list[dict[str, object]]:
    return [{"index": index, "relevance_score": score} for index, score in enumerate(scores)]


def _refused(reply: object, count: int = 2) -> ReplyError:
    with pytest.raises(ReplyError) as caught:
        COHERE.decode(reply, count)
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
    assert COHERE.url(base_url) == url


@BRIEFLY
@given(st.from_regex(r"https?://[a-z]{1,9}(:[0-9]{2,4})?(/[a-z0-9-]{0,6}){0,4}", fullmatch=True))
def test_url_of_a_url_is_itself(base_url: str) -> None:
    """A URL copied from --dry-run or an error message would not work as --base-url."""
    url = COHERE.url(base_url)
    assert COHERE.url(url) == url
    assert url.endswith("/rerank")


# The body


def test_body_holds_what_the_endpoint_needs_and_no_more() -> None:
    """An endpoint that refuses unknown fields would refuse every request."""
    request = _request("什么是人工智能？", "二", "一", "三")
    assert COHERE.encode(request, Options("BAAI/bge-reranker-v2-m3")) == {
        "model": "BAAI/bge-reranker-v2-m3",
        "query": "什么是人工智能？",
        "documents": ["二", "一", "三"],
        "return_documents": False,
    }


def test_body_without_a_model() -> None:
    """A server that has one model would be asked for another, and refuse."""
    body = COHERE.encode(_request("q", "a"), Options())
    assert "model" not in body


def test_body_with_extras() -> None:
    """An option that the model takes would be silently ignored."""
    extras = {"instruction": "Judge by date.", "overlap_tokens": 0}
    body = COHERE.encode(_request("q", "a"), Options("m", extras))
    assert {name: body[name] for name in extras} == extras


@BRIEFLY
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, unique=True), st.text()
)
def test_body_keeps_every_character(texts: list[str], query: str) -> None:
    """A passage would be scored as something else than it is."""
    body: Any = COHERE.encode(_request(query, *texts), Options())
    assert (body["query"], body["documents"]) == (query, texts)


# Replies that keep the contract


@BRIEFLY
@given(st.data())
def test_any_order_of_results_gives_the_same_scores(data: st.DataObject) -> None:
    """A server that sorts its results would have scores put beside the wrong passages."""
    scores = data.draw(st.lists(_FINITE | st.integers(-(2**60), 2**60), min_size=1, max_size=40))
    shuffled = data.draw(st.permutations(_results(*scores)))
    decoded = COHERE.decode({"results": shuffled}, len(scores))
    assert decoded.scores == tuple(float(score) for score in scores)


@pytest.mark.parametrize("document", [None, "x", {"text": "x"}, {"text": None}, ["x"], 7, {}])
def test_echoed_documents_are_never_trusted(document: object) -> None:
    """A server that echoes documents in its own shape could not be used."""
    results = [{"document": document, **result} for result in _results(0.25, 0.5)]
    assert COHERE.decode({"results": results}, 2).scores == (0.25, 0.5)


def test_scores_keep_every_digit() -> None:
    """Two passages that differ in the last digit would be ranked by chance."""
    body = '{"results":[{"index":0,"relevance_score":1.4321870366984513e-05}]}'
    assert COHERE.decode(json.loads(body), 1).scores == (1.4321870366984513e-05,)


def test_whole_numbers_and_logits_are_scores() -> None:
    """A server that sends 0, 1 or logits could not be used."""
    scores = COHERE.decode({"results": _results(1, 0, -11.25)}, 3).scores
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
    assert COHERE.decode({"results": _results(0.5), **usage}, 1).input_tokens == tokens


# Replies that break it


@pytest.mark.parametrize(
    ("index", "shown"),
    [
        (-1, "-1"),
        (2, "2"),
        (10**30, str(10**30)),
        (True, "true"),
        (1.0, "1.0"),
        ("1", '"1"'),
        (None, "null"),
        ([1], "[1]"),
        (math.nan, "NaN"),
    ],
)
def test_index_that_is_no_place_of_a_passage(index: object, shown: str) -> None:
    """A score would be put beside a passage that it was not given for."""
    results = [{"index": 0, "relevance_score": 0.1}, {"index": index, "relevance_score": 0.9}]
    assert f"index {shown}" in _refused({"results": results}).message


def test_index_left_out() -> None:
    """A list of scores without indexes would be taken for input order on trust."""
    assert "index" in _refused({"results": [{"relevance_score": 0.5}] * 2}).message


@pytest.mark.parametrize("second", [0.9, 0.1])
def test_index_that_comes_twice(second: float) -> None:
    """One of two scores for a passage would be picked by chance."""
    results = [*_results(0.1, 0.2), {"index": 0, "relevance_score": second}]
    assert "index 0 twice" in _refused({"results": results}).message


@pytest.mark.parametrize(
    ("results", "missing"), [([], (0, 1, 2)), (_results(0.5), (1, 2)), (_results(1, 1)[1:], (0, 2))]
)
def test_index_that_is_missing(results: list[object], missing: tuple[int, ...]) -> None:
    """A passage would silently go unranked."""
    error = _refused({"results": results}, count=3)
    assert error.missing == missing
    assert f"{3 - len(missing)} of 3" in error.message


@pytest.mark.parametrize(
    "score", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, '"0.5"', "true", "null"]
)
def test_score_that_is_no_finite_number(score: str) -> None:
    """A passage would be ranked by a score that means nothing."""
    body = '{"results":[{"index":0,"relevance_score":X}]}'.replace("X", score)
    assert "not a finite number" in _refused(json.loads(body), count=1).message


def test_score_under_another_name() -> None:
    """A reply of another dialect would be read as if it were this one."""
    assert "score null for index 0" in _refused({"results": [{"index": 0, "score": 1}]}).message


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


@pytest.mark.parametrize(
    "reply",
    [
        {"error": {"code": 502, "message": "Provider returned error"}},
        {"error": "Provider returned error"},
        {"detail": "Provider returned error"},
        {"message": "Provider returned error", "results": None},
        {"error_code": 110, "error_msg": "Provider returned error"},
        "Provider returned error",
    ],
)
def test_complaint_in_a_reply_of_success(reply: object) -> None:
    """What the endpoint says went wrong would be kept from the user."""
    assert "Provider returned error" in _refused(reply).message


@BRIEFLY
@given(st.fixed_dictionaries({"results": _NOT_QUITE_RESULTS}) | _ANY_JSON, st.integers(0, 3))
def test_any_reply_gives_one_finite_score_each_or_a_reply_error(reply: object, count: int) -> None:
    """Some reply that nobody thought of would end in a traceback or in a ranking of nonsense."""
    try:
        decoded = COHERE.decode(reply, count)
    except ReplyError:
        return
    assert len(decoded.scores) == count
    assert all(type(score) is float and math.isfinite(score) for score in decoded.scores)


@pytest.mark.parametrize(("before", "after"), [('{"error":', "}"), ("[", "]")])
@pytest.mark.parametrize("depth", [600, 800])
def test_reply_nested_deeply(before: str, after: str, depth: int) -> None:
    """A hostile reply would end in a traceback."""
    body = (before * depth + '"x"' + after * depth).encode()
    with pytest.raises(ReplyError):
        COHERE.decode(parse(body), 2)
