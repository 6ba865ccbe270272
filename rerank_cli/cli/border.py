"""Runs a command line; turns every exception into a message and an exit code."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from rerank_cli.console.streams import ClosedPipe, Streams
from rerank_cli.errors import ExitCode, RerankError

_INTERNAL_ERROR = 70
"""EX_SOFTWARE of sysexits.h: the fault is rerank's own."""

# Looked for in the words themselves: whether they can be parsed is not known yet.
_AS_JSON = re.compile(r"\0(?:--json|(?:-f\0?|--format[=\0])jsonl?)(?=\0)")


def run(arguments: Sequence[str], streams: Streams) -> int:
    """Run one command line. Returns the exit code; no exception leaves here."""
    from typer import Abort, TyperException

    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    debug = "--debug" in options
    streams.json_errors = bool(_AS_JSON.search("\0".join(("", *options, ""))))
    try:
        return _command(arguments, streams)
    except RerankError as error:
        _trace(debug, streams)
        streams.error(error.message, error.hint, error.facts)
        return error.exit_code
    except TyperException as error:
        message = error.format_message()
        message = message[:1].lower() + message[1:].rstrip(".")
        streams.error(message, _usage_hint(error, arguments), {"exit_code": int(ExitCode.USAGE)})
        return ExitCode.USAGE
    except (ClosedPipe, SystemExit):  # Typer exits where the reader of a help page is gone
        return ExitCode.OK
    except OSError as error:
        streams.abandon()
        _trace(debug, streams)
        # Of a stream if no file is named: everything else is translated where it is done.
        what = error.filename or "cannot write"
        streams.error(
            f"{what}: {error.strerror or error}", None, {"exit_code": int(ExitCode.USAGE)}
        )
        return ExitCode.USAGE
    except (KeyboardInterrupt, Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug, said in one line: no traceback helps a user
        _trace(debug, streams)
        streams.error(
            f"internal error: {type(error).__name__}: {error}",
            "This is a bug in rerank. --debug shows where; please report it.",
            {"exit_code": _INTERNAL_ERROR},
        )
        return _INTERNAL_ERROR


def _command(arguments: Sequence[str], streams: Streams) -> int:
    result = _app().main(list(arguments), prog_name="rerank", standalone_mode=False, obj=streams)
    return result if isinstance(result, int) else ExitCode.OK


@cache
def _app() -> Any:
    """The commands, made once: that takes longer than many a command."""
    from typer.main import get_command

    from rerank_cli.cli.app import app

    return get_command(app)


def _usage_hint(error: Any, arguments: Sequence[str]) -> str:
    from rerank_cli.cli.app import COMMANDS

    # Typer keeps its classes of usage errors to itself; they differ in their attributes.
    unknown_option = hasattr(error, "possibilities")
    if unknown_option and arguments[0] not in COMMANDS:
        return "A query that begins with - goes after --: rerank -- QUERY FILE"
    in_group = hasattr(getattr(error, "cmd", None), "commands")
    if in_group and not unknown_option:
        # A group complains of a word that names none of its commands.
        return "A query that names a command goes after --: rerank -- QUERY FILE"
    return "See: rerank --help"


def _trace(debug: bool, streams: Streams) -> None:
    if debug:
        import traceback

        streams.trace(traceback.format_exc())
