"""Systems that refuse what others allow, and input that is slow or without an end."""

import asyncio
import errno
import json
import os
import threading
import time
from pathlib import Path
from typing import IO, Any

import pytest

from rerank_cli import Reranker
from rerank_cli.transport.cpu_affinity import one_core
from tests.answers import healthy, score_of
from tests.running import PASSAGES, SAMPLES, TerminalText, rerank
from tests.serving import Loopback

JOBS = "".join(
    json.dumps({"id": at, "query": f"q{at}", "documents": [f"a{at}", f"b{at}"]}) + "\n"
    for at in range(20)
)


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No thread can be started any more, but so many."""
    left = [request.param]
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        # The server that is asked lives in this process too.
        if "Loopback" not in str(getattr(thread, "_target", "")):
            if left[0] <= 0:
                raise RuntimeError("can't start new thread")
            left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refused)


_none_or_few = pytest.mark.parametrize("no_threads", [0, 1, 2], indirect=True)


# paths that may not be looked at


@pytest.mark.parametrize(
    "query", ["什么" * 100, "x" * 100_000, "/root/notes.txt says what?", "/" * 300]
)
def test_a_query_is_any_text(query: str, shared_model: None) -> None:
    """A query over 255 bytes would fail, since it is no name of a file."""
    done = rerank(query, PASSAGES, "--json", "-p", "local")
    assert len(done.json["results"]) == 5, done.err


@pytest.mark.parametrize("reason", [errno.EACCES, errno.ENAMETOOLONG, errno.ESTALE, errno.EIO])
def test_a_folder_that_may_not_be_entered_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, shared_model: None, reason: int
) -> None:
    """In a container, or by `sudo -u`, nothing could be ranked."""
    stat = os.stat

    def refused(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        name = os.fspath(path) if not isinstance(path, int) else ""
        if str(name).endswith((".env", "pyproject.toml", "config.toml", "what?")):
            raise OSError(reason, os.strerror(reason), str(name))
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", refused)
    done = rerank("what?", PASSAGES, "--json", env={"HOME": "/root", "XDG_CONFIG_HOME": "/root"})
    assert done.code == 0, done.err


def test_a_working_directory_that_cannot_be_told(
    monkeypatch: pytest.MonkeyPatch, shared_model: None
) -> None:
    """Below a folder that cannot be read nothing could be ranked."""

    def refused() -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "getcwd", refused)
    assert rerank("q", PASSAGES, "--json").code == 0


def test_an_error_of_the_system_names_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read would be reported as "cannot write"."""
    from rerank_cli.workflows import rank

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/a/b")

    monkeypatch.setattr(rank, "read_candidates", refused)
    assert rerank("q", PASSAGES, "-p", "local").error == "rerank: /a/b: Permission denied"


# what the system refuses


@_none_or_few
def test_threads_that_cannot_start(no_threads: None) -> None:
    """Where processes are limited, a run of several requests would end with a bug report."""
    Path("jobs.jsonl").write_text(JOBS)
    with Loopback(healthy) as server:
        where = ("--base-url", server.url, "--concurrency", "4", "--max-passages", "1")
        done = rerank("q", PASSAGES, "--json", *where, err=TerminalText())
        assert len(done.json["results"]) == 5
        batch = rerank("batch", "jobs.jsonl", *where, err=TerminalText())
        assert (batch.code, len(batch.out.splitlines())) == (0, 20), batch.err
        models = ("-m", "one", "-m", "two")
        assert rerank("compare", "q", PASSAGES, *where, *models).code == 0


@_none_or_few
def test_threads_that_cannot_start_for_python(no_threads: None) -> None:
    """A notebook in a small container would get an error of threads."""
    with Loopback(healthy) as server, Reranker(base_url=server.url, concurrency=4) as reranker:
        results = list(reranker.rank_many([("q", ["a", "b"])] * 10))
        assert [len(each.hits) for each in results] == [2] * 10
        scores = asyncio.run(reranker.ascore("q", ["a", "b"]))
        assert scores == [score_of("a"), score_of("b")]


@pytest.mark.parametrize(
    "no_threads", [0, *(pytest.param(few, marks=pytest.mark.long) for few in (1, 2))], indirect=True
)
def test_threads_that_cannot_start_for_the_embedded_engine(no_threads: None) -> None:
    """The engine that needs nothing else would need threads."""
    assert len(rerank("q", PASSAGES, "--json", "-p", "local").json["results"]) == 5


