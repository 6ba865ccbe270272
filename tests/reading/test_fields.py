"""Which field is the text and which the id."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rerank_cli.errors import InputError, UsageError
from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames
from tests.reading.piped import piped


def passage_of(row: Mapping[str, object], names: FieldNames | None = None) -> Passage:
    """The passage that is read of a JSON object."""
    (passage,) = piped(json.dumps(row).encode(), "jsonl", names=names).passages
    return passage


@pytest.mark.parametrize(
    "name", ["text", "passage", "content", "contents", "page_content", "document", "body"]
)
def test_the_usual_names_of_the_text_need_no_option(name: str) -> None:
    """Common data sets would need --text-field."""
    passage = passage_of({"title": "t", name: "a"})
    assert (passage.text, passage.fields) == ("a", {"title": "t"})


@pytest.mark.parametrize("name", ["id", "_id", "doc_id", "docid"])
def test_the_usual_names_of_the_id_need_no_option(name: str) -> None:
    """Common data sets would need --id-field."""
    passage = passage_of({name: "x", "text": "a"})
    assert (passage.id, passage.fields) == ("x", {})


def test_the_first_usual_name_is_taken_whatever_the_order_in_the_row() -> None:
    """Two files of the same data would be ranked by different fields."""
    passage = passage_of({"body": "b", "docid": "y", "content": "c", "text": "a", "id": "x"})
    assert (passage.text, passage.id) == ("a", "x")
    assert passage.fields == {"body": "b", "docid": "y", "content": "c"}


def test_named_fields_are_taken_and_the_usual_ones_stay() -> None:
    """--text-field or --id-field would be ignored, or the fields they displace lost."""
    row = {"id": 1, "text": "a", "摘要": "s", "key": "k"}
    passage = passage_of(row, FieldNames(text="摘要", id="key"))
    assert (passage.text, passage.id, passage.fields) == ("s", "k", {"id": 1, "text": "a"})


def test_several_named_fields_are_joined_and_the_row_stays() -> None:
    """Titles would not count, or rows come back without one of their columns."""
    row = {"id": 1, "title": "T", "text": "a", "n": None}
    passage = passage_of(row, FieldNames(["title", "text"]))
    assert (passage.text, passage.row) == ("T a", row)
    assert passage.fields == {"title": "T", "n": None}
    assert passage_of(row, FieldNames(["text", "title", "text"])).text == "a T a"
    # What is null or empty leaves no blank.
    assert passage_of(row, FieldNames(["n", "text"])).text == "a"
    assert passage_of({**row, "title": ""}, FieldNames(["title", "text"])).text == "a"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": "a"}, "no text field: found 'text', expected 'title' and 'text'"),
        ({"text": "a", "title": 7}, "'title' is a number, expected a string"),
        ({"text": ["a"], "title": "T"}, "'text' is an array, expected a string"),
    ],
)
def test_each_of_several_named_fields_must_be_there(row: dict[str, object], problem: str) -> None:
    """A mistyped name would be left out without a word, and its text not be scored."""
    with pytest.raises(InputError) as caught:
        passage_of(row, FieldNames(["title", "text"]))
    assert caught.value.problem == problem


def test_a_dotted_name_reaches_into_an_object() -> None:
    """Hits of Elasticsearch, and metadata of LangChain, would have to be flattened first."""
    row = {"_id": "h", "_source": {"text": "a", "meta": {"id": 7}, "x.y": "b"}, "z": None}
    passage = passage_of(row, FieldNames("_source.text", "_source.meta.id"))
    assert (passage.text, passage.id, passage.row) == ("a", 7, row)
    # Objects stay as they are.
    assert passage.fields == row
    assert passage_of(row, FieldNames("_source.x.y")).text == "b"


def test_a_field_whose_own_name_has_the_dot_comes_first() -> None:
    """A flattened export would be read by what happens to stand beside it."""
    row = {"a.b": "own", "a": {"b": "inner", "b.c": "half"}, "a.b.c": 1, "id": 1}
    assert passage_of(row, FieldNames("a.b")).text == "own"
    assert passage_of({**row, "a.b": {"c": "whole"}, "a.b.c": "own"}, FieldNames("a.b.c")).text == (
        "own"
    )
    del row["a.b.c"]
    assert passage_of(row, FieldNames("a.b.c")).text == "half"


@pytest.mark.parametrize("name", ["_source.body", "_source.text.x", "_source.", ".text", "."])
def test_a_dotted_name_that_is_not_there_names_those_that_are(name: str) -> None:
    """One would not see how to name the field that is meant."""
    with pytest.raises(InputError) as caught:
        passage_of({"_source": {"text": "a"}, "meta": {}}, FieldNames(name))
    problem = f"no text field: found '_source.text', 'meta', expected {name!r}"
    assert (caught.value.problem, caught.value.line) == (problem, 1)
    assert caught.value.hint == "Name it with --text-field (one of: '_source.text', 'meta')."


@pytest.mark.parametrize("given", [7, ["a", 7], {"a"}])
def test_what_is_no_name_is_refused(given: Any) -> None:
    """A Python program would see a traceback from within, or its argument be ignored."""
    with pytest.raises(UsageError, match=r"^text_field is .*expected a name or a list of names"):
        FieldNames(given)


def test_names_that_nothing_has_fields_for_are_refused() -> None:
    """--text-field would be ignored where the passages are lines."""
    line, row = Passage("a", "f", 1), passage_of({"text": "a"})
    FieldNames("x").check_used([line, row])
    FieldNames().check_used([line])
    with pytest.raises(UsageError, match=r"^--text-field and --id-field: the passages are plain"):
        FieldNames("x", "y").check_used([line])


@pytest.mark.parametrize("value", ["x", "", "007", 7, 0, -1, 10**30, None])
def test_an_id_is_kept_as_it_is(value: object) -> None:
    """Ids would come back as other values, and no longer match the caller's."""
    passage = passage_of({"id": value, "text": "a"})
    assert passage.id == value
    assert type(passage.id) is type(value)
    assert passage.row == {"id": value, "text": "a"}


@pytest.mark.parametrize("value", [{"$oid": "5f"}, [1], 1.5, True])
def test_a_guessed_id_that_is_none_stays_an_ordinary_field(value: object) -> None:
    """A MongoDB export would be refused, or lose its ids."""
    passage = passage_of({"_id": value, "text": "a"})
    assert (passage.id, passage.fields) == (None, {"_id": value})


@pytest.mark.parametrize(
    ("value", "kind"),
    [({"$oid": "5f"}, "an object"), ([1], "an array"), (1.5, "a number"), (False, "a boolean")],
)
def test_an_asked_for_id_that_is_none_is_refused(value: object, kind: str) -> None:
    """--id-field would be obeyed for some rows and not for others."""
    with pytest.raises(InputError, match=f"^<stdin>:1: 'key' is {kind}"):
        passage_of({"key": value, "text": "a"}, FieldNames(id="key"))


@pytest.mark.parametrize("names", [FieldNames(text="body"), FieldNames(id="key")])
def test_an_asked_for_field_that_is_missing_names_those_that_are_there(names: FieldNames) -> None:
    """A mistyped --text-field or --id-field would fall back to some other field."""
    with pytest.raises(InputError, match=r"^<stdin>:1: no (text|id) field.*'id', 'text'"):
        passage_of({"id": 1, "text": "a"}, names)
