"""The lines of a batch: what is a job, what is none, and how little of the input is held."""

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError, UsageError
from rerank_cli.model import Job
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reading.jobs import job_lines
from tests.workflows.batch.jobs import job, job_entries


def one(data: bytes | str, names: FieldNames | None = None, encoding: str | None = None) -> Job:
    """The job of a single line."""
    (entry,) = job_entries(data, names, encoding)
    return entry.job()


def texts(found: Job) -> list[str]:
    """The texts of a job's passages."""
    return [each.text for each in found.candidates.passages]


@pytest.mark.parametrize("key", ["documents", "passages", "candidates"])
@pytest.mark.parametrize("query", ["query", "question"])
def test_documents_go_by_several_names(key: str, query: str) -> None:
    """Files that other tools wrote would have to be converted first."""
    found = one(json.dumps({"id": "a", query: "what", key: ["x", {"text": "y", "id": 7}]}))
    assert (found.id, found.candidates.query, texts(found)) == ("a", "what", ["x", "y"])
    assert [each.id for each in found.candidates.passages] == [None, 7]
    assert found.fields == {}


@pytest.mark.parametrize("key", ["id", "_id", "query_id", "qid"])
@pytest.mark.parametrize("value", ["a", "", 0, -7, "7", "文"])
def test_the_id_is_kept_as_it_is(key: str, value: object) -> None:
    """Results could not be joined with the queries that they belong to."""
    found = one(json.dumps({key: value, "query": "q", "documents": ["x"]}))
    assert found.id == value
    assert type(found.id) is type(value)
    assert found.fields == {}


@pytest.mark.parametrize("value", [True, 12.0, ["a"], {"a": 1}])
def test_what_is_no_id_is_told(value: object) -> None:
    """The line's number would stand in for an id such as 12.0, and the judgments not be found."""
    data = "\n\n" + json.dumps({"id": value, "query": "q", "documents": ["x"]})
    (entry,) = job_entries(data)
    with pytest.raises(InputError, match=r"^<stdin>:3: the id is .*, expected a text or a whole"):
        entry.job()


def test_a_null_id_is_none() -> None:
    """A table with empty cells for ids could not be ranked."""
    found = one("\n\n" + json.dumps({"id": None, "query": "q", "documents": ["x"]}))
    assert (found.id, found.fields) == (3, {})


def test_the_line_serves_where_no_id_is() -> None:
    """Queries without ids could not be told apart; blank lines must not shift the count."""
    found = [each.job().id for each in job_entries(job(None) + "\n \r\n" + job(None) + job("x"))]
    assert found == [1, 4, "x"]


def test_other_fields_are_kept() -> None:
    """What the user put beside the query would be lost."""
    found = one(job(1, category="news", gold=[1, {"a": None}]))
    assert found.fields == {"category": "news", "gold": [1, {"a": None}]}


def test_documents_name_their_fields_as_asked() -> None:
    """--text-field and --id-field would hold for `rerank` but not for its batches."""
    names = FieldNames("body", "key")
    found = one(job(1, [{"body": "x", "key": "k", "text": "y", "n": 1}]), names)
    (passage,) = found.candidates.passages
    assert (passage.text, passage.id, passage.fields) == ("x", "k", {"text": "y", "n": 1})


def test_blank_documents_are_left_out_and_places_kept() -> None:
    """Blank texts would be paid for, or results point at the wrong documents."""
    found = one(job(1, ["", "a", " \n", {"text": "\u3000"}, "b"]))
    assert texts(found) == ["a", "b"]
    assert list(found.positions) == [1, 4]
    assert list(one(job(1, ["a", "b"])).positions) == [0, 1]


def judged(found: Job) -> dict[str, int]:
    """The relevance of each text."""
    assert found.judgments is not None
    return dict(zip(texts(found), found.judgments, strict=True))


@pytest.mark.parametrize(("good", "bad"), [("positive", "negative"), ("pos", "neg")])
def test_positive_and_negative_documents_are_a_job_with_judgments(good: str, bad: str) -> None:
    """The reranking sets of MTEB would have to be converted first."""
    found = one(json.dumps({"query": "q", good: ["a", {"text": "b", "id": 7}], bad: ["c"], "n": 1}))
    assert judged(found) == {"a": 1, "b": 1, "c": 0}
    assert {each.id for each in found.candidates.passages} == {None, 7}
    assert (found.fields, found.id) == ({"n": 1}, 1)


def test_a_single_positive_may_be_a_text() -> None:
    """Triplets would have to be converted first."""
    assert judged(one('{"query": "q", "positive": "a", "negative": "b"}')) == {"a": 1, "b": 0}


