"""The options that commands share, each written once: its names, its bounds, its help."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from typer import Argument, Option

from rerank_cli import __version__
from rerank_cli.console.streams import Streams
from rerank_cli.reading import FORMATS as INPUT_FORMATS
from rerank_cli.rendering import FORMATS as OUTPUT_FORMATS
from rerank_cli.scaling import SCALES

INPUT, OUTPUT, WHERE, HOW = "Input", "Output", "Where to score", "How to score"

_A_DAY = 86_400

_INPUT_NAMES = ("auto", *INPUT_FORMATS)
_OUTPUT_NAMES = tuple(OUTPUT_FORMATS)
_SCALES = tuple(SCALES)


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A parser that takes these names and no others."""

    def check(text: str) -> str:
        if text not in names:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(names)}.")
        return text

    return check


def finite(text: str | float) -> float:
    """Parse a number that is neither infinite nor NaN."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise typer.BadParameter(f"{text!r} is not a finite number.")
    return number


def _seconds(text: str | float) -> float:
    number = finite(text)
    if not 0 < number <= _A_DAY:
        raise typer.BadParameter(f"{text!r} is not more than 0 and at most {_A_DAY} seconds.")
    return number


def _price(text: str | float) -> float:
    number = finite(text)
    if number < 0:
        raise typer.BadParameter(f"{text!r} is less than nothing.")
    return number


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rerank {__version__}")
        raise typer.Exit


Query = Annotated[
    str,
    Argument(metavar="QUERY", help="What to rank by.", show_default=False, rich_help_panel=INPUT),
]
Files = Annotated[
    list[str] | None,
    Argument(
        metavar="[FILE]...",
        help="Passages: one a line, or .jsonl, .csv, .tsv. - is standard input.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]

InputFormat = Annotated[
    str,
    Option(
        "--input-format",
        parser=one_of(_INPUT_NAMES),
        autocompletion=lambda: list(_INPUT_NAMES),
        metavar="|".join(_INPUT_NAMES),
        help="auto goes by the suffix; else lines.",
        rich_help_panel=INPUT,
    ),
]
TextField = Annotated[
    str | None,
    Option(
        "--text-field",
        metavar="NAME",
        help="Field or column of the passage [first of text, passage, content, contents, "
        "document, body].",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
IdField = Annotated[
    str | None,
    Option(
        "--id-field",
        metavar="NAME",
        help="Field or column of its id [first of id, _id, doc_id, docid].",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]
Encoding = Annotated[
    str | None,
    Option(
        "--encoding",
        metavar="NAME",
        help="Of the input, such as gb18030 [by its mark, else UTF-8].",
        rich_help_panel=INPUT,
        show_default=False,
    ),
]

TopN = Annotated[
    int | None,
    Option("--top-n", "-n", min=1, metavar="N", help="Keep the best N.", rich_help_panel=OUTPUT),
]
Threshold = Annotated[
    float | None,
    Option(
        "--threshold",
        "-t",
        parser=finite,
        metavar="X",
        help="Keep scores of X and above.",
        rich_help_panel=OUTPUT,
    ),
]
Scale = Annotated[
    str,
    Option(
        "--scores",
        parser=one_of(_SCALES),
        autocompletion=lambda: list(_SCALES),
        metavar="|".join(_SCALES),
        help="As the model gives them; mapped to 0..1 by the sigmoid (logits); or by the lowest "
        "and highest of this query.",
        rich_help_panel=OUTPUT,
    ),
]
AsJson = Annotated[
    bool, Option("--json", help="One JSON object: --format json.", rich_help_panel=OUTPUT)
]
Format = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        parser=one_of(_OUTPUT_NAMES),
        autocompletion=lambda: list(_OUTPUT_NAMES),
        metavar="|".join(_OUTPUT_NAMES),
        help="table for people [the default]; json; jsonl, csv, tsv: the input's rows with rank "
        "and score; text: the passages alone.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write there, whole or not at all.",
        rich_help_panel=OUTPUT,
        show_default=False,
    ),
]
Full = Annotated[bool, Option("--full", help="Show long passages whole.", rich_help_panel=OUTPUT)]
ExitStatus = Annotated[
    bool,
    Option("--exit-status", help="Exit 1 when no passage is left.", rich_help_panel=OUTPUT),
]

Provider = Annotated[
    str | None,
    Option(
        "--provider",
        "-p",
        metavar="NAME",
        help="One of: rerank providers [the first with a key here, else local].",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
Models = Annotated[
    list[str] | None,
    Option(
        "--model",
        "-m",
        metavar="NAME",
        help="A model, PROVIDER:MODEL or PROVIDER; two at least, the first is the yardstick.",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    Option(
        "--model",
        "-m",
        metavar="NAME",
        help="The reranker [the provider's default].",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
BaseUrl = Annotated[
    str | None,
    Option(
        "--base-url",
        metavar="URL",
        help="Any compatible server, such as http://localhost:7997.",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]

Instruction = Annotated[
    str | None,
    Option(
        "--instruction",
        metavar="TEXT",
        help="How to judge, for models that take one.",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
MaxChunks = Annotated[
    int | None,
    Option(
        "--max-chunks-per-doc",
        min=1,
        metavar="N",
        help="Pieces a long passage is cut into, for models that cut.",
        rich_help_panel=HOW,
    ),
]
Overlap = Annotated[
    int | None,
    Option(
        "--overlap-tokens",
        min=0,
        max=80,
        metavar="N",
        help="Tokens two neighbouring pieces share.",
        rich_help_panel=HOW,
    ),
]
MaxPassages = Annotated[
    int | None,
    Option(
        "--max-passages",
        min=1,
        metavar="N",
        help="Passages a request may carry [the provider's limit].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Timeout = Annotated[
    float,
    Option(
        "--timeout",
        parser=_seconds,
        metavar="S",
        help="Seconds a request may take.",
        rich_help_panel=HOW,
    ),
]
Concurrency = Annotated[
    int | None,
    Option(
        "--concurrency",
        min=1,
        max=512,
        metavar="N",
        help="Requests at once, at most [the provider's, else 8].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Retries = Annotated[
    int | None,
    Option(
        "--retries",
        min=0,
        metavar="N",
        help="Tries after the first [8; fewer until anything succeeds].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Deadline = Annotated[
    float | None,
    Option(
        "--deadline",
        parser=_seconds,
        metavar="S",
        help="Seconds after which nothing is tried again [no end].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Rpm = Annotated[
    int | None,
    Option(
        "--rpm",
        min=1,
        metavar="N",
        help="Requests a minute [the provider's limit].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Tpm = Annotated[
    int | None,
    Option(
        "--tpm",
        min=1,
        metavar="N",
        help="Tokens a minute, estimated [the provider's limit].",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Price = Annotated[
    float | None,
    Option(
        "--price-per-million",
        parser=_price,
        metavar="X",
        help="Price of a million tokens, for the cost that --dry-run shows.",
        rich_help_panel=HOW,
        show_default=False,
    ),
]
Cache = Annotated[
    bool,
    Option(
        "--cache",
        help="Keep scores, and score again only what is not known yet.",
        rich_help_panel=HOW,
    ),
]
DryRun = Annotated[
    bool,
    Option("--dry-run", help="Print the plan, send nothing, need no key.", rich_help_panel=HOW),
]

Quiet = Annotated[bool, Option("--quiet", "-q", help="No warnings, no footer.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Say what is done and with what.")]
Debug = Annotated[bool, Option("--debug", help="Show the traceback of an error.")]
Version = Annotated[
    bool,
    Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
]


def streams_of(ctx: typer.Context, *, quiet: bool = False, verbose: bool = False) -> Streams:
    """The streams that the command line was started with, as quiet or verbose as asked."""
    streams: Streams = ctx.obj
    streams.quiet, streams.verbose = quiet, verbose
    return streams
