"""The protocols Engine, which scores a plan, and Events, which is called on progress."""

from collections.abc import Sequence
from typing import Protocol

from rerank_cli.model import Scores, Window
from rerank_cli.planning import Limits, Plan, Request
from rerank_cli.settings import Settings
from rerank_cli.transport.waits import Wait


class Keep(Protocol):
    """Gets scores as they come; called from any thread."""

    def __call__(
        self, numbers: Sequence[int], scores: Sequence[float], best: Sequence[Window | None] = ()
    ) -> None:
        """`numbers` are those of the texts in the plan; `best` has their windows, if known."""


class Engine(Protocol):
    """Scores the texts of a plan. May be used from several threads."""

    @property
    def limits(self) -> Limits:
        """What one request to this engine may carry."""

    def body(self, request: Request) -> bytes:
        """What would be sent for a request; empty for an engine that sends nothing."""

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        """Exactly one finite score a passage, in input order, or a RerankError.

        `keep` gets each text's score once, also of those that come before an error.
        """

    def stop(self) -> None:
        """Finish the requests under way, but wait neither for another try nor for a limit."""

    def close(self) -> None:
        """Close connections, or free the model; requests under way in other threads end."""


class Events(Protocol):
    """What happens while passages are scored; methods are called from any thread."""

    def settled(self, settings: Settings) -> None:
        """These settings are used. They hold the key, which must never be shown."""

    def planned(self, requests: int, passages: int) -> None:
        """So many requests for so many distinct passages are about to be sent."""

    def scored(self, passages: int) -> None:
        """So many more passages have their score."""

    def retried(self, why: str) -> None:
        """A request failed and is going to be sent again."""

    def paced(self, concurrency: int, *, slower: bool) -> None:
        """At most so many requests at once from now on; fewer, if the endpoint is overloaded."""

    def waiting(self, wait: Wait) -> None:
        """An endpoint asks to wait for more than some seconds: once for all that wait for it."""

    def warn(self, text: str) -> None:
        """Something that may change what the user makes of the scores."""

    def note(self, text: str) -> None:
        """A detail, as --verbose shows it."""
