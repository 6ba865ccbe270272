"""What an endpoint says when it refuses, out of the shapes that error bodies come in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.dialects.complaint import Complaint, read_complaint
from tests.properties import BRIEFLY


def _read(body: object, headers: dict[str, str] | None = None) -> Complaint:
    return read_complaint(json.dumps(body).encode(), headers or {})


@pytest.mark.parametrize(
    ("body", "text", "code"),
    [
        ({"code": 20012, "message": "No such model.", "data": None}, "No such model.", 20012),
        ({"message": "TPM limit reached.", "data": None}, "TPM limit reached.", None),
        ("Invalid token", "Invalid token", None),
        ({"detail": "Bad key", "code": "AUTH_INVALID"}, "Bad key", "AUTH_INVALID"),
        ({"error": "Unauthorized"}, "Unauthorized", None),
        ({"error": "batch size", "error_type": "Validation"}, "batch size", "Validation"),
        ({"error": {"code": "1113", "message": "欠费"}}, "欠费", "1113"),
        ({"error": {"message": "m", "type": "None", "param": "None", "code": "422"}}, "m", "422"),
        ({"error": {"message": "m", "type": "None", "code": "None"}}, "m", None),
        ({"error": {"code": "QUOTA", "message": "m"}, "status": 429}, "m", "QUOTA"),
        ({"error": {"code": 502, "message": "m"}, "type": "error"}, "m", 502),
        ({"error": {"object": "error", "type": "t", "message": "m"}}, "m", "t"),
        ({"output": {}, "code": "InvalidApiKey", "message": "m"}, "m", "InvalidApiKey"),
        ({"detail": {"error": "nested"}}, "nested", None),
        ({"detail": [{"loc": ["body", "query"], "msg": "missing"}]}, "body.query: missing", None),
        ({"detail": [{"msg": "a"}, {"msg": "b"}]}, "a; b", None),
        ({"error_code": 110, "error_msg": "expired"}, "expired", 110),
        ({"title": "Not Found", "detail": "no function", "status": 404}, "no function", 404),
        ({"title": "Not Found"}, "Not Found", None),
        ({"errors": [{"code": 7003, "message": "a"}, {"message": "b"}]}, "a; b", 7003),
        ({"detail": "no", "errors": [{"message": "a", "type": "missing"}]}, "no", "missing"),
        ({"error": {"reason": "no id", "type": "not_found"}, "status": 404}, "no id", "not_found"),
        ({"errors": []}, "", None),
        ({"errors": "x", "result": None}, "x", None),
        ({"msg": "slow down", "reason": "LIMIT"}, "slow down", None),
        ([{"message": "a"}, "b"], "a; b", None),
        ({"error": {}, "message": "m"}, "m", None),
        ({"error": None, "detail": "", "message": "m"}, "m", None),
        ({"object": "error", "message": "m", "type": "BadRequest", "code": 400}, "m", 400),
        ({}, "", None),
        (None, "", None),
        (7, "", None),
    ],
)
def test_shape(body: object, text: str, code: int | str | None) -> None:
    """What this endpoint says went wrong would be kept from the user."""
    complaint = _read(body)
    assert (complaint.text, complaint.code) == (text, code)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"404 page not found\n", "404 page not found"),
        (b"Internal Server Error: 1 error\nquery\n  required", "Internal Server Error: 1 error "),
        (b"\xff\xfe broken", "broken"),
        (b'{"message": "cut off', '{"message": "cut off'),
        (b"[" * 100_000, "[[["),
    ],
)
def test_body_that_is_no_json(body: bytes, text: str) -> None:
    """A gateway's plain words would be lost, or end in a traceback."""
    assert text in read_complaint(body, {}).text


@pytest.mark.parametrize(
    "body",
    [
        b"<html>\r\n<head><title>502 Bad Gateway</title></head></html>",
        b"<!doctype HTML><title>502 Bad Gateway</title>",
    ],
)
def test_html_is_called_so(body: bytes) -> None:
    """A user would take a gateway's page for the endpoint's own words."""
    text = read_complaint(body, {}).text
    assert "HTML page" in text
    assert "502 Bad Gateway" in text


@pytest.mark.parametrize(
    "name",
    ["x-siliconcloud-trace-id", "x-request-id", "request-id", "x-amzn-requestid", "nvcf-reqid"],
)
def test_request_id_of_a_header(name: str) -> None:
    """A user could not tell the endpoint's people which request failed."""
    assert _read("Invalid token", {name: "ti_123", "date": "today"}).request_id == "ti_123"


@pytest.mark.parametrize("name", ["request_id", "requestId", "id"])
def test_request_id_of_the_body(name: str) -> None:
    """A user could not tell the endpoint's people which request failed."""
    assert _read({"message": "m", name: "c0a8"}).request_id == "c0a8"


def test_request_id_of_the_header_before_that_of_the_body() -> None:
    """The id that the endpoint's people ask for would be hidden by another."""
    complaint = _read({"message": "m", "id": "c0a8"}, {"x-siliconcloud-trace-id": "ti_123"})
    assert complaint.request_id == "ti_123"


def test_no_request_id() -> None:
    """A user would be shown an id that nobody gave."""
    assert _read({"message": "m", "id": None}).request_id is None


@pytest.mark.parametrize(
    ("before", "after", "depth"),
    [('{"error":', "}", 600), ('{"detail":[', "]}", 300), ("[", "]", 900)],
)
def test_body_nested_deeply(before: str, after: str, depth: int) -> None:
    """A hostile refusal would end in a traceback."""
    body = (before * depth + '"x"' + after * depth).encode()
    assert "\n" not in read_complaint(body, {}).text


@BRIEFLY
@given(st.binary(max_size=80))
def test_any_bytes_give_one_line(body: bytes) -> None:
    """Some body that nobody thought of would end in a traceback, or fill the screen."""
    assert read_complaint(body, {}).text.splitlines() in ([], [read_complaint(body, {}).text])


@BRIEFLY
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["error", "detail", "message", "msg", "loc", "code", "type", "status", "id"]
                ),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_any_shape_gives_one_line(body: object) -> None:
    """Some shape that nobody thought of would end in a traceback, or fill the screen."""
    complaint = _read(body)
    assert len(complaint.text.splitlines()) <= 1
    assert complaint.code is None or isinstance(complaint.code, int | str)
