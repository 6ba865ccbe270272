"""Reads the `.env` file of the working directory, or the nearest above it."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rerank_cli.errors import SettingsError

_BLANKS = re.compile(r"[^\S\n]{256,}")


@dataclass(frozen=True, slots=True)
class DotEnv:
    """What a `.env` file sets. Values are never printed: some are keys."""

    path: str
    values: Mapping[str, str] = field(repr=False)
    warnings: tuple[str, ...] = ()


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
    """The nearest `.env` at or above the directory, or None. Raises SettingsError if unreadable.

    `${NAME}` stays as it is: expanding it would let the file of a cloned folder copy keys of the
    environment into a URL.
    """
    path = nearest(".env", directory)
    if path is None:
        return None
    if warning := foreign(path):
        return DotEnv(str(path), {}, (warning,))
    # Imported here: most folders have no such file, and the parser costs start-up time.
    from io import StringIO

    from dotenv.parser import parse_stream

    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text at byte {error.start}") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    values: dict[str, str] = {}
    warnings = []
    # The parser takes time by the square of their number.
    text = _BLANKS.sub(" ", text)
    for binding in parse_stream(StringIO(text)):
        if binding.key and binding.value is not None:
            values[binding.key] = binding.value
        elif binding.error or binding.key:
            # The parser counts from the blank lines before it.
            before = binding.original.string
            line = binding.original.line + before[: -len(before.lstrip()) or None].count("\n")
            warnings.append(f"{path}:{line}: not NAME=value; left out")
    return DotEnv(str(path), values, tuple(warnings))
