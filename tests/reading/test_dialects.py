"""Tables as other programs write them: their separators, quotes and headers."""

import io

import pytest

from rerank_cli.errors import InputError, UsageError
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.reader import Reading, read
from tests.reading.piped import numbered, texts


def table(
    data: str,
    input_format: str = "csv",
    *,
    delimiter: str | None = None,
    quotes: bool = True,
    names: FieldNames | None = None,
) -> Reading:
    """What is read of a table on standard input."""
    return read(
        ["-"],
        stdin=io.BytesIO(data.encode()),
        input_format=input_format,
        delimiter=delimiter,
        quotes=quotes,
        names=names,
    )


def refusal(data: str, input_format: str = "csv", **how: str) -> InputError:
    """The error that a table is refused with."""
    with pytest.raises(InputError) as caught:
        table(data, input_format, **how)  # type: ignore[arg-type]
    return caught.value


# Quotation marks in tab-separated text.


@pytest.mark.parametrize(
    "cell",
    ['"how long', '"how" long', 'how "long"', '"', '"how ""long""', '5" disk', '"a" "b"', '""a'],
)
def test_a_quotation_mark_in_tab_separated_text_is_a_character(cell: str) -> None:
    """A passage that begins with a quotation would swallow those after it, or be refused."""
    data = f"id\ttext\n1\t{cell}\n2\tweather\n3\tbananas\n"
    assert numbered(table(data, "tsv")) == [(2, cell), (3, "weather"), (4, "bananas")]


@pytest.mark.parametrize(
    ("cell", "text"),
    [('"how long"', "how long"), ('"a ""b"" c"', 'a "b" c'), ('"a\tb"', "a\tb"), ('""""', '"')],
)
def test_a_cell_that_closes_within_its_line_is_quoted(cell: str, text: str) -> None:
    """A table that pandas wrote would be ranked with its quotes, or refused."""
    data = f"id\ttext\tnote\n1\t{cell}\t{cell}\n2\tweather\t\n"
    reading = table(data, "tsv")
    assert texts(reading) == [text, "weather"]
    assert reading.passages[0].fields == {"note": text}


