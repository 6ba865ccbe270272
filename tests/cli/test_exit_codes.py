"""Every way to fail: its exit code, and one line that says what and where."""

import json
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.running import ONE_LINE, PASSAGES, rerank, started
from tests.serving import Loopback, Received, Respond, http


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of input that is wrong in one way each."""
    (tmp_path / "broken.jsonl").write_text('{"text": "fine"}\n\n{"text": "cut\n')
    (tmp_path / "number.jsonl").write_text('{"text": 7}\n')
    (tmp_path / "nameless.jsonl").write_text('{"titel": "x"}\n')
    (tmp_path / "short.csv").write_text("id,text\n1,a\n2\n")
    (tmp_path / "latin.txt").write_bytes("fine\ncafé\n".encode("latin-1"))
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["q", "none.txt"], "none.txt: "),
        (["q", "folder"], "folder: "),
        (["q", "empty.txt"], "empty.txt: "),
        (["q", "broken.jsonl"], "broken.jsonl:3: "),
        (["q", "number.jsonl"], "number.jsonl:1: "),
        (["q", "nameless.jsonl"], "nameless.jsonl:1: "),
        (["q", "short.csv"], "short.csv:3: "),
        (["q", "latin.txt"], "latin.txt:2: "),
        (["q", "a\0b"], "NUL|null"),
        (["", PASSAGES], "query"),
        (["  ", PASSAGES], "query"),
        (["q", PASSAGES, "--no-such-option"], "--no-such-option"),
        (["q", PASSAGES, "-f", "yaml"], "'yaml'.*table.*json"),
        (["q", PASSAGES, "--input-format", "xml"], "'xml'.*lines.*jsonl"),
        (["q", PASSAGES, "-n", "0"], "--top-n"),
        (["q", PASSAGES, "-n", "many"], "--top-n"),
        (["q", PASSAGES, "-t", "nan"], "--threshold"),
        (["q", PASSAGES, "-t", "high"], "--threshold"),
        (["q", PASSAGES, "--max-passages", "0"], "--max-passages"),
        (["q", PASSAGES, "--timeout", "0"], "--timeout"),
        (["q", PASSAGES, "--timeout", "nan"], "--timeout"),
        (["q", PASSAGES, "--timeout", "inf"], "--timeout"),
        (["q", PASSAGES, "--encoding", "klingon"], "klingon"),
        (["q", PASSAGES, "-o"], "-o|--output"),
        (["providers", "too", "many"], "too"),
    ],
)
def test_usage_and_input_end_with_2(
    server: Loopback, folder: Path, arguments: list[str], told: str
) -> None:
    """A script could not tell its own mistake from one of the endpoint, nor find the line."""
    assert Path.cwd() == folder
    done = rerank(*arguments, env={"RERANK_BASE_URL": server.url})

    assert (done.code, done.out) == (2, "")
    assert ONE_LINE.fullmatch(done.err)
    assert re.search(told, done.err)
    assert server.received == []


def test_likely_encoding_is_a_hint(server: Loopback, tmp_path: Path) -> None:
    """Somebody with an old Chinese file would have to guess what to type."""
    old = Path(PASSAGES).read_text(encoding="utf-8").encode("gb18030")
    (tmp_path / "old.txt").write_bytes(old)
    refused = rerank("q", "old.txt", "--base-url", server.url)
    named = re.search(r"--encoding (\w+)", refused.err)
    assert named
    done = rerank("q", "old.txt", "--base-url", server.url, "--encoding", named[1], "-f", "text")

    assert done.code == 0
    assert "人工智能" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-p", "siliconflow"], "no key for siliconflow"),
        (["-p", "acme"], "acme"),
        (["-p", ""], "provider"),
        (["-p", "custom"], "--base-url"),
        (["-p", "local", "--base-url", "http://localhost:1"], "--base-url"),
        (["--base-url", ""], "--base-url"),
        (["--base-url", "local:9000"], "local:9000"),
        (["--base-url", "localhost"], "http"),
        (["--base-url", "ftp://localhost/v1"], "ftp"),
        (["--base-url", "file:///etc/passwd"], "file"),
        (["--base-url", "http://"], "http"),
        (["--base-url", "http://[::1"], "URL"),
        (["--base-url", "http://localhost:port"], "URL"),
        (["--base-url", "http://localhost:70000"], "URL"),
    ],
)
def test_settings_end_with_3(arguments: list[str], told: str) -> None:
    """A script could not tell a missing key from an endpoint that is down."""
    done = rerank("q", PASSAGES, *arguments)

    assert (done.code, done.out) == (3, "")
    assert ONE_LINE.fullmatch(done.err)
    assert told in done.err


def test_env_file_that_is_no_text_ends_with_3(server: Loopback, tmp_path: Path) -> None:
    """Somebody would look for the fault in the passages, which are fine."""
    (tmp_path / ".env").write_bytes(b"RERANK_MODEL=\xe9\n")
    done = rerank("q", PASSAGES, "--base-url", server.url)

    assert (done.code, done.out) == (3, "")
    assert ONE_LINE.fullmatch(done.err)
    assert str(tmp_path / ".env") in done.err


def test_odd_line_of_an_env_file_is_a_warning(server: Loopback, tmp_path: Path) -> None:
    """A mistyped setting would be left out, and nobody told."""
    (tmp_path / ".env").write_text("RERANK_MODEL some/model\n")
    done = rerank("q", PASSAGES, "--base-url", server.url, "--json")

    assert done.code == 0
    assert done.err.startswith(f"rerank: warning: {tmp_path / '.env'}:1: ")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 422, 429, 498])
def test_refusal_ends_with_4(status: int) -> None:
    """A script could not tell a refusal, which stays, from a failure, which passes."""
    with Loopback(lambda _: http({"message": "it was said so"}, status)) as server:
        done = rerank("q", PASSAGES, "--base-url", server.url)

    assert (done.code, done.out) == (4, "")
    assert ONE_LINE.fullmatch(done.err)
    assert str(status) in done.err
    assert "it was said so" in done.err
    assert server.url in done.err


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 529])
def test_failure_ends_with_5(status: int) -> None:
    """A script could not tell that trying again later is worth it."""
    with Loopback(lambda _: http(b"<html><body>it broke</body></html>", status)) as server:
        done = rerank("q", PASSAGES, "--base-url", server.url, "--timeout", "5")

    assert (done.code, done.out) == (5, "")
    assert ONE_LINE.fullmatch(done.err)
    assert str(status) in done.err


def _scores(*pairs: tuple[object, object]) -> bytes:
    results = [{"index": index, "relevance_score": score} for index, score in pairs]
    return json.dumps({"results": results}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<html>welcome</html>",
        b"[]",
        b"null",
        b'{"data": []}',
        b'{"results": {}}',
        b'{"results": [3]}',
        b'{"error": {"message": "upstream failed"}}',
        _scores((1, 0.5)),
        _scores((0, 0.5), (0, 0.5)),
        _scores((0, 0.5), (2, 0.5)),
        _scores((0, 0.5), (-1, 0.5)),
        _scores((0, 0.5), (True, 0.5)),
        _scores((0, 0.5), (1, "0.5")),
        _scores((0, 0.5), (1, None)),
        _scores((0, 0.5), (1, True)),
        _scores((0, 0.5), (1, float("nan"))),
        _scores((0, 0.5), (1, float("inf"))),
        _scores((0, 0.5), (1, 10**400)),
        _scores((0, 0.5), (1, 0.5), (2, 0.5)),
        _scores((0, 0.5), (1, 0.5))[:-9],
        b"[" * 200_000,
    ],
)
def test_nonsense_ends_with_5(tmp_path: Path, body: bytes) -> None:
    """A ranking made of a reply that cannot be trusted is worse than none."""
    (tmp_path / "two.txt").write_text("a\nb\n")
    with Loopback(lambda _: http(body)) as server:
        done = rerank("q", "two.txt", "--base-url", server.url, "--json")

    assert (done.code, done.out) == (5, "")
    assert ONE_LINE.fullmatch(done.err)


def test_missing_scores_are_named(tmp_path: Path) -> None:
    """Nobody could see which passage it is that a server does not score."""
    (tmp_path / "three.txt").write_text("a\n\nb\nc\n")
    with Loopback(lambda _: http(_scores((0, 0.5), (2, 0.5)))) as server:
        done = rerank("q", "three.txt", "--base-url", server.url)

    assert done.code == 5
    assert "three.txt:3" in done.err
    assert "three.txt:4" not in done.err


def _cut_short(_: Received) -> bytes:
    whole = http({"results": []})
    return whole[:-3]


@pytest.mark.parametrize(
    "respond",
    [_cut_short, lambda _: b"", lambda _: b"SSH-2.0-OpenSSH_9.6\r\n"],
    ids=["cut short", "closed", "no HTTP"],
)
def test_broken_connection_ends_with_5(respond: Respond) -> None:
    """Half an answer must not be ranked, nor end in a traceback."""
    with Loopback(respond) as server:
        done = rerank("q", PASSAGES, "--base-url", server.url, "--timeout", "5")

    assert (done.code, done.out) == (5, "")
    assert ONE_LINE.fullmatch(done.err)


def test_refused_connection_ends_with_5() -> None:
    """The commonest mistake, a server that is not running, must be said plainly."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = rerank("q", PASSAGES, "--base-url", f"http://127.0.0.1:{port}")

    assert (done.code, done.out) == (5, "")
    assert ONE_LINE.fullmatch(done.err)
    assert f"127.0.0.1:{port}" in done.err