@pytest.mark.parametrize("name", ["sched_setaffinity", "sched_getaffinity"])
def test_a_core_that_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A sandbox that refuses it would end every run of several requests."""
    if not hasattr(os, name):
        pytest.skip("there is none")
    monkeypatch.setattr("rerank_cli.transport.cpu_affinity._this_core", lambda: 0)

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, name, refused)
    with one_core():
        pass


@pytest.mark.parametrize("reason", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(monkeypatch: pytest.MonkeyPatch, reason: int) -> None:
    """No batch could be written to a network file system."""
    fcntl = pytest.importorskip("fcntl")

    def refused(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(fcntl, "flock", refused)
    Path("jobs.jsonl").write_text(JOBS)
    with Loopback(healthy) as server:
        done = rerank("batch", "jobs.jsonl", "-o", "out", "--base-url", server.url)
    assert done.code == 0, done.err
    assert len(Path("out").read_text().splitlines()) == 20
    assert reason == errno.ENOSYS or "cannot be locked here" in done.err


def test_a_lock_that_is_left_names_its_cure() -> None:
    """Where a machine went down, its lock on a network file system would stay for ever."""
    from filelock import FileLock

    Path("jobs.jsonl").write_text(JOBS)
    with FileLock("out.lock"):
        done = rerank("batch", "jobs.jsonl", "-o", "out", "-p", "local")
    assert done.code == 3
    assert "remove out.lock" in done.hint


# input without an end, and sizes that are none


class Endless:
    """Standard input that never ends."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.taken = 0

    def isatty(self) -> bool:
        return False

    def read(self, count: int = -1) -> bytes:
        assert count > 0, "read to an end that never comes"
        self.taken += count
        return (self._text * (count // len(self._text) + 1))[:count]

    def seek(self, offset: int, _whence: int) -> None:
        """Take back what was only looked at."""
        self.taken += offset

    def readline(self, count: int = -1) -> bytes:
        return self.read(count)


@pytest.mark.parametrize(
    "arguments",
    [
        ("q", "-"),
        ("batch", "-"),
        ("compare", "q", "-m", "a", "-m", "b", "--base-url", "http://127.0.0.1:1"),
        ("eval", "-", "--qrels", str(SAMPLES / "beir" / "qrels.tsv")),
        ("batch", "--queries", "-", "--corpus", PASSAGES, "--run", PASSAGES),
    ],
    ids=lambda each: " ".join(each[:2]),
)
@pytest.mark.parametrize("text", [b"y\n", b"\0"])
def test_input_without_an_end_is_refused(arguments: tuple[str, ...], text: bytes) -> None:
    """`yes |` or /dev/zero would be read until the memory is full."""
    endless: Any = Endless(text)
    done = rerank(*arguments, "--max-input-bytes", "3000000", stdin=endless)
    assert done.code == 2
    assert "<stdin>" in done.err
    assert "more than 3000000 bytes" in done.err
    assert "--max-input-bytes takes more" in done.hint
    assert endless.taken < 10_000_000


def test_input_up_to_the_limit_is_read(shared_model: None) -> None:
    """A limit that is met exactly would refuse what it allows."""
    for size, code in ((7, 2), (8, 0), (9, 0)):
        done = rerank("q", "-p", "local", "--max-input-bytes", str(size), stdin="one\ntwo\n")
        assert done.code == code, done.err
    job = '{"query": "q", "documents": ["a"]}\n'
    for size, code in ((len(job) - 1, 2), (len(job), 0)):
        limit = ("--max-input-bytes", str(size), "-p", "local")
        assert rerank("batch", "-", *limit, stdin=job * 2).code == code


@pytest.mark.parametrize("size", ["9" * 5000, "²", "0", "00000000000000000001", "-1", "١٢"])
def test_a_size_of_the_terminal_that_is_none(size: str, server: Loopback) -> None:
    """A nonsense of COLUMNS, as from a broken login script, would end every run."""
    env = {"COLUMNS": size, "LINES": size}
    err: IO[str] = TerminalText()
    where = ("--base-url", server.url, "--max-passages", "1", "-n", "1")
    done = rerank("q", PASSAGES, *where, env=env, terminal=True, err=err)  # type: ignore[arg-type]
    assert done.code == 0, done.err


@pytest.mark.parametrize("character", ["x", "中", "\u0301", "👩\u200d"])
def test_a_long_id_takes_no_time(character: str, server: Loopback) -> None:
    """One id of 40,000 characters would hold a terminal up for seconds, or minutes."""
    row = json.dumps({"id": character * 40_000, "text": "a"})
    began = time.process_time()
    where = ("--base-url", server.url, "--input-format", "jsonl")
    assert rerank("q", "-", *where, stdin=row, terminal=True).code == 0
    assert time.process_time() - began < 3
