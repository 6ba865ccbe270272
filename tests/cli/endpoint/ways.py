"""The whole command in this process, and its outcome as these tests look at it."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from rerank_cli.cli.border import run
from rerank_cli.console.streams import Streams

KEY = "sk-made-up-0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a user gets of a run: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, parsed; what went wrong if there is none."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def scores(self) -> list[float]:
        """One score a passage in input order, out of --json."""
        results = sorted(self.json["results"], key=lambda result: result["index"])
        return [result["score"] for result in results]

    @property
    def error(self) -> str:
        """The error, which must be one line, with nothing ranked and no traceback."""
        assert self.out == ""
        assert "Traceback" not in self.err
        assert "internal error" not in self.err, self.err
        lines = [line for line in self.err.splitlines() if not line.startswith("rerank: warning")]
        assert len(lines) in (1, 2), self.err
        assert lines[0].startswith("rerank: ")
        assert all(line.startswith("  hint: ") for line in lines[1:])
        assert len(lines[0]) < 1000
        return lines[0]

    @property
    def hint(self) -> str:
        """What to do about it; empty if nothing is said."""
        return next((line for line in self.err.splitlines() if line.startswith("  hint: ")), "")


def rerank(
    *arguments: str,
    stdin: str = "one\ntwo\n",
    files: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    retries: bool = False,
) -> Outcome:
    """Run one command line in a folder that holds only `files`, with only `environ` to read.

    Failures are not tried again unless `retries`.
    """
    once = () if retries else ("--retries", "0")
    out, err = StringIO(), StringIO()
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # Empty ones, because those that stand above the folder would be read.
        for name, text in {".env": "", "pyproject.toml": "", **(files or {})}.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        patch.chdir(folder)
        # Proxies and certificates are read from the process, everything else from the streams.
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in {"HOME": folder, "USERPROFILE": folder, **(environ or {})}.items():
            patch.setenv(name, value)
        streams = Streams(BytesIO(stdin.encode()), out, err, dict(environ or {}))
        code = run([*once, *arguments], streams)
    return Outcome(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Way:
    """A way for requests of two passages each to travel."""

    name: str
    requests: int
    environ: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def rerank(self, url: str, *arguments: str) -> Outcome:
        """Rank on the server with this URL."""
        where = ("--base-url", url, "--max-passages", "2", "--concurrency", str(self.requests))
        stdin = "".join(f"passage {number}\n" for number in range(2 * self.requests))
        return rerank("q", *where, "--json", *arguments, stdin=stdin, environ=self.environ)


ONE = Way("one", 1)
SEVERAL = Way("several", 3)
EVERY_WAY = pytest.mark.parametrize("way", [ONE, SEVERAL], ids=str)
