"""The field's own files as jobs: queries, a corpus in BEIR's layout, and a run."""

import io
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading.collection import Corpus, RunQuery, read_queries, run_queries
from rerank_cli.reading.fields import PASSAGE_TEXT, USUAL, FieldNames

Open = Callable[..., Corpus]


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Open]:
    """Opens a corpus of these bytes."""
    with ExitStack() as stack:

        def open_it(
            data: str | bytes, encoding: str | None = None, names: FieldNames = USUAL
        ) -> Corpus:
            raw = data.encode() if isinstance(data, str) else data
            (tmp_path / "corpus").write_bytes(raw)
            return stack.enter_context(closing(Corpus("corpus", encoding, names=names)))

        yield open_it


def passage(found: Passage | None) -> Passage:
    """A passage that is there."""
    assert found is not None
    return found


_TWO = '{"_id": "d1", "title": "T", "text": "one"}\n{"_id": "d2", "title": "", "text": "two"}\n'


def queries(data: str) -> dict[str, str]:
    """The queries of a file."""
    return read_queries("-", io.BytesIO(data.encode()), None)


def entries(run: str, corpus: Corpus, depth: int | None = None) -> list[RunQuery]:
    """The queries of a run, with queries q1 to q3."""
    known = {f"q{number}": f"query {number}" for number in (1, 2, 3)}
    return list(run_queries("-", known, corpus, depth, io.BytesIO(run.encode())))


def doc_ids(entry: RunQuery) -> list[object]:
    """The ids of a job's passages."""
    return [each.id for each in entry.job().candidates.passages]


def test_title_and_text_are_joined_by_a_space(corpus: Open) -> None:
    """Scores would differ from those that the field's own scripts publish."""
    found = corpus(_TWO)
    assert passage(found.passage("d1")).text == "T one"
    assert passage(found.passage("d2")).text == "two"
    assert found.passage("d3") is None


def test_a_passage_keeps_its_id_its_place_and_its_fields(corpus: Open) -> None:
    """Results could not be traced to the corpus, or lose what it says of a document."""
    found = passage(corpus('\n{"_id": 7, "text": "x", "title": null, "url": "u"}').passage("7"))
    assert (found.id, found.locator, found.text) == ("7", "corpus:2", "x")
    assert found.fields == {"title": None, "url": "u"}


@pytest.mark.parametrize("name", PASSAGE_TEXT)
def test_the_text_is_found_as_that_of_passages_is(corpus: Open, name: str) -> None:
    """A corpus of Anserini's, or LangChain's, would have to be converted first."""
    data = f'{{"id": "d1", "title": "T", "{name}": "one"}}\n'
    assert passage(corpus(data).passage("d1")).text == "T one"


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (FieldNames("body"), "B"),
        (FieldNames(["title", "body"]), "T B"),
        (FieldNames(["meta.lead", "text"]), "L see body"),
    ],
)
def test_named_fields_are_the_text_and_no_title_is_added(
    corpus: Open, names: FieldNames, text: str
) -> None:
    """Other texts than those that were asked for would be scored."""
    row = '{"_id": 1, "title": "T", "text": "see body", "body": "B", "meta": {"lead": "L"}}\n'
    assert passage(corpus(row, names=names).passage("1")).text == text


def test_a_named_id_is_the_documents(corpus: Open) -> None:
    """The run's documents would not be found, or others be taken for them."""
    found = corpus('{"_id": "x", "meta": {"key": 7}, "text": "a"}', names=FieldNames(id="meta.key"))
    assert passage(found.passage("7")).id == "7"
    assert found.passage("x") is None


@pytest.mark.parametrize(
    ("names", "data", "problem"),
    [
        (FieldNames("none"), _TWO, "corpus:1: no text field: found '_id', 'title', 'text', expect"),
        (FieldNames(["title", "none"]), _TWO, "corpus:1: no text field: found '_id', 'title', 'te"),
        (FieldNames(id="none"), _TWO, "corpus:1: no id field 'none': found '_id', 'title', 'text'"),
        (FieldNames("title"), "d1\tone\n", "corpus:1: no text field: found '_id', 'text', expect"),
        (USUAL, '\n{"_id": "d1", "abstract": "x"}\n', "corpus:2: no text field: found '_id', 'ab"),
    ],
)
def test_a_field_that_no_document_has_is_refused_at_once(
    corpus: Open, names: FieldNames, data: str, problem: str
) -> None:
    """Each query of the batch would fail for itself, or another field be scored."""
    with pytest.raises(InputError) as caught:
        corpus(data, names=names)
    assert caught.value.message.startswith(problem)


