"""--output: a file is written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rerank_cli.errors import UsageError


def check_writable(name: str) -> None:
    """Raise UsageError, before anything is paid for, if the file can plainly not be written."""
    path = Path(name)
    if path.is_dir():
        raise UsageError(f"--output {name}: is a directory")
    folder = _real(path).parent
    if not folder.is_dir():
        raise UsageError(f"--output {name}: no such directory: {folder}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageError(f"--output {name}: permission denied")


def write_whole(name: str, pieces: Iterable[str]) -> None:
    """Write UTF-8 text in one step: readers see the old file or the new one."""
    path = Path(name)
    try:
        if path.exists() and not path.is_file():
            # A device or a named pipe is written to; it must not be replaced by a file.
            with path.open("w", encoding="utf-8", newline="\n") as device:
                device.writelines(pieces)
        else:
            _replace(_real(path), pieces)
    except OSError as error:
        raise UsageError(f"--output {name}: {error.strerror or error}") from error


def _replace(path: Path, pieces: Iterable[str]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as part:
            part.writelines(pieces)
        Path(name).chmod(_mode(path))
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets here."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _real(path: Path) -> Path:
    """Behind symbolic links, so that a link stays a link."""
    return Path(os.path.realpath(path))
