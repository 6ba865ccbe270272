"""The option that only `rerank compare` has."""

from typing import Annotated

from typer import Option

from rerank_cli.cli.options.topics import WHERE

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
