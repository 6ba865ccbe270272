"""The house is in order: the layers of the code, and what stands at the top of the tree."""

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]

_AT_THE_TOP = {"README.md", "pyproject.toml", "rerank_cli", "samples", "tests"}


def test_the_layers_hold() -> None:
    """No module imports what the contracts in pyproject.toml forbid it."""
    lint = shutil.which("lint-imports", path=sysconfig.get_path("scripts"))
    assert lint, "import-linter is not installed"
    done = subprocess.run(
        [lint, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_else_stands_at_the_top() -> None:
    """A checkout holds the code, the tests, the samples, two files and dotfiles."""
    if (ROOT / "PKG-INFO").exists():
        pytest.skip("a source distribution, no checkout")
    assert {name for name in _top() if not name.startswith(".")} == _AT_THE_TOP


def _top() -> set[str]:
    """Names at the top of the tree; where git keeps it, only what git keeps."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        done = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return {path.partition("/")[0] for path in done.stdout.split("\0") if path}
    return {path.name for path in ROOT.iterdir()}
