"""Reads the `.env` file of the working directory, or the nearest above it."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rerank_cli.errors import SettingsError
from rerank_cli.marks import bom, unmarked

_SAVE = "Save it as UTF-8; in PowerShell: (Get-Content .env) | Set-Content -Encoding utf8 .env"
_REPLACED = "\ufffd"
"""What stands for bytes that are no character."""
_BLANKS = re.compile(r"[^\S\n]{256,}")


@dataclass(frozen=True, slots=True)
class DotEnv:
    """What a `.env` file sets. Values are never printed: some are keys.

    problem  why nothing of it is known, if that is so
    unread   why the value of a variable is not known, by the variable

    Either is an error only where that is needed.
    """

    path: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()
    problem: SettingsError | None = None
    unread: Mapping[str, SettingsError] = field(default_factory=dict)

    @property
    def errors(self) -> list[SettingsError]:
        """Everything that is not known, and why."""
        return [*([self.problem] if self.problem else ()), *self.unread.values()]


def nearest(name: str, directory: Path | None) -> Path | None:
    """The file of a name in the directory, else in the nearest folder above that has one."""
    folders = (directory, *directory.parents) if directory else ()
    return next((folder / name for folder in folders if os.path.isfile(folder / name)), None)


def foreign(path: Path) -> str | None:
    """A warning that a file is left out, as another user could plant it; None if it is not.

    It must be this user's, root's, or that of who called sudo.
    """
    if not hasattr(os, "geteuid"):
        return None
    trusted = {0, os.geteuid()}
    with suppress(KeyError, ValueError):
        trusted |= {int(os.environ["SUDO_UID"])} if os.geteuid() == 0 else set()
    try:
        owner = path.stat().st_uid
    except OSError as error:
        return f"{path}: left out, because it cannot be looked at: {error.strerror}"
    if owner in trusted:
        return None
    return f"{path}: left out, because it belongs to another user (number {owner})"


def find(directory: Path | None) -> DotEnv | None:
    """The nearest `.env` at or above the directory, or None.

    `${NAME}` stays as it is: expanding it would let the file of a cloned folder copy keys of the
    environment into a URL.
    """
    path = nearest(".env", directory)
    if path is None:
        return None
    if warning := foreign(path):
        return DotEnv(str(path), warnings=(warning,))
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = SettingsError(f"{path}: cannot be read: {error.strerror}")
        return DotEnv(str(path), problem=problem)
    encoding = bom(data)[1] or unmarked(data) or "utf-8"
    # Line ends, = and quotes are what they are in all legacy encodings that are in use: bytes that
    # are no text matter where they are a value, and not in comments.
    text = data.decode(encoding, "replace").replace("\ufeff", "")
    if "\0" in text:
        problem = SettingsError(f"{path}: no text: it holds NUL characters", _SAVE)
        return DotEnv(str(path), problem=problem)
    values, lines, warnings = _parsed(text, path)
    unread = {
        name: SettingsError(
            f"{path}:{lines[name]}: {name} is not {encoding.upper()} text", _cure(data)
        )
        for name in values
        if _REPLACED in values[name]
    }
    values = {name: value for name, value in values.items() if name not in unread}
    return DotEnv(str(path), values, warnings, unread=unread)


def _parsed(text: str, path: Path) -> tuple[dict[str, str], dict[str, int], tuple[str, ...]]:
    """The values and lines of variables, and warnings of what sets none."""
    # Imported here: most folders have no such file, and the parser costs start-up time.
    from io import StringIO

    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    warnings = []
    # The parser takes time by the square of their number.
    text = _BLANKS.sub(" ", text)
    for binding in parse_stream(StringIO(text)):
        # The parser counts from the blank lines before it.
        before = binding.original.string
        line = binding.original.line + before[: -len(before.lstrip()) or None].count("\n")
        if binding.key and binding.value is not None:
            values[binding.key], lines[binding.key] = binding.value, line
        elif binding.error or binding.key:
            warnings.append(f"{path}:{line}: not NAME=value; left out")
    return values, lines, tuple(warnings)


def _cure(data: bytes) -> str:
    """How to make the file one that can be read."""
    with suppress(UnicodeDecodeError):
        data.decode("gb18030")
        return f"It may be gb18030. {_SAVE}"
    return _SAVE
