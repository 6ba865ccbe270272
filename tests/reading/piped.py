"""Input for the reading tests: bytes on standard input."""

import io

from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.reader import Reading, read


def piped(
    data: bytes,
    input_format: str = "lines",
    *,
    names: FieldNames | None = None,
    encoding: str | None = None,
) -> Reading:
    """What is read of these bytes on standard input."""
    return read(
        ["-"], stdin=io.BytesIO(data), input_format=input_format, names=names, encoding=encoding
    )


def texts(reading: Reading) -> list[str]:
    """The passages' texts, in order."""
    return [passage.text for passage in reading.passages]


def numbered(reading: Reading) -> list[tuple[int, str]]:
    """The passages' line numbers and texts, in order."""
    return [(passage.line, passage.text) for passage in reading.passages]
