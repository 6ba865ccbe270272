"""The journal of a batch: a line for each finished job, under a checksum over all before it.

The first line holds the version and the settings. Each line closes with a check of itself and of
all lines before it, so that one that was edited, moved, or left out is found.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from rerank_cli.errors import SettingsError

START_OVER = "--fresh starts over; another -o leaves it as it is."

_VERSION = 2
_BEGINNING = re.compile(rb'\{"version":(\d{1,9}),')
_CHECK = b',"check":"'


class Position(NamedTuple):
    """The end of a line: its byte, and what stands for all lines up to there."""

    byte: int = 0
    check: bytes = b""


class Journal:
    """Reads the entries of a file, and appends more after the `position` of one of them."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.position = Position()
        """The end of the last entry that was read, or written."""

    def begun(self, settings: Mapping[str, object]) -> bytes:
        """The first line."""
        return self.line({"version": _VERSION, "settings": settings})

    def line(self, entry: Mapping[str, object]) -> bytes:
        """The line of an entry, to be written at the position, which is its end then."""
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        return self._sealed(text.encode("utf-8", "surrogatepass")[:-1])

    def _sealed(self, body: bytes) -> bytes:
        check = _check(body, self.position)
        line = body + _CHECK + check.hex().encode() + b'"}\n'
        self.position = Position(self.position.byte + len(line), check)
        return line

    def entries(self) -> Iterator[dict[str, Any]]:
        """The entries up to the end, or to a line that is torn; settings first.

        Raises SettingsError for a whole line that is not as it was written.
        """
        with self.file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    return
                yield self._entry(line, number)

    def _entry(self, line: bytes, number: int) -> dict[str, Any]:
        beginning = _BEGINNING.match(line) if number == 1 else None
        if beginning and int(beginning[1]) != _VERSION:
            raise SettingsError(
                f"{self.file} is of version {int(beginning[1])}, and this rerank resumes only "
                f"version {_VERSION}",
                f"The rerank that began it can resume it. {START_OVER}",
            )
        body, _, end = line.rpartition(_CHECK)
        check = _check(body, self.position)
        if end != check.hex().encode() + b'"}\n':
            raise self._damaged(number)
        try:
            entry: dict[str, Any] = json.loads(body + b"}")
        except (ValueError, RecursionError):
            raise self._damaged(number) from None
        self.position = Position(self.position.byte + len(line), check)
        return entry

    def _damaged(self, number: int) -> SettingsError:
        keep = "" if number == 1 else "Without this line and those after it, the rest is resumed. "
        return SettingsError(f"{self.file}:{number}: not as it was written", keep + START_OVER)


def _check(body: bytes, before: Position) -> bytes:
    return blake2b(body, digest_size=8, key=before.check).digest()
