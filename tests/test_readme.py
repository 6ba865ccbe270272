"""What the README shows is run, and what it lists is compared with the program.

A ```console block is a shell session: lines that begin with `$ ` are run, in one shell and in a
folder that holds only a copy of `samples`, and what they print must stand below them. Three things
differ from what a reader does: the parts of a command that make a virtual environment and install
into it are left to `.ci/run`, as are the tests; `http://localhost:7997` is a server of the test;
and so is SiliconFlow, once a block has written its key to `.env`. Both answer with the scores that
the hosted model gives. A ```python block is run likewise, and prints what the ```text block below
it holds.
"""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import typer
from dotenv import dotenv_values

import rerank_cli
from rerank_cli import Keywords
from rerank_cli.cli.app import app
from rerank_cli.errors import ExitCode
from rerank_cli.providers import PROVIDERS, Provider
from rerank_cli.reading import FORMATS as INPUT_FORMATS
from rerank_cli.rendering import FORMATS as OUTPUT_FORMATS
from tests.answers import flagship_score, scoring
from tests.serving import Loopback, Received, http

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENV_EXAMPLE = ROOT / ".env.example"

_BLOCK = re.compile(r"^( *)```console\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
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
    """A console block: its line in the README, and its commands with what they print."""

    start: int
    line: int
    commands: tuple[tuple[str, str], ...]


def _examples() -> Iterator[Example]:
    """The blocks of a section follow each other in one session; one that writes a key is alone."""
    found: dict[str, Example] = {}
    for block in _blocks():
        section = README.rfind("\n## ", 0, block.start)
        alone = any("> .env" in command for command, _ in block.commands)
        key = f"{block.line}" if alone else f"section {section}"
        before = found.get(key)
        found[key] = replace(before, commands=before.commands + block.commands) if before else block
    yield from found.values()


def _blocks() -> Iterator[Example]:
    for block in _BLOCK.finditer(README):
        parts = re.split(r"^\$ ", textwrap.dedent(block[2]), flags=re.MULTILINE)
        assert not parts[0], f"a block begins with no command: {parts[0]}"
        commands = []
        for part in parts[1:]:
            command, _, output = part.partition("\n")
            command = _INSTALLING.sub("", command)
            if command != "pytest":
                commands.append((command, output))
        if commands:
            line = README.count("\n", 0, block.start()) + 1
            yield Example(block.start(), line, tuple(commands))


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="the examples are written for a POSIX shell")
@pytest.mark.parametrize("example", list(_examples()), ids=lambda example: f"line {example.line}")
def test_an_example_prints_what_stands_below_it(example: Example, server: Loopback) -> None:
    """Each console block of the README, run in a shell, prints what the README says."""
    shutil.copytree(ROOT / "samples", "samples")
    commands = [pair for pair in example.commands if shutil.which("jq") or "jq" not in pair[0]]
    printed = _run([command for command, _ in commands], server)
    for (command, expected), actual in zip(commands, printed, strict=True):
        assert _shape(_without_note(actual, expected)) == _shape(expected), command
        assert _numbers(actual) == pytest.approx(_numbers(expected), rel=_TOLERANCE), command
    keys = {request.headers.get("authorization") for request in server.received}
    assert keys <= ({"Bearer sk-yours"} if Path(".env").exists() else {None})


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
        timeout=60,
        check=False,
    )
    printed = done.stdout.replace(f"127.0.0.1:{server.port}", urlsplit(_URL).netloc)
    return _NEARBY.sub(_NOTHING_NEARBY, printed).split(_END)[:-1]


def _without_note(printed: str, expected: str) -> str:
    """What is printed, without the line that the README leaves out after its first example."""
    lines = printed.splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(_NO_KEY) or _NO_KEY in expected)
    return "".join(kept)


def _shape(text: str) -> str:
    return _NUMBER.sub("#", _SECONDS.sub("# s", text))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(_SECONDS.sub("", text))]


