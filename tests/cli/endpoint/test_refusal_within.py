"""Errors that come with status 200, as some gateways pass them on."""

import pytest

from tests.running import KEY, Ended, rerank
from tests.serving import Loopback, Received, http

_GOOD = {"results": [{"index": 0, "relevance_score": 0.5}, {"index": 1, "relevance_score": 0.25}]}


def _after(*replies: bytes) -> tuple[Ended, int]:
    """The outcome where these replies come before a good one, and how many requests were sent."""
    left = [*replies, http(_GOOD)]

    def respond(_: Received) -> bytes:
        return left.pop(0) if len(left) > 1 else left[0]

    with Loopback(respond) as server:
        where = ("-p", "openrouter", "--base-url", server.url, "--json")
        outcome = rerank("q", *where, stdin="one\ntwo\n", env={"RERANK_API_KEY": KEY})
        return outcome, len(server.received)


def _error(code: object, *, status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    return http({"error": {"code": code, "message": "from upstream"}}, status, headers)


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 529, "503"])
def test_error_that_may_pass_is_tried_again(code: object) -> None:
    """A hiccup behind a gateway would end a run of thousands of passages."""
    outcome, sent = _after(_error(code))
    assert outcome.scores == [0.5, 0.25]
    assert sent == 2


@pytest.mark.parametrize("code", [401, 402, 403, 404])
def test_error_that_is_final(code: int) -> None:
    """A request that can never succeed would be sent, and perhaps billed, again and again."""
    outcome, sent = _after(_error(code))
    assert "from upstream" in outcome.error
    assert f"code {code}" in outcome.error
    assert outcome.code == 4
    assert sent == 1


def test_wait_that_is_asked_for_is_kept(slept: list[float]) -> None:
    """A gateway that says when to come back would be asked again before, and refuse again."""
    outcome, sent = _after(_error(429, headers={"Retry-After": "7"}))
    assert (outcome.code, sent) == (0, 2)
    assert slept == [7.0]


@pytest.mark.parametrize("code", [None, 0, 200, "upstream", [502], {"a": 1}, True, 10**30])
def test_error_without_a_code_that_is_known(code: object) -> None:
    """What the endpoint says went wrong would be kept from the user, or end in a traceback."""
    outcome, _ = _after(*[_error(code)] * 9)
    assert "from upstream" in outcome.error
    assert outcome.code == 5
