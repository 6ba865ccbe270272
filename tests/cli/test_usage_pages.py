"""Help pages and usage: found where they are looked for, and readable in any width."""

import re

import pytest

from rerank_cli.cli.app import COMMANDS
from tests.running import TerminalBytes, rerank


@pytest.mark.parametrize("words", [(), ("q",), *((name,) for name in COMMANDS), ("cache", "info")])
def test_a_short_option_shows_the_help_too(words: tuple[str, ...]) -> None:
    """`-h` would be an error of usage, or part of the query."""
    done = rerank(*words, "-h")
    assert (done.code, done.err) == (0, "")
    assert done.out == rerank(*words, "--help").out
    assert done.out.startswith("Usage: rerank")


def test_in_a_pipe_a_missing_query_is_three_lines_of_usage() -> None:
    """`cat hits | rerank > ranked` would write a page of help there, and say that all is well."""
    done = rerank(stdin="one\ntwo\n")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "rerank: no QUERY",
        "  usage: rerank QUERY [FILE]... [OPTIONS]",
        "  hint: rerank --help shows all of it",
    ]


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_no_line_of_help_is_too_wide_or_ends_within_a_word(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], columns: int
) -> None:
    """The terminal would break an example where it likes: a copy of it would not run."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = rerank(*command, "--help", stdin=TerminalBytes()).out.splitlines()
    assert not [line for line in lines if len(line) > max(columns, 80)]
    assert not [line for line in lines if re.search(r"\w-$|\w--$", line)]
    assert not [line for line in lines if "\N{NON-BREAKING HYPHEN}" in line]
