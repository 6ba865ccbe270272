"""`rerank compare QUERY [FILE]... -m A -m B`."""

from typing import TYPE_CHECKING

from rerank_cli.cli.options import compare as own
from rerank_cli.cli.options import general, output, passages, scoring
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams

if TYPE_CHECKING:
    from rerank_cli.reranker import ScoringOptions
    from rerank_cli.workflows.passages import PassageInput


@with_groups(
    given=passages.passages,
    scoring=scoring.scoring,
    streams=general.streams,
    without=("model", "price_per_million"),
)
def compare(
    query: passages.Query,
    *,
    given: "PassageInput",
    models: own.Models = None,
    top_n: output.TopN = None,
    as_json: output.AsJson = False,
    full: output.Full = False,
    scoring: "ScoringOptions",
    streams: Streams,
) -> int:
    """Rank the same passages under several models, side by side.

    The models are asked at the same time. Scores of different models do not compare; ranks do.
    """
    from rerank_cli.workflows import compare as workflow

    return workflow.run(
        query, given, models or (), scoring, streams, top_n=top_n, as_json=as_json, full=full
    )
