"""Decodes the bytes of a file or of standard input; errors name file, line and likely cause."""

import codecs
import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from rerank_cli.errors import InputError, UsageError
from rerank_cli.reading import MAX_INPUT
from rerank_cli.reading.lines import numbered_lines

STDIN = "<stdin>"

# The UTF-32 mark begins with the UTF-16 one, so it is looked for first.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_BUFFER = 2**20
# Some codecs make these, though they are no characters and can neither be sent nor written.
_SURROGATE = re.compile("[\ud800-\udfff]")
# Bytes on each side of an error that are looked at: enough to guess by, quick to read.
_SAMPLE = 2**15
_SHORT = 300
_PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"(\xb5/\xfd": "zstd", b"BZh": "bzip2"}


def shown_name(file: str) -> str:
    """The name of a file as text that can be written anywhere, whatever its bytes."""
    if file == "-":
        return STDIN
    return file.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read_text(
    file: str, stdin: BinaryIO | None, encoding: str | None, max_bytes: int = MAX_INPUT
) -> str:
    """The whole text of a file (`-` is standard input), without a byte order mark.

    A BOM decides the encoding unless one is named; without either the bytes must be UTF-8. Raises
    InputError for what cannot be read, and for more than `max_bytes`.
    """
    source = shown_name(file)
    data = bytearray()
    with _stream(file, source, stdin) as stream:
        while len(part := stream.read(_BUFFER)) == _BUFFER and len(data) <= max_bytes:
            data += part
        data += part
    _check_size(data, max_bytes, source)
    if encoding is None:
        mark, name = _bom(data)
        del data[: len(mark)]
        return decoded(data, name, source, skipped=len(mark))
    return decoded(data, encoding, source).removeprefix("\ufeff")


def byte_lines(
    file: str, stdin: BinaryIO | None, encoding: str | None, max_bytes: int = MAX_INPUT
) -> Iterator[tuple[bytes, str]]:
    """The lines of a file (`-` is standard input) as they are read, each with its encoding.

    As `read_text`, but never held as a whole, and `max_bytes` is for a line; `decoded` makes text
    of one.
    """
    source = shown_name(file)
    with _stream(file, source, stdin) as stream:
        line = stream.readline(max_bytes + 1)
        mark, name = _bom(line)
        name = encoding or name
        if name.replace("_", "-").lower().startswith(("utf-16", "utf-32")):
            hint = f"Convert it first: iconv -f {name} -t utf-8"
            raise InputError(f"{name} text cannot be read line by line", source=source, hint=hint)
        line = line[len(mark) :]
        number = 1
        while line:
            _check_size(line, max_bytes, source, number)
            yield line, name
            line = stream.readline(max_bytes + 1)
            number += 1


def _check_size(
    data: bytes | bytearray, max_bytes: int, source: str, line: int | None = None
) -> None:
    if len(data) > max_bytes:
        problem = f"more than {max_bytes} bytes" + (" in a line" if line else "")
        hint = "Is it the right input? --max-input-bytes takes more."
        raise InputError(problem, source=source, line=line, hint=hint)


def _bom(data: bytes | bytearray) -> tuple[bytes, str]:
    """The byte order mark that the data begin with, if any, and the encoding that follows."""
    return next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", "utf-8"))


@contextlib.contextmanager
def _stream(file: str, source: str, stdin: BinaryIO | None) -> Iterator[BinaryIO]:
    try:
        if file == "-":
            if stdin is None:
                raise InputError("it is closed", source=source)
            yield stdin
        else:
            # A large buffer: each read of the file lets other threads go first.
            with Path(file).open("rb", buffering=_BUFFER) as stream:
                yield stream
    except (OSError, ValueError) as error:
        raise _unreadable(file, source, error) from error
    except MemoryError as error:
        raise InputError("more than the memory here holds", source=source) from error


def looks_like_json(text: str) -> bool:
    """Whether the first line holds a JSON object, or opens a JSON array or object."""
    _, line = next(numbered_lines(text), (0, ""))
    first = line.strip()
    if first in {"[", "{"}:
        return True
    if not first.startswith(("{", '["', "[{")):
        return False
    with contextlib.suppress(ValueError, RecursionError):
        return isinstance(json.loads(first), dict | list)
    return False


def check_stdin_once(files: Iterable[str]) -> None:
    """Raise UsageError if standard input (`-`) is among the files more than once."""
    if list(files).count("-") > 1:
        raise UsageError("standard input (-) is named twice", "It can be read only once.")


def check_encoding(name: str) -> None:
    """Raise UsageError unless Python knows a text encoding of this name."""
    try:
        # A byte, because an empty string is decoded without a look at the name.
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        hint = "Common ones: utf-8, gb18030, big5, shift_jis, euc-kr, cp1252, utf-16."
        raise UsageError(f"--encoding {name!r} is not a text encoding", hint) from None


def _unreadable(file: str, source: str, error: OSError | ValueError) -> InputError:
    if isinstance(error, FileNotFoundError):
        hint = "Options go before --." if file.startswith("-") else None
        return InputError("no such file", source=source, hint=hint)
    if isinstance(error, IsADirectoryError):
        return InputError("is a directory", source=source, hint=f"Try: {source}{os.sep}*")
    # ValueError: a NUL byte in the name.
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"cannot be read: {reason}", source=source)


def decoded(
    data: bytes | bytearray, encoding: str, source: str, *, skipped: int = 0, line: int = 1
) -> str:
    """The text of bytes that begin at a line. Raises InputError with line and likely cause."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start
        problem = f"not {encoding} text: byte 0x{data[at]:02x} at offset {at + skipped}"
        line += data[:at].decode(encoding, "ignore").count("\n")
        hint = _likely(data, error)
        raise InputError(problem, source=source, line=line, hint=hint) from None
    except UnicodeError as error:
        raise InputError(f"not {encoding} text: {error}", source=source) from None
    if encoding != "utf-8" and (half := _SURROGATE.search(text)):
        line += text.count("\n", 0, half.start())
        problem = f"not {encoding} text: half of a surrogate pair, which is no character"
        raise InputError(problem, source=source, line=line)
    return text


def _likely(data: bytes | bytearray, error: UnicodeDecodeError) -> str:
    """What the bytes may be instead."""
    for magic, kind in _PACKED.items():
        if data.startswith(magic):
            return f"It is {kind} data: unpack it first."
    if error.reason == "unexpected end of data" and error.start > 0:
        return "The data ends in the middle of a character: it may have been cut off."
    from charset_normalizer import from_bytes

    sample = data[max(error.start - _SAMPLE, 0) : error.start + _SAMPLE]
    failed = {"ascii", error.encoding.replace("-", "_")}
    guesses = (each.encoding for each in from_bytes(sample) if each.encoding not in failed)
    guess = next(guesses, None)
    if guess is None:
        return "It looks like no text in a common encoding."
    if guess != "gb18030" and len(sample) < _SHORT:
        # Few bytes look like several encodings; this one is by far the most common of them.
        with contextlib.suppress(UnicodeDecodeError):
            sample.decode("gb18030")
            return f"It may be gb18030 or {guess}: try --encoding gb18030, and look at the text."
    return f"It is likely {guess}: try --encoding {guess}"
