"""gzip: every input may be packed, and what is broken or too large is refused."""

import gzip
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from rerank_cli.errors import InputError
from rerank_cli.reading.collection import Corpus, read_queries
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import job_lines
from rerank_cli.reading.qrels import read_qrels
from rerank_cli.reading.reader import read
from rerank_cli.reading.runs import read_run
from rerank_cli.reading.source import byte_lines, read_text, size_in_bytes
from tests.reading.piped import texts
from tests.workflows.batch.jobs import job

Read = Callable[[str], object]

READERS: dict[str, Read] = {
    "whole": lambda file: read_text(file, None, None, 1000),
    "by line": lambda file: list(byte_lines(file, None, None, 1000)),
}
readers = pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt.gz", b"a\nb\n"),
        ("a.gz", b"a\nb\n"),
        ("a", b"a\nb\n"),
        ("a.jsonl.gz", b'{"text": "a"}\n"b"\n'),
        ("A.JSONL.GZ", b'{"text": "a"}\n"b"\n'),
        ("a.json.gz", b'["a", "b"]\n'),
        ("a.csv.gz", b"text\na\nb\n"),
        ("a.tsv.gz", "text\na\nb\n".encode("utf-16")),
    ],
)
def test_a_packed_file_is_read_by_the_suffix_within(name: str, data: bytes) -> None:
    """Every archive would have to be unpacked by hand first."""
    Path(name).write_bytes(gzip.compress(data))
    assert texts(read([name], stdin=None)) == ["a", "b"]


def test_packed_standard_input_is_read() -> None:
    """`curl … | rerank` would need gunzip between."""
    data = io.BytesIO(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert texts(read(["-"], stdin=data)) == ["a", "b"]


def test_a_suffix_alone_packs_nothing() -> None:
    """A file that a browser unpacked, but did not rename, would be refused."""
    Path("a.txt.gz").write_bytes(b"a\n")
    assert texts(read(["a.txt.gz"], stdin=None)) == ["a"]


def test_the_files_of_a_batch_may_be_packed() -> None:
    """BEIR's files would have to be unpacked by hand first."""
    documents = [{"_id": f"d{number}", "text": f"text {number}"} for number in range(3)]
    files = {
        "jobs": job(1) + job(2),
        "corpus": "".join(json.dumps(each) + "\n" for each in documents),
        "queries": "q1\tone\n",
        "run": "q1 Q0 d1 1 2.5 a\n",
        "qrels": "q1 0 d1 1\n",
    }
    for name, text in files.items():
        Path(name).write_bytes(gzip.compress(text.encode()))
    assert [each.job().id for each in job_lines("jobs", None, None, FieldNames())] == [1, 2]
    assert read_queries("queries", None, None) == {"q1": "one"}
    assert read_run("run", stdin=None).scores == {"q1": {"d1": 2.5}}
    assert read_qrels("qrels", stdin=None) == {"q1": {"d1": 1}}
    opened = Corpus("corpus", None)
    found = [opened.passage(f"d{number}") for number in (2, 0)]
    opened.close()
    assert [each and (each.line, each.text) for each in found] == [(3, "text 2"), (1, "text 0")]


@readers
def test_what_unpacks_to_more_than_the_limit_is_refused(reader: Read) -> None:
    """A kilobyte from a stranger would fill the memory."""
    Path("bomb.gz").write_bytes(gzip.compress(b"a" * 2**24))
    with pytest.raises(InputError, match="more than 1000 bytes"):
        reader("bomb.gz")


@readers
@pytest.mark.parametrize("left", [3, 12, -1])
def test_a_packed_file_that_was_cut_off_is_refused(reader: Read, left: int) -> None:
    """Half a download would be ranked as if it were all."""
    Path("half.gz").write_bytes(gzip.compress(b"a\nb\n" * 20)[:left])
    with pytest.raises(InputError, match=r"^half.gz: ") as caught:
        reader("half.gz")
    assert "cut off" in (caught.value.hint or "")


@readers
@pytest.mark.parametrize("at", [12, -6, -1])
def test_a_packed_file_that_is_damaged_is_refused(reader: Read, at: int) -> None:
    """Changed bytes would end in a traceback, or be ranked."""
    data = bytearray(gzip.compress(b"a\nb\n" * 20))
    data[at] ^= 0xFF
    Path("bad.gz").write_bytes(data)
    with pytest.raises(InputError, match=r"^bad.gz: ") as caught:
        reader("bad.gz")
    assert "gzip" in (caught.value.hint or "")


@readers
def test_other_data_after_the_packed_are_refused(reader: Read) -> None:
    """What stands after an archive would be left out without a word."""
    Path("more.gz").write_bytes(gzip.compress(b"a\n") + b"more\n")
    with pytest.raises(InputError, match=r"^more.gz: cannot be unpacked"):
        reader("more.gz")


def test_what_is_packed_in_another_way_is_named() -> None:
    """Zlib's data, which have no mark of their own, would end in a traceback."""
    with pytest.raises(InputError, match="not utf-8 text"):
        read(["-"], stdin=io.BytesIO(zlib.compress(b"a\n" * 50)))


def test_the_size_of_what_is_packed_is_not_that_of_its_lines() -> None:
    """The progress of a batch would stand beyond its end."""
    Path("jobs.jsonl").write_text(job(1))
    Path("jobs.jsonl.gz").write_bytes(gzip.compress(job(1).encode()))
    assert size_in_bytes("jobs.jsonl") == len(job(1))
    assert size_in_bytes("jobs.jsonl.gz") is None
    assert size_in_bytes("nowhere") is None
