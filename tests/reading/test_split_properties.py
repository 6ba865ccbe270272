"""Files are split into lines alike, however long they are; table columns are found by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.reading import lines
from rerank_cli.reading.fields import FieldNames
from tests.properties import BRIEFLY
from tests.reading.piped import piped

_TEXT = st.text(st.sampled_from("a b\r\n\n\n\f\u2028"), max_size=40)


@BRIEFLY
@given(_TEXT, st.integers(0, 12))
def test_where_a_block_ends_does_not_matter(text: str, block: int) -> None:
    """A passage of a long file would be torn, lost or misnumbered at every megabyte."""
    ends = text if "\n" in text else text.replace("\r", "\n")
    expected = [
        (number, line.removesuffix("\r"))
        for number, line in enumerate(ends.split("\n"), start=1)
        if line.strip()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_BLOCK", block)
        assert list(lines.numbered_lines(text)) == expected


@pytest.mark.parametrize("name", ["key", "id", "title"])
def test_the_id_column_of_a_table_is_the_one_asked_for(name: str) -> None:
    """Tables with ids of another name would be refused, or come back with other ids."""
    table = b"key,text,id,title\nk1,a,i1,t1\nk2,b,i2,t2\n"
    reading = piped(table, "csv", names=FieldNames(id=name))
    assert [passage.id for passage in reading.passages] == [f"{name[0]}1", f"{name[0]}2"]
    with pytest.raises(InputError, match="no id column 'other'"):
        piped(table, "csv", names=FieldNames(id="other"))


@pytest.mark.parametrize("data", ['{"text": "a", "key": null}', '{"text": "a", "key": 7}'])
def test_the_id_field_of_an_object_may_be_null(data: str) -> None:
    """An export in which some rows have no id would be refused."""
    (passage,) = piped(data.encode(), "jsonl", names=FieldNames(id="key")).passages
    assert passage.id in (None, 7)


@pytest.mark.parametrize("count", [11, 12, 13, 14])
def test_a_long_list_of_fields_is_cut_and_says_so(count: int) -> None:
    """A field would be hidden from a user who looks for its name, without a word."""
    row = ", ".join(f'"f{at:02}": 1' for at in range(count))
    with pytest.raises(InputError) as caught:
        piped(f"{{{row}}}".encode(), "jsonl")
    named = sum(f"'f{at:02}'" in caught.value.message for at in range(count))
    assert named == min(count, 12)
    assert ("…" in caught.value.message) == (count > 12)
