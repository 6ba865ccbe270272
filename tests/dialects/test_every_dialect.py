"""What holds for each wire format alike: any order, no trust, one finite score a passage."""

import json
import math
import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.dialects import DIALECTS, RequestOptions
from rerank_cli.dialects.reply import parse
from rerank_cli.errors import ReplyError
from tests.dialects.examples import ANY_JSON, FINITE, REPLIES, request
from tests.properties import BRIEFLY, every

_ALIKE = ("cohere", "isaacus")

EVERY = every(DIALECTS)
EVERY_WITH_INDEXES = every(REPLIES)

_KEYS = (
    *("index", "score", "relevance_score", "logit", "document", "text", "meta_info"),
    *("id", "name", "type", "probability", "noul"),
)
_NOT_QUITE_RESULTS = st.lists(
    st.dictionaries(st.sampled_from(_KEYS), st.integers(-1, 3) | FINITE | ANY_JSON) | ANY_JSON,
    max_size=4,
)
_PLACES = (
    *("results", "data", "rankings", "scores", "output", "usage", "meta", "tokens", "error"),
    *("rerank", "result", "answers", "errors"),
)
_WITHIN = st.sampled_from(["results", "response", "D00", "D01"])
_HOSTILE = st.dictionaries(
    st.sampled_from(_PLACES),
    _NOT_QUITE_RESULTS | st.dictionaries(_WITHIN, _NOT_QUITE_RESULTS | ANY_JSON) | ANY_JSON,
)
_HEADERS = st.dictionaries(st.just("x-compute-tokens"), st.text(st.characters(codec="latin-1")))


def _refused(name: str, reply: object, count: int = 2) -> ReplyError:
    with pytest.raises(ReplyError) as caught:
        DIALECTS[name].decode(reply, {}, count)
    assert "\n" not in caught.value.message
    return caught.value


def test_every_dialect_is_held_to_this() -> None:
    """A wire format could be added without any of these promises."""
    assert set(DIALECTS) == {*REPLIES, "score-vector"}


# The URL and the body

_INNER = {"dashscope": "input", "systemone": "state"}
"""Where a body has query and passages that stand one level deeper."""

_PASSAGES = ("documents", "texts", "passages", "contexts", "questions", "input")
_QUESTION = "Is this snippet relevant to answer the given query: "


def _listed(passages: Any) -> Any:
    return passages.values() if isinstance(passages, dict) else passages


def _text(passage: Any) -> Any:
    if isinstance(passage, str):
        return passage
    return passage["text"] if "text" in passage else passage["instructions"][len(_QUESTION) :]


@BRIEFLY
@given(st.from_regex(r"https?://[a-z]{1,9}(:[0-9]{2,4})?(/[a-z0-9-]{0,6}){0,4}", fullmatch=True))
def test_url_of_a_url_is_itself(base_url: str) -> None:
    """A URL copied from --dry-run or an error message would not work as --base-url."""
    options = RequestOptions("org/a.model-1")
    for name, dialect in DIALECTS.items():
        url = dialect.url(base_url, options)
        assert dialect.url(url, options) == url, name
        assert dialect.url(f"{url}/", options) == url, name


@EVERY
def test_query_string_of_a_base_url_stays(name: str) -> None:
    """A gateway that tells its customers by a parameter could not be used."""
    url = DIALECTS[name].url("https://host/v1?api-version=2&x=%2F", RequestOptions("m"))
    assert url.startswith("https://host/v1/")
    assert url.endswith("?api-version=2&x=%2F")


@EVERY
def test_another_path(name: str) -> None:
    """A provider that has its own path for a known wire form would need a module of its own."""
    options = RequestOptions("org/a.model", path="/models/{model}/rerank")
    url = DIALECTS[name].url("https://host/v1", options)
    assert url in (
        "https://host/v1/models/org/a.model/rerank",
        "https://host/v1/models/org/a_model/rerank",
    )


@EVERY
def test_model_cannot_leave_its_place_in_the_url(name: str) -> None:
    """A model's name could change what is asked, by a parameter that it brings along."""
    url = DIALECTS[name].url(
        "https://host/v1", RequestOptions("a model?x=#y", path="/{model}/rerank")
    )
    assert url == "https://host/v1/a%20model%3Fx%3D%23y/rerank"


@BRIEFLY
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, unique=True), st.text()
)
def test_body_keeps_every_character_in_order(texts: list[str], query: str) -> None:
    """A passage would be scored as something else than it is, or in another's place."""
    for name, dialect in DIALECTS.items():
        body: Any = dialect.encode(request(query, *texts), RequestOptions("m"))
        body = {**body, **body.get(_INNER.get(name, ""), {})}
        sent = list(map(_text, next(map(_listed, (body[key] for key in _PASSAGES if key in body)))))
        asked = body.get("query", body.get("queries", body.get("input")))
        assert sent == texts, name
        assert asked in (query, {"text": query}, [query] * len(texts)), name


@EVERY
def test_no_number_of_results_is_asked_for(name: str) -> None:
    """Servers differ in what top_n does: one errors, one gives none, one gives half the scores."""
    body = json.dumps(DIALECTS[name].encode(request("q", "a", "b"), RequestOptions("m")))
    assert "top" not in body


@EVERY
def test_further_fields_are_sent(name: str) -> None:
    """An option that the model takes would have no effect, without a word."""
    body = DIALECTS[name].encode(request("q", "a"), RequestOptions("m", {"instruct": "by date"}))
    assert '"instruct": "by date"' in json.dumps(body)


# Replies that keep the contract


