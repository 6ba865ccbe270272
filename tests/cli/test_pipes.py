"""What only a process shows: closed pipes, full devices, locales, bytes that are no text."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ONE_LINE, PASSAGES, QUERY, SAMPLES, process, rerank, started
from tests.serving import Loopback

pytestmark = pytest.mark.process

full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")


def test_head_takes_a_line_and_leaves(server: Loopback, tmp_path: Path) -> None:
    """`rerank … | head -1` would end in a traceback about a broken pipe."""
    (tmp_path / "long.txt").write_text("".join(f"{n} {'x' * 200}\n" for n in range(2000)))
    with started("q", "long.txt", "--base-url", server.url, "-f", "text") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        first = running.stdout.readline()
        running.stdout.close()
        err = running.stderr.read()
        code = running.wait(10)

    assert first.startswith(b"0 xxx")
    assert (code, err) == (0, b"")


@pytest.mark.parametrize("arguments", [["q", PASSAGES], ["--help"]])
def test_reader_that_is_gone_is_no_error(server: Loopback, arguments: list[str]) -> None:
    """With `set -o pipefail`, a pager that was left early would fail the script."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = process(*arguments, stdout=writing, env={"RERANK_BASE_URL": server.url})
    finally:
        os.close(writing)

    assert (done.code, done.err) == (0, "")


def test_closed_standard_output_is_told(server: Loopback) -> None:
    """A daemon's `>&-` would end in a traceback, or swallow the results without a word."""
    done = process("q", PASSAGES, "--base-url", server.url, shell=">&-")

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)


def test_closed_standard_error_loses_no_result(server: Loopback) -> None:
    """A daemon's `2>&-` would lose the results for want of a place for the footer."""
    done = process("q", PASSAGES, "--base-url", server.url, shell="2>&-")

    assert (done.code, done.err) == (0, "")
    assert "0.9974" in done.out


@pytest.mark.parametrize("command", [["q", PASSAGES], ["batch", str(SAMPLES / "jobs.jsonl")]])
def test_head_of_notes_and_results_is_no_error(server: Loopback, command: list[str]) -> None:
    """`rerank … -v 2>&1 | head -2` would fail a script with `set -o pipefail`, as exit 120."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        given = (*command, "--base-url", server.url, "-v")
        # Where it is set, nothing is left to be flushed at exit.
        buffered = {"PYTHONUNBUFFERED": ""}
        done = process(*given, stdout=writing, shell="2>&1", env=buffered)
    finally:
        os.close(writing)

    assert (done.code, done.err) == (0, "")


@full_device
@pytest.mark.parametrize("arguments", [["q", PASSAGES, "--json"], ["--help"]])
def test_full_device_is_one_line(server: Loopback, arguments: list[str]) -> None:
    """A full disk would look like a bug in rerank, or like success."""
    with Path("/dev/full").open("wb", buffering=0) as device:
        done = process(*arguments, stdout=device, env={"RERANK_BASE_URL": server.url})

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)
    assert "space" in done.err.lower()


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
    ids=lambda env: " ".join(f"{name}={value}" for name, value in env.items()),
)
def test_pipe_gets_utf8_whatever_the_locale(server: Loopback, env: dict[str, str]) -> None:
    """In cron and in containers, where the locale is C, Chinese would come out as `?`."""
    done = process("q", PASSAGES, "--base-url", server.url, "-v", env=env)

    assert done.code == 0
    assert done.out == rerank("q", PASSAGES, "--base-url", server.url).out
    assert "5 passages · custom" in done.err


def test_pipe_gets_utf8_in_a_latin1_locale(server: Loopback, tmp_path: Path) -> None:
    """On an old server whose locale is Latin-1, every Chinese result would be an error."""
    name = "en_US.ISO-8859-1"
    maker = shutil.which("localedef")
    if maker is None:
        pytest.skip("no localedef to make a Latin-1 locale with")
    command = [maker, "-i", "en_US", "-f", "ISO-8859-1", str(tmp_path / name)]
    made = subprocess.run(command, check=False, capture_output=True)
    if not (tmp_path / name).exists():
        pytest.skip(f"localedef cannot make it: {made.stderr.decode(errors='replace')}")
    env = {"LOCPATH": str(tmp_path), "LC_ALL": name}
    done = process("q", PASSAGES, "--base-url", server.url, env=env)

    assert done.out == rerank("q", PASSAGES, "--base-url", server.url).out


def test_query_that_is_no_text_is_refused(server: Loopback) -> None:
    """Bytes that are no UTF-8 would be sent as something that nobody typed."""
    done = process(b"caf\xe9", PASSAGES, "--base-url", server.url)

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)
    assert "UTF-8" in done.err
    assert server.received == []


def test_query_arrives_as_typed_in_the_c_locale(server: Loopback) -> None:
    """In a container without a locale, a Chinese query would be scored as question marks."""
    given = (QUERY, PASSAGES, "--base-url", server.url, "--json")
    done = process(*given, env={"LC_ALL": "C"})

    assert server.received[0].json["query"] == QUERY
    assert done.out == rerank(*given).out


def test_module_is_the_command() -> None:
    """`python -m rerank_cli`, for machines where scripts are not on the path, would differ."""
    command = [sys.executable, "-m", "rerank_cli", "--version"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, rerank("--version").out)
