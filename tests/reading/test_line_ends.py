"""Carriage returns as the only line ends, and marks that joining files leaves in the middle."""

import io
import json
from pathlib import Path

import pytest

from rerank_cli.errors import InputError
from rerank_cli.reading.collection import Corpus, read_queries
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import job_lines
from rerank_cli.reading.qrels import read_qrels
from rerank_cli.reading.runs import read_run
from tests.reading.piped import numbered, piped
from tests.workflows.batch.jobs import job, job_entries

MARK = "\ufeff"


@pytest.mark.parametrize(
    ("input_format", "lines"),
    [
        ("lines", ["", "a", "b"]),
        ("jsonl", ["", '{"text": "a"}', '"b"']),
        ("json", ["[", '"a",', '{"text": "b"}', "]"]),
        ("csv", ["text", "a", "b"]),
        ("csv", ["text", '"a"', '"b"']),
        ("tsv", ["text", "a", '"b"']),
        ("paragraphs", ["", "a", "", "b"]),
    ],
)
def test_a_file_of_an_old_mac_has_lines(input_format: str, lines: list[str]) -> None:
    """All of it would be one passage, or be refused, or have wrong line numbers."""
    expected = numbered(piped("\n".join(lines).encode(), input_format))
    assert [text for _, text in expected] == ["a", "b"]
    assert numbered(piped("\r".join(lines).encode(), input_format)) == expected
    assert numbered(piped("\r".join([*lines, ""]).encode("utf-16"), input_format)) == expected


@pytest.mark.parametrize(
    ("input_format", "data"),
    [
        ("jsonl", b'"a"\r\r"b"\r{'),
        ("json", b'["a",\r\r"b",\r{'),
        ("csv", b"text,id\r\ra,1\rb"),
        ("lines", b"a\rb\rc\rd\xff\r"),
        ("lines", b"a\rb\rc\rd\0\r"),
    ],
)
def test_an_error_in_a_file_of_an_old_mac_names_its_line(input_format: str, data: bytes) -> None:
    """The user would look for the fault on line 1."""
    with pytest.raises(InputError, match=r"^<stdin>:4: "):
        piped(data, input_format)


def test_rows_that_end_in_cr_may_hold_lf_in_quotes() -> None:
    """A table that Excel for Mac saved would be refused for a line break in a cell."""
    assert numbered(piped(b'id,text\r1,"a\nb"\r2,c\r', "csv")) == [(2, "a\nb"), (4, "c")]


def test_one_carriage_return_among_other_lines_is_refused_in_a_table() -> None:
    """Two rows would be one, or the message speak of Python's file modes."""
    with pytest.raises(InputError, match="carriage return") as caught:
        piped(b"id,text\n1,a\r2,b\n", "csv")
    assert caught.value.message.startswith("<stdin>:2: ")


def test_jobs_of_an_old_mac_have_lines() -> None:
    """A batch would be one faulty job."""
    entries = job_entries((job(1) + "\n" + job(2)).replace("\n", "\r"))
    assert [(each.line, each.job().id) for each in entries] == [(1, 1), (3, 2)]
    assert [each.digest for each in entries] == [
        each.digest for each in job_entries(job(1) + job(2))
    ]


@pytest.mark.parametrize("change", [("\n", "\r"), ("\n", f"\n{MARK}"), ("{", "{")])
def test_a_collection_is_read_whatever_its_line_ends(change: tuple[str, str]) -> None:
    """Queries would be scored against documents that begin in the middle of another."""
    documents = [{"_id": f"d{number}", "text": f"text {number}"} for number in range(3)]
    corpus = "".join(json.dumps(each) + "\n" for each in documents)
    files = {
        "corpus": corpus,
        "queries": "q1\tone\nq2\ttwo\n",
        "run": "q1 Q0 d1 1 2.5 a\nq2 Q0 d2 1 1.5 a\n",
        "qrels": "q1 0 d1 1\nq2 0 d2 0\n",
    }
    for name, text in files.items():
        Path(name).write_bytes((MARK + text.replace(*change)).removesuffix(MARK).encode())
    assert read_queries("queries", None, None) == {"q1": "one", "q2": "two"}
    assert read_run("run", stdin=None).scores == {"q1": {"d1": 2.5}, "q2": {"d2": 1.5}}
    assert read_qrels("qrels", stdin=None) == {"q1": {"d1": 1}, "q2": {"d2": 0}}
    opened = Corpus("corpus", None)
    try:
        found = [opened.passage(f"d{number}") for number in (2, 0, 1)]
    finally:
        opened.close()
    assert [each and (each.line, each.text) for each in found] == [
        (3, "text 2"),
        (1, "text 0"),
        (2, "text 1"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize(
    ("input_format", "first", "second"),
    [
        ("lines", "a\n", "b\n"),
        ("jsonl", '"a"\n', '"b"\n'),
        ("csv", "text,id\na,1\n", "b,2\n"),
        ("csv", "text,id\na,1\n", 'text,id\n"b",2\n'),
        ("csv", '"text","id"\n"a","1"\n', '"text","id"\n"b","2"\n'),
        ("tsv", "text\tid\na\t1\n", "text\tid\nb\t2\n"),
    ],
)
def test_joined_files_have_no_marks_between_them(
    input_format: str, first: str, second: str, encoding: str
) -> None:
    """`cat a.csv b.csv` would have an invisible character in a passage, or a header as one."""
    data = f"{MARK}{first}{MARK}{second}".encode(encoding)
    assert [text for _, text in numbered(piped(data, input_format))] == ["a", "b"]


def test_jobs_of_joined_files_have_no_marks_between_them() -> None:
    """The first job of each file but one would fail."""
    entries = job_entries(f"{MARK}{job(1)}{MARK}{job(2)}".encode())
    assert [each.job().id for each in entries] == [1, 2]


def test_a_mark_within_a_line_or_a_cell_is_a_character() -> None:
    """A passage would lose an invisible character that it is stored with."""
    assert numbered(piped(f"a{MARK}b\n".encode())) == [(1, f"a{MARK}b")]
    table = f'text\n"a\n{MARK}b"\n'.encode()
    assert numbered(piped(table, "csv")) == [(2, f"a\n{MARK}b")]


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_files_of_two_encodings_that_were_joined_are_refused(mark: bytes) -> None:
    """The second file would be ranked as rubbish."""
    with pytest.raises(InputError, match=r"^<stdin>:2: ") as caught:
        piped(b"a\n" + mark + "b\n".encode("utf-16-le"))
    assert "joined" in (caught.value.hint or "")


def test_files_of_two_byte_orders_that_were_joined_are_refused() -> None:
    """The second file would be ranked as Chinese that nobody wrote."""
    data = f"{MARK}a\n".encode("utf-16-le") + f"{MARK}b\n".encode("utf-16-be")
    with pytest.raises(InputError, match=r"^<stdin>:2: .*another byte order"):
        piped(data)


def test_a_line_end_that_is_far_away_is_not_looked_for() -> None:
    """A pipe of jobs would be read to its end for a carriage return in the first line."""
    stream = io.BytesIO(b'{"id": 1,\r "query": "q", "documents": ["a"]}\n' + job(2).encode())
    first = next(job_lines("-", stream, None, FieldNames()))
    assert first.job().id == 1
