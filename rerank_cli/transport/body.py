"""Reads and unpacks the body of a reply, within a limit of bytes."""

import zlib
from collections.abc import Iterable

from rerank_cli.errors import EndpointError, Fault

ACCEPTED = "gzip, deflate"
"""What `unpacked` takes, as Accept-Encoding has it."""

_GZIP, _ZLIB, _RAW = 31, 15, -15
"""Formats, as zlib has them."""


def unpacked(parts: Iterable[bytes], encoding: str, most: int) -> bytes:
    """The parts as one, of at most so many bytes, also when unpacked by a Content-Encoding.

    Raises EndpointError if there are more, or they cannot be unpacked.
    """
    coding = _coding(encoding)
    answer, arrived = bytearray(), 0
    inflate = None
    for part in parts:
        arrived += len(part)
        if coding:
            inflate = inflate or zlib.decompressobj(_format_of(coding, part))
            answer += _inflated(inflate, part, most + 1 - len(answer))
        else:
            answer += part
        if max(arrived, len(answer)) > most:
            problem = f"the reply is larger than {most >> 20} MB"
            hint = "No rerank endpoint answers that much. Is the URL right?"
            raise EndpointError(problem, hint, fault=Fault.NONSENSE)
    if inflate and not inflate.eof:
        raise _broken("it ends too early")
    return bytes(answer)


def _coding(encoding: str) -> str:
    """The one coding, empty for none."""
    codings = [each.strip().removeprefix("x-") for each in encoding.lower().split(",")]
    codings = [each for each in codings if each not in ("", "identity")]
    if len(codings) > 1 or not {"gzip", "deflate"}.issuperset(codings):
        problem = f"the reply is packed as {encoding[:40]!r}; one of {ACCEPTED} was asked for"
        hint = "A gateway before the endpoint may pack replies: does it heed Accept-Encoding?"
        raise EndpointError(problem, hint, fault=Fault.NONSENSE)
    return "".join(codings)


def _format_of(coding: str, begin: bytes) -> int:
    """The format by the first byte: what is called deflate may lack the header of zlib."""
    if coding == "gzip":
        return _GZIP
    return _ZLIB if begin[:1] and begin[0] & 0x8F == 8 else _RAW


def _inflated(inflate: "zlib._Decompress", part: bytes, most: int) -> bytes:
    if inflate.eof:  # What follows is no part of the reply.
        return b""
    try:
        return inflate.decompress(part, most)
    except zlib.error as error:
        raise _broken(str(error)) from error


def _broken(why: str) -> EndpointError:
    problem = f"the reply's compression is broken: {why}"
    return EndpointError(problem, fault=Fault.BROKEN, transient=True)
