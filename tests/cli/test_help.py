"""`rerank help`: the manual in a terminal."""

import re

import pytest
from rich.cells import cell_len

from rerank_cli.cli.app import COMMANDS
from rerank_cli.manual import TOPICS
from tests.pages import PAGES
from tests.running import PASSAGES, rerank
from tests.serving import Loopback


def test_alone_it_lists_the_topics() -> None:
    """One would have to know a topic to find it; in a terminal of 80 columns, lines would break."""
    done = rerank("help")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()[2:]
    assert [line.split()[0] for line in lines] == [*TOPICS]
    assert max(map(cell_len, lines)) < 80


@pytest.mark.parametrize("topic", TOPICS)
def test_in_a_pipe_a_page_is_its_markdown(topic: str) -> None:
    """Grep and other programs would see codes, and lines broken at some width."""
    done = rerank("help", topic)
    assert (done.code, done.out, done.err) == (0, PAGES[topic], "")


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("columns", ["40", "80"])
def test_in_a_terminal_a_page_fits(topic: str, columns: str) -> None:
    """A page would show its markup, and links that a terminal cannot follow."""
    done = rerank("help", topic, terminal=True, env={"COLUMNS": columns, "NO_COLOR": "1"})
    assert done.code == 0
    assert "\x1b" not in done.out
    blocks = "".join(re.findall(r"^```\w+\n(.*?)^```$", PAGES[topic], re.MULTILINE | re.DOTALL))
    # Code is as it is, so that it can be copied.
    code = {line.rstrip() for line in blocks.expandtabs().splitlines()}
    assert code <= {*done.out.splitlines()}
    assert max(cell_len(line) for line in done.out.splitlines() if line not in code) <= int(columns)
    assert "|---" not in done.out
    assert ".md)" not in done.out.replace("\n", "")
    assert "\x1b[1" in rerank("help", topic, terminal=True).out


def test_a_link_names_the_command_that_shows_the_page() -> None:
    """A reader in a terminal would have to guess what `output.md` is."""
    done = rerank("help", "input", terminal=True, env={"NO_COLOR": "1"})
    assert "output (rerank help output)" in " ".join(done.out.split())


def test_colours_can_be_had_in_a_pipe() -> None:
    """`rerank help input | less -R` would show bare Markdown."""
    assert "\x1b[" in rerank("help", "input", env={"FORCE_COLOR": "1"}).out


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("中文", "chinese"),
        ("rank", "options"),
        ("eval", "evaluate"),
        ("doctor", "endpoints"),
        ("Input", "input"),
    ],
)
def test_other_names_find_their_page(name: str, topic: str) -> None:
    """Who looks for a command would be told that there is no such page."""
    assert rerank("help", name).out == PAGES[topic]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_page(command: str) -> None:
    """`rerank help COMMAND` would fail for a command that `rerank --help` lists."""
    assert rerank("help", command).code == 0


def test_an_unknown_topic_names_the_topics(server: Loopback) -> None:
    """Who guesses wrong would have to guess again, or have something ranked."""
    done = rerank("help", "\x1b[2Jinptu", env={"RERANK_BASE_URL": server.url})
    assert done.code == 2
    assert "\x1b" not in done.err
    assert done.error == r"rerank: no page of the manual is called '\x1b[2Jinptu'"
    assert f"{', '.join(TOPICS)}. " in done.hint
    assert "rerank -- help FILE" in done.hint
    assert server.received == []


def test_help_can_be_a_query(server: Loopback) -> None:
    """Nobody could rank passages for the word help."""
    done = rerank("-f", "json", "--", "help", PASSAGES, env={"RERANK_BASE_URL": server.url})
    assert done.json["query"] == "help"
