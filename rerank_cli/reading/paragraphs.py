"""Plain text, one passage a paragraph: blank lines stand between them."""

from collections.abc import Iterator

from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.lines import numbered_lines


def passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """A passage a paragraph, located by its first line; `names` are not used."""
    first, block = 0, list[str]()
    for number, line in numbered_lines(text):
        if block and number > first + len(block):
            yield Passage("\n".join(block), source, first)
            block.clear()
        first = first if block else number
        block.append(line)
    if block:
        yield Passage("\n".join(block), source, first)
