"""Every test runs as if on a fresh machine: none of the developer's settings, an empty folder.

A test's name or docstring says what a user would lose if it failed. What starts a process is marked
`process`, so that `pytest -m "not process"` answers while you wait.
"""

import gc
import os
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from rerank_cli.engines import local
from rerank_cli.providers import PROVIDERS
from rerank_cli.transport.clock import Clock
from tests import properties
from tests.answers import flagship_score, scoring
from tests.serving import Loopback, Received

_PREFIXES = ("RERANK_", "_RERANK_", "SILICONFLOW_", "OPENAI_", "LC_", "COMP_", "SSL_CERT_")
_NAMES = {
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "COLUMNS", "LINES"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "LANGUAGE"),
    *("PYTHONIOENCODING", "PYTHONUTF8", "PYTHONCOERCECLOCALE", "PYTHONWARNINGS"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"),
    *(name for row in PROVIDERS.values() for name in (*row.key_variables, *row.borrowed)),
}
# Numpy may be imported by other tests before the embedded engine, which wants one thread of the
# BLAS: two on a busy machine wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_READ = (".env", "pyproject.toml")
_HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")


@pytest.fixture(autouse=True, scope="session")
def _fresh_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the developer's in the environment, nor in a folder above those of the tests."""
    for name in list(os.environ):
        if name.upper().startswith(_PREFIXES) or name.upper() in _NAMES:
            del os.environ[name]
    os.environ |= {"LANG": "C.UTF-8", "TERM": "xterm"}
    base = tmp_path_factory.getbasetemp()
    read = [folder / name for folder in (base, *base.parents) for name in _READ]
    above = [file for file in read if file.exists()]
    assert not above, f"{above[0]} would be read by every test; remove it, or set --basetemp"


@pytest.fixture(autouse=True)
def _fresh_machine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _empty: Callable[[], Path]
) -> None:
    own = "tmp_path" in request.fixturenames
    folder: Path = request.getfixturevalue("tmp_path") if own else _empty()
    for name in _HOMES:
        monkeypatch.setenv(name, str(_home(folder)))
    # Nor the developer's cache.
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "caches"))
    monkeypatch.chdir(folder)


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Gives an empty folder with nothing beside it, a new one only after a test that used it.

    To make one and to remove it takes longer than most tests.
    """
    folder: Path | None = None

    def empty() -> Path:
        nonlocal folder
        if not folder or [*folder.parent.iterdir()] != [folder] or any(folder.iterdir()):
            folder = tmp_path_factory.mktemp("machine") / "here"
            folder.mkdir()
        return folder

    return empty


@pytest.fixture(autouse=True)
def _no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only tests that are marked `process` may start one."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("mark the test: @pytest.mark.process")

    if not request.node.get_closest_marker("process"):
        monkeypatch.setattr(subprocess.Popen, "__init__", refused)


def pytest_configure(config: pytest.Config) -> None:
    """Try properties on more examples where long tests are asked for."""
    if "long" in config.option.markexpr:
        properties.prolong()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless the markers that are asked for name it."""
    markers = ("external", "fuzz", "long")
    unasked = [marker for marker in markers if marker not in config.option.markexpr]
    chosen: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        chosen[not any(map(item.get_closest_marker, unasked))].append(item)
    config.hook.pytest_deselected(items=chosen[False])
    items[:] = chosen[True]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One process for the external tests, each of which would install the servers anew."""
    return 1 if _with_external(config) else None


def _with_external(config: pytest.Config) -> bool:
    return "external" in config.option.markexpr


def pytest_collection_finish() -> None:
    """Thousands of tests that are collected need not be looked through at each collection."""
    gc.freeze()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty folder that stands for the user's own, beside the working directory."""
    folder = _home(tmp_path)
    folder.mkdir()
    return folder


def _home(tmp_path: Path) -> Path:
    return tmp_path.with_name(f"{tmp_path.name}-home")


@pytest.fixture
def config(home: Path) -> Path:
    """Where the user's own configuration file goes; there is none yet."""
    path = home / ".config" / "rerank" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which take no time in the tests' own process."""
    waits: list[float] = []
    monkeypatch.setattr(Clock, "sleep", lambda _, seconds: waits.append(seconds))
    return waits


@pytest.fixture
def shared_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every embedded engine of this process takes the model that the first has read."""
    monkeypatch.setattr(local, "_open_session", _model)


_model = cache(local._open_session)


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server that scores the flagship example as the hosted model does."""
    with Loopback(scoring(flagship_score)) as running:
        yield running


@pytest.fixture
def stuck() -> Iterator[Loopback]:
    """A server that takes a request and answers only when the test is over."""

    def respond(_: Received) -> bytes:
        running.over.wait(30)
        return b""

    with Loopback(respond) as running:
        yield running
