"""How long an endpoint asks to wait: the forms that differ by a factor, or by hours."""

import os
import time
from collections.abc import Iterator

import pytest

from rerank_cli.transport import Reply
from rerank_cli.transport.retry_after import retry_after_of

NOW = 1_800_000_000.0  # 15 January 2027, 08:00 UTC


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"x-ratelimit-reset-requests": "1h2m3s"}, b"", 3723.0),
        ({"x-ratelimit-reset-requests": "2h"}, b"", 7200.0),
        ({"x-ratelimit-reset-requests": "1m2.5s"}, b"", 62.5),
        ({"x-ratelimit-reset-requests": "1s500ms"}, b"", 1.5),
        ({"x-ratelimit-reset": str(NOW - 5)}, b"", 0.0),
        ({"x-ratelimit-reset": "1m"}, b"", 60.0),
        ({"retry-after": "-5"}, b"", 0.0),
        ({}, b'{"error": "Try again in 5 seconds."}', 5.0),
        ({}, b'{"error": "Please try again in 350ms."}', 0.35),
        ({}, b'{"error": "Please try again in 1.5s, or pay"}', 1.5),
        ({}, b'{"error": "try again in 20 sec"}', 20.0),
        ({}, b'{"details": {"retry_after": 1.5}, "x": "try again in 9 s"}', 1.5),
        ({"retry-after": "soon"}, b'{"error": "try again in 9 s"}', 9.0),
        ({"retry-after": "3"}, b'{"error": "try again in 9 s"}', 3.0),
    ],
)
def test_forms(headers: dict[str, str], body: bytes, seconds: float) -> None:
    """A wait would be a thousand times too short or too long."""
    assert retry_after_of(Reply(429, headers, body), NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"try again in 5 minutes"),
        ({}, b"try again in 5 days"),
        ({}, b"try again in a second"),
        ({"x-ratelimit-reset-requests": "5m3"}, b""),
        ({"retry-after": "inf"}, b""),
        ({}, b'{"details": {"retry_after": true}}'),
        ({}, b'{"details": {"retry_after": null}}'),
    ],
)
def test_what_is_no_wait(headers: dict[str, str], body: bytes) -> None:
    """Five minutes would be taken for five seconds, or the like."""
    assert retry_after_of(Reply(429, headers, body), NOW) is None


@pytest.fixture
def _far_from_utc() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="no zone to set on this system")
@pytest.mark.usefixtures("_far_from_utc")
@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_a_date_is_the_same_moment_wherever_the_user_is(zone: str) -> None:
    """A user east of Greenwich would not wait at all, one west of it for hours."""
    headers = {"retry-after": f"Fri, 15 Jan 2027 08:00:30 {zone}"}
    assert retry_after_of(Reply(429, headers, b""), NOW) == 30.0
