"""Replies as endpoints send them, through the whole command: a file added is a test added.

A file `replies/DIALECT/NAME.json` holds a reply (provider, status, headers, and `body` as JSON or
`text` as it is), the `count` of passages that were sent, and what is `expected`: `scores` in input
order and `input_tokens` (null: the reply tells none), or the `exit` code with what the error `says`
and its `hint`. It is played to the provider's row if that speaks the dialect, else to another that
does. Where a dialect differs from one server to the next, the file's name begins with the server.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rerank_cli.dialects import DIALECTS
from rerank_cli.providers import CUSTOM, PROVIDERS, Provider
from tests.running import KEY, Ended, rerank_once
from tests.serving import Loopback, http

_FILES = sorted((Path(__file__).parents[2] / "replies").glob("*/*.json"))
_STATUSES_OF_SILICONFLOW = {200, 400, 401, 403, 404, 413, 429, 500, 503, 504}


def _recorded(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _row(provider: str, dialect: str) -> Provider:
    row = PROVIDERS.get(provider, CUSTOM)
    others = (each for each in (CUSTOM, *PROVIDERS.values()) if each.dialect == dialect)
    return row if row.dialect == dialect else next(others)


def _play(recorded: Any, row: Provider) -> Ended:
    """Rank `count` passages on a server that answers with the recorded reply."""
    body = recorded["text"].encode() if "text" in recorded else recorded["body"]
    reply = http(body, recorded["status"], recorded["headers"])
    model = ("--model", "a-model") if row.needs_model else ()
    with Loopback(lambda _: reply) as server:
        return rerank_once(
            "a query",
            *("--provider", row.name, "--base-url", server.url, "--json", *model),
            stdin="".join(f"passage {number}\n" for number in range(recorded["count"])),
            env={"RERANK_API_KEY": KEY},
        )


@pytest.mark.parametrize("file", _FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_recorded_reply(file: Path) -> None:
    """A user of this endpoint would get wrong scores, or an error that says nothing."""
    recorded = _recorded(file)
    outcome = _play(recorded, _row(recorded["provider"], file.parent.name))
    if "scores" in recorded["expected"]:
        _check_ranking(outcome, recorded["expected"])
    else:
        _check_error(outcome, recorded["expected"], recorded["headers"])


def _check_ranking(outcome: Ended, expected: Any) -> None:
    scores = expected["scores"]
    assert outcome.scores == scores
    # Ties stand in input order.
    best_first = sorted(range(len(scores)), key=lambda index: -scores[index])
    assert [result["index"] for result in outcome.json["results"]] == best_first
    if "input_tokens" in expected:
        assert outcome.json["usage"].get("input_tokens") == expected["input_tokens"]


def _check_error(outcome: Ended, expected: Any, headers: dict[str, str]) -> None:
    for words in expected["says"]:
        # What is said of the attempts and passages follows, with punctuation of its own.
        assert words.rstrip(".。") in outcome.error
    assert not re.search(r"[.。,;:] *;", outcome.error)
    for words in expected.get("hint", ()):
        assert words in outcome.hint
    assert outcome.code == expected["exit"]
    assert headers.get("x-siliconcloud-trace-id", "") in outcome.error
    assert KEY not in outcome.err


def test_all_statuses_of_siliconflow_are_recorded() -> None:
    """A documented failure of the default endpoint would reach a user untested."""
    statuses = {
        recorded["status"]
        for recorded in map(_recorded, _FILES)
        if recorded["provider"] == "siliconflow"
    }
    assert statuses >= _STATUSES_OF_SILICONFLOW


def test_a_reply_of_every_provider_is_recorded() -> None:
    """A row could be added whose replies nobody has ever looked at."""
    played = {
        _row(recorded["provider"], file.parent.name).name
        for file, recorded in ((file, _recorded(file)) for file in _FILES)
        if "scores" in recorded["expected"]
    }
    # These have the replies of another row.
    same = {"siliconflow-com": "siliconflow", "nvidia": "nim"}
    rows = {same.get(name, name) for name, row in PROVIDERS.items() if row.dialect}
    assert rows - {CUSTOM.name} <= played


def test_every_dialect_has_replies_and_refusals() -> None:
    """A wire format could be added that is tested on nothing that was ever sent."""
    ranked = {file.parent.name for file in _FILES if "scores" in _recorded(file)["expected"]}
    refused = {file.parent.name for file in _FILES if "exit" in _recorded(file)["expected"]}
    assert ranked == refused == set(DIALECTS)