def test_timeout_ends_with_5(stuck: Loopback) -> None:
    """A server that hangs would hold up a script for ever."""
    done = rerank("q", PASSAGES, "--base-url", stuck.url, "--timeout", "0.2")

    assert (done.code, done.out) == (5, "")
    assert ONE_LINE.fullmatch(done.err)
    assert "--timeout" in done.err


@pytest.mark.process
def test_interrupt_is_quick_and_quiet(stuck: Loopback) -> None:
    """Ctrl-C before a slow server must give the prompt back, without a page of traceback."""
    with started("q", PASSAGES, "--base-url", stuck.url) as running:
        deadline = time.monotonic() + 15
        while not stuck.received and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        sent = time.monotonic()
        out, err = running.communicate(timeout=15)

    assert running.returncode == 130
    # The server answers after 30.
    assert time.monotonic() - sent < 10
    assert out == b""
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["q", "none.txt", "--base-url", "http://127.0.0.1:9"], 2),
        (["q", PASSAGES, "-p", "acme"], 3),
    ],
)
def test_debug_shows_the_traceback(arguments: list[str], code: int) -> None:
    """Whoever reports a bug has nothing to show."""
    plain = rerank(*arguments)
    debugged = rerank(*arguments, "--debug")

    assert plain.code == debugged.code == code
    assert "Traceback" not in plain.err
    assert "Traceback (most recent call last)" in debugged.err
    assert plain.err in debugged.err


def test_query_may_be_the_word_debug() -> None:
    """A query that is the word --debug would turn tracebacks on."""
    done = rerank("--", "--debug", "none.txt", env={"RERANK_BASE_URL": "http://127.0.0.1:9"})

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)


def test_folder_that_is_gone_ends_with_a_line(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that stands in a deleted folder would see `internal error`."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = rerank("q", PASSAGES, "--base-url", server.url)

    assert done.code in (0, 2, 3)
    assert "internal error" not in done.err
