"""The body of a reply as JSON, or an error that shows what came instead."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.dialects import bounded_json
from rerank_cli.dialects.reply import parse
from rerank_cli.errors import ReplyError
from tests.properties import BRIEFLY


def _refused(body: bytes) -> str:
    with pytest.raises(ReplyError) as caught:
        parse(body)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize("body", [b"", b" ", b"\r\n\t\n"])
def test_empty_body(body: bytes) -> None:
    """A user would read of a JSON error where nothing came at all."""
    assert "empty" in _refused(body)


@pytest.mark.parametrize(
    "body",
    [b'{"results":[{"index":0,"relevan', b"[", b'{"results":[{"index":0,"relevance_score":0.99'],
)
def test_body_that_is_cut_off(body: bytes) -> None:
    """A user would look for a wrong URL where the connection was at fault."""
    assert "broken JSON" in _refused(body)


def test_html_is_shown() -> None:
    """A user would not see that a login page answers in the endpoint's place."""
    message = _refused(b"<!DOCTYPE html>\n<html>\n  <title>Sign in</title>")
    assert "<!DOCTYPE html> <html> <title>Sign in" in message
    assert "not JSON" in message


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"\xff\xfe\xfd",
        b'{"results":"\xff"}',
        b"\x00" * 9,
        b"{]",
        b"[1] [2]",
        b"9" * 5000,
    ],
)
def test_body_that_is_no_json(body: bytes) -> None:
    """A broken reply would end in a traceback."""
    assert "JSON" in _refused(body)


@pytest.mark.parametrize("unit", [b"[", b'{"a":'])
@pytest.mark.parametrize("fast", [True, False])
def test_body_nested_without_end(unit: bytes, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hostile reply would end in a traceback, perhaps only without the extra fast."""
    if not fast:
        monkeypatch.setattr(bounded_json, "_loads", json.loads)
    assert "JSON" in _refused(unit * 100_000)


def test_byte_order_mark() -> None:
    """A server behind a gateway that adds a mark could not be used."""
    assert parse(b'\xef\xbb\xbf{"results":[]}') == {"results": []}


@BRIEFLY
@given(st.recursive(st.none() | st.integers(-9, 9) | st.text(), st.lists, max_leaves=5))
def test_json_is_read_as_it_was_written(value: object) -> None:
    """A score or a complaint would be read as something else than was sent."""
    assert parse(json.dumps(value, ensure_ascii=True).encode()) == value


@BRIEFLY
@given(st.binary(max_size=60))
def test_any_body_is_json_or_a_reply_error(body: bytes) -> None:
    """Some body that nobody thought of would end in a traceback."""
    with contextlib.suppress(ReplyError):
        parse(body)
