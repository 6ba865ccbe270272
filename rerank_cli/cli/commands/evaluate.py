"""`rerank eval RUN... --qrels FILE`."""

from rerank_cli.cli.options import evaluate as own
from rerank_cli.cli.options import general, passages
from rerank_cli.cli.options.groups import with_groups
from rerank_cli.console.streams import Streams
from rerank_cli.reading import MAX_INPUT


@with_groups(streams=general.streams, without=("verbose",))
def evaluate(
    runs: own.Runs,
    qrels: own.Qrels,
    *,
    measure: own.Measures = None,
    by_query: own.ByQuery = False,
    thresholds: own.Thresholds = False,
    precision: own.Precision = None,
    seed: own.Seed = 0,
    as_json: own.EvalJson = False,
    as_csv: own.EvalCsv = False,
    encoding: passages.Encoding = None,
    max_input_bytes: passages.MaxInputBytes = MAX_INPUT,
    streams: Streams,
) -> int:
    """Measure rankings against judgments.

    A column a run; the later ones with their difference to the first, and whether it is
    significant.
    """
    from rerank_cli.workflows import evaluate as workflow

    options = workflow.EvaluationOptions(
        runs=runs,
        qrels=qrels,
        encoding=encoding,
        max_bytes=max_input_bytes,
        measures=measure,
        by_query=by_query,
        thresholds=thresholds or precision is not None,
        precision=precision,
        seed=seed,
        as_json=as_json,
        as_csv=as_csv,
    )
    return workflow.run(options, streams)
