"""The servers, each started once, and only if a test asks for it."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.external.commands import PASSAGES, PROXY_KEY, QUERY, SERVER_KEY, WRONG_KEY
from tests.external.installing import CACHE
from tests.external.servers import Server, infinity, litellm, nowhere


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where the servers are installed: kept if a variable says where."""
    if CACHE:
        CACHE.mkdir(parents=True, exist_ok=True)
        yield CACHE
        return
    # Pytest would keep the last three of its own temporary folders.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        yield Path(temporary)


@pytest.fixture(scope="session")
def open_server(folder: Path) -> Iterator[Server]:
    """Infinity that wants no key."""
    with infinity(folder) as server:
        yield server


@pytest.fixture(scope="session")
def guarded_server(folder: Path) -> Iterator[Server]:
    """Infinity that wants a key."""
    with infinity(folder, SERVER_KEY) as server:
        yield server


@pytest.fixture(scope="session")
def proxy(folder: Path, guarded_server: Server) -> Iterator[Server]:
    """LiteLLM before Infinity: with its key, with a wrong one, and where nothing listens."""
    routes = {
        "reranker": guarded_server,
        "locked-out": Server(guarded_server.url, WRONG_KEY),
        "cooling": Server(guarded_server.url, WRONG_KEY),
        "gone": nowhere(),
    }
    with litellm(folder, routes, PROXY_KEY, cooling="cooling") as server:
        yield server


@pytest.fixture(scope="session")
def cooling_proxy(proxy: Server) -> Server:
    """The proxy, right after the server behind its model `cooling` refused."""
    body = {"model": "cooling", "query": QUERY, "documents": PASSAGES}
    assert proxy.ask("/rerank", json.dumps(body), PROXY_KEY).status == 401
    return proxy


@pytest.fixture(scope="session")
def expected(open_server: Server) -> list[float]:
    """The scores of the passages as Infinity gives them without rerank, in input order."""
    return open_server.scores(QUERY, PASSAGES)
