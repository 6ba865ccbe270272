"""Standard input, output and error as one object, which tests replace."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TextIO

from rerank_cli.errors import UsageError
from rerank_cli.redaction import Redactor
from rerank_cli.rendering import View
from rerank_cli.rendering.visible import visible, visible_block

_PIECES = 256
_PLAIN_TERMINALS = ("dumb", "unknown")
_COLUMNS = 80
"""Those of a terminal that does not know them."""
_ERASE = "\r\x1b[K"
"""What empties the last line of a terminal."""


def is_size(text: str) -> bool:
    """Whether a text is a number that a terminal may have of columns or lines."""
    return text.isdecimal() and len(text) < 5


def sane_environ() -> dict[str, str]:
    """The environment without a size of the terminal that Rich would fail on."""
    sizes = ("COLUMNS", "LINES")
    return {name: each for name, each in os.environ.items() if name not in sizes or is_size(each)}


class ClosedPipe(Exception):  # noqa: N818 - no error
    """Nobody reads the results any more (`| head -1`): not an error, but nothing is left to do."""


@dataclass(slots=True)
class Streams:
    """Standard input, output and error, with the environment and how much is to be said.

    `secrets` are redacted in everything that goes to standard error; `json_errors` says whether
    errors are written for a program.
    """

    stdin: BinaryIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    quiet: bool = False
    verbose: bool = False
    json_errors: bool = False
    secrets: Redactor = field(default_factory=Redactor, repr=False)
    _warned: set[str] = field(default_factory=set, repr=False)
    _in_place: str = field(default="", repr=False)
    # Messages and results come from several threads, and Ctrl-C amid any of them.
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def of_process(cls) -> "Streams":
        """The process's own. A pipe or file gets UTF-8; a terminal its own encoding."""
        for stream in (sys.stdout, sys.stderr):
            if stream is None:
                continue
            if stream.isatty():
                stream.reconfigure(errors="replace")  # type: ignore[union-attr]
            else:
                stream.reconfigure(  # type: ignore[union-attr]
                    encoding="utf-8", errors="replace", newline="\n"
                )
        stdin = sys.stdin.buffer if sys.stdin else None
        return cls(stdin, sys.stdout, sys.stderr, os.environ)

    @property
    def stdin_is_terminal(self) -> bool:
        """Whether reading standard input would wait for somebody to type."""
        return self.stdin is not None and self.stdin.isatty()

    @property
    def stderr_is_terminal(self) -> bool:
        """Whether somebody may be watching."""
        return self.stderr is not None and self.stderr.isatty()

    @property
    def stderr_is_animated(self) -> bool:
        """Whether standard error may show something in place, which somebody wants to see."""
        plain = self.environ.get("TERM") in _PLAIN_TERMINALS
        return self.stderr_is_terminal and not plain and not self.quiet

    @property
    def stdout_is_terminal(self) -> bool:
        """Whether results scroll by."""
        return self.stdout is not None and self.stdout.isatty()

    def write(self, pieces: Iterable[str]) -> None:
        """Results. Raises ClosedPipe when the reader is gone."""
        if self.stdout is None:
            raise UsageError("standard output is closed", "Write to a file: --output FILE")
        try:
            left = iter(pieces)
            # Together, because each write to a text stream has a price of its own.
            with self._above():
                while block := list(islice(left, _PIECES)):
                    self.stdout.write("".join(block))
                self.stdout.flush()
        except BrokenPipeError:
            self.abandon()
            raise ClosedPipe from None
        except OSError as error:
            self.abandon()
            reason = error.strerror or str(error)
            raise UsageError(f"standard output cannot be written: {reason}") from error

    def abandon(self) -> None:
        """Discard what is left of the results."""
        _discard(self.stdout)

    def view(self, *, to_file: bool, full: bool) -> View:
        """How results are looked at: in a terminal, in a pipe, or in a file."""
        terminal = not to_file and self.stdout is not None and self.stdout.isatty()
        colour = terminal and self.environ.get("TERM") not in _PLAIN_TERMINALS
        if not to_file and self.environ.get("FORCE_COLOR", "0") not in ("", "0"):
            colour = True
        if self.environ.get("NO_COLOR"):
            colour = False
        width = self._columns(self.stdout if terminal else None)
        if width is None and (terminal or colour):
            width = _COLUMNS
        return View(
            width=None if to_file else width,
            colour=colour,
            full=full or not terminal,
            terminal=terminal,
        )

    def _columns(self, terminal: TextIO | None) -> int | None:
        """As COLUMNS says, or a terminal; None where neither does."""
        columns = self.environ.get("COLUMNS", "")
        width = int(columns) if is_size(columns) else 0
        if not width and terminal is not None:
            with contextlib.suppress(OSError, ValueError):
                # Zero columns is what a terminal says that does not know its size.
                width = os.get_terminal_size(terminal.fileno()).columns
        return width or None

    def error(
        self,
        message: str,
        hint: str | None = None,
        facts: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Report an error, and what to do about it. Not silenced by --quiet.

        With `json_errors` it is a JSON object on a line, which has the facts too.
        """
        if self.json_errors:
            from rerank_cli.rendering.json import dumps

            row = {"error": self.redacted(message), "hint": hint and self.redacted(hint), **facts}
            self._write(f"{dumps(row)}\n")
            return
        self._say(message)
        if hint:
            self._say(f"hint: {hint}", "  ")

    def warn(self, message: str) -> None:
        """Report something that the user should know, once; the work goes on."""
        if not self.quiet and message not in self._warned:
            self._warned.add(message)
            self._say(f"warning: {message}")

    def note(self, message: str) -> None:
        """Report a detail, for --verbose."""
        if self.verbose:
            self._say(message)

    def report(self, message: str) -> None:
        """Report a plain line beside the results."""
        if not self.quiet:
            self._say(message, "")

    def show_in_place(self, text: str) -> None:
        """Show a line below all others, until another takes its place, or an empty one."""
        line = visible(self.redacted(text))[: (self._columns(self.stderr) or _COLUMNS) - 1]
        with self._lock:
            if line != self._in_place:
                self._in_place = line
                self._put(_ERASE + line)

    @contextlib.contextmanager
    def _above(self) -> Iterator[None]:
        """Within it other lines are written, and what is shown in place makes room for them."""
        with self._lock:
            if self._in_place:
                self._put(_ERASE)
            yield
            if self._in_place:
                self._put(self._in_place)

    def trace(self, text: str) -> None:
        """Show a traceback, for --debug."""
        self._write(visible_block(self.redacted(text)))

    def _say(self, message: str, prefix: str = "rerank: ") -> None:
        self._write(f"{prefix}{visible(self.redacted(message))}\n")

    def _write(self, text: str) -> None:
        with self._above():
            self._put(text)

    def _put(self, text: str) -> None:
        if self.stderr is not None:
            try:
                self.stderr.write(text)
                self.stderr.flush()
            except OSError:
                _discard(self.stderr)

    def redacted(self, text: str) -> str:
        """The text with [key] in place of each secret."""
        return self.secrets(text)


def _discard(stream: TextIO | None) -> None:
    """Discard what is left in a stream: Python flushes at exit, and must not fail again."""
    with contextlib.suppress(OSError, ValueError):
        if stream is not None:
            number = stream.fileno()
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), number)
