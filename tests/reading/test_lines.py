"""Plain text, one passage a line."""

import pytest

from rerank_cli.errors import InputError
from tests.reading.piped import numbered, piped, texts


def test_each_line_is_a_passage_with_its_number() -> None:
    """Results could not be traced to their line in the file."""
    assert numbered(piped("甲\n乙\n丙\n".encode())) == [(1, "甲"), (2, "乙"), (3, "丙")]


def test_a_plain_line_has_no_id_and_no_fields() -> None:
    """Outputs would show ids or fields that the input never had."""
    (passage,) = piped(b"a\n").passages
    assert (passage.id, dict(passage.row), dict(passage.fields)) == (None, {}, {})


@pytest.mark.parametrize(
    "data", [b"a\nb\n", b"a\nb", b"a\r\nb\r\n", b"a\r\nb", b"\xef\xbb\xbfa\nb"]
)
def test_line_ends_and_a_byte_order_mark_are_no_part_of_a_passage(data: bytes) -> None:
    """A file saved on another system would get other scores."""
    assert numbered(piped(data)) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("blank", [b"", b"\r", b"  ", b"\t \r", "\u3000".encode(), b"\x0c"])
def test_blank_lines_are_skipped_and_counted(blank: bytes) -> None:
    """A blank line would be scored, or would shift all the line numbers after it."""
    assert numbered(piped(b"\n".join([blank, b"a", blank, blank, b"b", b""]))) == [
        (2, "a"),
        (5, "b"),
    ]


@pytest.mark.parametrize("inside", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\r"])
def test_only_a_newline_splits(inside: str) -> None:
    """A form feed or a Unicode separator inside a passage would tear it in two."""
    assert numbered(piped(f"a{inside}b\nc\n".encode())) == [(1, f"a{inside}b"), (2, "c")]


def test_inner_and_outer_blanks_are_kept() -> None:
    """The passage that comes out would not be the line that went in."""
    assert texts(piped(b"  a\tb  \n")) == ["  a\tb  "]


def test_a_passage_of_a_megabyte_is_read_whole() -> None:
    """A long document would be cut or refused."""
    passage = "智" * 350_000
    assert texts(piped(f"{passage}\nb\n".encode())) == [passage, "b"]


@pytest.mark.parametrize("data", [b"", b"\n", b"\n \r\n\t\n", b"\xef\xbb\xbf"])
def test_nothing_to_rank_is_an_error(data: bytes) -> None:
    """An empty hit list would go to the endpoint, or pass for a success."""
    with pytest.raises(InputError, match=r"^<stdin>: no passages"):
        piped(data)


@pytest.mark.parametrize(
    "data", [b'{"text": "a"}\n{"text": "b"}\n', b'["a", "b"]\n', b'[\n  {"text": "a"}\n]\n']
)
def test_json_read_as_lines_is_pointed_out(data: bytes) -> None:
    """JSON on standard input would be ranked with its braces, and nobody would notice."""
    (warning,) = piped(data).warnings
    assert "<stdin>" in warning
    assert "--input-format jsonl" in warning


@pytest.mark.parametrize("data", [b"[1] see the notes\n", b"{a set} of words\n", b"plain\n"])
def test_text_that_only_begins_like_json_is_not_warned_of(data: bytes) -> None:
    """Wikis and footnotes would bring a warning that is wrong."""
    assert piped(data).warnings == ()