def test_blank_documents_have_no_judgment() -> None:
    """A judgment would stand for another document, or for one that no run can have."""
    found = one('{"query": "q", "positive": [" ", "a"], "negative": ["", "b"]}')
    assert judged(found) == {"a": 1, "b": 0}
    assert found.blank == 2


@given(st.lists(st.text("abcd", min_size=1), min_size=2, unique=True), st.data())
def test_the_order_of_documents_does_not_tell_which_are_relevant(
    documents: list[str], data: st.DataObject
) -> None:
    """Ties would be broken for or against the relevant ones, and models that read all see them."""
    orders = []
    for _ in range(2):
        mixed = data.draw(st.permutations(documents))
        at = data.draw(st.integers(0, len(documents)))
        row = {"query": "q", "positive": mixed[:at], "negative": mixed[at:]}
        found = one(json.dumps(row))
        assert judged(found) == {text: int(text in mixed[:at]) for text in documents}
        orders.append(texts(found))
    assert orders[0] == orders[1]


def test_documents_come_before_positive_and_negative_ones() -> None:
    """Other candidates than those of `documents` would be ranked."""
    found = one('{"query": "q", "documents": ["a"], "positive": ["b"], "negative": ["c"]}')
    assert (texts(found), found.judgments) == (["a"], None)
    assert found.fields == {"positive": ["b"], "negative": ["c"]}


@pytest.mark.parametrize("names", [FieldNames("body"), FieldNames(id="key")])
def test_fields_that_no_document_of_the_first_job_can_have_are_refused(names: FieldNames) -> None:
    """--text-field would be ignored where all documents are texts."""
    with pytest.raises(UsageError, match="plain texts, without fields"):
        job_entries(job(1, ["a"]) + job(2, [{"body": "b", "key": 1}]), names)
    assert len(job_entries(job(1, ["a", {"body": "b", "key": 1}]) + job(2, ["c"]), names)) == 2
    # It has an error of its own.
    assert len(job_entries("{\n" + job(2, ["c"]), names)) == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"query": "q", "positive": ["a"]}', "no list of documents"),
        ('{"query": "q", "negative": ["a"]}', "no list of documents"),
        ('{"query": "q", "positive": ["a"], "negative": null}', "'negative' is no list of docum"),
        ('{"query": "q", "pos": [], "neg": []}', "the list of documents is empty"),
        ('{"query": "q", "pos": [" "], "neg": [""]}', "every document is blank"),
        ('{"query": "q", "pos": ["a", 1], "neg": []}', "pos 1 is neither"),
        ('{"query": "q", "pos": [], "neg": [{"x": "b"}]}', "neg 0: no text field: found 'x'"),
        ('{"query": ["q", "r"], "pos": ["a"], "neg": ["b"]}', "a query that is blank, or no text"),
        ("{", "not JSON"),
        ('{"id": 1, "query": "q", "documents": ["a"]}{}', "not JSON"),
        ("[]", "found '[]', expected a JSON object"),
        ('"text"', "expected a JSON object"),
        ("null", "expected a JSON object"),
        ("{}", "found no query"),
        ('{"documents": ["a"]}', "found no query"),
        ('{"query": "", "documents": ["a"]}', "a query that is blank"),
        ('{"query": " \\n", "documents": ["a"]}', "a query that is blank"),
        ('{"query": 1, "documents": ["a"]}', "a query that is blank, or no text"),
        ('{"query": "q"}', "no list of documents"),
        ('{"query": "q", "documents": "a"}', "no list of documents"),
        ('{"query": "q", "documents": null}', "no list of documents"),
        ('{"query": "q", "documents": {"a": "b"}}', "no list of documents"),
        ('{"query": "q", "documents": []}', "the list of documents is empty"),
        ('{"query": "q", "documents": ["", " "]}', "every document is blank"),
        ('{"query": "q", "documents": ["a", 1]}', "document 1 is neither"),
        ('{"query": "q", "documents": [null]}', "document 0 is neither"),
        ('{"query": "q", "documents": ["a", {"x": "b"}]}', "document 1: no text field: found 'x'"),
        ('{"query": "q", "documents": [{"text": 1}]}', "document 0: 'text' is a number"),
        ('{"query": "\\ud800", "documents": ["a"]}', "half of a surrogate pair"),
        ('{"query": "q", "documents": ["a"], "n": NaN}', "NaN is no JSON number"),
        ('{"query": "q", "documents": [' + "[" * 100_000 + "]}", "nested too deeply"),
        ("\0", "NUL"),
    ],
)
def test_a_line_that_is_no_job_is_named(line: str, problem: str) -> None:
    """One bad line among a million could not be found."""
    bad = job_entries(job(1) + "\n" + line + "\n" + job(2))[1]
    with pytest.raises(InputError) as caught:
        bad.job()
    assert caught.value.message.startswith("<stdin>:3: ")
    assert problem in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300
    assert bad.id() in (3, None)


