"""Parquet files, of passages and of jobs."""

import datetime
import decimal
import gzip
import io
import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from rerank_cli.errors import InputError, SettingsError, UsageError
from rerank_cli.model import Job
from rerank_cli.reading import parquet
from rerank_cli.reading.collection import Corpus
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import job_lines
from rerank_cli.reading.reader import read
from rerank_cli.reading.source import size_in_bytes
from tests.reading.piped import numbered, piped, texts
from tests.workflows.batch.jobs import job_entries


def stored(columns: dict[str, Any], **options: object) -> bytes:
    """The columns as a Parquet file."""
    data = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), data, **options)
    return data.getvalue()


ROWS = stored({"id": [7, 8], "text": ["how long", "weather"], "score": [0.5, None]})


@pytest.mark.parametrize("name", ["a.parquet", "A.PARQUET", "a", "a.parquet.gz"])
def test_each_row_is_a_passage(name: str) -> None:
    """A data set of today would have to be converted first."""
    Path(name).write_bytes(gzip.compress(ROWS) if name.endswith("gz") else ROWS)
    reading = read([name], stdin=None)
    assert [(p.line, p.text, p.id, p.row) for p in reading.passages] == [
        (1, "how long", 7, {"id": 7, "text": "how long", "score": 0.5}),
        (2, "weather", 8, {"id": 8, "text": "weather", "score": None}),
    ]


@pytest.mark.parametrize("input_format", ["auto", "parquet"])
def test_standard_input_may_be_parquet(input_format: str) -> None:
    """`curl … | rerank` would need a file between."""
    assert numbered(piped(ROWS, input_format)) == [(1, "how long"), (2, "weather")]


