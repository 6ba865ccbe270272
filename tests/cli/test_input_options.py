"""--input-format, --delimiter and --no-quotes, through the commands that have them."""

from pathlib import Path

import pytest

from tests.running import ONE_LINE, rerank
from tests.serving import Loopback

commands = pytest.mark.parametrize("words", [(), ("-m", "a", "-m", "b")], ids=["rank", "compare"])


def asked(*arguments: str, words: tuple[str, ...], server: Loopback) -> tuple[int, str, list[str]]:
    """Exit code, errors, and the texts that were sent."""
    command = ("compare", "q") if words else ("q",)
    done = rerank(*command, *arguments, *words, "--base-url", server.url)
    sent = server.received[0].documents if server.received else []
    return done.code, done.err, list(sent)


@commands
@pytest.mark.parametrize("delimiter", [";", r"\t", "\t"])
def test_the_delimiter_cuts_the_rows(
    server: Loopback, words: tuple[str, ...], delimiter: str
) -> None:
    """--delimiter would be accepted and do nothing."""
    cut = "\t" if "t" in delimiter else delimiter
    Path("a.dat").write_text(f"n{cut}text\n1{cut}a, b\n2{cut}c\n")
    code, err, sent = asked("a.dat", "--delimiter", delimiter, words=words, server=server)
    assert (code, sent) == (0, ["a, b", "c"]), err


@commands
def test_quotes_are_characters_if_asked_for(server: Loopback, words: tuple[str, ...]) -> None:
    """--no-quotes would be accepted and do nothing."""
    Path("a.csv").write_text('n,text\n1,"a\n2,b"\n')
    code, err, sent = asked("a.csv", "--no-quotes", words=words, server=server)
    assert (code, sent) == (0, ['"a', 'b"']), err


@commands
@pytest.mark.parametrize("option", [("--delimiter", ";"), ("--no-quotes",)])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt"])
def test_what_does_not_apply_is_refused_before_anything_is_sent(
    server: Loopback, words: tuple[str, ...], option: tuple[str, ...], name: str
) -> None:
    """A user would believe that an option did something."""
    Path(name).write_text('"a"\n')
    known = ("--input-format", "lines") if name == "a.txt" else ()
    code, err, sent = asked(name, *option, *known, words=words, server=server)
    assert (code, sent) == (2, [])
    assert ONE_LINE.fullmatch(err)
    assert option[0] in err


@pytest.mark.parametrize("value", ["", ";;", '"', "\n", r"\n", "tab"])
def test_what_is_no_delimiter_is_refused(server: Loopback, value: str) -> None:
    """The csv module's own error would be a traceback."""
    Path("a.csv").write_text("text\na\n")
    done = rerank("q", "a.csv", "--delimiter", value, "--base-url", server.url)
    assert done.code == 2
    assert "is not one character" in done.err


def test_json_on_standard_input_needs_no_option(server: Loopback) -> None:
    """`curl … | rerank` would rank brackets."""
    done = rerank("q", "--base-url", server.url, "-q", stdin='[\n{"text": "a"},\n{"text": "b"}\n]')
    assert done.code == 0
    assert server.received[0].documents == ["a", "b"]


def test_json_that_cannot_be_read_is_not_sent(server: Loopback) -> None:
    """Half an answer of an API would be ranked line by line."""
    done = rerank("q", "--base-url", server.url, "-q", stdin='[\n{"text": "a"},\n')
    assert done.code == 2
    assert done.err.startswith("rerank: <stdin>:2: the array does not end")
    assert server.received == []


def test_a_quoted_cell_over_rows_is_warned_of(server: Loopback) -> None:
    """Passages that a quotation mark swallowed would be missed by nobody."""
    Path("a.csv").write_text('n,text\n1,"a\n2,b"\n')
    done = rerank("q", "a.csv", "--base-url", server.url)
    assert done.code == 0
    assert "rerank: warning: a.csv:2: " in done.err
    assert "--no-quotes" in done.err