def test_the_id_is_told_even_of_what_is_no_job() -> None:
    """The list of what failed would name lines, and no queries."""
    (entry,) = job_entries(job("mine", []))
    assert entry.id() == "mine"


def test_a_file_that_was_cut_off_is_told_as_such() -> None:
    """Half a download would look like a mistake in its last query."""
    *_, last = job_entries((job(1) + job(2))[:-20])
    with pytest.raises(InputError) as caught:
        last.job()
    assert "cut off" in (caught.value.hint or "")
    (middle, _) = job_entries("{\n" + job(2))
    with pytest.raises(InputError) as caught:
        middle.job()
    assert "cut off" not in (caught.value.hint or "")


def test_a_whole_last_line_needs_no_line_end() -> None:
    """The last query of many an editor's files would be lost."""
    assert one(job(1).rstrip("\n")).id == 1


def test_bytes_that_are_no_text_spoil_their_line_only() -> None:
    """One query in another encoding would end the batch, or be sent as question marks."""
    first, bad, last = job_entries(job(1).encode() + b'{"id": 2, "query": "caf\xe9"}\n' + b"{}\n")
    assert first.job().id == 1
    with pytest.raises(InputError, match=r"^<stdin>:2: not utf-8 text: byte 0xe9") as caught:
        bad.job()
    assert caught.value.hint
    assert (bad.id(), last.line) == (None, 3)


def test_windows_files_are_read_like_others() -> None:
    """A mark at the start or CR at the ends would make the first, or every, line a bad one."""
    data = b"\xef\xbb\xbf" + (job("文") + job(2)).replace("\n", "\r\n").encode()
    assert [each.job().id for each in job_entries(data)] == ["文", 2]


def test_other_encodings_are_read_if_named() -> None:
    """Files of Chinese desktops would have to be converted first."""
    line = '{"id": "文", "query": "什么", "documents": ["机器"]}\n'
    found = one(line.encode("gb18030"), encoding="gb18030")
    assert (found.id, found.candidates.query, texts(found)) == ("文", "什么", ["机器"])


@pytest.mark.parametrize(
    ("data", "encoding"),
    [(job(1).encode("utf-16"), None), (job(1).encode("utf-16-le"), "UTF_16_LE")],
)
def test_text_without_lines_of_bytes_is_refused_with_a_way_out(
    data: bytes, encoding: str | None
) -> None:
    """Each line of a UTF-16 file would be bad, a million times."""
    with pytest.raises(InputError, match="cannot be read line by line") as caught:
        job_entries(data, encoding=encoding)
    assert "iconv" in (caught.value.hint or "")


def test_a_huge_line_and_a_nul_are_texts_like_others() -> None:
    """A long document would be cut somewhere, or one with a NUL end the batch."""
    text = "长" * 2_000_000
    assert texts(one(job(1, [text, "a\0b"]))) == [text, "a\0b"]


def test_what_stands_for_a_line_is_its_content() -> None:
    """A file whose ends of lines changed would be scored, and paid, once more."""
    (unix,), (windows,) = job_entries(job(1)), job_entries("\n" + job(1).replace("\n", "\r\n"))
    (other,) = job_entries(job(1, ["a", "c"]))
    assert unix.digest == windows.digest != other.digest
    assert len(unix.digest) == 16


@given(st.lists(st.sampled_from([job(1), "\n", " \r\n", "{\n", "x"]), max_size=8).map("".join))
def test_sizes_of_lines_add_up(data: str) -> None:
    """The time that is left would be guessed wrongly."""
    blank = sum(len(line) for line in data.splitlines(keepends=True) if line.isspace())
    assert sum(each.size for each in job_entries(data)) == len(data) - blank


def test_lines_are_read_when_they_are_asked_for() -> None:
    """A pipe would be read to its end before the first query is sent."""
    read = []

    class Endless(io.BytesIO):
        def readline(self, size: int | None = -1) -> bytes:
            read.append(1)
            return job(len(read)).encode()

    found = job_lines("-", Endless(), None, FieldNames())
    first = [each.job().id for each in itertools.islice(found, 3)]
    assert first == [1, 2, 3]
    assert len(read) <= 4


def _reading(file: str) -> Iterator[object]:
    return job_lines(file, None, None, FieldNames())


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A mistyped name would look like an empty batch."""
    with pytest.raises(InputError, match="nowhere: no such file"):
        next(_reading("nowhere"))
    with pytest.raises(InputError, match="is a directory"):
        next(_reading(str(tmp_path)))
    with pytest.raises(InputError, match="<stdin>: it is closed"):
        next(_reading("-"))