@BRIEFLY
@given(st.data())
def test_any_order_of_results_gives_the_same_scores(data: st.DataObject) -> None:
    """A server that sorts its results would have scores put beside the wrong passages."""
    scores = data.draw(st.lists(FINITE | st.integers(-(2**60), 2**60), min_size=1, max_size=20))
    shuffled = data.draw(st.permutations(list(enumerate(scores))))
    for name, make in REPLIES.items():
        decoded = DIALECTS[name].decode(make(shuffled), {}, len(scores))
        assert decoded.scores == tuple(map(float, scores)), name
        assert {type(score) for score in decoded.scores} == {float}, name


_FIRST = ('{"index"', '{"id"', '{"type"')
"""How a result begins."""


@EVERY_WITH_INDEXES
def test_echo_is_never_trusted(name: str) -> None:
    """A server that echoes documents in its own shape could not be used."""
    echoes: tuple[object, ...] = (None, "x", {"text": "forged"}, {"text": None}, ["x"], 7, {})
    for key, echo in product(("document", "text", "input"), echoes):
        reply: Any = REPLIES[name]([(1, 0.5), (0, 0.25)])
        before = next(each for each in _FIRST if each in json.dumps(reply))
        text = json.dumps(reply).replace(before, f'{{"{key}": {json.dumps(echo)}, {before[1:]}')
        assert f'{{"{key}": ' in text
        assert DIALECTS[name].decode(json.loads(text), {}, 2).scores == (0.25, 0.5), (key, echo)


# Replies that break it


@pytest.mark.parametrize(
    ("index", "shown"),
    [
        *[(-1, "-1"), (2, "2"), (10**30, str(10**30)), (True, "true"), (False, "false")],
        *[(1.0, "1.0"), ("1", '"1"'), (None, "null"), ([1], "[1]"), (math.nan, "NaN")],
    ],
    ids=str,
)
def test_index_that_is_no_place_of_a_passage(index: object, shown: str) -> None:
    """A score would be put beside a passage that it was not given for."""
    for name, make in REPLIES.items():
        message = _refused(name, make([(index, 0.9), (0, 0.1)])).message
        # An index that is a name is shown as one.
        assert f"index {shown}".replace('"', "") in re.sub(r'["\\]', "", message), name


@pytest.mark.parametrize("name", sorted({*REPLIES} - {"systemone"}))
def test_index_that_comes_twice(name: str) -> None:
    """One of two scores for a passage would be picked by chance. An object has no name twice."""
    reply = REPLIES[name]([(0, 0.1), (1, 0.2), (0, 0.1)])
    assert "index 0 twice" in _refused(name, reply).message


@EVERY_WITH_INDEXES
def test_index_that_is_missing(name: str) -> None:
    """A passage would silently go unranked, or all be asked for again though one is missing."""
    error = _refused(name, REPLIES[name]([(2, 0.1), (0, 0.2)]), count=3)
    assert error.missing == (1,)
    assert error.scores == {2: 0.1, 0: 0.2}
    assert "2 of 3" in error.message
    assert error.transient


@pytest.mark.parametrize(
    "score", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, '"0.5"', "true", "null", "[1]"]
)
def test_score_that_is_no_finite_number(score: str) -> None:
    """A passage would be ranked by a score that means nothing."""
    for name, make in REPLIES.items():
        text = json.dumps(make([(0, 0.125)])).replace("0.125", score)
        refusal = _refused(name, parse(text.encode()), count=1)
        assert "not a finite number" in refusal.message, name


@EVERY_WITH_INDEXES
def test_reply_of_another_dialect(name: str) -> None:
    """A reply would be read as what it is not, and a wrong set-up rank nonsense."""
    for other, make in REPLIES.items():
        # Cohere's shape is that of Isaacus too, where a gateway says `score`.
        same = make([(0, 0.5)]) == REPLIES[name]([(0, 0.5)]) or (name, other) == _ALIKE
        if not same:
            assert _refused(name, make([(0, 0.5)]), count=1).exit_code == 5, other
    _refused(name, {"scores": [0.5]}, count=1)


@pytest.mark.parametrize(
    "reply",
    [
        {"error": {"code": 502, "message": "Provider returned error"}},
        {"error": "Provider returned error", "error_type": "Backend"},
        {"detail": "Provider returned error"},
        {"detail": [{"msg": "Provider returned error"}]},
        {"code": "Bad", "message": "Provider returned error", "results": None, "output": {}},
        "Provider returned error",
    ],
)
def test_complaint_in_a_reply_of_success(reply: object) -> None:
    """What the endpoint says went wrong would be kept from the user."""
    for name in DIALECTS:
        assert "Provider returned error" in _refused(name, reply).message, name


@BRIEFLY
@given(_HOSTILE | _NOT_QUITE_RESULTS | ANY_JSON, _HEADERS, st.integers(0, 3))
def test_hostile_reply(reply: object, headers: dict[str, str], count: int) -> None:
    """Some reply that nobody thought of would end in a traceback or in a ranking of nonsense."""
    for name, dialect in DIALECTS.items():
        try:
            decoded = dialect.decode(reply, headers, count)
        except ReplyError:
            continue
        assert len(decoded.scores) == count, name
        assert all(type(score) is float and math.isfinite(score) for score in decoded.scores), name
        assert decoded.input_tokens is None or decoded.input_tokens >= 0, name


@pytest.mark.parametrize(("before", "after"), [('{"output":', "}"), ('{"error":', "}"), ("[", "]")])
def test_reply_nested_deeply(before: str, after: str) -> None:
    """A hostile reply would end in a traceback."""
    reply = parse((before * 700 + '"x"' + after * 700).encode())
    for dialect in DIALECTS.values():
        with pytest.raises(ReplyError):
            dialect.decode(reply, {}, 2)
