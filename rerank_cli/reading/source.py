"""Opens files and standard input, unpacks them, and reads them as one text or line by line."""

import contextlib
import io
import os
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import IO, BinaryIO, cast

from rerank_cli.errors import InputError, UsageError
from rerank_cli.marks import bom, is_wide, unmarked
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.encoding import text_of

STDIN = "<stdin>"

_BUFFER = 2**20
_IN_MEMORY = 2**26
"""Bytes of stored lines that are held in memory; more go to the disk."""
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_MARK = "\ufeff".encode()


def shown_name(file: str) -> str:
    """The name of a file as text that can be written anywhere, whatever its bytes."""
    if file == "-":
        return STDIN
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read_text(
    file: str, stdin: BinaryIO | None, encoding: str | None, max_bytes: int = MAX_INPUT
) -> str:
    """The whole text of a file (`-` is standard input), unpacked, without a byte order mark.

    The encoding is as `encoding.text_of` says. Raises InputError for what cannot be read, and for
    more than `max_bytes`.
    """
    source = shown_name(file)
    with opened(file, stdin) as stream:
        data = read_bytes(stream, source, max_bytes)
    return text_of(data, encoding, source)


def byte_lines(
    file: str, stdin: BinaryIO | None, encoding: str | None, max_bytes: int = MAX_INPUT
) -> Iterator[tuple[bytes, str]]:
    """The lines of a file (`-` is standard input) as they are read, each with its encoding.

    As `read_text`, but never held as a whole, and `max_bytes` is for a line; `encoding.decoded`
    makes text of one. Of a Parquet file, each row is a line of JSON.
    """
    return map(itemgetter(1, 2), _lines(file, stdin, encoding, max_bytes))


class StoredLines:
    """The lines of a file, as `byte_lines` has them, each of which can be read again.

    Lines that do not stand in the file as they are (of one that is packed, of Parquet, of one whose
    lines end in CR) are stored in a temporary file. Iterate once, then look up by offset.
    """

    def __init__(self, file: str, encoding: str | None, max_bytes: int = MAX_INPUT) -> None:
        self._file = file
        self._given = (encoding, max_bytes)
        self._stream: IO[bytes] | None = None

    def __iter__(self) -> Iterator[tuple[int, bytes, str]]:
        """The offset of each line, the line, and its encoding."""
        try:
            for at, raw, name in _lines(self._file, None, *self._given):
                yield self._stored(raw) if at is None else at, raw, name
        except BaseException:
            self.close()
            raise

    def line(self, at: int) -> bytes:
        """The line at an offset."""
        with _as_input_error(self._file):
            if self._stream is None:
                self._stream = Path(self._file).open("rb")  # noqa: SIM115 - until `close`
            self._stream.seek(at)
            return self._stream.readline()

    def close(self) -> None:
        """Close the file, and delete what is temporary."""
        if self._stream is not None:
            self._stream.close()

    def _stored(self, raw: bytes) -> int:
        with _as_input_error(self._file):
            if self._stream is None:
                from tempfile import SpooledTemporaryFile

                self._stream = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - until `close`
            at = self._stream.tell()
            self._stream.write(raw)
            return at


