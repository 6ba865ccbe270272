"""What scores: one Protocol, an engine behind it a module."""

from typing import Protocol

from rerank_cli.model import Scores
from rerank_cli.planning import Limits, Plan


class Engine(Protocol):
    """Scores the passages of a plan."""

    @property
    def limits(self) -> Limits:
        """What one request to this engine may carry."""

    def score(self, plan: Plan) -> Scores:
        """Exactly one finite score a passage, in input order, or a RerankError."""
