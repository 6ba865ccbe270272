"""What is known of models by name, wherever they are served."""

import re
from dataclasses import dataclass
from functools import cache

from rerank_cli.model import UNIT, Range


@dataclass(frozen=True, slots=True)
class Model:
    """Models whose names hold a pattern (case aside).

    takes           options that they take: instruction, max_chunks_per_doc, overlap_tokens
    listwise        whether a score depends on the other passages of the request
    decides_range   whether `score_range` holds wherever they are served (None: it is unknown)
    """

    names: str
    takes: frozenset[str] = frozenset()
    listwise: bool = False
    decides_range: bool = False
    score_range: Range | None = None


# The first that fits counts.
MODELS = (
    # Their scores are probabilities; some conversions of them give logits, others do not.
    Model("qwen3-reranker", frozenset({"instruction"}), decides_range=True),
    Model(
        "bge-reranker-v2-m3|bce-reranker-base", frozenset({"max_chunks_per_doc", "overlap_tokens"})
    ),
    # Cosines of passages that were read together.
    Model("jina-reranker-v3", listwise=True, decides_range=True),
    Model("jina-(reranker-(v1|v2|m0)|colbert)", decides_range=True, score_range=UNIT),
)

_UNKNOWN = Model("")


@cache
def known(model: str | None) -> Model:
    """The row of a model; one that says nothing if there is none."""
    fits = (row for row in MODELS if re.search(row.names, model or "", re.IGNORECASE))
    return next(fits, _UNKNOWN)
