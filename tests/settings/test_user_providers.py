"""What a provider of one's own does: all that its row says, end to end."""

from pathlib import Path

from rerank_cli.providers import CUSTOM
from tests.answers import scoring
from tests.running import PASSAGES, QUERY, rerank
from tests.serving import Loopback, Received, http
from tests.settings.provider_files import MINE, TOOL, listed, on, project


def test_all_that_a_row_may_say(config: Path, server: Loopback) -> None:
    """A key of the file would be read, and have no effect."""
    config.write_text(
        f'[providers.mine]\nbase_url = "{server.url}"\npath = "/models/{{model}}/rank"\n'
        'model = "org/mini"\nkey_variable = "MY_KEY"\nkey_header = "X-Api-Key"\nneeds_key = true\n'
        "fields = { truncate = true, nested = { a = 1 } }\nmax_passages = 3\nconcurrency = 1\n"
    )
    done = rerank(QUERY, PASSAGES, "-p", "mine", "--json", env={"MY_KEY": "k-0123456789"})
    assert done.code == 0, done.err
    assert [len(received.json["documents"]) for received in server.received] == [3, 2]
    for received in server.received:
        assert received.path == "/v1/models/org/mini/rank"
        assert received.headers["x-api-key"] == "k-0123456789"
        assert "authorization" not in received.headers
        assert received.json["model"] == "org/mini"
        assert (received.json["truncate"], received.json["nested"]) == (True, {"a": 1})
        assert "return_documents" not in received.json


def test_row_that_says_only_where(config: Path, server: Loopback) -> None:
    """The least that must be said would not do, or be spoken to otherwise than --base-url is."""
    config.write_text(f'[providers.mine]\nbase_url = "{server.url}"\n')
    on(server)
    assert server.received[0].json.items() >= CUSTOM.fields.items()
    assert "authorization" not in server.received[0].headers


def test_voyage_shaped_server_of_ones_own(config: Path) -> None:
    """A wire form that is known would not do for a server that is not."""

    def respond(received: Received) -> bytes:
        count = len(received.json["documents"])
        data = [{"index": place, "relevance_score": place / 10} for place in range(count)]
        return http({"data": data[::-1], "usage": {"total_tokens": 26}})

    with Loopback(respond) as server:
        config.write_text(f'[providers.mine]\nbase_url = "{server.url}"\ndialect = "voyage"\n')
        done = on(server)
    assert '"rank": 1, "score": 0.4, "index": 4' in done.out
    assert '"input_tokens": 26' in done.out
    assert set(server.received[0].json) == {"query", "documents"}


def test_tei_shaped_server_of_the_project() -> None:
    """A project's own TEI at another port could not be named once for all."""

    def respond(received: Received) -> bytes:
        count = len(received.json["texts"])
        body = [{"index": place, "score": place / 10} for place in range(count)]
        return http(body, headers={"x-compute-tokens": "61"})

    with Loopback(respond) as server:
        project(f'{TOOL}base_url = "{server.url}"\ndialect = "tei"\nfields = {{truncate = true}}\n')
        done = on(server)
    assert '"input_tokens": 61' in done.out
    assert set(server.received[0].json) == {"query", "texts", "truncate"}


def test_users_row_is_listed_with_its_key(config: Path) -> None:
    """A user could not see whether the key is found, or would see the key."""
    config.write_text(
        '[providers.mine]\nbase_url = "https://h.example/v1"\nkey_variable = "MY_KEY"\n'
    )
    (line,) = [line for line in listed(env={"MY_KEY": "k-secret"}).splitlines() if "mine" in line]
    assert "MY_KEY (environment)" in line
    assert "k-secret" not in line


def test_dry_run_shows_where_it_would_go(config: Path) -> None:
    """A new row could not be tried without sending something."""
    config.write_text(MINE)
    done = rerank("q", PASSAGES, "-p", "mine", "--dry-run")
    assert "http://127.0.0.1:9/v1" in done.out
    assert done.code == 0


def test_scores_of_an_unknown_server_are_as_they_come(config: Path) -> None:
    """Logits of one's own server would be warned of, or refused."""
    with Loopback(scoring(lambda text: float(len(text)))) as server:
        config.write_text(f'[providers.mine]\nbase_url = "{server.url}"\n')
        assert on(server, "--threshold", "0.3").err == ""
