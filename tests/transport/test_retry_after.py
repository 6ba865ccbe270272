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
    ],
)
def test_what_says_nothing_is_not_guessed(headers: dict[str, str], body: bytes) -> None:
    """A header that makes no sense would stop a run, or be waited for for ever."""
    assert retry_after_of(Reply(429, headers, body), NOW) is None
