"""Options of what is shown of a ranking, how, and where."""

from typing import Annotated

from rerank_cli.cli.options.topics import output_option
from rerank_cli.cli.options.values import finite, one_of
from rerank_cli.rendering import FORMATS
from rerank_cli.scaling import SCALES

_FORMATS = tuple(FORMATS)
_SCALES = tuple(SCALES)

TopN = Annotated[
    int | None,
    output_option("--top-n", "-n", min=1, metavar="N", help="Keep the best N."),
]
Threshold = Annotated[
    float | None,
    output_option(
        "--threshold", "-t", parser=finite, metavar="X", help="Keep scores of X and above."
    ),
]
Scale = Annotated[
    str,
    output_option(
        "--scores",
        parser=one_of(_SCALES),
        autocompletion=lambda: list(_SCALES),
        metavar="|".join(_SCALES),
        help="As the model gives them; mapped to 0..1 by the sigmoid (logits); or by the lowest "
        "and highest of this query.",
    ),
]
AsJson = Annotated[
    bool,
    output_option("--json", help="One JSON object: --format json."),
]
Format = Annotated[
    str | None,
    output_option(
        "--format",
        "-f",
        parser=one_of(_FORMATS),
        autocompletion=lambda: list(_FORMATS),
        metavar="|".join(_FORMATS),
        help="table for people; json; jsonl, csv, tsv: the input's rows with rank and score; "
        "text: the passages alone; markdown: a table [by the suffix of -o FILE, else table].",
    ),
]
Output = Annotated[
    str | None,
    output_option("--output", "-o", metavar="FILE", help="Write there, whole or not at all."),
]
Full = Annotated[
    bool,
    output_option("--full", help="Show long passages whole."),
]
ExitStatus = Annotated[
    bool,
    output_option("--exit-status", help="Exit 1 when no passage is left."),
]
