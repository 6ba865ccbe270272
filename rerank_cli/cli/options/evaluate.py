"""The options that only `rerank eval` has."""

from typing import Annotated

import typer
from typer import Argument, Option

from rerank_cli.cli.options.topics import INPUT, OUTPUT
from rerank_cli.cli.options.values import finite


def _share(text: str | float) -> float:
    number = finite(text)
    if not 0 < number <= 1:
        raise typer.BadParameter(f"{text!r} is not more than 0 and at most 1.")
    return number


Runs = Annotated[
    list[str],
    Argument(
        metavar="RUN...",
        help="Rankings: what rerank batch writes, or TREC runs. - is standard input.",
        show_default=False,
        rich_help_panel=INPUT,
    ),
]
Qrels = Annotated[
    str,
    Option(
        "--qrels",
        metavar="FILE",
        help="Judgments: TREC qrels, or BEIR's table.",
        rich_help_panel=INPUT,
    ),
]
Measures = Annotated[
    list[str] | None,
    Option(
        "--measure",
        metavar="NAME",
        help="Such as nDCG@10 or AP(rel=2); once for each [nDCG@10, RR@10, P@1, R@100, AP].",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
ByQuery = Annotated[
    bool,
    Option("--by-query", help="Show each query's figures too.", rich_help_panel=OUTPUT),
]
EvalJson = Annotated[bool, Option("--json", help="One JSON object.", rich_help_panel=OUTPUT)]
EvalCsv = Annotated[
    bool,
    Option("--csv", help="A table with a header, a figure a row.", rich_help_panel=OUTPUT),
]
Seed = Annotated[
    int,
    Option(
        "--seed",
        min=0,
        metavar="N",
        help="Of the randomisation test.",
        rich_help_panel=OUTPUT,
    ),
]
Thresholds = Annotated[
    bool,
    Option(
        "--thresholds",
        help="Show what --threshold would keep, and the one with the best F1.",
        rich_help_panel=OUTPUT,
    ),
]
Precision = Annotated[
    float | None,
    Option(
        "--precision",
        parser=_share,
        metavar="X",
        help="With --thresholds: the threshold that keeps most at this precision.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
