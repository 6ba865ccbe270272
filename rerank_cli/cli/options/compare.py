"""The option that only `rerank compare` has."""

from typing import Annotated

from rerank_cli.cli.options.topics import where_option

Models = Annotated[
    list[str] | None,
    where_option(
        "--model",
        "-m",
        metavar="NAME",
        help="A model, PROVIDER:MODEL or PROVIDER; two at least, the first is the yardstick.",
    ),
]