def test_a_corpus_may_be_a_table_of_id_and_text(corpus: Open) -> None:
    """MS MARCO's collection would have to be converted first, all eight million lines of it."""
    found = corpus('0\tThe presence of "quotes\r\n\r\n7\t第二\n8\t \n')
    assert passage(found.passage("0")).text == 'The presence of "quotes'
    assert passage(found.passage("7")).locator == "corpus:3"
    assert passage(found.passage("7")).fields == {}
    assert passage(found.passage("8")).is_blank


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("D1\thttps://a\tTitle\tBody", "corpus:2: 4 columns, expected 2: id, tab, text"),
        ("1\ttext\ttitle", "corpus:2: 3 columns, expected 2: id, tab, text"),
        ("no tab", "corpus:2: found 'no tab', no document"),
        ("\ttext", "corpus:2: found '\\ttext', no document"),
    ],
)
def test_a_line_of_other_columns_is_refused(corpus: Open, line: str, problem: str) -> None:
    """A URL would be scored in place of the text."""
    with pytest.raises(InputError) as caught:
        corpus(f"0\tone\n{line}\n")
    assert caught.value.message == problem
    assert "id, tab, text" in (caught.value.hint or "")


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n \n\n"])
def test_each_id_gives_its_own_document(corpus: Open, start: bytes, end: bytes) -> None:
    """One mark or blank line would shift every document behind it."""
    rows = [f'{{"_id": "d{n}", "text": "文 {"x" * n} {n}"}}'.encode() for n in range(20)]
    found = corpus(start + end.join(rows))
    for number in (19, 0, 7, 7):
        assert passage(found.passage(f"d{number}")).text == f"文 {'x' * number} {number}"


def test_a_corpus_in_another_encoding_is_read_if_named(corpus: Open) -> None:
    """A Chinese desktop's corpus would have to be converted first."""
    found = corpus('{"_id": "d", "text": "机器"}\n'.encode("gb18030"), "gb18030")
    assert passage(found.passage("d")).text == "机器"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (_TWO + '{"_id": "d1", "text": "again"}', "corpus:3: document 'd1' stands on line 1"),
        (_TWO + '{"_id": 1, "text": "x"}\n{"_id": "1", "text": "x"}', "document '1' stands on"),
        (_TWO + "{", "corpus:3: not JSON"),
        (_TWO + "[1]", "corpus:3: found '[1]'"),
        (_TWO + '{"text": "x"}', "corpus:3: found no id"),
        (_TWO + '{"_id": null, "text": "x"}', "corpus:3: found no id"),
        (_TWO.encode() + b'{"_id": "\xff"}', "corpus:3: not utf-8 text"),
    ],
)
def test_a_corpus_that_is_none_is_told_with_its_line(
    corpus: Open, data: str | bytes, problem: str
) -> None:
    """One document of two with the same id would be scored, and nobody know which."""
    with pytest.raises(InputError) as caught:
        corpus(data)
    assert problem in caught.value.message


def test_a_document_without_text_is_told_when_it_is_wanted(corpus: Open) -> None:
    """It would be scored as an empty text."""
    found = corpus(_TWO + '{"_id": "d", "title": "T"}\n{"_id": "e", "text": null}\n')
    with pytest.raises(InputError, match="corpus:3: no text field: found '_id', 'title', expected"):
        found.passage("d")
    with pytest.raises(InputError, match="corpus:4: 'text' is null, expected a string"):
        found.passage("e")


@pytest.mark.parametrize(
    "data",
    [
        "q1\twhat is it\nq2\t再 试\n",
        "q1\twhat is it\r\n\r\nq2\t再 试",
        '{"_id": "q1", "text": "what is it"}\n{"query_id": "q2", "query": "再 试"}\n',
        '{"_id": "q1", "text": "what is it", "metadata": {}}\nq2\t再 试\n',
    ],
)
def test_queries_are_a_table_or_json_lines(data: str) -> None:
    """Either layout of the field's query files would have to be converted first."""
    assert queries(data) == {"q1": "what is it", "q2": "再 试"}


def test_a_run_may_have_more_queries_than_are_asked(corpus: Open) -> None:
    """A subset of the queries could not be ranked with the run of all of them."""
    (found,) = entries("q9 Q0 d1 1 1 x\nq1 Q0 d1 1 1 x\n", corpus(_TWO))
    assert found.id() == "q1"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("q1\tagain", "query 'q1' stands on line 1 already"),
        ("no tab", "found 'no tab', no query"),
        ("q2\ttext\tmore", "3 columns, expected 2: id, tab, text"),
        ("q2\t ", "no query"),
        ("\ttext", "no query"),
        ("{", "not JSON"),
        ('{"text": "x"}', "found no id"),
        ('{"_id": "q2"}', "no query"),
        ('{"_id": "q2", "text": 1}', "no query"),
    ],
)
def test_a_line_that_is_no_query_is_named(line: str, problem: str) -> None:
    """A query would be missing, or another be ranked in its place."""
    with pytest.raises(InputError) as caught:
        queries(f"q1\tone\n{line}\n")
    assert caught.value.message.startswith("<stdin>:2: ")
    assert problem in caught.value.message


