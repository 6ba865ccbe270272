"""What scores: one Protocol, an engine behind it a module."""

from collections.abc import Callable, Sequence
from typing import Protocol

from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan, Request


class Engine(Protocol):
    """Scores the passages of a plan."""

    @property
    def limits(self) -> Limits:
        """What one request to this engine may carry."""

    def body(self, request: Request) -> bytes:
        """What would be sent for a request; empty for an engine that sends nothing."""

    def score(self, plan: Plan) -> Scores:
        """Exactly one finite score a passage, in input order, or a RerankError."""

    def close(self) -> None:
        """Let go of what is open."""


Keep = Callable[[Sequence[int], Sequence[float]], None]
"""Gets scores as they come, with the numbers of their texts in the plan; from any thread."""


class Keeping(Engine, Protocol):
    """An engine that hands scores out as they come."""

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        """`keep` gets each text's score once, also of those that come before an error."""


class Events(Protocol):
    """Told of what happens while an engine scores, from any thread."""

    def planned(self, requests: int, passages: int) -> None:
        """So many requests for so many distinct passages are about to be sent."""

    def scored(self, passages: int) -> None:
        """So many more passages have their score."""

    def retried(self, why: str) -> None:
        """A request failed and is going to be sent again."""

    def paced(self, concurrency: int, *, slower: bool) -> None:
        """At most so many requests at once from now on; fewer, if the endpoint is overloaded."""

    def note(self, text: str) -> None:
        """Something that only --verbose tells."""