@pytest.mark.parametrize(
    "data",
    [
        'id\ttext\n1\t"a\n\nb"\n2\tc\n',
        'text\tid\n"a\n\nb"\t1\nc\t2\n',
        'text\n"a\n\nb"\nc\n',
        '"id"\t"text"\n"1"\t"a\n\nb"\n"2"\t"c"\n',
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_quoted_cell_may_go_over_lines_that_are_no_rows(data: str, end: str) -> None:
    """A passage of several lines would be torn, or refused, though it can be nothing else."""
    reading = table(data.replace("\n", end), "tsv")
    assert numbered(reading) == [(2, f"a{end}{end}b"), (5, "c")]


def test_lines_that_look_like_rows_are_text_where_all_cells_are_quoted() -> None:
    """What `-f tsv` writes could not be read again."""
    data = '"id"\t"text"\n"1"\t"a\n2\tb"\n"3"\t"c"\n'
    assert numbered(table(data, "tsv")) == [(2, "a\n2\tb"), (4, "c")]


SWALLOWED = 'id{0}text\n1{0}"how long\n2{0}weather\n\n3{0}bananas"\n4{0}apples\n'


def test_tab_separated_text_that_may_be_read_in_two_ways_is_refused() -> None:
    """Three passages would be one, and nobody notice."""
    error = refusal(SWALLOWED.format("\t"), "tsv")
    assert error.message.startswith("<stdin>:2: ")
    assert "line 5" in error.message
    assert "--no-quotes" in (error.hint or "")


def test_a_quoted_cell_over_lines_that_look_like_rows_is_warned_of() -> None:
    """Three passages would be one, and nobody notice."""
    reading = table(SWALLOWED.format(","))
    assert numbered(reading) == [(2, "how long\n2,weather\n\n3,bananas"), (6, "apples")]
    (warning,) = reading.warnings
    assert warning.startswith("<stdin>:2: ")
    assert "line 5" in warning
    assert "--no-quotes" in warning


@pytest.mark.parametrize(
    "data",
    [
        'id,text\n1,"Dear Sir,\nthank you, and good bye.\nYours"\n',
        'id,text\n1,"a, b\nc"\n',
        '"id","text"\n"1","how long\n2,weather"\n',
        'text\n"how long\nweather"\n',
        'id,text\n1,"a\n\nb"\n',
    ],
)
def test_letters_and_poems_are_not_warned_of(data: str) -> None:
    """A good table would bring a warning that is wrong."""
    assert table(data).warnings == ()


@pytest.mark.parametrize(("delimiter", "input_format"), [(",", "csv"), ("\t", "tsv")])
def test_without_quotes_each_line_is_a_row(delimiter: str, input_format: str) -> None:
    """Text that was never quoted could not be read as a table."""
    reading = table(SWALLOWED.format(delimiter), input_format, quotes=False)
    assert numbered(reading) == [(2, '"how long'), (3, "weather"), (5, 'bananas"'), (6, "apples")]
    assert reading.warnings == ()


def test_a_quote_that_is_never_closed_is_refused_with_a_way_out() -> None:
    """The user would not learn that quotation marks can be taken as they are."""
    error = refusal('id,text\n1,a\n2,"how long\n3,weather\n')
    assert error.message.startswith("<stdin>:3: ")
    assert "--no-quotes" in (error.hint or "")


# Separators.


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
@pytest.mark.parametrize("input_format", ["csv", "tsv"])
def test_the_header_shows_another_separator(delimiter: str, input_format: str) -> None:
    """A table of a European Excel would be refused, or each row be one passage."""
    data = f"id{delimiter}text\n1{delimiter}how long\n2{delimiter}weather\n"
    assert numbered(table(data, input_format)) == [(2, "how long"), (3, "weather")]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_a_quoted_header_shows_another_separator(delimiter: str) -> None:
    """A table in which all is quoted would be called malformed."""
    data = f'"id"{delimiter}"text"\n"1"{delimiter}"how, long"\n"2"{delimiter}"weather"\n'
    assert numbered(table(data)) == [(2, "how, long"), (3, "weather")]


def test_a_quoted_header_without_a_text_column_names_its_columns() -> None:
    """--text-field, which is all that is missing, would not be named."""
    error = refusal('"nummer";"inhalt"\n"1";"how long"\n')
    assert "found 'nummer', 'inhalt'" in error.message
    assert "--text-field" in (error.hint or "")


def test_rows_have_the_separator_of_the_header() -> None:
    """Commas in the passages of a table with semicolons would cut them."""
    data = 'id;text\n1;"a; b"\n2;c, d\n3;e; f\n'
    error = refusal(data)
    assert error.message == "<stdin>:4: 3 cells, expected 2 as in the header"
    assert texts(table(data.replace("3;e; f\n", ""))) == ["a; b", "c, d"]


@pytest.mark.parametrize(
    ("header", "delimiter", "shown"),
    [
        ("nummer;inhalt", None, ";"),
        ("nummer\tinhalt", None, r"\t"),
        ("nummer|inhalt", None, "|"),
        ("id;text;note, private", None, ";"),
        ("id;text", ",", ";"),
        ("id,text", ";", ","),
    ],
)
def test_a_header_with_another_separator_is_named_as_such(
    header: str, delimiter: str | None, shown: str
) -> None:
    """The user would be told to name the text field, and whole rows be ranked."""
    with pytest.raises(InputError, match=r"^<stdin>:1: the separator looks like") as caught:
        table(f"{header}\na;b\n", delimiter=delimiter)
    assert f"--delimiter '{shown}'" in (caught.value.hint or "")
    assert "--text-field" not in (caught.value.hint or "")


def test_a_named_text_field_shows_the_separator_too() -> None:
    """--text-field would be compared with the whole header."""
    data = "nummer;inhalt\n1;how long\n"
    assert texts(table(data, names=FieldNames(text="inhalt"))) == ["how long"]
    whole = FieldNames(text="nummer;inhalt")
    assert texts(table(data, names=whole)) == ["1;how long"]


@pytest.mark.parametrize("delimiter", [";", "|", "^", "\x1f", "·", " "])
def test_any_character_may_be_the_delimiter(delimiter: str) -> None:
    """A table of another program would have to be converted first."""
    data = f'id{delimiter}text\n1{delimiter}"a{delimiter}b"\n2{delimiter}c\n'
    for input_format in ("auto", "csv", "tsv"):
        reading = table(data, input_format, delimiter=delimiter)
        assert texts(reading) == [f"a{delimiter}b", "c"]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "sep=;\r"])
