"""The file of --output, written whole or not at all."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from rerank_cli.errors import UsageError

_STDOUT = ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def output_path(name: str | None) -> str | None:
    """The file of --output; None for standard output by whatever name.

    Standard output may be a file too, but one that others write to as well.
    """
    return None if name in _STDOUT else name


def check_writable(name: str, option: str = "--output") -> None:
    """Raise UsageError, before anything is paid for, if the file can plainly not be written."""
    if not name:
        raise UsageError(f"{option} is empty", "Name a file.")
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        raise _unwritable(name, error, option) from None
    if mode is not None and stat.S_ISDIR(mode):
        raise UsageError(f"{option} {name}: is a directory")
    folder = _real(path).parent
    if not folder.is_dir():
        raise UsageError(f"{option} {name}: no such directory: {folder}")
    if not os.access(folder if mode is None else path, os.W_OK):
        raise UsageError(f"{option} {name}: permission denied")


def _unwritable(name: str, error: OSError | ValueError, option: str) -> UsageError:
    return UsageError(f"{option} {name}: {getattr(error, 'strerror', None) or error}")


def write_whole(name: str, pieces: Iterable[str], option: str = "--output") -> None:
    """Write UTF-8 text in one step: readers see the old file or the new one."""
    path = Path(name)
    try:
        if _is_device(path):
            with path.open("a", encoding="utf-8", newline="\n") as device:
                device.writelines(pieces)
        else:
            _replace(_real(path), pieces)
    except OSError as error:
        raise _unwritable(name, error, option) from error


def _is_device(path: Path) -> bool:
    """Whether it is to be written to as it is: a device or a pipe must not become a file."""
    named = path.absolute().parts[1:2]
    return named in (("dev",), ("proc",)) or (path.exists() and not path.is_file())


def _replace(path: Path, pieces: Iterable[str]) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".rerank-", suffix=".part")
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
