"""Ways to run rerank: in this process with replaced streams, as a process, on a terminal."""

import contextlib
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from rerank_cli.cli.border import run
from rerank_cli.console.streams import Streams
from rerank_cli.errors import ExitCode
from rerank_cli.rendering.visible import visible

SAMPLES = Path(__file__).parents[1] / "samples"
PASSAGES = str(SAMPLES / "passages.txt")
QUERY = "什么是人工智能？"
KEY = "sk-made-up-0123456789abcdef"

_INSTALLED = Path(sys.executable).with_name("rerank")
COMMAND = [str(_INSTALLED)] if _INSTALLED.exists() else [sys.executable, "-m", "rerank_cli"]

ONE_LINE = re.compile(r"rerank: [^\n]+\n(?:  hint: [^\n]+\n)?")
"""What an error looks like: one line, and perhaps a hint."""

PATIENCE = 60.0
"""Seconds after which a test gives up, on however busy a machine."""


def as_lines(err: str, code: int) -> str:
    """Standard error with the lines of an error in place of the JSON object that --json makes it.

    So what is expected of errors is the same however they are written.
    """
    lines = []
    for line in err.splitlines(keepends=True):
        before, found, _ = line.partition('{"error": ')
        if found:
            assert line[len(before) : -1].isprintable()
            error = json.loads(line[len(before) :])
            assert list(error)[:3] == ["error", "hint", "exit_code"]
            assert error["exit_code"] in (code, *ExitCode)
            hint = f"  hint: {visible(error['hint'])}\n" if error["hint"] else ""
            line = f"{before}rerank: {visible(error['error'])}\n{hint}"  # noqa: PLW2901
        lines.append(line)
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and what it printed; `raw` is standard error as it was, see `as_lines`."""

    code: int
    out: str
    err: str
    raw: str = field(default="", compare=False)

    @classmethod
    def of(cls, code: int, out: str, err: str) -> "Ended":
        """With errors as lines, also where they were JSON."""
        return cls(code, out, as_lines(err, code), err)

    @property
    def json(self) -> Any:
        """Standard output, parsed; what went wrong if the run failed."""
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


class TerminalText(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class TerminalBytes(io.BytesIO):
    """An input that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def rerank(
    *arguments: str,
    stdin: str | bytes | io.BytesIO = b"",
    env: Mapping[str, str] | None = None,
    terminal: bool = False,
    err: io.StringIO | None = None,
) -> Ended:
    """Run a command line in this process, with `env` for its environment.

    `terminal` makes standard output one; a TerminalText for `err` does so with standard error.
    """
    out, err = TerminalText() if terminal else io.StringIO(), err or io.StringIO()
    data = stdin.encode() if isinstance(stdin, str) else stdin
    given = io.BytesIO(data) if isinstance(data, bytes) else data
    environ = dict(env or {})
    streams = Streams(given, out, err, environ)
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        # Proxies and certificates are read from the process, everything else from the streams.
        for name, value in environ.items():
            patch.setenv(name, value)
        try:
            code = int(run(arguments, streams))
        except SystemExit as stop:  # completion ends the process itself
            code = int(stop.code or 0)
    return Ended.of(code, out.getvalue(), err.getvalue())


def rerank_once(
    *arguments: str, stdin: str = "one\ntwo\n", env: Mapping[str, str] | None = None
) -> Ended:
    """Run a command line on two passages, or those of `stdin`; failures are not tried again."""
    return rerank("--retries", "0", *arguments, stdin=stdin, env=env)


def process(
    *arguments: str | bytes,
    stdin: bytes | IO[bytes] = b"",
    stdout: int | IO[bytes] = subprocess.PIPE,
    env: Mapping[str, str] | None = None,
    shell: str = "",
) -> Ended:
    """Run the installed command; `shell` is a redirection that only a shell can do (`>&-`)."""
    command: list[str | bytes] = [*COMMAND, *arguments]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    done = subprocess.run(
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
        check=False,
        timeout=PATIENCE,
        input=stdin if isinstance(stdin, bytes) else None,
        stdin=None if isinstance(stdin, bytes) else stdin,
    )
    return Ended.of(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within this, processes are started that heed Ctrl-C, though `pytest &` may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def started(
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    preexec_fn: Callable[[], None] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """The installed command while it runs; whatever a test leaves running is ended."""
    with interruptible():
        running = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=env,
            preexec_fn=preexec_fn,  # noqa: PLW1509 - it only makes a system call
        )
    with running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


@dataclass(slots=True)
class Screen:
    """What a terminal received from a run, standard output and standard error together."""

    code: int
    received: bytes
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.received.decode().replace("\r\n", "\n")


def on_terminal(
    *arguments: str | bytes, columns: int = 80, env: Mapping[str, str] | None = None
) -> Screen:
    """Run the installed command on a real pseudo-terminal, standard input included."""
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    running = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        received = _all_of(ours)
        return Screen(running.wait(PATIENCE), received)
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
        os.close(ours)


def _all_of(terminal: int) -> bytes:
    """What comes until the other side is closed; TimeoutError if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    parts: list[bytes] = []
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says EIO where others say end of file
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)
    raise TimeoutError("the command is still waiting on the terminal")
