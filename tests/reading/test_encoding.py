"""Bytes become text, or an error that says where and what to try."""

import codecs
import re

import pytest

from rerank_cli.errors import InputError, UsageError
from rerank_cli.reading.encoding import check_encoding
from tests.reading.piped import numbered, piped, texts

DEFINITION = "人工智能是计算机科学的一个分支，它企图了解智能的实质。"
WEATHER = "今天天气很好，适合户外活动。"


def refusal(data: bytes, encoding: str | None = None) -> InputError:
    """The error that these bytes are refused with."""
    with pytest.raises(InputError) as caught:
        piped(data, encoding=encoding)
    return caught.value


def proposed(error: InputError) -> str | None:
    """The encoding that an error's hint says to try."""
    found = re.search(r"--encoding (\S+)", error.hint or "")
    return found and found[1]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides(mark: bytes, encoding: str) -> None:
    """Files saved by Windows programs would need --encoding, or be misread."""
    data = mark + f"{DEFINITION}\r\n\r\n{WEATHER}".encode(encoding)
    assert numbered(piped(data)) == [(1, DEFINITION), (3, WEATHER)]


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "shift_jis", "utf-16", "utf-8-sig"])
def test_a_named_encoding_gives_the_right_text(encoding: str) -> None:
    """Passages in an older encoding could not be ranked."""
    assert numbered(piped("今天\n天\n".encode(encoding), encoding=encoding)) == [
        (1, "今天"),
        (2, "天"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_mark_before_a_named_encoding_is_no_part_of_the_text(encoding: str) -> None:
    """The first passage would begin with an invisible character."""
    assert texts(piped("\ufeffa\n".encode(encoding), encoding=encoding)) == ["a"]


def test_gb18030_is_refused_with_its_place_and_the_likely_encoding() -> None:
    """Mojibake would be scored, or the user left to guess what is wrong with the file."""
    data = b"plain\n" + f"{DEFINITION}\n{WEATHER}\n".encode("gb18030")
    error = refusal(data)
    assert error.message == "<stdin>:2: not utf-8 text: byte 0xc8 at offset 6"
    assert proposed(error) == "gb18030"
    assert texts(piped(data, encoding="gb18030")) == ["plain", DEFINITION, WEATHER]


def test_the_likely_encoding_is_told_when_only_an_unfinished_last_line_shows_it() -> None:
    """The hint would name the one encoding that has just failed."""
    error = refusal(b"a plain first line\n" + WEATHER.encode("gb18030"))
    assert error.message.startswith("<stdin>:2: ")
    assert proposed(error) == "gb18030"


@pytest.mark.parametrize("before", ["a plain line\n", f"{WEATHER}\n"])
def test_a_bad_byte_late_in_a_file_is_not_answered_with_what_has_failed(before: str) -> None:
    """The hint would name the one encoding that has just failed."""
    good = before.encode() * 8000
    error = refusal(good + b"\xff\xfe\n")
    assert error.message == f"<stdin>:8001: not utf-8 text: byte 0xff at offset {len(good)}"
    assert proposed(error) not in ("utf_8", "utf-8", "ascii")


def test_utf_8_that_is_cut_off_is_refused_without_a_useless_hint() -> None:
    """Half a character from `head -c` would be scored, or blamed on the very encoding it is in."""
    whole = f"{DEFINITION}\n{WEATHER}\n{WEATHER}".encode()
    error = refusal(whole[:-1])
    assert error.message.startswith("<stdin>:3: not utf-8 text: byte 0xe3 ")
    assert proposed(error) not in ("utf_8", "utf-8", "ascii")


def test_text_that_is_not_in_the_named_encoding_is_refused_with_its_place() -> None:
    """A wrong --encoding would give wrong passages in silence."""
    error = refusal(b"a\nb\xff\n", "ascii")
    assert error.message == "<stdin>:2: not ascii text: byte 0xff at offset 3"


@pytest.mark.parametrize("half", [b"\x00\xd8a\x00", b"\x00"])
def test_broken_utf_16_is_refused_with_its_line(half: bytes) -> None:
    """Half characters would be scored, or looked for in the wrong line."""
    error = refusal(codecs.BOM_UTF16_LE + "甲\n乙\n".encode("utf-16-le") + half)
    # Two bytes of the mark, and four characters.
    assert error.message == "<stdin>:3: not utf-16-le text: byte 0x00 at offset 10"


@pytest.mark.parametrize(
    ("text", "named"), [("ગ一\n", None), ("上海\n上海\n", "utf-16-le"), ("上海\n", "utf-16-be")]
)
def test_a_byte_that_only_looks_like_a_newline_does_not_count(text: str, named: str | None) -> None:
    """A wide encoding's error would name a wrong line: 上 holds the byte of a newline."""
    mark = b"" if named else codecs.BOM_UTF16_LE
    half = b"\xd8\x00\x00a" if named == "utf-16-be" else b"\x00\xd8a\x00"
    error = refusal(mark + text.encode(named or "utf-16-le") + half, named)
    assert error.message.startswith(f"<stdin>:{text.count(chr(10)) + 1}: not utf-16-")


@pytest.mark.parametrize(
    ("magic", "kind"),
    [(b"\x1f\x8b\x08", "gzip"), (b"PK\x03\x04\xff", "zip"), (b"BZh9\xff", "bzip2")],
)
def test_packed_data_is_recognised(magic: bytes, kind: str) -> None:
    """A compressed file would be answered with a guess at its encoding."""
    assert f"It is {kind} data" in (refusal(magic + b"\xff\n").hint or "")


@pytest.mark.parametrize("encoding", ["utf-7", "unicode_escape"])
def test_half_a_surrogate_pair_is_refused_whatever_the_encoding(encoding: str) -> None:
    """A character that can be neither sent nor written would crash the command later."""
    data = b"+2AA-\n" if encoding == "utf-7" else b"\\ud800\n"
    assert refusal(data, encoding).message.startswith("<stdin>:1: ")


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "gb18030", "GBK", "big5", "cp1252", "utf-16"])
def test_a_text_encoding_is_accepted(name: str) -> None:
    """A good --encoding would be refused."""
    check_encoding(name)


@pytest.mark.parametrize("name", ["klingon", "", "a\0b", "hex", "rot13", "base64", "zlib"])
def test_what_is_no_text_encoding_is_refused_before_anything_is_read(name: str) -> None:
    """A mistyped --encoding would end as an internal error."""
    with pytest.raises(UsageError, match="is not a text encoding"):
        check_encoding(name)
