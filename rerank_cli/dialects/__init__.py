"""The wire formats, pure: a request becomes a JSON body, a reply becomes scores.

A new wire format is one module with a class like `cohere.Cohere` and one line in `DIALECTS`.
Nothing here opens a connection or knows a provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.reply import Decoded
from rerank_cli.planning import Request

__all__ = ["DIALECTS", "Decoded", "Dialect", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """What goes into every request beside query and passages: only what the model takes."""

    model: str | None = None
    extras: Mapping[str, object] = field(default_factory=dict)


class Dialect(Protocol):
    """One wire format."""

    def url(self, base_url: str) -> str:
        """The URL to post to, from a base URL with or without the final path."""

    def encode(self, request: Request, options: Options) -> Mapping[str, object]:
        """The JSON body that asks for one score a text of the request."""

    def decode(self, reply: object, count: int) -> Decoded:
        """The scores of a parsed JSON reply to `count` texts. Raises ReplyError."""


DIALECTS: Mapping[str, Dialect] = {"cohere": Cohere()}
