"""Options of what is shown of a ranking, how, and where."""

from typing import Annotated

from typer import Option

from rerank_cli.cli.options.topics import OUTPUT
from rerank_cli.cli.options.values import finite, one_of
from rerank_cli.rendering import FORMATS
from rerank_cli.scaling import SCALES

_FORMATS = tuple(FORMATS)
_SCALES = tuple(SCALES)

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
        parser=one_of(_FORMATS),
        autocompletion=lambda: list(_FORMATS),
        metavar="|".join(_FORMATS),
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
