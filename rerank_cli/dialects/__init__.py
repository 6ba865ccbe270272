"""The wire formats, pure: a request becomes a JSON body, a reply becomes scores.

A new wire format is one module with a class like `mixedbread.Mixedbread` and one line in
`CLASSES`. Nothing here opens a connection or knows a provider.
"""

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol, cast

from rerank_cli.dialects.reply import Decoded
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.planning import Request

__all__ = ["DIALECTS", "Decoded", "Dialect", "RequestOptions"]


class Dialect(Protocol):
    """One wire format.

    path  the final path of the URL, in which `{model}` stands for the model
    """

    path: str

    def url(self, base_url: str, options: RequestOptions) -> str:
        """The URL to post to, from a base URL with or without the final path."""

    def encode(self, request: Request, options: RequestOptions) -> Mapping[str, object]:
        """The JSON body that asks for one score a text of the request."""

    def decode(self, reply: object, headers: Mapping[str, str], count: int) -> Decoded:
        """The scores of a parsed JSON reply to `count` texts. Raises ReplyError.

        `headers` are the reply's, with lower-case names: some servers count tokens there.
        """


class _Later:
    """A wire format whose module is imported when it is first used: a run uses just one."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    @cached_property
    def _dialect(self) -> object:
        return getattr(import_module(f"{__name__}.{self._module}"), self._name)()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)


CLASSES: Mapping[str, tuple[str, str]] = {
    "cohere": ("cohere", "Cohere"),
    "voyage": ("voyage", "Voyage"),
    "mixedbread": ("mixedbread", "Mixedbread"),
    "tei": ("tei", "Tei"),
    "sglang": ("sglang", "SGLang"),
    "nim": ("nim", "Nim"),
    "dashscope": ("dashscope", "DashScope"),
    "pinecone": ("pinecone", "Pinecone"),
    "score-vector": ("score_vector", "ScoreVector"),
    "elasticsearch": ("elasticsearch", "Elasticsearch"),
    "cloudflare": ("cloudflare", "Cloudflare"),
    "isaacus": ("isaacus", "Isaacus"),
    "decisions": ("decisions", "Decisions"),
    "systemone": ("systemone", "SystemOne"),
}
"""Wire format → its module and class."""

DIALECTS: Mapping[str, Dialect] = {
    name: cast("Dialect", _Later(*where)) for name, where in CLASSES.items()
}
