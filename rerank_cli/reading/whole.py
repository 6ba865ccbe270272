"""A file as one passage, whose id is the file's name."""

from collections.abc import Iterator

from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames


def passages(text: str, source: str, names: FieldNames) -> Iterator[Passage]:
    """The one passage, which has no line; `names` are not used."""
    row = {"id": source, "text": text}
    yield Passage(text, source, 0, source, row, text_key="text", id_key="id")
