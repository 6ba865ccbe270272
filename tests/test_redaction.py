"""Keys in whatever spelling, and parts of keys."""

import base64
import html
import json
import random
import string
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest

from rerank_cli.errors import ReplyError
from rerank_cli.redaction import Redactor

KEY = "sk-Ab/cd=ef+GH%41ij&amp;0123456789xyz"
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json slash": lambda key: key.replace("/", "\\/").replace("=", "\\u003d"),
    "json throughout": lambda key: "".join(f"\\u{ord(each):04X}" for each in key),
    "json twice": lambda key: json.dumps(json.dumps(key.replace("=", "\\u003d"))),
    "hex escapes": lambda key: "".join(f"\\x{ord(each):02x}" for each in key),
    "url": lambda key: quote(key, safe=""),
    "url throughout": lambda key: "".join(f"%{ord(each):02x}" for each in key),
    "url twice": lambda key: quote(quote(key, safe=""), safe=""),
    "html": html.escape,
    "html numbers": lambda key: "".join(f"&#{ord(each)};" for each in key),
    "html hex": lambda key: "".join(f"&#x{ord(each):x};" for each in key),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of bearer": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 of basic": lambda key: base64.b64encode(f"me:{key}".encode()).decode(),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"a{key}".encode()).decode(),
    "hex": lambda key: key.encode().hex(),
    "capitals": str.upper,
    "full width": lambda key: "".join(chr(ord(each) + 0xFEE0) for each in key),
    "invisible": "\u200b".join,
    "in lines": lambda key: "\n".join(key[at : at + 10] for at in range(0, len(key), 10)),
}


def runs(key: str) -> set[str]:
    """Every eight characters in a row."""
    return {key[at : at + 8] for at in range(len(key) - 7)}


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
def test_a_key_is_redacted_in_every_spelling(spelt: Callable[[str], str]) -> None:
    """An endpoint that echoes it otherwise spelt would bring it into a log."""
    left = Redactor(KEY)(f"before: {spelt(KEY)} :after")
    assert left.startswith("before: ")
    assert left.endswith(" :after")
    assert "[key]" in left
    # What frames it, and what base64 mixes with its neighbours.
    assert len(left.replace("[key]", "")) <= len("before:  :after") + 14


@pytest.mark.parametrize("spelt", SPELLINGS.values(), ids=SPELLINGS)
def test_a_part_of_a_key_is_redacted(spelt: Callable[[str], str]) -> None:
    """A message that is cut would end with most of the key."""
    redact = Redactor(KEY)
    for first, last in ((0, 12), (5, 20), (12, len(KEY))):
        assert "[key]" in redact(f"is {spelt(KEY)[:-1]}")
        assert KEY[first:last] not in redact(f"is {KEY[first:last]}")
    assert redact(KEY[:7]) == KEY[:7]


def test_keys_of_any_kind_leave_no_run_of_eight() -> None:
    """A thousand keys, spelt in a mix of ways, in the middle of other text, cut anywhere."""
    chance = random.Random(10)
    alphabet = string.ascii_letters + string.digits + "-_./+=~%&#:;!*()[]{}<>?@^|$"
    for _ in range(1000):
        key = "".join(chance.choices(alphabet, k=chance.randint(8, 60)))
        ways: list[Callable[[str], str]] = [
            lambda each: each,
            lambda each: f"\\u{ord(each):04x}",
            lambda each: quote(each, ""),
        ]
        spelt = "".join(chance.choice(ways)(each) for each in key)
        text = f"{chance.choice(alphabet)} {spelt}{key} {key[chance.randint(0, 9) :]}"
        left = Redactor(key)(text[: chance.randint(1, len(text))])
        assert not [run for run in runs(key) if run in left], (key, text, left)


def test_other_text_stays_as_it_is() -> None:
    """Messages would lose words, and short stand-ins for keys take letters out of every word."""
    for text in ("no such model", "a\\b %41 &amp; \u200b", "", "x" * 5000, "the nonesuch"):
        assert Redactor(KEY, "none", "x")(text) == text
    assert Redactor("none")("key: none") == "key: [key]"


def test_it_takes_time_by_the_length_of_the_text() -> None:
    """A reply made for it would keep a batch busy for minutes."""
    began = time.process_time()
    for text in ("\\", "%25", "&amp;", "&#", "\\u00", KEY[:7], "%"):
        Redactor(KEY)(text * 20_000)
    assert time.process_time() - began < 5


def test_every_fact_of_an_error_is_redacted() -> None:
    """A Python caller who logs a field of the error would log the key."""
    error = ReplyError(f"p {KEY}", f"h {KEY}", said=KEY, code=KEY, request_id=KEY, url=KEY)
    clean = Redactor(KEY).error(error)
    assert isinstance(clean, ReplyError)
    assert not [run for run in runs(KEY) if run in repr(vars(clean))]
    untouched = ReplyError("nothing in it")
    assert Redactor(KEY).error(untouched) is untouched
