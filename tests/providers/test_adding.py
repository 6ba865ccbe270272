"""A new provider is one row, a new wire format one class: shown by adding them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from rerank_cli.dialects import DIALECTS, Decoded, Dialect, RequestOptions
from rerank_cli.dialects.reply import list_at, one_score_each
from rerank_cli.planning import Request
from rerank_cli.providers import PROVIDERS, Provider
from tests.network import ranked
from tests.running import KEY, Ended, rerank
from tests.serving import Loopback, Received, http

ACME = Provider("acme", "cohere", "https://rerank.acme.example/v1", model="acme-1", needs_key=True)
"""All that a hosted endpoint takes which speaks as Cohere does."""

BOX = Provider("box", "joined", "http://localhost:4321")


class Joined:
    """A wire format that nobody speaks: all texts in one string, all scores in another."""

    path = "/joined"

    def url(self, base_url: str, options: RequestOptions) -> str:
        return options.url(base_url, self.path)

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        return {"ask": request.query, "of": "|".join(request.texts), **options.fields}

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        (scores,) = list_at(reply, "joined")
        return Decoded(one_score_each(enumerate(map(float, str(scores).split("|"))), count), 7)


@pytest.fixture(autouse=True)
def _added(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, forms = cast("dict[str, Provider]", PROVIDERS), cast("dict[str, Dialect]", DIALECTS)
    monkeypatch.setitem(rows, ACME.name, ACME)
    monkeypatch.setitem(rows, BOX.name, BOX)
    monkeypatch.setitem(forms, "joined", Joined())


def _scores(done: Ended) -> list[float]:
    assert done.code == 0, done.err
    results: Any = json.loads(done.out)["results"]
    return [each["score"] for each in sorted(results, key=lambda each: each["index"])]


def test_row_alone_makes_a_provider() -> None:
    """A new endpoint would take a change in more than one place."""
    sent, done = ranked("acme", RERANK_API_KEY=KEY)
    assert _scores(done) == [0.25, 0.75]
    assert sent.url == "https://rerank.acme.example/v1/rerank"
    assert sent.json == {"model": "acme-1", "query": "q", "documents": ["one", "two"]}
    assert sent.own_headers == {"authorization": f"Bearer {KEY}"}


def test_row_is_listed() -> None:
    """A provider could be used that no list names."""
    assert "rerank.acme.example" in rerank("providers").out


def _joined(received: Received) -> bytes:
    scores = {"one": 0.5, "two": -2, "three": 9.5}
    texts = received.json["of"].split("|")
    return http({"joined": ["|".join(str(scores[text]) for text in texts)]})


def test_class_alone_makes_a_wire_format() -> None:
    """A new wire format would take a change in more than one module."""
    with Loopback(_joined) as server:
        arguments = ("-p", "box", "--base-url", server.url, "--json", "--max-passages", "2")
        done = rerank("q", *arguments, stdin=b"one\ntwo\nthree\n")
    assert _scores(done) == [0.5, -2, 9.5]
    assert json.loads(done.out)["usage"] == {"requests": 2, "input_tokens": 14}
    assert {received.path for received in server.received} == {"/v1/joined"}


def test_user_may_choose_the_new_wire_format() -> None:
    """A provider of one's own could not speak what was added last."""
    with Loopback(_joined) as server:
        config = f'[tool.rerank.providers.mine]\nbase_url = "{server.url}"\ndialect = "joined"\n'
        Path("pyproject.toml").write_text(config, encoding="utf-8")
        done = rerank("q", "-p", "mine", "--json", stdin=b"one\nthree\n")
    assert _scores(done) == [0.5, 9.5]
