"""Comparisons on the samples, and a second provider to compare with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.running import ONE_LINE, PASSAGES, QUERY, Ended, rerank
from tests.serving import Loopback

KEYS = {
    "SILICONFLOW_API_KEY": "sk-made-up-silicon-0123456789",
    "JINA_API_KEY": "jina-made-up-0123456789",
    "CO_API_KEY": "co-made-up-0123456789",
}
ACME_KEY = {"ACME_API_KEY": "acme-made-up-0123456789"}


def acme(server: Loopback, folder: Path) -> dict[str, str]:
    """The variables of a user whose own file makes a server the provider acme."""
    file = folder / "rerank" / "config.toml"
    file.parent.mkdir()
    lines = ("[providers.acme]", f'base_url = "{server.url}"', 'dialect = "cohere"')
    more = ('model = "acme-1"', 'key_variable = "ACME_API_KEY"', "needs_key = false")
    file.write_text("\n".join((*lines, *more)))
    return {"XDG_CONFIG_HOME": str(folder)}


def compare(
    *arguments: str, url: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None
) -> Ended:
    """Compare on the samples, or on what standard input brings; failures are not tried again."""
    where = ("--base-url", url, "--retries", "0")
    file = (PASSAGES,) if stdin is None else ()
    return rerank("compare", QUERY, *file, *where, *arguments, env=env, stdin=stdin or b"")


def listed(done: Ended) -> list[Any]:
    """The rankings of --json."""
    assert done.code == 0, done.err
    rankings: list[Any] = json.loads(done.out)["rankings"]
    return rankings


def models(server: Loopback) -> set[str | None]:
    """The models that a server was asked for."""
    return {received.json.get("model") for received in server.received}


def failed(done: Ended, code: int) -> str:
    """The error of a run that must have shown nothing."""
    assert (done.code, done.out) == (code, "")
    assert ONE_LINE.fullmatch(done.err), done.err
    return done.err
