"""HTTP: connections (only this package imports httpx), retries, rate limits, and their clock."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

# Where click is installed, httpx imports a command line of its own, which takes as long as all the
# rest of it. So it finds none, as where click is missing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply, whole: status, headers (lower-case names), decoded body.

    `unread` says why a refusal's body could not be read, and is empty where it was.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    unread: str = ""


MAX_REPLY = 64 * 2**20
"""Bytes of a reply body (unpacked) that are ever read."""


class Transport(Protocol):
    """One connection: sends a request and waits for the whole reply. For one thread at a time."""

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        most: int = MAX_REPLY,
    ) -> Reply:
        """The reply, whatever its status, if its body has at most so many bytes.

        Raises EndpointError if it has more, or none came.
        """

    def close(self) -> None:
        """Close what is open; a request under way in another thread ends with an error."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of a run, and how failed requests are retried.

    concurrency   requests at once, at most
    timeout       seconds that one attempt may take in all
    retries       attempts after the first
    at_first      attempts after the first until anything has succeeded
    exact         whether these numbers hold for every failure, also for those that rarely pass
    deadline      seconds from the start after which nothing is tried again
    began         the start, in seconds of the monotonic clock; None for that of each `Engine.score`
    rpm, tpm      requests and estimated tokens a minute, None for no limit
    """

    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 8
    at_first: int = 3
    exact: bool = False
    deadline: float | None = None
    began: float | None = None
    rpm: int | None = None
    tpm: int | None = None
