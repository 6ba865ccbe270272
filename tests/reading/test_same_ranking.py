"""Property: in whatever shape and encoding rows are stored, they rank the same."""

import codecs
import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import scoring
from tests.running import rerank
from tests.serving import Loopback

_TEXT = st.one_of(
    st.text("今天a1 ,;\t\"'\r\n{}[]|\ufeff", max_size=12),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
_ROWS = st.lists(_TEXT, min_size=1, max_size=6).filter(lambda rows: any(map(str.strip, rows)))
_FIRST = "LF.jsonl"
# Of some hundred files, each try takes a twelfth.
_SHARE = 12
_ENDS = {"LF": "\n", "CRLF": "\r\n"}


@pytest.fixture(name="endpoint", scope="module")
def _endpoint() -> Iterator[Loopback]:
    """Scores a text by what it is, so that no two rank alike by chance."""
    with Loopback(scoring(lambda text: sum(map(ord, text)) % 997 / 997)) as server:
        yield server


def _table(rows: list[str], delimiter: str, end: str, quoting: int = csv.QUOTE_ALL) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["id", "text"], *enumerate(rows)])
    return written.getvalue()


def _texts(rows: list[str]) -> dict[str, str]:
    """The rows as text, by the name of the file that holds them."""
    found = {}
    objects = [{"id": number, "text": text} for number, text in enumerate(rows)]
    for name, end in _ENDS.items():
        found[f"{name}.csv"] = _table(rows, ",", end)
        found[f"{name}.tsv"] = _table(rows, "\t", end)
        found[f"{name}.jsonl"] = "".join(json.dumps(each) + end for each in objects)
        found[f"{name}-indented.json"] = json.dumps(objects, indent=2).replace("\n", end) + end
        if not any("\r" in text or "\n" in text for text in rows):
            found[f"{name}-bare.csv"] = _table(rows, ",", end, csv.QUOTE_MINIMAL)
            found[f"{name}-bare.tsv"] = _table(rows, "\t", end, csv.QUOTE_MINIMAL)
            found[f"{name}-semicolons.csv"] = _table(rows, ";", end, csv.QUOTE_MINIMAL)
    found["array.json"] = json.dumps(objects, ensure_ascii=False)
    found["strings.json"] = json.dumps(rows, ensure_ascii=False)
    found["array"] = json.dumps(objects)
    found["CR.csv"] = _table(rows, ",", "\r")
    found["CR.jsonl"] = found["LF.jsonl"].replace("\n", "\r")
    return found


def _files(rows: list[str]) -> Mapping[str, tuple[bytes, tuple[str, ...]]]:
    """The rows as bytes, by the name of the file, with the options that it needs."""
    files: dict[str, tuple[bytes, tuple[str, ...]]] = {}
    for name, text in _texts(rows).items():
        files[name] = text.encode(), ()
        files[f"{name}.gz"] = gzip.compress(text.encode()), ()
        files[f"mark-{name}"] = text.encode("utf-8-sig"), ()
        files[f"utf-16-{name}"] = codecs.BOM_UTF16_LE + text.encode("utf-16-le"), ()
        files[f"gb18030-{name}"] = text.encode("gb18030"), ("--encoding", "gb18030")
    stored = io.BytesIO()
    columns = {"id": list(range(len(rows))), "text": rows}
    pyarrow.parquet.write_table(pyarrow.table(columns), stored)
    files["rows.parquet"] = stored.getvalue(), ()
    return files


@settings(max_examples=25)
@given(rows=_ROWS, some=st.integers(0, _SHARE - 1))
def test_rows_rank_the_same_in_every_shape_and_encoding(
    endpoint: Loopback, rows: list[str], some: int
) -> None:
    """A file would rank other passages after it went through Excel, pandas or another system."""
    files = _files(rows)
    ranked = {}
    for name in [_FIRST, *sorted(files)[some::_SHARE]]:
        data, options = files[name]
        Path(name).write_bytes(data)
        done = rerank("q", name, "--base-url", endpoint.url, "--json", *options)
        ranked[name] = [result["text"] for result in done.json["results"]]
    expected = ranked[_FIRST]
    assert sorted(expected) == sorted(text for text in rows if text.strip())
    assert {name: texts for name, texts in ranked.items() if texts != expected} == {}
