"""Redacts keys in whatever is shown or stored of what an endpoint said.

An endpoint may echo a key in any spelling (JSON and URL escapes, entities, base64, hex, other
case), anything may be cut anywhere, and a part of a key is too much as well. So any eight
characters in a row of a key are redacted, in whatever spelling they stand there.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache

from rerank_cli.errors import RerankError

_RUN = 8
"""Characters of a key in a row that are never shown."""
_SHORTEST = 4
"""Shorter ones are stand-ins for servers that need none; they may occur in any text."""

_SHOWN = "[key]"
# Full-width forms of ASCII characters, and capitals.
_PLAIN = {0xFF01 + at: chr(0x21 + at).lower() for at in range(0x5E)}
_PLAIN |= {at: chr(at).lower() for at in range(ord("A"), ord("Z") + 1)}


class Redactor:
    """Called with a text, it gives the text with [key] in place of each secret, or part of one."""

    def __init__(self, *secrets: str) -> None:
        self._runs: set[str] = set()
        self._short: set[str] = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Redact this one too, from now on."""
        if _SHORTEST <= len(secret) < _RUN:
            self._short.add(_plain(secret)[0])
        if len(secret) >= _RUN:
            for spelt in _spellings(secret):
                self._runs |= {spelt[at : at + _RUN] for at in range(len(spelt) - _RUN + 1)}

    def __call__(self, text: str) -> str:
        if not self._runs and not self._short:
            return text
        plain, starts = _plain(text)
        kept: list[str] = []
        end = 0
        for first, last in self._found(plain):
            if starts[first] > end or not kept:
                kept += [text[end : starts[first]], _SHOWN]
            end = starts[last]
        return "".join([*kept, text[end:]])

    def error(self, error: RerankError) -> RerankError:
        """The error, or a copy without secrets if any of its facts holds one."""
        facts = {each.name: getattr(error, each.name) for each in fields(error)}
        texts = {name: str(fact) for name, fact in facts.items() if type(fact) in (str, int)}
        clean = {name: safe for name, text in texts.items() if (safe := self(text)) != text}
        return replace(error, **clean) if clean else error

    def _found(self, plain: str) -> Iterator[tuple[int, int]]:
        """Where secrets begin and end in a plain text, in order; they may overlap."""
        spans = [
            (at, at + _RUN)
            for at in range(len(plain) - _RUN + 1 if self._runs else 0)
            if plain[at : at + _RUN] in self._runs
        ]
        for secret in self._short:
            # As a word of its own.
            word = re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)")
            spans += [found.span() for found in word.finditer(plain)]
        return iter(sorted(spans))


def _plain(text: str) -> tuple[str, list[int] | range]:
    """The text without escapes and in small letters, and where each character begins in it."""
    if text.isprintable() and not any(mark in text for mark in "\\%&"):
        return text.translate(_PLAIN), range(len(text) + 1)
    # Here, because few runs need it, and all would wait for it.
    from html import unescape

    parts, starts, at = [], [], 0
    for escape in _escape().finditer(text):
        starts += [*range(at, escape.start())]
        coded = escape["json"] or escape["url"]
        character = chr(int(coded, 16)) if coded else unescape(f"&{escape['html'] or ''};")
        if not coded and not escape["html"]:
            character = ""
        parts += [text[at : escape.start()], character]
        starts += [escape.start()] * len(character)
        at = escape.end()
    starts += range(at, len(text) + 1)
    return "".join([*parts, text[at:]]).translate(_PLAIN), starts


@cache
def _escape() -> re.Pattern[str]:
    """An escape, also a doubly escaped one; or what shows as nothing, between two characters."""
    return re.compile(
        r"\\+(?:u(?:00|\{0*)|x)(?P<json>[0-9a-f]{2})\}?"
        r"|%(?:25)*(?P<url>[0-9a-f]{2})"
        r"|&(?:amp;)*(?P<html>#x?[0-9a-f]{1,7}|[a-z]{2,16});"
        r"|\\+|[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060-\u206f\ufeff]",
        re.IGNORECASE,
    )


def _spellings(secret: str) -> Iterator[str]:
    """The secret in each spelling that no escape explains."""
    yield secret.translate(_PLAIN)
    yield _plain(secret)[0]
    data = secret.encode()
    yield data.hex()
    for before in range(3):
        # Only what does not depend on the bytes around it.
        coded = b2a_base64(bytes(before) + data, newline=False).decode().rstrip("=")
        core = coded[(0, 2, 3)[before] : len(coded) - ((before + len(data)) % 3 > 0)].lower()
        yield core
        yield core.replace("+", "-").replace("/", "_")
