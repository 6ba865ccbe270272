"""What CONTRIBUTING.md adds is added to a copy of the package, to the letter, and run.

A ```python or ```markdown block there begins with a comment: the file that it makes, or a file and
where in it the block goes (`in` or `at the end of` a table; `above`, `below` or `instead of` the
line that begins so).
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.running import PASSAGES, PATIENCE, QUERY, Ended
from tests.serving import Loopback, Received, http

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / ".github" / "CONTRIBUTING.md"

_BLOCK = re.compile(
    r"^```(?:python\n# |markdown\n<!-- )(\S+?)(?:, ([a-z ]+) `([^\n]+)`)?(?: -->)?\n(.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_OPENING = re.compile(r" = [({]")


def _add(folder: Path, block: re.Match[str]) -> None:
    """Do with one block as its first line says."""
    name, how, anchor, code = block.groups()
    file = folder / name
    if how is None:
        assert not file.exists(), f"{name} is not new"
        file.write_text(code, encoding="utf-8")
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    found = [at for at, line in enumerate(lines) if line.lstrip().startswith(anchor)]
    assert found, f"{name} has no line that begins with {anchor}"
    at = found[0]
    line = lines[at]
    indented = textwrap.indent(code, line[: len(line) - len(line.lstrip())])
    if how == "at the end of":
        end = next(number for number in range(at, len(lines)) if lines[number][0] in ")}")
        lines.insert(end, textwrap.indent(code, "    "))
    elif how == "in":
        opening = _OPENING.search(line)
        assert opening, line
        lines[at] = line[: opening.end()] + code + line[opening.end() :]
    else:
        placed = {"above": indented + line, "below": line + indented, "instead of": indented}
        lines[at] = placed[how]
    file.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a copy of the package with every block added."""
    folder = tmp_path_factory.mktemp("extended")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "rerank_cli", folder / "rerank_cli", ignore=ignored)
    guide = GUIDE.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(guide))
    assert len(blocks) == guide.count("```python") + guide.count("```markdown")
    for block in blocks:
        _add(folder, block)
    return folder


def _rerank(
    extended: Path, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None
) -> Ended:
    """Run a command line with the extended package."""
    # Coverage would look for the copy's files when they are gone.
    environ = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "rerank_cli", *arguments],
        env={**environ, "PYTHONPATH": str(extended), "PYTHONIOENCODING": "utf-8", **(env or {})},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_a_file_format_is_read(extended: Path, server: Loopback) -> None:
    """Who follows the guide would have a format that no file is read by."""
    Path("list.md").write_text("- 苹果是一种\n\n- 人工智能是\n", encoding="utf-8")
    where = ("--base-url", server.url)
    done = _rerank(extended, QUERY, "list.md", "-f", "text", *where)
    assert done.out == "人工智能是\n苹果是一种\n", done.err
    done = _rerank(extended, QUERY, "--input-format", "bullets", *where, stdin="- a\nb\n")
    assert done.code == 2
    assert "<stdin>:2: expected an item" in done.err


def test_an_output_format_is_written(extended: Path, server: Loopback) -> None:
    """Who follows the guide would have a format that `-f` does not take."""
    where = ("--base-url", server.url)
    done = _rerank(extended, QUERY, PASSAGES, "-n", "1", "-f", "numbered", *where)
    assert done.out.startswith("1. 人工智能是"), done.err
    assert len(done.out.splitlines()) == 1


def test_a_provider_is_one_row(extended: Path, server: Loopback) -> None:
    """Who follows the guide would have a provider without its model, or its key."""
    where = ("-p", "acme", "--base-url", server.url)
    done = _rerank(extended, "q", *where, "--json", stdin="x\ny\n", env={"ACME_API_KEY": "sk-acme"})
    assert done.json["model"] == "acme-rerank-1"
    assert server.received[0].headers["authorization"] == "Bearer sk-acme"
    assert "api.acme.example" in _rerank(extended, "providers").out


def _sorted_by_length(asked: Received) -> bytes:
    texts = asked.json["texts"]
    points = [{"index": at, "points": len(text)} for at, text in enumerate(texts)]
    return http({"sorted": points, "usage": {"total_tokens": 5}})


def test_a_wire_format_is_one_class(extended: Path, config: Path) -> None:
    """Who follows the guide would have a wire format that no endpoint is asked in."""
    config.write_text('[providers.own]\nbase_url = "http://localhost:1"\ndialect = "acme"\n')
    environ = {"XDG_CONFIG_HOME": str(config.parents[1])}
    with Loopback(_sorted_by_length) as other:
        where = ("-p", "own", "--base-url", other.url)
        done = _rerank(extended, "q", *where, "-f", "text", stdin="bb\na\nccc\n", env=environ)
    assert done.out == "ccc\nbb\na\n", done.err
    assert other.received[0].line.startswith("POST /v1/sort ")


def test_a_wire_format_without_a_provider_is_no_trouble(extended: Path) -> None:
    """Who has only begun to follow the guide would get a bug report from `doctor`."""
    with Loopback(lambda _: http({"detail": "no such thing"}, 404)) as other:
        done = _rerank(extended, "doctor", "--base-url", other.url)
    assert (done.code, done.err) == (4, "")


def test_a_command_an_option_and_an_error_are_added(extended: Path) -> None:
    """Who follows the guide would have a command that cannot be called."""
    assert "count" in _rerank(extended, "--help").out
    assert "--at-least" in _rerank(extended, "count", "--help").out
    assert _rerank(extended, "count", PASSAGES).out == "5\n"
    few = _rerank(extended, "count", PASSAGES, "--at-least", "6")
    assert (few.code, few.out) == (7, "")
    assert few.error == "rerank: fewer than 6 passages: 5"


def test_a_page_of_the_manual_is_shown(extended: Path) -> None:
    """Who follows the guide would have a page that nobody finds."""
    assert _rerank(extended, "help", "count").out.startswith("# Count\n")
    assert "\ncount      How many passages there are," in _rerank(extended, "help").out


def test_tokens_are_counted_another_way(extended: Path) -> None:
    """Who follows the guide would still see the old estimate."""
    where = ("-p", "siliconflow", "--dry-run", "--json")
    done = _rerank(extended, "问", *where, stdin="一二三四五\n")
    assert done.json["estimated_tokens"] == 1 + 5


def test_progress_is_shown_another_way(extended: Path, server: Loopback) -> None:
    """Who follows the guide would have a display that nothing is shown on."""
    done = _rerank(extended, QUERY, PASSAGES, "-n", "1", "-f", "text", "--base-url", server.url)
    assert done.err == ".....\n"
