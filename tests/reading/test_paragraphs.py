"""Plain text by paragraphs, and files as passages of their own."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import UsageError
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.reader import read
from tests.properties import BRIEFLY
from tests.reading.piped import numbered, piped


def test_blank_lines_stand_between_paragraphs() -> None:
    """The lines of a paragraph would be ranked one by one."""
    data = "\n\n甲\n 乙 \n\n \u3000\t\n丙\r\n\r\n丁\n丁".encode()
    assert numbered(piped(data, "paragraphs")) == [(3, "甲\n 乙 "), (7, "丙"), (9, "丁\n丁")]


_LINE = st.text("a b", min_size=1, max_size=5).filter(str.strip)


@BRIEFLY
@given(
    st.lists(st.tuples(st.lists(_LINE, min_size=1, max_size=3), st.integers(1, 3)), min_size=1),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_paragraphs_that_are_written_are_read(
    paragraphs: list[tuple[list[str], int]], end: str
) -> None:
    """Some paragraph would be split, joined or misnumbered."""
    expected, written = [], list[str]()
    for lines, blank in paragraphs:
        expected.append((len(written) + 1, "\n".join(lines)))
        written += [*lines, *[""] * blank]
    assert numbered(piped(end.join(written).encode(), "paragraphs")) == expected


def test_each_file_is_one_passage_with_its_name_as_id() -> None:
    """Documents that are files of their own would be ranked line by line."""
    Path("docs").mkdir()
    Path("docs/a.txt").write_text("one\n\ntwo\n")
    Path("docs/b.md.gz").write_bytes(gzip.compress("三\r\n".encode()))
    Path("docs/empty").write_text("\n")
    reading = read(["docs/a.txt", "docs/empty", "docs/b.md.gz"], stdin=None, input_format="files")
    assert [(p.id, p.text, p.source, p.line, p.locator) for p in reading.passages] == [
        ("docs/a.txt", "one\n\ntwo\n", "docs/a.txt", 0, "docs/a.txt"),
        ("docs/b.md.gz", "三\r\n", "docs/b.md.gz", 0, "docs/b.md.gz"),
    ]
    assert reading.passages[0].row == {"id": "docs/a.txt", "text": "one\n\ntwo\n"}
    assert reading.blank == ("docs/empty",)


@pytest.mark.parametrize("input_format", ["lines", "paragraphs", "files", "auto"])
@pytest.mark.parametrize("names", [FieldNames(text="body"), FieldNames(id="key")])
def test_names_of_fields_are_refused_where_there_are_none(
    input_format: str, names: FieldNames
) -> None:
    """A user would believe that --text-field found something in plain text."""
    with pytest.raises(UsageError, match="--text-field and --id-field"):
        piped(b"words\n", input_format, names=names)
