"""CSV and TSV with a header row."""

import csv
import io

import pytest

from rerank_cli.errors import InputError
from rerank_cli.reading.fields import FieldNames
from tests.reading.piped import numbered, piped, texts


@pytest.mark.parametrize(("input_format", "cut"), [("csv", ","), ("tsv", "\t")])
def test_a_row_gives_text_id_and_the_other_columns(input_format: str, cut: str) -> None:
    """Ids and metadata of a table would not come back beside the scores."""
    table = f"id{cut}topic{cut}text\na1{cut}{cut}定义\n"
    (passage,) = piped(table.encode(), input_format).passages
    assert (passage.text, passage.id, passage.line) == ("定义", "a1", 2)
    assert passage.row == {"id": "a1", "topic": "", "text": "定义"}
    assert passage.fields == {"topic": ""}


def test_quoted_cells_hold_newlines_delimiters_and_quotes() -> None:
    """Passages of several lines would be torn, and later ones blamed on the wrong line."""
    table = b'id,text\n1,"a,\nb ""c"""\n2,d\n'
    assert numbered(piped(table, "csv")) == [(2, 'a,\nb "c"'), (4, "d")]


def test_crlf_within_a_quoted_cell_stays() -> None:
    """A passage would come back other than it was."""
    assert numbered(piped(b'text\r\n"a\r\nb"\r\nc', "csv")) == [(2, "a\r\nb"), (4, "c")]


def test_a_lone_carriage_return_in_a_quoted_cell_stays() -> None:
    """A passage would come back other than it was."""
    assert texts(piped(b'text\n"a\rb"\nc\n', "csv")) == ["a\rb", "c"]


def test_a_lone_carriage_return_does_not_count_as_a_line() -> None:
    """Line numbers would not be those of an editor, `sed -n` or the other formats."""
    assert numbered(piped(b'text\n"a\rb"\nc\n', "csv")) == [(2, "a\rb"), (3, "c")]


@pytest.mark.parametrize("inside", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_other_separators_do_not_end_a_row(inside: str) -> None:
    """A form feed inside a cell would break the table."""
    assert numbered(piped(f"text\na{inside}b\nc\n".encode(), "csv")) == [
        (2, f"a{inside}b"),
        (3, "c"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column_name() -> None:
    """A table saved by Excel would have no text column."""
    assert texts(piped(b"\xef\xbb\xbftext,id\r\na,1\r\n", "csv")) == ["a"]


def test_blank_lines_between_rows_are_skipped_and_counted() -> None:
    """A blank line would be refused as a short row, or shift the line numbers."""
    assert numbered(piped(b"\nid,text\n\n1,a\n\n\n2,b\n\n", "csv")) == [(4, "a"), (7, "b")]


def test_a_cell_of_a_megabyte_is_read_whole() -> None:
    """The csv module's limit of 128 KiB would refuse long documents."""
    assert texts(piped(b"text\n" + b"a" * 1_000_000 + b"\n", "csv")) == ["a" * 1_000_000]


@pytest.mark.parametrize(("row", "cells"), [(b"2", 1), (b"2,b,c", 3), (b"2,b,", 3)])
def test_a_row_with_fewer_or_more_cells_is_named(row: bytes, cells: int) -> None:
    """An unquoted comma would silently cut a passage short."""
    with pytest.raises(InputError) as caught:
        piped(b'id,text\n1,"a\nb"\n' + row + b"\n", "csv")
    assert caught.value.message.startswith(f"<stdin>:4: {cells} cell")
    assert "expected 2" in caught.value.message


def test_a_missing_text_column_names_the_columns_that_are_there() -> None:
    """A user would have to open the file to learn what --text-field may be."""
    with pytest.raises(InputError) as caught:
        piped("编号,内容\n1,a\n".encode(), "csv")
    assert caught.value.message.startswith("<stdin>:1: no text column")
    assert "'编号', '内容'" in caught.value.message
    assert "--text-field" in (caught.value.hint or "")


@pytest.mark.parametrize("names", [FieldNames(text="body"), FieldNames(id="key")])
def test_an_asked_for_column_that_is_missing_names_those_that_are_there(names: FieldNames) -> None:
    """A mistyped --text-field or --id-field would fall back to some other column."""
    with pytest.raises(InputError) as caught:
        piped(b"id,text\n1,a\n", "csv", names=names)
    assert caught.value.message.startswith("<stdin>:1: ")
    assert "'id', 'text'" in caught.value.message
    assert repr(names.text or names.id) in caught.value.message


@pytest.mark.parametrize("header", [b"id,text,text", b"text,note,note"])
def test_a_column_that_stands_twice_is_refused(header: bytes) -> None:
    """One of two columns of a name would be lost."""
    with pytest.raises(InputError, match=r"^<stdin>:1: column '(text|note)' stands twice"):
        piped(header + b"\n1,a,b\n", "csv")


@pytest.mark.parametrize("table", [b'id,text\n1,a\n2,"b\n3,c\n', b'id,text\n1,a\n2,"b" c\n'])
def test_a_broken_quote_is_named_where_its_row_begins(table: bytes) -> None:
    """The rest of a file would become one passage."""
    with pytest.raises(InputError, match=r"^<stdin>:3: not a well-formed table"):
        piped(table, "csv")


def test_a_header_alone_is_no_input() -> None:
    """A table without rows would pass for a success."""
    with pytest.raises(InputError, match=r"^<stdin>: no passages"):
        piped(b"id,text\n", "csv")


def test_what_the_csv_module_writes_is_read() -> None:
    """Tables from other Python programs would be refused."""
    written = io.StringIO()
    csv.writer(written).writerows([["text", "id"], ['he said "hi"\r\nand left', "1"]])
    assert texts(piped(written.getvalue().encode(), "csv")) == ['he said "hi"\r\nand left']


@pytest.mark.parametrize("blank", [b"  ", b" \r", b'""', "\u3000".encode()])
def test_a_line_of_blanks_alone_is_no_short_row(blank: bytes) -> None:
    """A table that ends in a line of spaces would be refused as a whole."""
    assert numbered(piped(b"id,text\n1,a\n" + blank + b"\n2,b\n", "csv")) == [(2, "a"), (4, "b")]


def test_a_line_of_blanks_in_a_table_of_one_column_is_a_blank_passage() -> None:
    """A blank cell would vanish without the warning that other blank passages get."""
    reading = piped(b"text\na\n  \nb\n", "csv")
    assert (numbered(reading), reading.blank) == ([(2, "a"), (4, "b")], ("<stdin>:3",))


@pytest.mark.parametrize("table", [b"", b"\n", b"\r\n\n\n"])
def test_a_table_without_a_header_is_no_input(table: bytes) -> None:
    """An export that failed would be a complaint about columns, or pass for a success."""
    with pytest.raises(InputError, match=r"^<stdin>: no passages"):
        piped(table, "csv")
