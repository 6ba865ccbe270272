"""Reads an endpoint's message, code and request id out of the many shapes of error bodies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_cli import bounds
from rerank_cli.dialects import bounded_json

# It is cut further where it is shown.
_LENGTH = 4000
# Levels of a body that are searched, and complaints of a list that are reported.
_DEEPEST, _ITEMS = 8, 20
# Where a complaint may be: in the body, and in an object within it.
_KEYS = ("error", "detail", "message", "error_msg", "msg", "title", "errors")
_INNER_KEYS = ("message", "error_msg", "error", "detail", "msg", "reason")
_CODE_KEYS = ("code", "error_code", "type", "error_type", "status")
_ID_HEADERS = (
    "x-siliconcloud-trace-id",
    "x-request-id",
    "request-id",
    "x-typesafe-request-id",
    "x-amzn-requestid",
    "nvcf-reqid",
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """The endpoint's own words on one line (may be empty), its error code, its request id."""

    text: str
    code: int | str | None = None
    request_id: str | None = None


def read_complaint(body: bytes, headers: Mapping[str, str]) -> Complaint:
    """The complaint of an error reply: JSON object, JSON string, plain text, HTML, or nothing.

    `headers` has lower-case names.
    """
    try:
        value = bounded_json.loads(body)
    except (ValueError, RecursionError):
        value = body[:_LENGTH].decode("utf-8", "replace")
    said = complaint_of(value)
    named = (headers[name] for name in _ID_HEADERS if headers.get(name))
    return Complaint(said.text, said.code, next(named, said.request_id))


def complaint_of(value: object) -> Complaint:
    """The complaint in a parsed body; its text is empty if nothing in it reads as one."""
    if not isinstance(value, dict):
        return Complaint(_line(_text(value)))
    # One error, or a list of them.
    found = (value.get("error"), _first_item(value.get("errors")))
    inner = next((each for each in found if isinstance(each, dict)), {})
    code = _first(inner, value, keys=_CODE_KEYS)
    request_id = _first(value, keys=("request_id", "requestId", "id"))
    return Complaint(
        _line(_first_text(value, _KEYS)),
        code[:_LENGTH] if isinstance(code, str) else _whole(code),
        str(request_id)[:_LENGTH] if isinstance(request_id, int | str) else None,
    )


def _first_item(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None


def _whole(code: object) -> int | None:
    return code if isinstance(code, int) and bounds.number(code) is not None else None


def _first_text(value: Mapping[str, object], keys: Sequence[str], depth: int = 0) -> str:
    return next(filter(None, (_text(value.get(key), depth) for key in keys)), "")


def _text(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return ""
    if isinstance(value, dict):
        text = _first_text(value, _INNER_KEYS, depth + 1)
        path = value.get("loc")
        steps = path[:_ITEMS] if isinstance(path, list) else [path]
        where = ".".join(str(each)[:_LENGTH] for each in steps if isinstance(each, int | str))
        return f"{where}: {text}" if where and text else text
    if isinstance(value, list):
        return "; ".join(filter(None, (_text(each, depth + 1) for each in value[:_ITEMS])))
    return ""


def _first(*objects: Mapping[str, object], keys: Sequence[str]) -> object:
    found = (each.get(key) for each in objects for key in keys)
    return next((value for value in found if value not in (None, "", "None")), None)


def _line(text: str) -> str:
    begins = text[:2000].lower()
    what = "an HTML page: " if "<html" in begins or "<!doctype" in begins else ""
    return " ".join((what + text[: 4 * _LENGTH]).split())[:_LENGTH]
