"""How long an endpoint asks to wait."""

from email.utils import formatdate

import pytest

from rerank_cli.transport import Reply
from rerank_cli.transport.retry_after import retry_after_of

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "2"}, b"", 2.0),
        ({"retry-after": "0"}, b"", 0.0),
        ({"retry-after": "1.5"}, b"", 1.5),
        ({"retry-after": formatdate(NOW + 30, usegmt=True)}, b"", 30.0),
        ({"retry-after": formatdate(NOW - 30, usegmt=True)}, b"", 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, b"", 0.25),
        ({"x-ratelimit-reset": str(NOW + 12)}, b"", 12.0),
        ({"x-ratelimit-reset": "7"}, b"", 7.0),
        ({"x-ratelimit-reset-requests": "1m30s"}, b"", 90.0),
        ({"x-ratelimit-reset-requests": "20ms"}, b"", 0.02),
        ({"x-ratelimit-reset": str(round((NOW + 12) * 1000))}, b"", 12.0),
        ({"retry-after": "61"}, b"", 61.0),
        ({"x-ratelimit-reset": "7", "x-ratelimit-remaining": "0"}, b"", 7.0),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "9",
                "x-ratelimit-reset-tokens": "6m",
                "x-ratelimit-remaining-tokens": "0",
            },
            b"",
            360.0,
        ),
        ({}, b'{"message":"slow","details":{"retry_after":60,"limit":"1200"}}', 60.0),
    ],
)
def test_every_form_of_asking_to_wait_is_read(
    headers: dict[str, str], body: bytes, seconds: float
) -> None:
    """An endpoint that says when to come back would be asked too early, or far too late."""
    assert retry_after_of(Reply(429, headers, body), NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({"retry-after": "soon"}, b""),
        ({"retry-after": "nan"}, b""),
        ({"retry-after": ""}, b""),
        ({"x-ratelimit-reset-requests": "tomorrow"}, b""),
        ({}, b'{"details":"retry_after"}'),
        ({}, b'{"details":{"retry_after":"x"}}'),
        ({}, b"[retry_after"),
        ({"x-ratelimit-reset": "7", "x-ratelimit-remaining": "3"}, b""),
        ({"x-ratelimit-reset-requests": "7s", "x-ratelimit-remaining-requests": "3"}, b""),
        ({"x-ratelimit-reset-tokens": "7s"}, b""),
    ],
)
def test_what_says_nothing_is_not_guessed(headers: dict[str, str], body: bytes) -> None:
    """A header that makes no sense would stop a run, or be waited for for ever."""
    assert retry_after_of(Reply(429, headers, body), NOW) is None


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"retry-after": "Fri, 31 Dec 99999999999 23:59:59 GMT"}, b""),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2400"}, b""),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2300"}, b""),
        ({"retry-after": "1" + "0" * 400}, b""),
        ({"retry-after": "9" * 50_000}, b""),
        ({"retry-after": "100000"}, b""),
        ({"retry-after-ms": "1e300"}, b""),
        ({"x-ratelimit-reset": "9" * 500 + "h"}, b""),
        ({"x-ratelimit-reset": "1000000001"}, b""),
        ({"x-ratelimit-reset": "9" * 18}, b""),
        ({}, b'{"details":{"retry_after":1' + b"0" * 400 + b"}}"),
        ({}, b'{"details":{"retry_after":1' + b"0" * 9000 + b"}}"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wild_number_is_no_wait(headers: dict[str, str], body: bytes) -> None:
    """A header would end a batch in a traceback, or stop it for years."""
    assert retry_after_of(Reply(429, headers, body), NOW) is None


@pytest.mark.parametrize(("remaining", "seconds"), [(None, None), ("0", 7.0), ("3", None)])
def test_a_failure_is_no_rate_limit(remaining: str | None, seconds: float | None) -> None:
    """An endpoint that is busy for a moment would be waited for until its limit starts anew."""
    headers = {"x-ratelimit-reset": "7"}
    if remaining is not None:
        headers["x-ratelimit-remaining"] = remaining
    assert retry_after_of(Reply(503, headers, b""), NOW) == seconds
