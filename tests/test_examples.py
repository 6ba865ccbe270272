"""Every example of the README and of the manual is run, and prints what stands below it.

A ```console block is a shell session: lines that begin with `$ ` are run, and what they print must
stand below them. The blocks of a page follow each other in one shell, in a folder that holds only a
copy of `samples`; one that writes a key is alone. Three things differ from what a reader does: the
parts of a command that make a virtual environment and install into it are left to `.ci/run`, as are
the tests; `http://localhost:7997` is a server of the test; and so is SiliconFlow, once a block has
written its key to `.env`. Both answer with the scores that the hosted model gives. A ```python
block is run likewise, and prints what the ```text block below it holds.
"""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest

from rerank_cli.providers import PROVIDERS, Provider
from tests.answers import flagship_score, scoring
from tests.pages import DOCUMENTS, ROOT
from tests.serving import Loopback, Received, http

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INSTALLING = re.compile(r"^python3 -m venv .* && \.venv/bin/")
_URL = "http://localhost:7997"
_NO_KEY = "rerank: no key found"
_NUMBER = re.compile(r"\d+\.\d+(?:e-?\d+)?")
_SECONDS = re.compile(r"\d+\.\d+ (s$|queries/s)|\d+ ms", re.MULTILINE)
# What listens at the usual ports of this machine is named, over several lines.
_NEARBY = re.compile(r"running\? Something listens at port .*(\n {15}.*)*")
_NOTHING_NEARBY = "running, and are host and port right?"
_END = "\x1e"
# The last digits of the embedded engine's scores differ between processors.
_TOLERANCE = 0.005


@dataclass(frozen=True, slots=True)
class Example:
    """One session: the page and line of its first block, and its commands with what they print."""

    page: str
    line: int
    commands: tuple[tuple[str, str], ...]


def _sessions() -> Iterator[Example]:
    """The sessions of all pages."""
    for page, text in DOCUMENTS.items():
        found: dict[int, Example] = {}
        for block in _blocks(page, text):
            alone = any("> .env" in command for command, _ in block.commands)
            key = block.line if alone else 0
            before = found.get(key)
            together = before and replace(before, commands=before.commands + block.commands)
            found[key] = together or block
        yield from found.values()


def _blocks(page: str, text: str) -> Iterator[Example]:
    for block in _BLOCK.finditer(text):
        parts = re.split(r"^\$ ", block[1], flags=re.MULTILINE)
        assert not parts[0], f"a block begins with no command: {parts[0]}"
        commands = []
        for part in parts[1:]:
            command, _, output = part.partition("\n")
            command = _INSTALLING.sub("", command)
            if command != "pytest":
                commands.append((command, output))
        if commands:
            yield Example(page, text.count("\n", 0, block.start()) + 1, tuple(commands))


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="the examples are written for a POSIX shell")
@pytest.mark.parametrize(
    "example", list(_sessions()), ids=lambda example: f"{example.page} line {example.line}"
)
def test_an_example_prints_what_stands_below_it(example: Example, server: Loopback) -> None:
    """Who types an example would see something else than the page shows."""
    shutil.copytree(ROOT / "samples", "samples")
    commands = [pair for pair in example.commands if shutil.which("jq") or "jq" not in pair[0]]
    printed = _run([command for command, _ in commands], server)
    for (command, expected), actual in zip(commands, printed, strict=True):
        assert _shape(_without_note(actual, expected)) == _shape(expected), command
        assert _numbers(actual) == pytest.approx(_numbers(expected), rel=_TOLERANCE), command
    keys = {request.headers.get("authorization") for request in server.received}
    assert keys <= ({"Bearer sk-yours"} if Path(".env").exists() else {None})


def test_no_example_is_overlooked() -> None:
    """A block in a list, or of another mark, would be run by nobody."""
    for page, text in DOCUMENTS.items():
        assert text.count("```console") == len(_BLOCK.findall(text)), page
        assert text.count("```python") == len(_PYTHON.findall(text)), page
        # Commands with what they print belong in a block of these.
        shown = "".join(re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
        assert "$ " not in shown, page


def _run(commands: list[str], server: Loopback) -> list[str]:
    """What each command prints, on both streams, in one shell session."""
    script = "\n".join(f"{command}\nprintf '\\036'" for command in commands)
    environ = dict(os.environ)
    environ["PATH"] = sysconfig.get_path("scripts") + os.pathsep + environ["PATH"]
    if "> .env" in script:
        environ |= {"RERANK_PROVIDER": "siliconflow", "RERANK_BASE_URL": server.url}
    done = subprocess.run(
        ["sh", "-c", script.replace(_URL, f"http://127.0.0.1:{server.port}")],
        env=environ,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=180,
        check=False,
    )
    printed = done.stdout.replace(f"127.0.0.1:{server.port}", urlsplit(_URL).netloc)
    return _NEARBY.sub(_NOTHING_NEARBY, printed).split(_END)[:-1]


def _without_note(printed: str, expected: str) -> str:
    """What is printed, without the line that pages leave out after the README's first example."""
    lines = printed.splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(_NO_KEY) or _NO_KEY in expected)
    return "".join(kept)


def _shape(text: str) -> str:
    return _NUMBER.sub("#", _SECONDS.sub("# s", text))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(_SECONDS.sub("", text))]


_PYTHON = re.compile(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


def _guarded(received: Received) -> bytes:
    """The answer of the hosted model, to who has its key."""
    if received.headers.get("authorization") != "Bearer sk-yours":
        return http({"code": 30014, "message": "Invalid token"}, 401)
    return scoring(flagship_score)(received)


@pytest.mark.parametrize(
    ("page", "requests"),
    [(page, {"python": 4}.get(page, 0)) for page, text in DOCUMENTS.items() if "```python" in text],
)
def test_the_python_examples_print_what_stands_below_them(
    page: str,
    requests: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shared_model: None,
) -> None:
    """Each Python block of a page, run in their order in one namespace, prints its output.

    SiliconFlow is a server of the test, and its key is in the environment.
    """
    shutil.copytree(ROOT / "samples", "samples")
    monkeypatch.setenv("SILICONFLOW_API_KEY", "sk-yours")
    names: dict[str, object] = {"__name__": page}
    text = DOCUMENTS[page]
    with Loopback(_guarded) as server:
        hosted = replace(PROVIDERS["siliconflow"], base_url=server.url)
        monkeypatch.setitem(cast("dict[str, Provider]", PROVIDERS), "siliconflow", hosted)
        for block in _PYTHON.finditer(text):
            line = text.count("\n", 0, block.start()) + 1
            # As many lines in front that a traceback names the page's own.
            exec(compile("\n" * line + block[1], page, "exec"), names)
            assert capsys.readouterr().out == (block[2] or ""), f"{page}:{line}"
    assert len(server.received) == requests
