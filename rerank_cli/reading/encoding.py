"""Bytes become text, or an InputError that says where they cannot and what to try."""

import codecs
import contextlib
import re

from rerank_cli.errors import InputError, UsageError
from rerank_cli.marks import bom, is_text, plausible, unmarked
from rerank_cli.reading.lines import line_end

# Some codecs make surrogates, though they are no characters and can neither be sent nor written.
# A mark of the other byte order shows as the last of these: what follows it would be misread.
_SWAPPED = "\ufffe"
_NO_CHARACTER = re.compile(f"[\ud800-\udfff{_SWAPPED}]")
_REASON = (
    "half of a surrogate pair, which is no character",
    "a mark of another byte order, as of two files that were joined",
)
# Bytes on each side of an error that are looked at: enough to guess by, quick to read.
_SAMPLE = 2**15
_SHORT = 300
_MAGIC = {
    b"\x1f\x8b": "It is gzip data: unpack it first.",
    b"PK\x03\x04": "It is zip data, as .docx and .xlsx are: unpack it, or save it as text, first.",
    b"(\xb5/\xfd": "It is zstd data: unpack it first.",
    b"BZh": "It is bzip2 data: unpack it first.",
    b"PAR1": "It is Parquet data: passages are read from it by --input-format parquet.",
    b"%PDF": "It is a PDF: take its text out first, as pdftotext does.",
}


def text_of(data: bytearray, encoding: str | None, source: str) -> str:
    """The text of a whole input, without a byte order mark.

    A mark decides the encoding unless one is named; without either it is UTF-8, or UTF-16 or UTF-32
    where the bytes can be nothing else. Raises InputError for bytes that are no such text.
    """
    if encoding is not None:
        return decoded(data, encoding, source).removeprefix("\ufeff")
    mark, name = bom(data)
    del data[: len(mark)]
    return decoded(data, name or unmarked(data) or "utf-8", source, skipped=len(mark))


def check_encoding(name: str) -> None:
    """Raise UsageError unless Python knows a text encoding of this name."""
    try:
        # A byte, because an empty string is decoded without a look at the name.
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        hint = "Common ones: utf-8, gb18030, big5, shift_jis, euc-kr, cp1252, utf-16."
        raise UsageError(f"--encoding {name!r} is not a text encoding", hint) from None


def decoded(
    data: bytes | bytearray, encoding: str, source: str, *, skipped: int = 0, line: int = 1
) -> str:
    """The text of bytes that begin at a line. Raises InputError with line and likely cause."""
    hint = None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        problem = f"not {encoding} text: byte 0x{data[error.start]:02x} at offset "
        problem += str(error.start + skipped)
        before, hint = data[: error.start].decode(encoding, "ignore"), _likely(data, error)
        text = data.decode(encoding, "ignore")
    except UnicodeError as error:
        raise InputError(f"not {encoding} text: {error}", source=source) from None
    else:
        # In the bytes first: there it takes a twentieth of the time.
        if 0 in data and (at := text.find("\0")) >= 0:
            problem, hint = "holds a NUL character, which no text does", _without_nul(data)
        elif encoding == "utf-8" or not (found := _NO_CHARACTER.search(text)):
            return text
        else:
            at, problem = found.start(), f"not {encoding} text: {_REASON[found[0] == _SWAPPED]}"
        before = text[:at]
    line += before.count(line_end(text))
    raise InputError(problem, source=source, line=line, hint=hint)


def _without_nul(data: bytes | bytearray) -> str:
    """What to do about NUL characters."""
    if magic := _packed(data):
        return magic
    shares = plausible(data)
    if not shares or is_text(data.replace(b"\0", b""), "utf-8"):
        return (
            "UTF-16 without a mark has them (--encoding utf-16-le); else remove them: tr -d '\\0'"
        )
    name = max(shares, key=lambda each: shares[each])
    return f"It may be {name} without a mark: try --encoding {name}, and look at the text."


def _packed(data: bytes | bytearray) -> str | None:
    return next((hint for magic, hint in _MAGIC.items() if data.startswith(magic)), None)


def _likely(data: bytes | bytearray, error: UnicodeDecodeError) -> str:
    """What the bytes may be instead."""
    if hint := _packed(data):
        return hint
    if data[error.start :].startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "A UTF-16 mark stands there: were files of two encodings joined?"
    if plausible(data):
        return _without_nul(data)
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
