"""Best windows that people can read: tokens end within words, and take what belongs elsewhere."""

import re

from rerank_cli.model import Window

_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]|\n\s*\n")
# With this no window begins.
_SEPARATORS = re.compile(r"[\s.,;:!?。，、；：！？]*")
_REACH = 24
"""Characters within which a word has its beginning or end, or else is left as it is."""
_BEFORE, _AFTER = re.compile(rf"\w{{1,{_REACH}}}\Z"), re.compile(rf"\w{{1,{_REACH}}}")


def readable(text: str, start: int, end: int) -> Window:
    """The window of a text from `start` to `end`, from the beginning of a word to the end of one.

    Of a sentence it has a few words at most, it is without these. In a script without blanks
    between words it goes to the next mark of punctuation, if that is near. Only of a text that is
    blank it is empty.
    """
    few = (end - start) // 3
    sentence = _SENTENCE_END.search(text, start, start + few)
    if sentence and text[sentence.end() : end].strip():
        start = sentence.end()
    *_, last = (None, *_SENTENCE_END.finditer(text, end - few, end))
    if last:
        end = last.end()
    end = start + len(text[start:end].rstrip())
    separators = _SEPARATORS.match(text, start, end)
    if separators and separators.end() < end:
        start = separators.end()
    if start < end:
        inside_before, inside_after = text[start].isalnum(), text[end - 1].isalnum()
        if inside_before and (word := _BEFORE.search(text, max(start - _REACH, 0), start)):
            start = word.start()
        if inside_after and (word := _AFTER.match(text, end)):
            end = word.end()
    return Window(start, end)