@pytest.mark.parametrize("delimiter", [None, ";"])
def test_excel_may_name_its_separator(line: str, delimiter: str | None) -> None:
    """A table of Excel would be refused for the line that Excel takes for itself."""
    data = f"{line}\nid;text\n1;how long\n"
    assert numbered(table(data, delimiter=delimiter)) == [(3, "how long")]


@pytest.mark.parametrize("input_format", ["lines", "jsonl", "json", "paragraphs", "files"])
def test_options_of_tables_are_refused_elsewhere(input_format: str) -> None:
    """A user would believe that an option did something."""
    data = '"a"\n'
    with pytest.raises(UsageError, match=rf"^--delimiter .* {input_format}$"):
        table(data, input_format, delimiter=";")
    with pytest.raises(UsageError, match=rf"^--no-quotes .* {input_format}$"):
        table(data, input_format, quotes=False)
    assert texts(table(data, input_format))


# Headers.


@pytest.mark.parametrize("end", ["", ",", ",,", ", ,"])
def test_columns_without_a_name_may_follow(end: str) -> None:
    """A table whose empty columns Excel saved too would be refused."""
    commas = end.replace(" ", "")
    data = f"text,id{end}\nhow long,1{commas}\nweather,2\n"
    reading = table(data)
    assert [(p.text, p.row) for p in reading.passages] == [
        ("how long", {"text": "how long", "id": "1"}),
        ("weather", {"text": "weather", "id": "2"}),
    ]


def test_what_stands_in_a_column_without_a_name_is_refused() -> None:
    """A passage with a comma that is not quoted would be cut short."""
    error = refusal("id,text,\n1,how long,\n2,well, really\n")
    assert error.message.startswith("<stdin>:3: ' really' stands in a column")


def test_the_index_of_pandas_is_a_column() -> None:
    """Tables of DataFrame.to_csv would be refused."""
    reading = table(",id,text\n0,a,how long\n")
    assert reading.passages[0].row == {"": "0", "id": "a", "text": "how long"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("id, text", "1, how long"),
        ("id , text ", "1,how long"),
        ('id, "text"', '1, "how long"'),
        ("\u3000id,text\u00a0", "1,how long"),
    ],
)
def test_blanks_around_names_do_not_count(header: str, row: str) -> None:
    """A table with blanks after its commas would have no text column."""
    reading = table(f"{header}\n{row}\n")
    assert [(p.text, p.id) for p in reading.passages] == [("how long", "1")]


def test_blanks_in_cells_stay_where_the_header_has_none() -> None:
    """A passage would not be what the file has."""
    assert texts(table("id,text\n1, how long \n")) == [" how long "]


def test_a_quoted_cell_after_a_blank_may_hold_the_delimiter() -> None:
    """Rows of a table with blanks after its commas would be cut within quotes."""
    assert texts(table('id, text\n1, "a, b"\n')) == ["a, b"]


def test_a_column_that_stands_twice_is_refused_with_a_way_out() -> None:
    """The user would not learn what to do about it."""
    error = refusal("text, text\na,b\n")
    assert error.message == "<stdin>:1: column 'text' stands twice"
    assert error.hint


def test_a_header_of_megabytes_is_not_shown_whole() -> None:
    """A terminal would be flooded by a file that is no table."""
    error = refusal(",".join(["x" * 1000] * 1000 + ["y"]).replace("x", "z", 1) + "\n")
    assert len(error.message) < 1000
