"""The options that only `rerank batch` has."""

from typing import TYPE_CHECKING, Annotated

from rerank_cli.cli.options.passages import Encoding, IdField, MaxInputBytes, TextField
from rerank_cli.cli.options.topics import how_option, input_argument, input_option, output_option
from rerank_cli.cli.options.values import one_of
from rerank_cli.reading import MAX_INPUT
from rerank_cli.rendering import BATCH_FORMATS

if TYPE_CHECKING:
    from rerank_cli.workflows.batch.source import JobInput

_BATCH_NAMES = tuple(BATCH_FORMATS)

Jobs = Annotated[
    str | None,
    input_argument(
        metavar="[JOBS]",
        help='JSON lines: {"id": …, "query": …, "documents": [text or object, …]}. - is '
        "standard input.",
    ),
]
Queries = Annotated[
    str | None,
    input_option(
        "--queries",
        metavar="FILE",
        help="Instead of JOBS: queries, a line of id, tab and text each, or JSON lines.",
    ),
]
Corpus = Annotated[
    str | None,
    input_option(
        "--corpus",
        metavar="FILE",
        help="With --queries: passages as JSON lines of _id, title, text (BEIR).",
    ),
]
FirstStage = Annotated[
    str | None,
    input_option(
        "--run",
        metavar="FILE",
        help="With --queries: each query's candidates, a TREC run or what a batch wrote.",
    ),
]
Depth = Annotated[
    int | None,
    input_option("--depth", min=1, metavar="K", help="Of the run: the best K of each query [all]."),
]
BatchFormat = Annotated[
    str | None,
    output_option(
        "--format",
        "-f",
        parser=one_of(_BATCH_NAMES),
        autocompletion=lambda: list(_BATCH_NAMES),
        metavar="|".join(_BATCH_NAMES),
        help="jsonl: a line a query; trec: a run [by the suffix of FILE, else jsonl].",
    ),
]
BatchOutput = Annotated[
    str | None,
    output_option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write there; the same command goes on where it stopped.",
    ),
]
Tag = Annotated[
    str,
    output_option("--tag", metavar="NAME", help="Of a TREC run."),
]
Fresh = Annotated[
    bool,
    output_option("--fresh", help="Start over, whatever FILE has."),
]
Ordered = Annotated[
    bool,
    output_option("--ordered", help="Write in the order of the input."),
]
MaxErrors = Annotated[
    int | None,
    how_option(
        "--max-errors", min=1, metavar="N", help="Give up after N queries have failed [never]."
    ),
]


def jobs(
    jobs: Jobs = None,
    queries: Queries = None,
    corpus: Corpus = None,
    run: FirstStage = None,
    depth: Depth = None,
    text_field: TextField = None,
    id_field: IdField = None,
    encoding: Encoding = None,
    max_input_bytes: MaxInputBytes = MAX_INPUT,
) -> "JobInput":
    """Where the jobs come from."""
    # Here, so that --help does not wait for it.
    from rerank_cli.reading.fields import FieldNames
    from rerank_cli.workflows.batch.source import JobInput

    return JobInput(
        jobs=jobs,
        queries=queries,
        corpus=corpus,
        run=run,
        depth=depth,
        names=FieldNames(text=text_field, id=id_field),
        encoding=encoding,
        max_bytes=max_input_bytes,
    )
