"""The options that only `rerank batch` has."""

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from rerank_cli.cli.options.passages import Encoding, IdField, TextField
from rerank_cli.cli.options.topics import HOW, INPUT, OUTPUT
from rerank_cli.cli.options.values import one_of
from rerank_cli.rendering import BATCH_FORMATS

if TYPE_CHECKING:
    from rerank_cli.workflows.batch.source import JobInput

_BATCH_NAMES = tuple(BATCH_FORMATS)

Jobs = Annotated[
    str | None,
    Argument(
        metavar="[JOBS]",
        help='JSON lines: {"id": …, "query": …, "documents": [text or object, …]}. - is standard '
        "input.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
Queries = Annotated[
    str | None,
    Option(
        "--queries",
        metavar="FILE",
        help="Instead of JOBS: queries, a line of id, tab and text each, or JSON lines.",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
Corpus = Annotated[
    str | None,
    Option(
        "--corpus",
        metavar="FILE",
        help="With --queries: passages as JSON lines of _id, title, text (BEIR).",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
FirstStage = Annotated[
    str | None,
    Option(
        "--run",
        metavar="FILE",
        help="With --queries: each query's candidates, a TREC run or what a batch wrote.",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
Depth = Annotated[
    int | None,
    Option(
        "--depth",
        min=1,
        metavar="K",
        help="Of the run: the best K of each query [all].",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
BatchFormat = Annotated[
    str,
    Option(
        "--format",
        "-f",
        parser=one_of(_BATCH_NAMES),
        autocompletion=lambda: list(_BATCH_NAMES),
        metavar="|".join(_BATCH_NAMES),
        help="jsonl: a line a query; trec: a run.",
        rich_help_panel=OUTPUT,
    ),
]
BatchOutput = Annotated[
    str | None,
    Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write there; the same command goes on where it stopped.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Tag = Annotated[
    str,
    Option("--tag", metavar="NAME", help="Of a TREC run.", rich_help_panel=OUTPUT),
]
Fresh = Annotated[
    bool,
    Option("--fresh", help="Start over, whatever FILE has.", rich_help_panel=OUTPUT),
]
Ordered = Annotated[
    bool,
    Option("--ordered", help="Write in the order of the input.", rich_help_panel=OUTPUT),
]
MaxErrors = Annotated[
    int | None,
    Option(
        "--max-errors",
        min=1,
        metavar="N",
        help="Give up after N queries have failed [never].",
        rich_help_panel=HOW,
        show_default=False,
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
    )
