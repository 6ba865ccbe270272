"""Text from elsewhere, harmless to a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.rendering.visible import visible, visible_block


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\0b", "a␀b"),
        ("a\tb\r\n", "a␉b␍␊"),
        ("\x7f", "␡"),
        ("\x9b1m", "<U+009B>1m"),
        ("\u202eabc", "<U+202E>abc"),
        ("a\u2028b", "a<U+2028>b"),
        ("\udcff.txt", "<0xFF>.txt"),
    ],
)
def test_what_cannot_be_shown_is_named(text: str, shown: str) -> None:
    """A reader would not see that something was there, or what."""
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["人工智能，café", "👩\u200d👩\u200d👧", "☃\ufe0f", "می\u200cخواهم", "e\u0301"]
)
def test_what_shapes_letters_and_emoji_stays(text: str) -> None:
    """Persian and emoji would be full of code points."""
    assert visible(text) == visible_block(text) == text


def test_a_block_keeps_its_lines_and_tabs_and_nothing_else() -> None:
    """A table of several lines would become one, or keep a carriage return that overwrites it."""
    assert visible_block("a\tb\n\x1bc\rd") == "a\tb\n␛c␍d"


@given(st.text(st.characters()))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    """Some control character would reach the terminal."""
    for shown in (visible(text), visible_block(text).replace("\n", "").replace("\t", "")):
        assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Zl", "Zp")]
        turning = {"L", "R", "AL"} | {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        # Beyond the basic plane such characters join hieroglyphs and the like: they turn nothing.
        assert not [
            c
            for c in shown
            if unicodedata.category(c) == "Cf"
            and unicodedata.bidirectional(c) in turning
            and ord(c) <= 0xFFFF
        ]
