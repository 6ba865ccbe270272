"""Standard input: a pipe, a redirection, a dash; and a terminal, where nobody should wait."""

from pathlib import Path

import pytest

from tests.running import (
    ONE_LINE,
    PASSAGES,
    QUERY,
    TerminalBytes,
    on_terminal,
    process,
    rerank,
)
from tests.serving import Loopback

CONTENT = Path(PASSAGES).read_bytes()


@pytest.mark.process
def test_pipe_redirection_and_dash_agree(server: Loopback) -> None:
    """The same passages must rank the same, whichever way the shell hands them over."""
    given = ("--base-url", server.url, "-f", "csv")
    piped = process(QUERY, *given, stdin=CONTENT)
    dash = rerank(QUERY, "-", *given, stdin=CONTENT)
    with Path(PASSAGES).open("rb") as file:
        redirected = process(QUERY, *given, stdin=file)

    assert piped.code == dash.code == redirected.code == 0
    assert piped.out == dash.out == redirected.out == rerank(QUERY, PASSAGES, *given).out


def test_dash_stands_among_files(server: Loopback, tmp_path: Path) -> None:
    """`rerank q kept.txt -` would lose one of the two, or their order."""
    (tmp_path / "kept.txt").write_text("first\n")
    rerank("q", "kept.txt", "-", "--base-url", server.url, stdin=b"second\n")

    assert server.received[0].json["documents"] == ["first", "second"]


def test_dash_twice_is_refused(server: Loopback) -> None:
    """The second would silently be empty."""
    done = rerank("q", "-", "-", "--base-url", server.url, stdin=b"x\n")

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)


def test_errors_of_standard_input_name_it(server: Loopback) -> None:
    """Somebody with a broken pipe of JSON lines could not find the line."""
    bad = b'{"text": "fine"}\n{"text": 3}\n'
    done = rerank("q", "--input-format", "jsonl", "--base-url", server.url, stdin=bad)

    assert done.code == 2
    assert done.err.startswith("rerank: <stdin>:2: ")


@pytest.mark.parametrize("content", [b"", b"\n \n\n"])
def test_empty_standard_input_is_an_error(server: Loopback, content: bytes) -> None:
    """A first stage that found nothing would look like one whose passages all fell out."""
    done = rerank("q", "--base-url", server.url, stdin=content)

    assert done.code == 2
    assert "<stdin>" in done.err
    assert server.received == []


@pytest.mark.process
def test_closed_standard_input_is_an_error(server: Loopback) -> None:
    """A service started without standard input would see a traceback."""
    done = process("q", "--base-url", server.url, shell="<&-")

    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)


@pytest.mark.process
def test_terminal_prints_help_instead_of_waiting() -> None:
    """Somebody who forgot the file would sit before a command that seems to hang."""
    screen = on_terminal("q")

    assert screen.code == 2
    assert "Usage: rerank QUERY [FILE]..." in screen.text
    assert "rerank: no FILE" in screen.text


def test_file_on_a_terminal_is_ranked(server: Loopback) -> None:
    """The commonest use, a file named at a prompt, would print help."""
    done = rerank(
        "q", PASSAGES, "--base-url", server.url, "-f", "text", stdin=TerminalBytes(b"typed\n")
    )

    assert done.code == 0
    assert len(done.out.splitlines()) == 5


def test_dash_on_a_terminal_reads_it(server: Loopback) -> None:
    """`-` is how somebody says that they do want to type the passages."""
    done = rerank("q", "-", "--base-url", server.url, stdin=TerminalBytes(b"typed\n"))

    assert done.code == 0
    assert server.received[0].json["documents"] == ["typed"]


def test_alone_prints_help() -> None:
    """The first thing that a new user types must not be an error."""
    done = rerank(stdin=TerminalBytes())

    assert done.code == 0
    assert done.out.startswith("Usage: rerank QUERY [FILE]...")
    assert "providers" in done.out
    assert "--threshold" in done.out
