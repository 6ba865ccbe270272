"""Properties of models by name, wherever they are served."""

import re
from functools import cache
from typing import NamedTuple

from rerank_cli.model import UNIT, Range


class Model(NamedTuple):
    """The models whose names match a pattern, case ignored.

    takes           options that they take: instruction, max_chunks_per_doc, overlap_tokens
    listwise        whether a score depends on the other passages of the request
    decides_range   whether `score_range` holds wherever they are served (None: it is unknown)
    or_unit         whether their scores may be in 0..1 where a server's are logits
    """

    names: str
    takes: frozenset[str] = frozenset()
    listwise: bool = False
    decides_range: bool = False
    score_range: Range | None = None
    or_unit: bool = False


# The first that matches counts.
MODELS = (
    # Their scores are probabilities, in some conversions of them for llama.cpp too.
    Model("qwen3-rerank", frozenset({"instruction"}), or_unit=True),
    Model(
        "bge-reranker-v2-m3|bce-reranker-base", frozenset({"max_chunks_per_doc", "overlap_tokens"})
    ),
    Model("ctxl-rerank", frozenset({"instruction"})),
    # It reads all passages of a request as one state.
    Model(r"\bjev-", listwise=True),
    # Cosines of passages that were read together.
    Model("jina-reranker-v3", listwise=True, decides_range=True),
    Model("jina-(reranker-(v1|v2|m0)|colbert)", decides_range=True, score_range=UNIT),
)


@cache
def known(model: str | None) -> Model:
    """The row of a model; one with the defaults if none matches."""
    fits = (row for row in MODELS if re.search(row.names, model or "", re.IGNORECASE))
    return next(fits, Model(""))