def test_a_run_gives_each_query_its_documents_best_first(corpus: Open) -> None:
    """--depth would take other documents than the first stage's best."""
    found = corpus("".join(f'{{"_id": "d{n}", "text": "{n}"}}\n' for n in range(5)))
    run = (
        "q2 Q0 d0 1 0.5 x\nq1 Q0 d1 9 3 x\nq2 Q0 d2 2 0.9 x\nq1 Q0 d3 1 -1 x\n"
        "q2 Q0 d4 3 0.9 x\nq2 Q0 d3 1 1e2 x\n"
    )
    first, second = entries(run, found)
    assert (first.id(), doc_ids(first)) == ("q2", ["d3", "d2", "d4", "d0"])
    assert (second.id(), doc_ids(second)) == ("q1", ["d1", "d3"])
    assert first.job().candidates.query == "query 2"
    assert [doc_ids(each) for each in entries(run, found, 2)] == [["d3", "d2"], ["d1", "d3"]]
    assert (first.line, second.line) == (1, 2)


def test_a_document_that_stands_there_twice_is_ranked_once(corpus: Open) -> None:
    """It would be paid for twice, and its query be refused by what measures runs."""
    run = "q1 Q0 d1 1 3 x\nq1 Q0 d1 2 2 x\nq1 Q0 d2 3 1 x\nq1 Q0 d1 4 0 x\n"
    found = corpus(_TWO)
    assert [doc_ids(each) for each in entries(run, found)] == [["d1", "d2"]]
    # The depth is one of documents, not of lines.
    assert [doc_ids(each) for each in entries(run, found, 2)] == [["d1", "d2"]]
    assert [doc_ids(each) for each in entries(run, found, 1)] == [["d1"]]


def test_a_run_is_read_in_the_encoding_that_is_named(corpus: Open) -> None:
    """A batch on a Chinese desktop would be refused, with the option it has as the hint."""
    run = io.BytesIO("q1 Q0 文 1 1 x\n".encode("gb18030"))
    known, found = {"q1": "query"}, corpus('{"_id": "文", "text": "a"}')
    (entry,) = run_queries("-", known, found, None, run, encoding="gb18030")
    assert doc_ids(entry) == ["文"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("q2 Q0 d9 1 1 x", "<stdin>:2: document 'd9' of query 'q2' is not in the corpus"),
        ("q2 Q0 blank 1 1 x", "<stdin>:2: every document of query 'q2' is blank"),
    ],
)
def test_what_is_missing_costs_its_query_only(corpus: Open, line: str, problem: str) -> None:
    """One id that the corpus lacks would end the batch, or be left out without a word."""
    found = corpus(_TWO + '{"_id": "blank", "title": "", "text": " "}\n')
    good, bad, last = entries(f"q1 Q0 d1 1 1 x\n{line}\nq3 Q0 d2 1 1 x\n", found)
    assert (doc_ids(good), doc_ids(last)) == (["d1"], ["d2"])
    with pytest.raises(InputError) as caught:
        bad.job()
    assert caught.value.message == problem
    assert bad.id() in ("q2", "q9")
    assert len(bad.digest) == 16


def test_what_stands_for_a_query_is_all_that_is_scored(corpus: Open) -> None:
    """After a change of the corpus old scores would pass for new ones."""
    run = "q1 Q0 d1 1 2 x\nq1 Q0 d2 2 1 x\n"

    def digest(run: str, documents: str = _TWO, depth: int | None = None) -> bytes:
        (entry,) = entries(run, corpus(documents), depth)
        return entry.digest

    first = digest(run)
    assert digest(run.replace(" x", " y")) == first
    changed = digest(run, _TWO.replace("two", "three"))
    assert len({first, digest(run, depth=1), changed}) == 3


def test_a_collection_larger_than_memory_is_not_held(corpus: Open) -> None:
    """Memory would grow with each query that is done, until the system ends the batch."""
    text = "x" * 20_000
    found = corpus("".join(f'{{"_id": "d{n}", "text": "{n} {text}"}}\n' for n in range(500)))
    run = "".join(f"q1{n % 50} Q0 d{n} 1 1 x\n" for n in range(500))
    known = {f"q1{n}": "query" for n in range(50)}
    jobs = list(run_queries("-", known, found, None, io.BytesIO(run.encode())))
    tracemalloc.start()
    try:
        for entry in jobs:
            assert entry.digest
            assert len(entry.job().candidates.passages) == 10
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 2_000_000
