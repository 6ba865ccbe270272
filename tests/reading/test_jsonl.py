"""JSON Lines: an object or a bare string a line."""

import json

import pytest

from rerank_cli.errors import InputError
from tests.reading.piped import numbered, piped, texts


def test_an_object_gives_text_id_and_the_other_fields() -> None:
    """Ids and metadata would not come back beside the scores."""
    row = {"id": "ai", "title": "人工智能", "text": "定义", "tags": ["a", None], "n": 1.5}
    (passage,) = piped(json.dumps(row).encode(), "jsonl").passages
    assert (passage.text, passage.id, passage.line) == ("定义", "ai", 1)
    assert passage.fields == {"title": "人工智能", "tags": ["a", None], "n": 1.5}
    assert passage.row == row


def test_a_bare_string_is_a_passage() -> None:
    """`jq '.[].text'` could not be piped in."""
    (first, second) = piped('"甲"\n{"text": "乙"}\n'.encode(), "jsonl").passages
    assert (first.text, first.id, dict(first.row)) == ("甲", None, {})
    assert second.text == "乙"


def test_escapes_become_the_characters_they_stand_for() -> None:
    """A model would be asked about backslashes."""
    assert texts(piped(rb'"\u4eba\n\ud83d\ude00\u0000"', "jsonl")) == ["人\n😀\0"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_line_ends_blank_lines_and_a_byte_order_mark_do_no_harm(end: bytes) -> None:
    """Files from other systems, or joined with blank lines, would be refused or misnumbered."""
    data = b'\xef\xbb\xbf"a"\r\n\n   \n{"text": "b"}' + end
    assert numbered(piped(data, "jsonl")) == [(1, "a"), (4, "b")]


def test_a_separator_inside_a_string_does_not_split() -> None:
    """A passage with U+2028 in it would be reported as broken JSON."""
    assert texts(piped('"a\u2028b\u0085c"\n'.encode(), "jsonl")) == ["a\u2028b\u0085c"]


def test_a_passage_of_a_megabyte_is_read_whole() -> None:
    """A long document would be cut or refused."""
    row = {"text": "a" * 1_000_000}
    assert texts(piped(json.dumps(row).encode(), "jsonl")) == [row["text"]]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"text": "a"', "not JSON"),
        (b"{'text': 'a'}", "not JSON"),
        (b'{"text": "a"} {"text": "b"}', "not JSON"),
        (b'{"text": "a\tb"}', "not JSON"),
        (b"plain", "not JSON"),
        (b'["a"]', "expected a JSON object or string"),
        (b"1", "expected a JSON object or string"),
        (b"null", "expected a JSON object or string"),
        (b'{"title": "a"}', "no text field: found 'title'"),
        (b"{}", "no text field: found nothing"),
        (b'{"text": null}', "'text' is null"),
        (b'{"text": 1}', "'text' is a number"),
        (b'{"text": true}', "'text' is a boolean"),
        (b'{"text": ["a"]}', "'text' is an array"),
        (b'{"text": {"a": 1}}', "'text' is an object"),
        (b'{"text": "a", "p": NaN}', "NaN is no JSON number"),
        (b'{"text": "a", "p": -Infinity}', "-Infinity is no JSON number"),
        (b'{"text": "a", "p": 1e999}', "1e999 is too large"),
        (b'{"text": "a", "p": -1e999}', "-1e999 is too large"),
        (rb'{"text": "a\ud800b"}', "half of a surrogate pair"),
        (rb'"\udc80"', "half of a surrogate pair"),
        (rb'{"text": "a", "\ud83d": 1}', "half of a surrogate pair"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"text": "a", "n": ' + b"1" * 5000 + b"}", "not JSON"),
    ],
)
def test_a_line_that_cannot_be_a_passage_is_named(line: bytes, problem: str) -> None:
    """One bad line among thousands could not be found, or would be sent as something else."""
    with pytest.raises(InputError) as caught:
        piped(b'"a"\n\n' + line + b"\n", "jsonl")
    assert caught.value.message.startswith("<stdin>:3: ")
    assert problem in caught.value.message
    assert "\n" not in caught.value.message


def test_an_object_without_text_lists_what_it_has_and_what_is_expected() -> None:
    """A user would have to guess what --text-field may be."""
    with pytest.raises(InputError) as caught:
        piped('{"标题": "a", "x": 1}'.encode(), "jsonl")
    assert "'标题', 'x'" in caught.value.message
    assert "text, passage, content" in caught.value.message
    assert "--text-field" in (caught.value.hint or "")


def test_many_brackets_are_not_deep_ones() -> None:
    """A long table of numbers, or a passage of code, would be refused as nested too deeply."""
    row = {"text": "[{" * 300, "n": [[number] for number in range(300)]}
    (passage,) = piped(json.dumps(row).encode(), "jsonl").passages
    assert passage.row == row


def test_an_encoding_that_gives_no_place_is_still_an_error_of_the_input() -> None:
    """Some codecs fail without a place; that would be called a bug of rerank."""
    with pytest.raises(InputError, match=r"^<stdin>(:1)?: not punycode text: "):
        piped(b'"a"\\', "jsonl", encoding="punycode")
