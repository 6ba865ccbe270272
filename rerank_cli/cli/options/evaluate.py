"""The options that only `rerank eval` has."""

from typing import Annotated

import typer

from rerank_cli.cli.options.topics import input_argument, input_option, output_option
from rerank_cli.cli.options.values import finite


def _share(text: str | float) -> float:
    number = finite(text)
    if not 0 < number <= 1:
        raise typer.BadParameter(f"{text!r} is not more than 0 and at most 1.")
    return number


Runs = Annotated[
    list[str],
    input_argument(
        metavar="RUN...",
        help="Rankings: what rerank batch writes, or TREC runs. - is standard input.",
    ),
]
Qrels = Annotated[
    str,
    input_option("--qrels", metavar="FILE", help="Judgments: TREC qrels, or BEIR's table."),
]
Measures = Annotated[
    list[str] | None,
    output_option(
        "--measure",
        metavar="NAME",
        help="Such as nDCG@10 or AP(rel=2); once for each [nDCG@10, RR@10, P@1, R@100, AP].",
    ),
]
ByQuery = Annotated[
    bool,
    output_option("--by-query", help="Show each query's figures too."),
]
EvalJson = Annotated[
    bool,
    output_option("--json", help="One JSON object."),
]
EvalCsv = Annotated[
    bool,
    output_option("--csv", help="A table with a header, a figure a row."),
]
Seed = Annotated[
    int,
    output_option("--seed", min=0, metavar="N", help="Of the randomisation test."),
]
Thresholds = Annotated[
    bool,
    output_option(
        "--thresholds", help="Show what --threshold would keep, and the one with the best F1."
    ),
]
Precision = Annotated[
    float | None,
    output_option(
        "--precision",
        parser=_share,
        metavar="X",
        help="With --thresholds: the threshold that keeps most at this precision.",
    ),
]