def _lines(
    file: str, stdin: BinaryIO | None, encoding: str | None, max_bytes: int
) -> Iterator[tuple[int | None, bytes, str]]:
    """The lines of an input, each with its encoding, after the offset at which the file has it."""
    source = shown_name(file)
    with opened(file, stdin) as stream:
        if is_parquet(stream):
            for number, raw in enumerate(_json_lines(stream, source, encoding, max_bytes), start=1):
                _check_size(raw, max_bytes, source, number)
                yield None, raw, "utf-8"
            return
        lines, in_file = stream, _is_file(stream)
        line = lines.readline(max_bytes + 1)
        mark, name = bom(line)
        name = encoding or name or unmarked(line[: len(line) // 4 * 4]) or "utf-8"
        if is_wide(name):
            hint = f"Convert it first: iconv -f {name} -t utf-8"
            raise InputError(f"{name} text cannot be read line by line", source=source, hint=hint)
        if b"\r" in line and b"\n" not in line and len(line) <= max_bytes:
            # All of the input: lines that end in CR.
            lines, in_file = io.BytesIO(line.replace(b"\r", b"\n")), False
            line = lines.readline()
        at, number = 0, 1
        while line:
            begin, at = at + len(mark), at + len(line)
            line = line[len(mark) :] if mark else line
            _check_size(line, max_bytes, source, number)
            yield begin if in_file else None, line, name
            number += 1
            line = lines.readline(max_bytes + 1)
            # As `cat` leaves it between two files.
            mark = _MARK if line[:1] == _MARK[:1] and line.startswith(_MARK) else b""


def _json_lines(
    stream: BinaryIO, source: str, encoding: str | None, max_bytes: int
) -> Iterator[bytes]:
    import json

    from rerank_cli.reading import parquet

    if encoding is not None:
        raise UsageError(f"--encoding: {source} is Parquet", "Its texts are always UTF-8.")
    for _, row in parquet.rows(seekable(stream, source, max_bytes), source):
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def seekable(stream: BinaryIO, source: str, max_bytes: int) -> BinaryIO:
    """The stream if it can be read at any place, else one of its bytes, at most `max_bytes`."""
    if isinstance(stream, io.BytesIO) or (_is_file(stream) and stream.seekable()):
        return stream
    return io.BytesIO(read_bytes(stream, source, max_bytes))


def read_bytes(stream: BinaryIO, source: str, max_bytes: int) -> bytearray:
    """The rest of a stream. Raises InputError for more than `max_bytes`."""
    data = bytearray()
    while len(part := stream.read(_BUFFER)) == _BUFFER and len(data) <= max_bytes:
        data += part
    data += part
    _check_size(data, max_bytes, source)
    return data


def _check_size(
    data: bytes | bytearray, max_bytes: int, source: str, line: int | None = None
) -> None:
    if len(data) > max_bytes:
        problem = f"more than {max_bytes} bytes" + (" in a line" if line else "")
        hint = "Is it the right input? --max-input-bytes takes more."
        raise InputError(problem, source=source, line=line, hint=hint)


@contextlib.contextmanager
def opened(file: str, stdin: BinaryIO | None) -> Iterator[BinaryIO]:
    """A file (`-` is standard input) to read from, unpacked if it begins as gzip data do.

    What fails while it is open is an InputError.
    """
    source = shown_name(file)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_as_input_error(file))
        if file != "-":
            # A large buffer: each read of the file lets other threads go first.
            stream: BinaryIO = stack.enter_context(Path(file).open("rb", buffering=_BUFFER))
        elif stdin is None:
            raise InputError("it is closed", source=source)
        else:
            stream = stdin
        if _head(stream, len(_GZIP)) == _GZIP:
            stream = stack.enter_context(_unpacked(stream, source))
        yield stream


def is_parquet(stream: BinaryIO) -> bool:
    """Whether Parquet data follow in a stream, of which nothing is taken."""
    return _head(stream, len(_PARQUET)) == _PARQUET


def size_in_bytes(file: str) -> int | None:
    """The bytes of all lines of a file together, None where only reading it would show them."""
    with contextlib.suppress(InputError, OSError, ValueError):  # reported when it is read
        if file != "-" and os.path.isfile(file):
            with opened(file, None) as stream:
                if _is_file(stream) and not is_parquet(stream):
                    return os.fstat(stream.fileno()).st_size
    return None


def _is_file(stream: BinaryIO) -> bool:
    """Whether a stream is a file as it is, not one that is unpacked on the way."""
    return isinstance(getattr(stream, "raw", None), io.FileIO)


def _head(stream: BinaryIO, size: int) -> bytes:
    """The next bytes, which are not taken; fewer at the end, or where a pipe has no more yet."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(size)[:size]
    head = stream.read(size)
    stream.seek(-len(head), os.SEEK_CUR)
    return head


@contextlib.contextmanager
def _unpacked(stream: BinaryIO, source: str) -> Iterator[BinaryIO]:
    import gzip
    import zlib

    try:
        with io.BufferedReader(
            cast("io.RawIOBase", gzip.GzipFile(fileobj=stream)), _BUFFER
        ) as plain:
            yield plain
    except EOFError as error:
        hint = "It is gzip data whose end is missing: was it cut off?"
        raise InputError("the data end too early", source=source, hint=hint) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        hint = "It is gzip data, but damaged, or followed by other data: gzip -t shows more."
        raise InputError(f"cannot be unpacked: {error}", source=source, hint=hint) from error


@contextlib.contextmanager
def _as_input_error(file: str) -> Iterator[None]:
    source = shown_name(file)
    try:
        yield
    except (OSError, ValueError) as error:
        raise _unreadable(file, source, error) from error
    except MemoryError as error:
        raise InputError("more than the memory here holds", source=source) from error


def check_stdin_once(files: Iterable[str]) -> None:
    """Raise UsageError if standard input (`-`) is among the files more than once."""
    if list(files).count("-") > 1:
        raise UsageError("standard input (-) is named twice", "It can be read only once.")


def _unreadable(file: str, source: str, error: OSError | ValueError) -> InputError:
    if isinstance(error, FileNotFoundError):
        hint = "Options go before --." if file.startswith("-") else None
        return InputError("no such file", source=source, hint=hint)
    if isinstance(error, IsADirectoryError):
        return InputError("is a directory", source=source, hint=f"Try: {source}{os.sep}*")
    # ValueError: a NUL byte in the name.
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"cannot be read: {reason}", source=source)
