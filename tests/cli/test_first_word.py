"""The first word is a query unless it names a command."""

import json

import pytest

from rerank_cli import __version__
from tests.running import PASSAGES, TerminalBytes, rerank
from tests.serving import Loopback


@pytest.fixture
def env(server: Loopback) -> dict[str, str]:
    """The server named in the environment, for what comes after `--`."""
    return {"RERANK_BASE_URL": server.url}


def test_command_is_a_command(server: Loopback, env: dict[str, str]) -> None:
    """`rerank providers` would rank for the word instead of listing endpoints."""
    done = rerank("providers", env=env, stdin=TerminalBytes())

    assert done.code == 0
    assert "siliconflow" in done.out
    assert "BAAI/bge-reranker-v2-m3" in done.out
    assert server.received == []


def test_providers_as_json(env: dict[str, str]) -> None:
    """A script that looks for an endpoint with a key would have to read a table."""
    done = rerank("providers", "--json", env={**env, "SILICONFLOW_API_KEY": "sk-here"})

    rows = {row["name"]: row for row in json.loads(done.out)}
    assert "SILICONFLOW_API_KEY" in rows["siliconflow"]["key"]
    assert "sk-here" not in done.out


@pytest.mark.parametrize("query", ["providers", "rank", "--help", "-q", "-", "--", "q"])
def test_after_dashes_every_word_is_a_query(
    server: Loopback, env: dict[str, str], query: str
) -> None:
    """A script that ranks what its users type could be made to do something else."""
    done = rerank("--", query, PASSAGES, env=env)

    assert done.code == 0
    assert server.received[0].json["query"] == query
    assert "人工智能" in done.out


def test_rank_is_an_ordinary_query(server: Loopback, env: dict[str, str]) -> None:
    """The word `rank` would vanish from the query, because a command has that name inside."""
    done = rerank("rank", PASSAGES, env=env)

    assert done.code == 0
    assert server.received[0].json["query"] == "rank"


@pytest.mark.parametrize("query", ["provider", "providrs", "Providers"])
def test_near_miss_is_ranked_with_a_hint(server: Loopback, env: dict[str, str], query: str) -> None:
    """A mistyped command would be ranked, and nobody told why."""
    done = rerank(query, PASSAGES, "--json", env=env)

    assert done.code == 0
    assert server.received[0].json["query"] == query
    assert "rerank providers" in done.err
    assert json.loads(done.out)["query"] == query


@pytest.mark.parametrize("query", ["provider of energy", "apple", "什么是人工智能？"])
def test_other_queries_get_no_hint(env: dict[str, str], query: str) -> None:
    """A hint on every other query teaches people to overlook hints."""
    assert "spelt" not in rerank(query, PASSAGES, env=env).err


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "1", "-f", "text", "q", PASSAGES],
        ["-n1", "q", "-ftext", PASSAGES],
        ["q", PASSAGES, "--top-n", "1", "--format", "text"],
        ["--top-n=1", "--format=text", "--", "q", PASSAGES],
    ],
)
def test_options_stand_anywhere(
    server: Loopback, env: dict[str, str], arguments: list[str]
) -> None:
    """Options before the query would be taken for a command, or the query for their value."""
    done = rerank(*arguments, env=env)

    assert done.code == 0
    assert server.received[-1].json["query"] == "q"
    assert len(done.out.splitlines()) == 1


def test_option_that_is_none_gets_told_how(server: Loopback, env: dict[str, str]) -> None:
    """Somebody whose query begins with a dash would not learn of `--`."""
    done = rerank("-what is it", PASSAGES, env=env)

    assert done.code == 2
    assert "rerank -- QUERY" in done.err
    assert server.received == []


@pytest.mark.parametrize("arguments", [["--help"], ["q", "--help"], ["rank", "--help"]])
def test_help_is_one_page(arguments: list[str]) -> None:
    """Options, commands and exit codes would have to be looked for in several places."""
    done = rerank(*arguments)

    assert done.code == 0
    for expected in ("Usage: rerank QUERY", "--threshold", "--base-url", "providers", "130"):
        assert expected in done.out


def test_version() -> None:
    """A bug report could not say which version it is about."""
    done = rerank("--version")
    assert (done.code, done.out) == (0, f"rerank {__version__}\n")
