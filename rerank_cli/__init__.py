"""rerank: score passages against a query with a reranking model, and rank them.

From Python:

    from rerank_cli import Reranker

    with Reranker("siliconflow:BAAI/bge-reranker-v2-m3", api_key="…") as reranker:
        for hit in reranker.rank(query, passages, top_n=3):
            print(hit.rank, hit.score, hit.index, hit.document)

The command `rerank` is built on the same class.
"""

from typing import TYPE_CHECKING, Any

from rerank_cli.version import __version__

if TYPE_CHECKING:
    from rerank_cli.engines import Events
    from rerank_cli.errors import (
        CacheError,
        EndpointError,
        Fault,
        InputError,
        RefusedError,
        ReplyError,
        RerankError,
        ScoringError,
        SettingsError,
        UsageError,
    )
    from rerank_cli.model import Usage, Window
    from rerank_cli.reranker import Keywords, Reranker
    from rerank_cli.reranker.documents import Document, Hit, Job, JobResult


__all__ = [
    "CacheError",
    "Document",
    "EndpointError",
    "Events",
    "Fault",
    "Hit",
    "InputError",
    "Job",
    "JobResult",
    "Keywords",
    "RefusedError",
    "ReplyError",
    "RerankError",
    "Reranker",
    "ScoringError",
    "SettingsError",
    "Usage",
    "UsageError",
    "Window",
    "__version__",
]

_ROOM_OF = {"Events": "engines", "Keywords": "reranker", "Reranker": "reranker"}
_ROOM_OF |= dict.fromkeys(("Usage", "Window"), "model")
_ROOM_OF |= dict.fromkeys(("Document", "Hit", "Job", "JobResult"), "reranker.documents")


def __getattr__(name: str) -> Any:
    # Imported when asked for: the command starts without most of it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"rerank_cli.{_ROOM_OF.get(name, 'errors')}"), name)
