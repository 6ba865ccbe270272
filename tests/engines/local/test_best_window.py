"""Best windows are made readable: whole words, and no scraps of another sentence."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rerank_cli.engines.local.best_window import readable

TEXT = "It was late. The quick brown fox jumps over the dog. Then it slept."


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("uick", "over the d", "quick brown fox jumps over the dog"),
        ("late. The", "over the dog", "The quick brown fox jumps over the dog"),
        ("The quick", "dog. Then", "The quick brown fox jumps over the dog."),
        (" The", "brown ", "The quick brown"),
    ],
)
def test_words_are_whole_and_scraps_of_sentences_left_out(start: str, end: str, shown: str) -> None:
    """What is emphasised would begin within a word, or end with the first word of the next one."""
    window = readable(TEXT, TEXT.index(start), TEXT.index(end) + len(end))
    assert TEXT[window.start : window.end] == shown


def test_a_clause_is_whole_where_words_have_no_blanks_between_them() -> None:
    """A Chinese clause would be cut in the middle of a word."""
    text = "天气很好。人工智能是计算机科学的一个分支，它很有用。"
    window = readable(text, text.index("智能"), text.index("一个"))
    assert text[window.start : window.end] == "人工智能是计算机科学的一个分支"


@given(st.text("ab \n.。，x", max_size=12), st.text("b \n.。", max_size=12), st.text(max_size=3))
@example("", ".\n\n", "")
def test_a_window_lies_within_its_text(before: str, within: str, after: str) -> None:
    """Some text would have a window outside of it, or one that ends before it begins."""
    text, start, end = before + within + after, len(before), len(before + within)
    window = readable(text, start, end)
    assert 0 <= window.start <= window.end <= len(text)
    shown = text[window.start : window.end]
    assert shown or not text[start:end].strip()
