"""Where a `Reranker` takes its settings from, and where it does not."""

import logging
from pathlib import Path
from typing import Any

import pytest

import rerank_cli
from rerank_cli import InputError, Reranker, SettingsError, UsageError
from rerank_cli.transport.waits import Wait
from tests.answers import healthy
from tests.running import KEY
from tests.serving import Loopback, Received, http


def test_the_plain_constructor_reads_no_settings(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library would send a program's texts wherever a file or a variable says."""
    monkeypatch.setenv("RERANK_PROVIDER", "siliconflow")
    monkeypatch.setenv("RERANK_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RERANK_API_KEY", KEY)
    monkeypatch.setenv("RERANK_CACHE", "1")
    (tmp_path / ".env").write_text("RERANK_MODEL=other\n")
    (tmp_path / "pyproject.toml").write_text("[tool.rerank\n")
    with Reranker() as made:
        assert made.settings.provider.name == "local"
        assert not made.settings.cache
    with Reranker(base_url=server.url) as made:
        made.score("q", ["a"])
    (received,) = server.received
    assert "authorization" not in received.headers
    assert "model" not in received.json


def test_the_environment_is_read_by_the_command_s_rules(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script would not find the key that the command finds."""
    monkeypatch.setenv("RERANK_BASE_URL", server.url)
    monkeypatch.setenv("RERANK_API_KEY", KEY)
    (tmp_path / ".env").write_text("RERANK_MODEL=from/file\n")
    with Reranker.from_environment() as made:
        made.score("q", ["a"])
    with Reranker.from_environment("custom:from/argument") as made:
        made.score("q", ["a"])
    first, second = server.received
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert [each.json["model"] for each in (first, second)] == ["from/file", "from/argument"]


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("siliconflow", "siliconflow", "BAAI/bge-reranker-v2-m3"),
        ("siliconflow:Qwen/Qwen3-Reranker-8B", "siliconflow", "Qwen/Qwen3-Reranker-8B"),
        ("Jina:jina-reranker-v3", "jina", "jina-reranker-v3"),
    ],
)
def test_a_name_is_a_provider_and_perhaps_its_model(name: str, provider: str, model: str) -> None:
    """`provider:model` would be asked for as a model."""
    with Reranker(name, api_key=KEY) as made:
        assert (made.settings.provider.name, made.settings.model) == (provider, model)


def test_a_url_s_model_is_named_first(server: Loopback) -> None:
    """A server with several models could not be used."""
    with Reranker("BAAI/bge-reranker-base", base_url=server.url) as made:
        made.score("q", ["a"])
    assert server.received[0].json["model"] == "BAAI/bge-reranker-base"


def test_a_missing_key_names_the_argument() -> None:
    """The hint would speak of variables that this constructor does not read."""
    with pytest.raises(SettingsError) as caught:
        Reranker("siliconflow")
    assert "api_key=" in (caught.value.hint or "")


def test_a_key_is_not_shown(server: Loopback) -> None:
    """A logged repr would hold the key."""
    with Reranker(base_url=server.url, api_key=KEY) as made:
        assert KEY not in repr(made.settings)
        assert KEY not in repr(made)


def test_the_same_options_as_the_command(server: Loopback) -> None:
    """What the command can be told could not be told here."""
    with Reranker(
        "custom:BAAI/bge-reranker-v2-m3",
        base_url=server.url,
        max_passages=2,
        max_chunks_per_doc=3,
        overlap_tokens=4,
        concurrency=1,
        timeout=5.0,
        retries=1,
        deadline=60.0,
        rpm=1000,
        tpm=100_000,
    ) as made:
        made.score("q", ["a", "b", "c"])
    assert [len(each.documents) for each in server.received] == [2, 1]
    assert server.received[0].json["max_chunks_per_doc"] == 3
    assert (made.policy.timeout, made.policy.retries, made.policy.rpm) == (5.0, 1, 1000)


def test_scores_are_stored_where_it_is_asked_for(server: Loopback, tmp_path: Path) -> None:
    """A notebook would pay for the same scores at each run."""
    for _ in range(2):
        with Reranker("custom:m", base_url=server.url, cache=tmp_path / "mine.sqlite") as made:
            made.score("q", ["a", "b"])
    assert (tmp_path / "mine.sqlite").exists()
    assert len(server.received) == 1
    assert made.usage.cached == 2
    with Reranker("custom:m", base_url=server.url, cache=True) as made:
        made.score("q", ["a", "b"])
    assert len(server.received) == 2
    assert (tmp_path / "caches" / "rerank" / "scores.sqlite").exists()


def test_warnings_are_logged_unless_somebody_listens(
    caplog: pytest.LogCaptureFixture, shared_model: None
) -> None:
    """A library would write to standard error, or keep quiet."""
    with caplog.at_level(logging.WARNING, "rerank_cli"), Reranker("local") as made:
        made.rank("q", ["a", ""])
    assert caplog.messages == ["left out, because blank: documents[1]"]


def test_events_go_to_an_object(server: Loopback) -> None:
    """A program with a display of its own could not show retries and progress."""

    class Heard(list[str]):
        def settled(self, settings: object) -> None:
            self.append("settled")

        def planned(self, requests: int, passages: int) -> None:
            self.append(f"planned {requests} {passages}")

        def scored(self, passages: int) -> None:
            self.append(f"scored {passages}")

        def retried(self, why: str) -> None:
            self.append("retried")

        def paced(self, concurrency: int, *, slower: bool) -> None: ...

        def waiting(self, wait: Wait) -> None: ...

        def warn(self, text: str) -> None:
            self.append(f"warning: {text}")

        def note(self, text: str) -> None: ...

    answers = iter([http({"message": "busy"}, 503)])

    def respond(received: Received) -> bytes:
        return next(answers, None) or healthy(received)

    heard = Heard()
    with Loopback(respond) as busy, Reranker(base_url=busy.url, events=heard) as made:
        made.rank("q", ["a", "b", ""])
    assert heard == [
        "settled",
        "warning: left out, because blank: documents[2]",
        "planned 1 2",
        "retried",
        "scored 2",
    ]


def test_public_names_are_there() -> None:
    """An example of the manual would fail at its first line."""
    assert all(getattr(rerank_cli, name) is not None for name in rerank_cli.__all__)
    assert (Path(rerank_cli.__file__).parent / "py.typed").exists()
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = rerank_cli.nothing_of_the_kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("concurrency", "max_passages", "rpm", "tpm")
            for value in (0, -1)
        ],
        ("retries", -1),
        ("overlap_tokens", -1),
        ("concurrency", "4"),
        ("concurrency", True),
        *[("timeout", value) for value in (0, -1.0, None, float("nan"), float("inf"), "5")],
        ("deadline", 0),
    ],
)
def test_a_number_out_of_bounds_is_refused_by_name(name: str, value: object) -> None:
    """A slip would end in a traceback of another module, or be taken for the default."""
    keywords: Any = {name: value}
    with pytest.raises(UsageError, match=f"^{name} is "):
        Reranker("local", **keywords)


def test_one_string_is_no_list_of_documents(server: Loopback) -> None:
    """Each letter of a passage would be ranked."""
    with Reranker(base_url=server.url) as made, pytest.raises(InputError, match="one string"):
        made.rank("q", "abc")
