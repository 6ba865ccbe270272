"""What a line of JSON may be: whatever can be sent and written again, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.errors import InputError
from rerank_cli.reading.jsonl import value_of
from tests.properties import BRIEFLY
from tests.reading.piped import piped

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_BLANKS = st.text(" \t\r", max_size=3)


@BRIEFLY
@given(_JSON, st.booleans(), _BLANKS, _BLANKS)
def test_every_value_is_read_as_it_was_written(
    value: object, escaped: bool, before: str, after: str
) -> None:
    """A field would come back changed, or a file from another program be refused."""
    line = before + json.dumps(value, ensure_ascii=escaped) + after
    assert value_of(line, "a.jsonl", 1) == value


def _nested(levels: int, kind: str) -> str:
    start, end = {"array": ("[", "]"), "object": ('{"a":', "}"), "both": ('[{"a":', "}]")}[kind]
    times = levels // 2 if kind == "both" else levels
    return start * times + "0" + end * times


@pytest.mark.parametrize("kind", ["array", "object", "both"])
def test_two_hundred_levels_are_read_and_more_are_refused(kind: str) -> None:
    """A batch would end in a traceback at a row that could be read but not written."""
    json.dumps(value_of(_nested(200, kind), "a.jsonl", 1))
    for levels in (202 if kind == "both" else 201, 300, 900):
        with pytest.raises(InputError, match=r"^a\.jsonl:7: .*too deep"):
            value_of(_nested(levels, kind), "a.jsonl", 7)
    # What is deep is found wherever it stands.
    beside = f'[[], 1, {{"x": [2], "y": {_nested(250, kind)}}}, "z"]'
    with pytest.raises(InputError, match="too deep"):
        value_of(beside, "a.jsonl", 7)


@pytest.mark.parametrize(
    "line", ['{"text": "a"', '{"text" "a"}', '"a', "plain", '{"a": 1} 2', '["a", ]']
)
def test_what_is_wrong_with_json_is_said_with_its_column(line: str) -> None:
    """A mistake in a line of thousands of characters would have to be looked for."""
    with pytest.raises(json.JSONDecodeError) as reason:
        json.loads(line)
    with pytest.raises(InputError) as caught:
        value_of(line, "a.jsonl", 3)
    said = f"a.jsonl:3: not JSON: {reason.value.msg} at column {reason.value.colno}"
    assert caught.value.message.casefold() == said.casefold()


def test_an_array_is_refused_with_a_way_out() -> None:
    """A user whose file is one array would not know how to have it ranked."""
    with pytest.raises(InputError) as caught:
        piped(b'["a", "b"]', "jsonl")
    assert "jq -c '.[]'" in (caught.value.hint or "")


@pytest.mark.parametrize("line", [r'"\ud83d\ude00"', r'"\\ud83d"', r'{"\u4eba": "\u0041"}', '"😀"'])
def test_escapes_that_are_characters_are_read(line: str) -> None:
    """Files of programs that write ASCII alone would be refused."""
    assert value_of(line, "a.jsonl", 1) == json.loads(line)
