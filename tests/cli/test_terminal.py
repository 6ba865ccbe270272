"""On a terminal: what a passage says must not be obeyed, and what fits is up to the user."""

import json
import os
import re
import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len

from rerank_cli.rendering import FORMATS
from tests.running import PASSAGES, on_terminal, rerank
from tests.serving import Loopback, http

EVIL = "\x1b[31mRED\x1b]0;title\x07 \x9b31m \0 \x7f \b\r \u202edlrow\u2066\u200f\u061c \x1bc"
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
_OWN_COLOUR = re.compile(r"\x1b\[(?:0|2|1;32)m")


def obeyed(text: str) -> set[str]:
    """The characters of an output that a terminal would obey, beside line ends and tabs."""
    return {
        character
        for character in text
        if (unicodedata.category(character) == "Cc" and character not in "\n\t")
        or character in _TURNS
    }


@pytest.fixture
def evil(tmp_path: Path) -> str:
    """A file whose text, id, and another field hold what a terminal would obey."""
    row = {"id": f"id{EVIL}", f"name{EVIL}": EVIL, "text": f"[red]{EVIL}[/red]"}
    (tmp_path / "evil.jsonl").write_text(json.dumps(row) + "\n")
    return "evil.jsonl"


@pytest.mark.process
@pytest.mark.parametrize("output_format", ["table", "jsonl"])
def test_passage_cannot_steer_a_terminal(server: Loopback, evil: str, output_format: str) -> None:
    """A passage from the web could paint over the screen, retitle it, or type for its user."""
    given = (evil, "--base-url", server.url, "-f", output_format, "--full", "-q")
    screen = on_terminal("q", *given, columns=400, env={"NO_COLOR": "1"})

    assert screen.code == 0
    assert obeyed(screen.text) == set()
    assert "[red]" in screen.text
    assert "[/red]" in screen.text
    assert "RED" in screen.text


@pytest.mark.parametrize("output_format", list(FORMATS))
@pytest.mark.parametrize("wanted", [[], ["--full"]])
def test_no_format_steers_a_terminal(
    server: Loopback, evil: str, output_format: str, wanted: list[str]
) -> None:
    """One format that lets control characters through is enough for an attack."""
    given = ("q", evil, "--base-url", server.url, "-f", output_format, *wanted)
    done = rerank(*given, terminal=True, env={"COLUMNS": "200"})

    assert done.code == 0
    assert obeyed(_OWN_COLOUR.sub("", done.out)) == set()
    assert "\x1b[31m" not in done.out


@pytest.mark.parametrize("output_format", ["jsonl", "csv", "tsv"])
def test_piped_rows_keep_every_character(server: Loopback, evil: str, output_format: str) -> None:
    """The next program would get symbols instead of what its data holds."""
    done = rerank("q", evil, "--base-url", server.url, "-f", output_format)

    written = json.loads(done.out)["text"] if output_format == "jsonl" else done.out
    assert f"[red]{EVIL}[/red]" in written


@pytest.mark.parametrize(
    "wanted",
    [
        ["-m", EVIL, "--dry-run"],
        ["-m", EVIL, "--dry-run", "--json"],
        ["-m", EVIL, "-v"],
        ["--input-format", EVIL],
        [f"--{EVIL}"],
    ],
)
def test_settings_cannot_steer_a_terminal(server: Loopback, wanted: list[str]) -> None:
    """A cloned folder's .env, or a pasted option, could steer the terminal of who runs it."""
    wanted = [each.replace("\0", "") for each in wanted]
    done = rerank("q", PASSAGES, "--base-url", server.url, *wanted, terminal=True)

    assert obeyed(_OWN_COLOUR.sub("", done.out) + done.err) == set()


@pytest.mark.parametrize("given", [[], ["--debug"]])
@pytest.mark.parametrize("name", [b"\x1b[31mred\x1b]0;t\x07.txt", b"caf\xe9\x9b.txt"])
def test_file_name_cannot_steer_a_terminal(name: bytes, given: list[str]) -> None:
    """A file name from an archive could steer the terminal of whoever lists its errors."""
    done = rerank("q", os.fsdecode(name), "--base-url", "http://127.0.0.1:9", *given)

    assert done.code == 2
    assert obeyed(done.err) == set()
    assert not any("\ud800" <= character <= "\udfff" for character in done.err)
    assert "no such file" in done.err


@pytest.mark.parametrize("body", [json.dumps({"message": EVIL}).encode(), EVIL.encode()])
def test_error_of_the_server_cannot_steer_a_terminal(body: bytes) -> None:
    """An endpoint could steer the terminal through its error message."""
    with Loopback(lambda _: http(body, 400)) as server:
        done = rerank("q", PASSAGES, "--base-url", server.url)

    assert done.code == 4
    assert obeyed(done.err) == set()
    assert "RED" in done.err


