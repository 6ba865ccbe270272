"""Reads how long an endpoint asks to wait before a retry, in the forms that endpoints use."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime

from rerank_cli import bounds
from rerank_cli.transport import Reply

LONGEST = 86_400.0
"""Seconds; who means a moment further away uses another unit, or has another date."""

# Go's form of a duration, as some gateways send it: 1m30s, 500ms.
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
# In the words of gateways that send no such header: "Try again in 5 seconds", "try again in 350ms".
_WORDS = re.compile(rb"try again in (\d{1,6}(?:\.\d{1,6})?) ?(s(?:ec|\b)|ms\b)", re.IGNORECASE)
_THIS_MILLENNIUM = 1_000_000_000
"""Seconds since 1970; a thousand times as many are milliseconds (OpenRouter)."""
_LARGEST_BODY = 2**16


def retry_after_of(reply: Reply, date: float) -> float | None:
    """Seconds to wait before trying again, or None if the reply does not say so, or no sane number.

    `date` is the time now, in seconds since 1970. The headers' word counts before the body's
    `details.retry_after` (Mixedbread), and that before its prose.
    """
    headers = reply.headers
    waits = (
        _seconds(headers.get("retry-after-ms"), 0.001),
        _after(headers.get("retry-after"), date),
        _exhausted(reply, "", date),
        _exhausted(reply, "-requests", date),
        _exhausted(reply, "-tokens", date),
        _in_body(reply.body),
        _in_words(reply.body),
    )
    sane = (wait for wait in waits if wait is not None and abs(wait) <= LONGEST)
    return next((max(wait, 0.0) for wait in sane), None)


def _seconds(text: str | None, unit: float = 1.0) -> float | None:
    number = bounds.number(text)
    return None if number is None else number * unit


def _after(text: str | None, date: float) -> float | None:
    seconds = _seconds(text)
    if seconds is None and text:
        # A year may be of any number of digits.
        with suppress(ValueError, OverflowError):
            moment = parsedate_to_datetime(text)
            # A date without a zone is meant as UTC, as HTTP has it.
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - date
    return seconds


def _exhausted(reply: Reply, limit: str, date: float) -> float | None:
    """Seconds until a limit starts anew, if it is one that keeps the request from being answered.

    Where nothing says what remains of it, it is that of 429, and no reason for a failure (5xx).
    That of tokens is never alone: endpoints that have it say which one is exhausted.
    """
    remaining = _seconds(reply.headers.get(f"x-ratelimit-remaining{limit}"))
    if remaining is None and (reply.status >= 500 or limit == "-tokens"):
        return None
    return None if remaining else _reset(reply.headers.get(f"x-ratelimit-reset{limit}"), date)


def _reset(text: str | None, date: float) -> float | None:
    seconds = _seconds(text)
    if seconds is not None:
        if seconds > 1000 * _THIS_MILLENNIUM:
            seconds /= 1000
        return seconds - date if seconds > _THIS_MILLENNIUM else seconds
    match = _DURATION.fullmatch(text) if text else None
    if not match:
        return None
    units = zip(match.groups(), (3600.0, 60.0, 1.0, 0.001), strict=True)
    return sum(float(number) * unit for number, unit in units if number)


def _in_words(body: bytes) -> float | None:
    match = _WORDS.search(body[:4096])
    return float(match[1]) * (0.001 if match[2].startswith(b"m") else 1.0) if match else None


def _in_body(body: bytes) -> float | None:
    details: object = None
    if b"retry_after" in body[:4096] and len(body) < _LARGEST_BODY:
        with suppress(ValueError, RecursionError):
            details = json.loads(body)
    for key in ("details", "retry_after"):
        details = details.get(key) if isinstance(details, Mapping) else None
    return None if isinstance(details, str) else bounds.number(details)
