"""Every test runs as if on a fresh machine: none of the developer's settings, an empty folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rerank_cli.transport.clock import Clock
from tests.loopback import Loopback, flagship_score, scoring

_PREFIXES = ("RERANK_", "_RERANK_", "SILICONFLOW_", "OPENAI_", "LC_", "COMP_", "SSL_CERT_")
_NAMES = {
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "COLUMNS", "LINES"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "LANGUAGE"),
    *("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONWARNINGS"),
}


@pytest.fixture(autouse=True)
def _fresh_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(_PREFIXES) or name.upper() in _NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm")
    # Nor the developer's cache.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    above = [folder / ".env" for folder in tmp_path.parents if (folder / ".env").exists()]
    assert not above, f"{above[0]} would be read by every test; remove it, or set --basetemp"
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which take no time in the tests' own process."""
    waits: list[float] = []
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: waits.append(seconds))
    return waits


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server that scores the flagship example as the hosted model does."""
    with Loopback(scoring(flagship_score)) as running:
        yield running
