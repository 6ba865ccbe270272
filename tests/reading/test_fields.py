"""Which field is the text and which the id."""

import json

import pytest

from rerank_cli.errors import InputError
from rerank_cli.model import Passage
from rerank_cli.reading.fields import FieldNames
from tests.reading.piped import piped


def passage_of(row: dict[str, object], names: FieldNames | None = None) -> Passage:
    """The passage that is read of a JSON object."""
    (passage,) = piped(json.dumps(row).encode(), "jsonl", names=names).passages
    return passage


@pytest.mark.parametrize("name", ["text", "passage", "content", "contents", "document", "body"])
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
