"""JSON that is no JSON lines: arrays, and values over several lines; and how it is recognised."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.reading.detection import format_of_text
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.reader import read
from tests.properties import BRIEFLY
from tests.reading.piped import numbered, piped, texts

ROWS = [{"id": 1, "text": "a", "n": [1, {"x": None}]}, {"id": "2", "text": "b"}]
recognised = pytest.mark.parametrize("input_format", ["auto", "json"])


@recognised
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("before", ["", "\n \r\n", "\ufeff"])
def test_an_array_of_objects_is_rows(input_format: str, indent: int | None, before: str) -> None:
    """What an API answers would be ranked with its brackets, or refused."""
    reading = piped((before + json.dumps(ROWS, indent=indent)).encode(), input_format)
    assert [(p.text, p.id, p.row) for p in reading.passages] == [
        ("a", 1, ROWS[0]),
        ("b", "2", ROWS[1]),
    ]
    assert reading.warnings == ()


@recognised
@pytest.mark.parametrize("data", ['["a", "b"]', '["a",\n"b"]\n', '[\n  "a",\n  "b"\n]'])
def test_an_array_of_strings_is_passages(input_format: str, data: str) -> None:
    """A list of texts would be one passage, with its quotes and brackets."""
    assert texts(piped(data.encode(), input_format)) == ["a", "b"]


@recognised
@pytest.mark.parametrize(
    "data",
    [
        '{"text": "a"}\n{"text": "b"}\n',
        '{"text": "a"}{"text": "b"}',
        '{\n  "text": "a"\n}\n{\n  "text": "b"\n}\n',
        '{"text": "a"}\n"b"\n',
        '{ "text" : "a" }\r\n\r\n{ "text" : "b" }\r\n',
    ],
)
def test_objects_one_after_another_are_rows(input_format: str, data: str) -> None:
    """`jq '.[]'` writes objects over several lines, each of which would be a passage."""
    assert texts(piped(data.encode(), input_format)) == ["a", "b"]


def test_a_json_file_is_read_by_its_suffix() -> None:
    """hits.json would need --input-format."""
    Path("a.json").write_text('[\n"a"\n]')
    Path("b.json").write_text('"b"\n"c"\n')
    Path("d.txt").write_text('[{"text": "d"}]')
    assert texts(read(["a.json", "b.json", "d.txt"], stdin=None)) == ["a", "b", "c", "d"]


def test_each_element_is_located_by_the_line_it_begins_on() -> None:
    """A result could not be traced to its place in the file."""
    data = b'[\n\n  {"text":\n "a"}, {"text": "b"},\r\n\n"c"\n]\n'
    assert numbered(piped(data, "json")) == [(3, "a"), (4, "b"), (6, "c")]


@pytest.mark.parametrize(
    ("data", "line", "problem"),
    [
        ('[\n{"text": "a"},\n{"text": 3}]', 3, "'text' is a number"),
        ('[\n{"text": "a"},\n{"txt": "b"}]', 3, "no text field: found 'txt'"),
        ('[\n"a",\n7\n]', 3, "found '7', expected a JSON object or string"),
        ('[\n"a",\n["b"]\n]', 3, "found '[\"b\"]', expected a JSON object or string"),
        ('["a",\n"b"', 2, "the array does not end"),
        ('["a",\n', 1, "the array does not end"),
        ('["a",\n"b",\n]', 3, "not JSON: expecting value at column 1"),
        ('["a",\n{"text":\n"b" "c"}]', 3, "not JSON: expecting ',' delimiter at column 5"),
        ('["a"\n"b"]', 2, "found '\"b\"]', expected a comma or the end of the array"),
        ('["a"]\n["b"]', 2, "after the end of the array"),
        ('[{"text": "a"},\n{"text": "b", "n": NaN}]', 2, "NaN is no JSON number"),
        ('[{"text": "a"},\n{"text": "b", "n": 1e999}]', 2, "too large a number"),
        ('[{"text": "a"},\n{"text": "\\ud800"}]', 2, "half of a surrogate pair"),
        ('[{"text": "a"},\n{"text": "b", "n": ' + "[" * 201 + "]" * 201 + "}]", 2, "too deeply"),
        ('[{"text": "a"},\n{"text": "b", "n": ' + "[" * 100_000, 2, "too deeply"),
        ('{"text": "a"}\nplain words\n', 2, "not JSON"),
        ('{"text": "a"},\n{"text": "b"}\n', 1, "not JSON"),
        ("[{'text': 'a'}]", 1, "not JSON"),
        ('[["a", "b"],\n["c", "d"]]', 1, "expected a JSON object or string"),
        ("[0.1, 0.2]\n[0.3, 0.4]\n", 1, "found '0.1, 0.2]', expected a JSON object or string"),
        ("[\n  1,\n  2\n]\n", 2, "found '1,', expected a JSON object or string"),
    ],
)
def test_json_that_cannot_be_read_is_refused_with_its_line(
    data: str, line: int, problem: str
) -> None:
    """Broken JSON would be ranked as lines, or its fault not be found among thousands."""
    with pytest.raises(InputError) as caught:
        piped(data.encode(), "auto")
    assert caught.value.message.startswith(f"<stdin>:{line}: ")
    assert problem in caught.value.message
    assert "--input-format lines" in (caught.value.hint or "")
    assert texts(piped(data.encode(), "lines")) == [each for each in data.split("\n") if each]


@recognised
@pytest.mark.parametrize(("key", "path"), [("documents", '.["documents"]'), ('a"b', r'.["a\"b"]')])
def test_an_object_around_the_rows_is_refused_with_a_way_out(
    input_format: str, key: str, path: str
) -> None:
    """The answer of an API would be answered with a question for a text field."""
    data = json.dumps({"count": 2, key: ROWS}, indent=2).encode()
    with pytest.raises(InputError, match=r"^<stdin>:1: .*expected the array") as caught:
        piped(data, input_format)
    assert f"jq '{path}'" in (caught.value.hint or "")
    assert "--text-field" not in (caught.value.hint or "")


@pytest.mark.parametrize("data", ["[]", "[ ]\n", " [\n]\n"])
def test_an_empty_array_is_no_input(data: str) -> None:
    """A search that found nothing would rank two brackets, or pass for a success."""
    with pytest.raises(InputError, match="no passages"):
        piped(data.encode(), "json")


def test_names_of_fields_are_those_that_were_given() -> None:
    """--text-field would be ignored for an array."""
    data = json.dumps([{"title": "a", "text": "b"}]).encode()
    assert texts(piped(data, "json", names=FieldNames(text="title"))) == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        "[1] Introduction",
        "[1]",
        "[1, 2] Smith et al.",
        "{curly} words",
        '{"quoted"} words',
        "{\nint x;\n}",
        "[\nwords\n]",
        "{{template}}",
        "{% if x %}",
        "[link](https://example.org)",
        "[[Category:Words]]",
        '["Hello," she said]',
        '["a", "b"] are the options',
        "[] buy milk",
        "{} and more\n",
        '"quoted"',
        '"a"\n"b"',
        "true",
        "3",
        "",
        "\n\n",
    ],
)
def test_text_that_only_looks_like_json_is_lines(text: str) -> None:
    """Notes, code and wiki pages would be refused."""
    assert format_of_text(text) == "lines"


@BRIEFLY
@given(
    st.lists(st.text() | st.dictionaries(st.text(), st.text(), min_size=1), min_size=1),
    st.sampled_from([None, 0, 3]),
    st.booleans(),
)
def test_every_array_of_rows_is_recognised(
    rows: list[object], indent: int | None, is_ascii: bool
) -> None:
    """Some array would be ranked with its brackets and quotes."""
    assert format_of_text(json.dumps(rows, indent=indent, ensure_ascii=is_ascii)) == "json"


def test_half_a_long_array_is_recognised() -> None:
    """An array that was cut off would be ranked as one line of a megabyte."""
    assert format_of_text(json.dumps(["words"] * 100_000)[:-1]) == "json"
