"""One run in a process of its own with little memory: what it said, and what it took.

    python -m tests.fuzz.limited WAY URL TIMEOUT MEGABYTES CHARACTERS

CHARACTERS is how long each of the two passages is. Prints one JSON object: `code` (None in Python),
`out` and `err`, `peak` (MB) and `cpu` (seconds).
"""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from rerank_cli import Reranker
from rerank_cli.errors import RerankError
from tests.running import rerank


def _peak() -> float:
    """The most memory that this process has had, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _by_command(url: str, timeout: float, texts: list[str]) -> dict[str, Any]:
    options = ("--base-url", url, "--retries", "0", "--timeout", str(timeout), "--json")
    ended = rerank("q", *options, stdin="\n".join(texts))
    return {"code": ended.code, "out": ended.out, "err": ended.err}


def _in_python(url: str, timeout: float, texts: list[str]) -> dict[str, Any]:
    with Reranker("m", base_url=url, retries=0, timeout=timeout) as reranker:
        try:
            return {"code": None, "out": json.dumps(reranker.score("q", texts)), "err": ""}
        except RerankError as error:
            return {"code": None, "out": "", "err": f"rerank: {error.message}\n"}


def main(way: str, url: str, timeout: str, megabytes: str, characters: str) -> None:
    """Run under the limit, and print what became of it."""
    limit = int(megabytes) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    run = {"command": _by_command, "python": _in_python}[way]
    before = time.process_time()
    ended = run(url, float(timeout), [each * int(characters) for each in "ab"])
    ended |= {"cpu": time.process_time() - before, "peak": _peak()}
    print(json.dumps(ended))  # noqa: T201 - for the test that has started it


if __name__ == "__main__":
    main(*sys.argv[1:])
