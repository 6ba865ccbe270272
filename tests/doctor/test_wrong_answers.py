"""`rerank doctor` where the URL that was given answers, but wrongly: that comes first."""

import shlex
from collections.abc import Callable
from typing import Any

import pytest

from rerank_cli.errors import ExitCode
from tests.doctor import servers
from tests.doctor.diagnosis import WITH_KEY, check, visit
from tests.doctor.servers import probability
from tests.running import KEY, rerank_once
from tests.serving import Loopback, Received, Respond, http

Results = list[dict[str, Any]]

PAGE = b"<!DOCTYPE html><html><title>Playground</title></html>"


def _nan(results: Results) -> object:
    return {"results": [*results[:2], {**results[2], "relevance_score": float("nan")}]}


def _twice(results: Results) -> object:
    return {"results": [results[0], results[1], results[1]]}


def _from_one(results: Results) -> object:
    return {"results": [{**each, "index": each["index"] + 1} for each in results]}


def _text(results: Results) -> object:
    return {"results": [{**each, "relevance_score": "high"} for each in results]}


def _page(_: Results) -> object:
    return PAGE


def _short(results: Results) -> object:
    return {"results": results[:1]}


FAULTS = [
    pytest.param(_nan, "scores", "the score NaN for index 2", id="NaN"),
    pytest.param(_twice, "scores", "twice", id="duplicate index"),
    pytest.param(_from_one, "scores", "the index 3, but 3 passages", id="from one"),
    pytest.param(_text, "scores", '"high"', id="text"),
    pytest.param(_short, "scores", "1 of 3 passages", id="short"),
    pytest.param(_page, "wire form", "Playground", id="HTML"),
]

Break = Callable[[Results], object]


def _broken(at: str, broken: Break, elsewhere: Respond) -> Respond:
    """A server that answers wrongly at one path, and as another does at all others."""

    def answer(asked: Received) -> bytes:
        if asked.path != at or not asked.body:
            return elsewhere(asked)
        if not isinstance(asked.json.get("documents", [None])[0], str):
            return http({"detail": "documents: Field required"}, 422)
        # In the order of the passages.
        results = sorted(servers.ranked(asked.json["documents"]), key=lambda each: each["index"])
        return http(broken(results))

    return answer


def _nothing(_: Received) -> bytes:
    return http({"detail": "Not Found"}, 404)


@pytest.mark.parametrize(("broken", "name", "words"), FAULTS)
@pytest.mark.parametrize("provider", [None, "vllm", "infinity"])
@pytest.mark.parametrize("elsewhere", [_nothing, servers.infinity], ids=["alone", "root scores"])
def test_what_is_wrong_at_the_url_that_was_given(
    broken: Break, name: str, words: str, provider: str | None, elsewhere: Respond
) -> None:
    """A user would be sent to another server of the host, and not learn what is wrong with this."""
    respond = _broken("/v1/rerank", broken, elsewhere)
    checked, received = visit(respond, provider=provider)
    assert checked.found.url.endswith("/v1/rerank")
    assert (checked.code, checked.bad) == (ExitCode.ENDPOINT, [name])
    assert words in checked[name].text
    assert "other" not in checked.names
    # The prefix answered otherwise than with 404 or 405 alone.
    assert {each.path.split("/")[1] for each in received} == {"v1"}


@pytest.mark.parametrize(("broken", "name", "words"), FAULTS)
def test_what_else_answers_comes_after_it(broken: Break, name: str, words: str) -> None:
    """A user of a host with a page at its root would not find its API."""
    with Loopback(_broken("/rerank", broken, servers.sglang)) as server:
        checked = check(server.url_at(""))
        assert (checked.code, checked.bad) == (ExitCode.ENDPOINT, [name])
        assert words in checked[name].text
        assert checked.names.index(name) < checked.names.index("other")
        assert checked["other"].text == f"{server.url_at('/v1/rerank')} gives scores"
        line = shlex.split(str(checked["other"].fix).removeprefix("Use it by: "))
        outcome = rerank_once("q", "-", *line[3:], "--json", stdin="one\n")
    assert outcome.scores == [probability("one")]