def test_rows_keep_their_numbers_over_groups_and_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result of a large file would point to another row."""
    monkeypatch.setattr(parquet, "_BATCH", 3)
    data = stored({"text": [f"text {number}" for number in range(1, 21)]}, row_group_size=7)
    assert numbered(piped(data, "parquet")) == [(n, f"text {n}") for n in range(1, 21)]


def test_values_are_those_of_json() -> None:
    """An output of rows would fail, or hold what no other program reads."""
    moment = datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC)
    data = stored(
        {
            "text": ["a"],
            "when": pyarrow.array([moment.replace(tzinfo=None)], pyarrow.timestamp("us")),
            "zoned": pyarrow.array([moment], pyarrow.timestamp("ms", "UTC")),
            "exact": pyarrow.array([1_000_000_001], pyarrow.timestamp("ns")),
            "day": [datetime.date(2024, 2, 29)],
            "time": pyarrow.array([1_001], pyarrow.time64("ns")),
            "price": [decimal.Decimal("1.50")],
            "count": [decimal.Decimal(20)],
            "missing": [float("nan")],
            "infinite": [float("inf")],
            "utf8": [b"caf\xc3\xa9"],
            "image": [b"\xff\xd8"],
            "list": [[1, 2]],
            "struct": [{"a": [b"x"]}],
            "map": pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int64())),
            "flag": [True],
            "key": pyarrow.array([uuid.UUID(int=1).bytes], pyarrow.binary(16)),
        }
    )
    (passage,) = piped(data, "parquet").passages
    assert json.loads(json.dumps(passage.row, allow_nan=False)) == {
        "text": "a",
        "when": "2024-02-29T12:30:00",
        "zoned": "2024-02-29T12:30:00+00:00",
        "exact": "1970-01-01T00:00:01",
        "day": "2024-02-29",
        "time": "00:00:00.000001",
        "price": 1.5,
        "count": 20,
        "missing": None,
        "infinite": "inf",
        "utf8": "café",
        "image": {"base64": "/9g="},
        "list": [1, 2],
        "struct": {"a": ["x"]},
        "map": [["k", 1]],
        "flag": True,
        "key": {"base64": "AAAAAAAAAAAAAAAAAAAAAQ=="},
    }


def test_text_may_be_stored_as_bytes() -> None:
    """Tables of older programs, which do not mark text as such, would be refused."""
    assert texts(piped(stored({"text": ["人工".encode()]}), "parquet")) == ["人工"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (ROWS[:-20], "Parquet that cannot be read"),
        (ROWS[:4] + b"\0" * 100 + ROWS[104:], "Parquet that cannot be read"),
        (b"PAR1", "Parquet that cannot be read"),
        (b"text\na\n", "Parquet that cannot be read"),
        (stored({"text": ["a", None]}), "<stdin>:2: 'text' is null"),
        (stored({"text": ["a"], "id": [b"\xff"]}), ""),
        (stored({"text": [b"\xff"]}), "<stdin>:1: 'text' is an object"),
        (stored({"name": ["a"]}), "<stdin>:1: no text field: found 'name'"),
        (stored({"text": []}), "no passages"),
    ],
)
def test_what_cannot_be_a_passage_is_refused(data: bytes, problem: str) -> None:
    """A damaged file would end in a traceback, or its faulty row not be found."""
    if not problem:
        assert piped(data, "parquet").passages[0].id is None
        return
    with pytest.raises(InputError) as caught:
        piped(data, "parquet")
    assert problem in caught.value.message
    assert "\n" not in caught.value.message


def test_a_column_that_stands_twice_is_refused() -> None:
    """One of two columns of a name would be lost."""
    data = io.BytesIO()
    twice = pyarrow.Table.from_arrays([["a"], ["b"]], names=["text", "text"])
    pyarrow.parquet.write_table(twice, data)
    with pytest.raises(InputError, match="column 'text' stands twice"):
        piped(data.getvalue(), "parquet")


def test_more_than_the_limit_unpacked_is_refused() -> None:
    """A small file from a stranger would fill the memory."""
    data = stored({"text": ["a" * 1_000_000] * 100}, compression="zstd")
    assert len(data) < 100_000
    for stream in (io.BytesIO(data), io.BufferedReader(io.BytesIO(data))):
        with pytest.raises(InputError, match="more than 200000 bytes"):
            read(["-"], stdin=stream, max_bytes=200_000)


def test_text_that_is_parquet_is_named_as_such() -> None:
    """Who misnames a Parquet file would be told to guess at its encoding."""
    with pytest.raises(InputError) as caught:
        piped(ROWS, "lines")
    assert "Parquet" in (caught.value.hint or "")


JOBS: list[dict[str, object]] = [
    {"id": 1, "query": "q1", "documents": ["a", "b"]},
    {"id": 2, "query": "什么", "documents": ["机器", ""]},
]


def _columns(rows: list[dict[str, object]]) -> dict[str, object]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_jobs_may_be_parquet() -> None:
    """Data sets of queries with candidates would have to be converted first."""
    Path("jobs").write_bytes(stored(_columns(JOBS)))
    found = [each.job() for each in job_lines("jobs", None, None, FieldNames())]
    lines = job_entries("".join(json.dumps(row) + "\n" for row in JOBS))
    assert [
        (job.id, job.line, job.source, job.candidates.query, job.positions, job.blank)
        for job in found
    ] == [(1, 1, "jobs", "q1", [0, 1], 0), (2, 2, "jobs", "什么", [0], 1)]
    assert [texts_of(job) for job in found] == [texts_of(each.job()) for each in lines]
    assert size_in_bytes("jobs") is None


def texts_of(job: Job) -> list[str]:
    """The texts of a job's candidates."""
    return [passage.text for passage in job.candidates.passages]


def test_a_corpus_may_be_parquet() -> None:
    """The collections of today's hubs would have to be converted first."""
    rows: list[dict[str, object]] = [{"_id": f"d{n}", "text": f"text {n}"} for n in range(300)]
    Path("corpus").write_bytes(stored(_columns(rows)))
    opened = Corpus("corpus", None)
    found = [opened.passage(doc_id) for doc_id in ("d299", "d0")]
    opened.close()
    assert [each and (each.line, each.text) for each in found] == [(300, "text 299"), (1, "text 0")]


def test_an_encoding_is_refused_where_there_is_no_text() -> None:
    """A user would believe that --encoding did something."""
    with pytest.raises(UsageError, match="--encoding"):
        piped(ROWS, "parquet", encoding="gb18030")
    Path("jobs").write_bytes(stored(_columns(JOBS)))
    with pytest.raises(UsageError, match="--encoding"):
        list(job_lines("jobs", None, "gb18030", FieldNames()))


def test_without_pyarrow_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user would see a traceback of an import."""
    monkeypatch.setattr(parquet, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="pyarrow") as caught:
        piped(ROWS, "parquet")
    assert "rerank-cli[parquet]" in (caught.value.hint or "")