@pytest.mark.process
def test_megabyte_is_cut_on_a_terminal(server: Loopback, tmp_path: Path) -> None:
    """One long passage would scroll every other result off the screen."""
    (tmp_path / "long.txt").write_text("人工智能是" + "长" * 350_000 + "\nshort\n", "utf-8")
    screen = on_terminal("q", "long.txt", "--base-url", server.url, env={"NO_COLOR": "1"})

    lines = screen.text.splitlines()
    assert screen.code == 0
    assert len(lines) <= 7
    assert all(cell_len(line) <= 80 for line in lines)
    assert "…" in screen.text
    assert "short" in screen.text


def test_megabyte_is_whole_in_a_pipe(server: Loopback, tmp_path: Path) -> None:
    """The cut that helps people would lose text for programs."""
    passage = "人工智能是" + "长" * 350_000
    (tmp_path / "long.txt").write_text(passage + "\n", "utf-8")
    done = rerank("q", "long.txt", "--base-url", server.url)

    assert passage in done.out


def test_full_shows_all_of_a_passage(server: Loopback, tmp_path: Path) -> None:
    """Nobody could read the end of a passage on a terminal."""
    words = [f"word{number}" for number in range(300)]
    (tmp_path / "long.txt").write_text(" ".join(words) + "\n")
    given = ("q", "long.txt", "--base-url", server.url)
    cut = rerank(*given, terminal=True, env={"COLUMNS": "60", "NO_COLOR": "1"})
    full = rerank(*given, "--full", terminal=True, env={"COLUMNS": "60", "NO_COLOR": "1"})

    assert "word299" not in cut.out
    assert [word for word in words if word not in full.out.split()] == []


def test_terminal_has_colour_unless_told_otherwise(server: Loopback) -> None:
    """Who cannot read colours, or logs a terminal, would get codes in the text."""
    given = ("q", PASSAGES, "--base-url", server.url)

    assert "\x1b[" in rerank(*given, terminal=True).out
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        assert "\x1b" not in rerank(*given, terminal=True, env=env).out, env
    assert "\x1b[" in rerank(*given, terminal=True, env={"NO_COLOR": ""}).out


def test_colour_is_forced_into_a_pipe(server: Loopback) -> None:
    """`FORCE_COLOR=1 rerank … | less -R` would be grey; and it must not lose text."""
    given = ("q", PASSAGES, "--base-url", server.url)
    done = rerank(*given, env={"FORCE_COLOR": "1", "COLUMNS": "50"})

    plain = _OWN_COLOUR.sub("", done.out)
    assert plain != done.out
    squeezed = re.sub(r"\s", "", plain)
    for passage in Path(PASSAGES).read_text(encoding="utf-8").split():
        assert passage in squeezed


def test_forced_colour_in_a_dumb_terminal_fits(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an editor's shell, where TERM is dumb, the table would be a column of letters."""
    monkeypatch.setenv("TERM", "dumb")
    env = {"FORCE_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}
    done = rerank("q", PASSAGES, "--base-url", server.url, env=env)

    assert "0.9974" in done.out
    assert len(done.out.splitlines()) == 6


@pytest.mark.parametrize("columns", [50, 70, 120])
def test_columns_are_honoured(server: Loopback, columns: int) -> None:
    """Rows wider than the screen wrap, and the table can no longer be read."""
    env = {"COLUMNS": str(columns), "NO_COLOR": "1"}
    done = rerank("q", PASSAGES, "--base-url", server.url, terminal=True, env=env)

    widths = [cell_len(line) for line in done.out.splitlines()]
    assert columns - 3 <= max(widths) <= columns


@pytest.mark.process
def test_window_decides_the_width(server: Loopback) -> None:
    """The table would not use a wide window, or break in a narrow one."""
    screen = on_terminal("q", PASSAGES, "--base-url", server.url, "-q", columns=60)

    plain = _OWN_COLOUR.sub("", screen.text)
    assert 57 <= max(map(cell_len, plain.splitlines())) <= 60


@pytest.mark.process
def test_window_of_unknown_size_is_usable(server: Loopback) -> None:
    """Where a terminal does not tell its size (containers, CI), passages would be slivers."""
    given = ("q", PASSAGES, "--base-url", server.url, "-q")
    screen = on_terminal(*given, columns=0, env={"NO_COLOR": "1"})

    assert 75 <= max(map(cell_len, screen.text.splitlines())) <= 80