def test_the_url_that_was_given_is_nothing_else() -> None:
    """A user would read that the URL which answers wrongly answers, too."""

    def respond(asked: Received) -> bytes:
        if asked.path != "/v1/rerank" or not asked.body:
            return _nothing(asked)
        documents = asked.json.get("documents", [None])
        busy = http({"message": "busy"}, 503)
        return http(_twice(servers.ranked(documents))) if isinstance(documents[0], str) else busy

    checked, _ = visit(respond)
    assert checked.bad == ["scores"]
    assert "other" not in checked.names


def test_what_else_answers_may_want_a_key() -> None:
    """A user of a host with a page at its root would not learn that its API wants a key."""
    guarded = servers.guarded(servers.sglang, KEY, http({"error": "Unauthorized"}, 401))

    def answer(asked: Received) -> bytes:
        return guarded(asked) if asked.path.startswith("/v1") else http(PAGE)

    checked, _ = visit(answer, "")
    assert checked.bad == ["wire form"]
    assert "a key is needed, and none was sent" in checked["other"].text
    with_key, _ = visit(answer, "", environ=WITH_KEY)
    assert with_key["other"].text.endswith("/v1/rerank gives scores")


@pytest.mark.parametrize("provider", [None, "tei"])
@pytest.mark.parametrize(
    "reply",
    [
        http([{"index": 0, "score": float("nan")}]),
        http({"error": "score is NaN", "error_type": "Backend"}, 424),
    ],
)
def test_wrong_scores_in_another_wire_form(provider: str | None, reply: bytes) -> None:
    """A user of TEI would be told that it speaks no known wire form, since its scores are NaN."""

    def answer(asked: Received) -> bytes:
        good = servers.tei(asked).startswith(b"HTTP/1.1 200")
        return reply if good else servers.tei(asked)

    checked, _ = visit(answer, "", provider)
    assert checked.bad == ["scores"]
    assert "NaN" in checked["scores"].text
    assert "speaks the wire form tei" in str(checked["scores"].fix)


@pytest.mark.parametrize("status", [404, 405])
def test_a_prefix_that_has_nothing_is_left(status: int) -> None:
    """A user who wrote a wrong path would not be told of the right one."""

    def answer(asked: Received) -> bytes:
        return servers.infinity(asked) if asked.path == "/rerank" else http(b"", status)

    checked, _ = visit(answer, "/api/v1")
    assert (checked.code, checked.bad) == (0, [])
    assert checked["path"].fix


@pytest.mark.parametrize("status", [400, 403, 422, 500, 502])
def test_a_prefix_that_has_something_is_not_left(status: int) -> None:
    """A user would be told of another service of the same host, with other models."""

    def answer(asked: Received) -> bytes:
        here = asked.path.startswith("/api/v1")
        return http({"detail": "no"}, status) if here else servers.infinity(asked)

    checked, received = visit(answer, "/api/v1")
    assert checked.bad
    assert {each.path.split("/")[1] for each in received} == {"api"}


def test_a_proxy_whose_server_is_down() -> None:
    """A user would look for another wire form while the server behind nginx does not run."""
    page = b"<html><title>502 Bad Gateway</title><center>nginx</center></html>"
    checked, _ = visit(lambda _: http(page, 502))
    assert checked.bad == ["wire form"]
    assert "does that run?" in str(checked["wire form"].fix)


def test_a_field_that_a_model_needs() -> None:
    """A user would be told of a wrong request, not of the option that is missing."""

    def answer(asked: Received) -> bytes:
        if not asked.body or asked.json.get("model") != "mine":
            detail = {"loc": ["body", "model"], "msg": "Field required", "type": "missing"}
            return http({"detail": [detail]}, 422)
        return servers.vllm(asked)

    for provider in (None, "vllm", "infinity"):
        checked, _ = visit(answer, provider=provider)
        assert checked.bad == ["model"]
        assert checked["model"].text.startswith("a model must be named")
        assert checked["model"].fix == "Name one with --model."
