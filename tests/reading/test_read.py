"""Which files are read, in which format, and what is said of them."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from rerank_cli.errors import InputError, UsageError
from rerank_cli.reading.reader import read
from tests.reading.piped import numbered, piped, texts

Write = Callable[[str, bytes], str]


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Write:
    """Writes a file and gives its name."""

    def write(name: str, data: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", b"a\nb\n"),
        ("a", b"a\nb\n"),
        ("a.jsonl", b'{"text": "a"}\n"b"\n'),
        ("a.ndjson", b'{"text": "a"}\n"b"\n'),
        ("A.JSONL", b'{"text": "a"}\n"b"\n'),
        ("a.csv", b"text\na\nb\n"),
        ("a.tsv", b"id\ttext\n1\ta\n2\tb\n"),
    ],
)
def test_the_suffix_tells_the_format(write: Write, name: str, data: bytes) -> None:
    """Every file would need --input-format."""
    assert texts(read([write(name, data)], stdin=None)) == ["a", "b"]


def test_a_named_format_beats_the_suffix(write: Write) -> None:
    """A JSONL file called .txt could not be read."""
    file = write("a.txt", b'{"text": "a"}\n')
    assert texts(read([file], stdin=None, input_format="jsonl")) == ["a"]


def test_files_are_read_in_order_each_with_its_own_lines_format_and_mark(write: Write) -> None:
    """With several files, a result would point to a wrong file or line."""
    first = write("z.txt", b"\xef\xbb\xbfa\n\nb\n")
    second = write("b.csv", b"\xef\xbb\xbfid,text\n7,c\n")
    reading = read([first, "-", second], stdin=io.BytesIO(b"\nd\n"))
    assert [(passage.locator, passage.text, passage.id) for passage in reading.passages] == [
        (f"{first}:1", "a", None),
        (f"{first}:3", "b", None),
        ("<stdin>:2", "d", None),
        (f"{second}:2", "c", "7"),
    ]


def test_a_file_may_be_named_twice(write: Write) -> None:
    """Passages named twice would be read once, or refused."""
    file = write("a.txt", b"a\n")
    assert numbered(read([file, file], stdin=None)) == [(1, "a"), (1, "a")]


def test_standard_input_named_twice_is_refused() -> None:
    """The second - would silently be empty."""
    with pytest.raises(UsageError, match="named twice"):
        read(["-", "-"], stdin=io.BytesIO(b"a\n"))


def test_standard_input_that_is_closed_is_an_error() -> None:
    """`rerank q <&-` would crash."""
    with pytest.raises(InputError, match=r"^<stdin>: "):
        read(["-"], stdin=None)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A mistyped name would end in a traceback, or as no passages."""
    with pytest.raises(InputError) as caught:
        read([str(tmp_path / "none.txt")], stdin=None)
    assert caught.value.message == f"{tmp_path}/none.txt: no such file"


def test_a_directory_is_named_with_a_way_to_read_what_is_in_it(tmp_path: Path) -> None:
    """A directory would end in a traceback."""
    with pytest.raises(InputError) as caught:
        read([str(tmp_path)], stdin=None)
    assert caught.value.message == f"{tmp_path}: is a directory"
    assert "*" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have_is_an_input_error(name: str) -> None:
    """A strange name would end in a traceback."""
    with pytest.raises(InputError) as caught:
        read([name], stdin=None)
    assert caught.value.message.startswith(f"{name}: ")


def test_an_empty_file_beside_others_is_pointed_out(write: Write) -> None:
    """An export that failed would go unnoticed among others."""
    empty, full = write("empty.txt", b""), write("full.txt", b"a\n")
    reading = read([empty, full], stdin=None)
    assert texts(reading) == ["a"]
    assert reading.warnings == (f"{empty}: no passages",)


def test_only_empty_files_are_an_error_that_names_them(write: Write) -> None:
    """Nothing would be ranked, and pass for a success."""
    files = [write("a.txt", b""), write("b.jsonl", b"\n\n")]
    with pytest.raises(InputError) as caught:
        read(files, stdin=None)
    assert caught.value.message.startswith(", ".join(files))


@pytest.mark.parametrize(
    ("input_format", "data", "places"),
    [
        ("jsonl", b'"a"\n{"text": " \\n", "id": 1}\n\n""\n', ("<stdin>:2", "<stdin>:4")),
        ("csv", b'id,text\n1,a\n2,\n3,"  "\n', ("<stdin>:3", "<stdin>:4")),
        ("tsv", b'text\na\n""\n', ("<stdin>:3",)),
    ],
)
def test_blank_passages_are_left_out_and_reported(
    input_format: str, data: bytes, places: tuple[str, ...]
) -> None:
    """A blank passage would be sent and paid for, or vanish without a word."""
    reading = piped(data, input_format)
    assert texts(reading) == ["a"]
    assert reading.blank == places


def test_only_blank_passages_are_an_error() -> None:
    """A request without passages would be sent."""
    with pytest.raises(InputError, match=r"^<stdin>: .*blank"):
        piped(b'""\n{"text": "\\u3000"}\n', "jsonl")
