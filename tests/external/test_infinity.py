"""The installed command against Infinity, which others wrote: `servers` says what that takes."""

import pytest

from tests.external.commands import (
    PASSAGES,
    SERVER_KEY,
    WRONG_KEY,
    check_ranking,
    check_refusal,
    doctor,
    rerank,
)
from tests.external.servers import Server

pytestmark = pytest.mark.external


def test_a_url_is_enough(open_server: Server, expected: list[float]) -> None:
    """The README's `--base-url` alone would not rank on a server just started."""
    check_ranking(rerank("--base-url", open_server.url), expected)


def test_by_name(open_server: Server, expected: list[float]) -> None:
    """`-p infinity` would send something that Infinity refuses, or read its reply wrongly."""
    check_ranking(rerank("-p", "infinity", "--base-url", open_server.url), expected)


@pytest.mark.parametrize("variable", ["RERANK_API_KEY", "INFINITY_API_KEY"])
def test_with_its_key(guarded_server: Server, expected: list[float], variable: str) -> None:
    """A server started with `--api-key` could not be used."""
    outcome = rerank("-p", "infinity", "--base-url", guarded_server.url, env={variable: SERVER_KEY})
    check_ranking(outcome, expected)


@pytest.mark.parametrize("env", [{}, {"RERANK_API_KEY": WRONG_KEY}], ids=["none", "wrong"])
@pytest.mark.parametrize("name", ["infinity", "custom"])
def test_without_its_key(guarded_server: Server, name: str, env: dict[str, str]) -> None:
    """Whoever mistyped a key would be told something else, or wait for tries that cannot help."""
    outcome = rerank("-p", name, "--base-url", guarded_server.url, env=env)
    check_refusal(outcome, 4, "HTTP 401")


def test_a_path_too_much(open_server: Server) -> None:
    """Whoever writes /v1, as other servers have it, would not learn that Infinity has none."""
    outcome = rerank("-p", "infinity", "--base-url", open_server.url + "/v1")
    check_refusal(outcome, 4, "HTTP 404")


def test_several_requests(open_server: Server) -> None:
    """A list that is split would come back in the order of its requests, or with holes."""
    passages = [f"{passage} ({number})" for number in range(20) for passage in PASSAGES]
    outcome = rerank(
        *("--base-url", open_server.url, "--max-passages", "7", "--concurrency", "4"),
        passages=passages,
    )
    assert sorted(outcome.indexes) == list(range(len(passages)))
    assert {PASSAGES[index % len(PASSAGES)] for index in outcome.indexes[:20]} == {PASSAGES[2]}


def test_more_than_a_request_may_carry(open_server: Server) -> None:
    """More than Infinity's 2048 passages at once would fail, instead of being halved."""
    passages = [f"Passage {number}" for number in range(2100)]
    passages[1234] = PASSAGES[2]
    outcome = rerank("--base-url", open_server.url, "--max-passages", "5000", passages=passages)
    assert outcome.indexes[0] == 1234
    assert sorted(outcome.indexes) == list(range(2100))


def test_doctor_knows_the_server(open_server: Server) -> None:
    """Whoever has a URL and nothing else would not learn how to rank with it."""
    outcome = doctor("--base-url", open_server.url)
    assert outcome.code == 0, outcome.out + outcome.err
    assert f"-p infinity --base-url {open_server.url}\n" in outcome.out


def test_doctor_with_a_key(guarded_server: Server) -> None:
    """A server that wants a key would look broken, or the key would be shown."""
    outcome = doctor("--base-url", guarded_server.url, env={"RERANK_API_KEY": SERVER_KEY})
    assert outcome.code == 0, outcome.out + outcome.err
    assert f"-p infinity --base-url {guarded_server.url}\n" in outcome.out
    assert SERVER_KEY not in outcome.out + outcome.err


def test_doctor_without_its_key(guarded_server: Server) -> None:
    """Whoever has no key would not learn that this is all that is missing."""
    outcome = doctor("--base-url", guarded_server.url)
    assert outcome.code == 4, outcome.out
    assert "HTTP 401" in outcome.out


def test_doctor_with_a_path_too_much(open_server: Server) -> None:
    """The URL that works would have to be guessed."""
    outcome = doctor("--base-url", open_server.url + "/v1")
    assert outcome.code == 0, outcome.out
    assert f"-p infinity --base-url {open_server.url}\n" in outcome.out
