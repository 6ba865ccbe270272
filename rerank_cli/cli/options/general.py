"""Options of every command: verbosity, and the version."""

from typing import Annotated

import typer
from typer import Option

from rerank_cli.console.streams import Streams
from rerank_cli.version import __version__


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rerank {__version__}")
        raise typer.Exit


Quiet = Annotated[bool, Option("--quiet", "-q", help="No warnings, no footer.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Say what is done and with what.")]
Debug = Annotated[bool, Option("--debug", help="Show the traceback of an error.")]
Version = Annotated[
    bool,
    Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
]


def streams(
    ctx: typer.Context, quiet: Quiet = False, verbose: Verbose = False, debug: Debug = False
) -> Streams:
    """The streams that the command line was started with, as quiet or verbose as asked."""
    found: Streams = ctx.obj
    found.quiet, found.verbose = quiet, verbose or debug
    return found
