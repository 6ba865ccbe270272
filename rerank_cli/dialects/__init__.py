"""The wire formats, pure: a request becomes a JSON body, a reply becomes scores.

A new wire format is one module with a class like `mixedbread.Mixedbread` and one line in
`DIALECTS`. Nothing here opens a connection or knows a provider.
"""

from collections.abc import Mapping
from typing import Protocol

from rerank_cli.dialects.cloudflare import Cloudflare
from rerank_cli.dialects.cohere import Cohere
from rerank_cli.dialects.dashscope import DashScope
from rerank_cli.dialects.decisions import Decisions
from rerank_cli.dialects.elasticsearch import Elasticsearch
from rerank_cli.dialects.isaacus import Isaacus
from rerank_cli.dialects.mixedbread import Mixedbread
from rerank_cli.dialects.nim import Nim
from rerank_cli.dialects.pinecone import Pinecone
from rerank_cli.dialects.reply import Decoded
from rerank_cli.dialects.request_options import RequestOptions
from rerank_cli.dialects.score_vector import ScoreVector
from rerank_cli.dialects.sglang import SGLang
from rerank_cli.dialects.systemone import SystemOne
from rerank_cli.dialects.tei import Tei
from rerank_cli.dialects.voyage import Voyage
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


DIALECTS: Mapping[str, Dialect] = {
    "cohere": Cohere(),
    "voyage": Voyage(),
    "mixedbread": Mixedbread(),
    "tei": Tei(),
    "sglang": SGLang(),
    "nim": Nim(),
    "dashscope": DashScope(),
    "pinecone": Pinecone(),
    "score-vector": ScoreVector(),
    "elasticsearch": Elasticsearch(),
    "cloudflare": Cloudflare(),
    "isaacus": Isaacus(),
    "decisions": Decisions(),
    "systemone": SystemOne(),
}