def test_the_options_table_has_every_option_and_no_other() -> None:
    """The options in the README are those of the program, under all their names."""
    rows = re.findall(r"^\| (`-.*?) \|", README, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(--?[\w-]+)", row)}
    assert named == _options("rank", "batch", "compare", "doctor", "providers") | {"--help"}


def test_every_option_of_eval_is_explained() -> None:
    """No option of the one command that shares few with the others is left out."""
    missing = [name for name in _options("eval") if f"`{name}" not in README]
    assert not missing


def _options(*commands: str) -> set[str]:
    group: Any = typer.main.get_command(app)
    params = [
        *group.params,
        *(each for name in commands for each in group.get_command(None, name).params),
    ]
    return {name for param in params for name in param.opts if name.startswith("-")}


def test_every_format_stands_in_its_table() -> None:
    """No input or output format is left out of the README's tables."""
    missing = [name for name in (*INPUT_FORMATS, *OUTPUT_FORMATS) if f"`{name}`" not in README]
    assert not missing


def test_the_exit_codes_are_those_of_the_program() -> None:
    """The table of exit codes has all of them, and 70 for bugs."""
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert codes == {*ExitCode, 70}


@pytest.mark.process
def test_the_json_keys_are_those_of_the_program(server: Loopback) -> None:
    """The table of keys has every key of a result that has them all."""
    where = f"--base-url {server.url} -m m --cache"
    command = f"rerank x {ROOT}/samples/passages.jsonl --json --scores minmax {where}"
    found, again = map(json.loads, _run([command, command], server))
    keys = {*found} - {"results", "usage"}
    keys |= {f"results[].{key}" for key in found["results"][0]}
    keys |= {f"usage.{key}" for key in (*found["usage"], *again["usage"])}
    table = README.partition("## Output")[2].partition("| key | is |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert {key for cell in cells for key in re.findall(r"`(.+?)`", cell)} == keys


def _variables() -> set[str]:
    own = {"RERANK_PROVIDER", "RERANK_MODEL", "RERANK_BASE_URL", "RERANK_API_KEY"}
    own |= {"RERANK_PRICE_PER_MILLION", "RERANK_CACHE"}
    keys = (name for row in PROVIDERS.values() for name in (*row.key_variables, *row.borrowed))
    return own.union(keys)


def test_every_variable_is_explained() -> None:
    """The README and .env.example have every variable that the settings read."""
    example = ENV_EXAMPLE.read_text(encoding="utf-8")
    assert {*re.findall(r"^#(\w+)=", example, re.MULTILINE)} == _variables()
    assert not [name for name in _variables() if f"`{name}`" not in README]


def test_a_copied_env_example_sets_nothing() -> None:
    """.env.example as it stands is only comments, so that a copy changes nothing."""
    assert dotenv_values(ENV_EXAMPLE) == {}


_PYTHON = re.compile(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


def _guarded(received: Received) -> bytes:
    """The answer of the hosted model, to who has its key."""
    if received.headers.get("authorization") != "Bearer sk-yours":
        return http({"code": 30014, "message": "Invalid token"}, 401)
    return scoring(flagship_score)(received)


def test_the_python_examples_print_what_stands_below_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared_model: None
) -> None:
    """Each Python block of the README, run in their order in one namespace, prints its output.

    SiliconFlow is a server of the test, and its key is in the environment.
    """
    shutil.copytree(ROOT / "samples", "samples")
    monkeypatch.setenv("SILICONFLOW_API_KEY", "sk-yours")
    blocks = list(_PYTHON.finditer(README))
    assert len(blocks) == README.count("```python") > 0
    names: dict[str, object] = {"__name__": "readme"}
    with Loopback(_guarded) as server:
        hosted = replace(PROVIDERS["siliconflow"], base_url=server.url)
        monkeypatch.setitem(cast("dict[str, Provider]", PROVIDERS), "siliconflow", hosted)
        for block in blocks:
            line = README.count("\n", 0, block.start()) + 1
            # As many lines in front that a traceback names the README's own.
            exec(compile("\n" * line + block[1], "README.md", "exec"), names)
            assert capsys.readouterr().out == (block[2] or ""), f"README.md:{line}"
    assert len(server.received) == 4


def test_every_public_name_stands_in_the_readme() -> None:
    """A Python user would not find what there is."""
    section = README.partition("\n## From Python\n")[2].partition("\n## ")[0]
    missing = [name for name in rerank_cli.__all__ if not re.search(rf"\b{name}\b", section)]
    assert missing == []
    keywords = [name for name in Keywords.__annotations__ if not re.search(rf"`?{name}\b", section)]
    assert keywords == []
