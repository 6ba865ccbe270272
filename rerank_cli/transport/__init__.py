"""How requests travel: the only place that imports httpx."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply, whole: status, headers (lower-case names), decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Posts a body and waits for the whole reply."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply, whatever its status. Raises EndpointError if none came."""

    def close(self) -> None:
        """Close what is open."""
