"""What is slow to import is imported only where it is used."""

import json
import os
import subprocess
import sys

import pytest

from tests.running import PASSAGES
from tests.serving import Loopback

pytestmark = pytest.mark.process

_SCRIPT = """
import json, sys
from rerank_cli.cli import main
try:
    main()
except SystemExit as stop:
    code = stop.code
print("\\n" + json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def _imported(*arguments: str, url: str = "http://127.0.0.1:9") -> set[str]:
    """The modules that a command line imports, which must end with 0."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *arguments],
        env={**os.environ, "RERANK_BASE_URL": url},
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    assert "rerank_cli.cli.border" in modules
    return set(modules)


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["--version"], {"httpx", "rich", "asyncio", "numpy", "dotenv", "ssl"}),
        (["--help"], {"httpx", "numpy", "rich.markdown", "rerank_cli.manual"}),
        (["q", PASSAGES, "--dry-run"], {"httpx", "numpy", "asyncio"}),
        (["q", PASSAGES, "--json"], {"rich.table", "rich.console", "numpy", "charset_normalizer"}),
        (["q", PASSAGES], {"rich.console", "rich.table", "numpy"}),
        # Not sqlite3 itself, which coverage imports.
        (["q", PASSAGES], {"platformdirs", "rerank_cli.engines.cache.store"}),
    ],
    ids=["version", "help", "dry run", "json", "table in a pipe", "without the cache"],
)
def test_slow_modules_are_left_alone(
    server: Loopback, arguments: list[str], unused: set[str]
) -> None:
    """Every start would take as long as the slowest one; in a loop over files that adds up."""
    assert _imported(*arguments, url=server.url) & unused == set()
