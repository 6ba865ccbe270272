"""The ways that requests travel: one alone, or several side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.running import Ended, rerank_once


@dataclass(frozen=True, slots=True)
class Way:
    """A way for requests of two passages each to travel."""

    name: str
    requests: int
    environ: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def rerank(self, url: str, *arguments: str) -> Ended:
        """Rank on the server with this URL."""
        where = ("--base-url", url, "--max-passages", "2", "--concurrency", str(self.requests))
        stdin = "".join(f"passage {number}\n" for number in range(2 * self.requests))
        return rerank_once("q", *where, "--json", *arguments, stdin=stdin, env=self.environ)


ONE = Way("one", 1)
SEVERAL = Way("several", 3)
EVERY_WAY = pytest.mark.parametrize("way", [ONE, SEVERAL], ids=str)
