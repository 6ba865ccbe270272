"""The Typer app: builds the command that the first word names, or ranks if it names none."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from rerank_cli.cli.groups import HelpAlone
from rerank_cli.errors import ExitCode

_RANK, _USAGE = "rank", "QUERY [FILE]... [OPTIONS]"
_OF_THE_GROUP = ("--install-completion", "--show-completion")
# Lines would end after a hyphen, even of --dry-run.
_IN_WORD, _UNBROKEN = re.compile(r"(?<=\S)-(?=\S)|(?<!\S)-(?=-)"), "\N{NON-BREAKING HYPHEN}"

# Name → module and function (or Typer app). Imported when it is asked for: declaring the options of
# all commands takes longer than many a command.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "batch": ("batch", "batch"),
    "compare": ("compare", "compare"),
    "eval": ("evaluate", "evaluate"),
    "providers": ("providers", "providers"),
    "models": ("models", "app"),
    "doctor": ("doctor", "doctor"),
    "cache": ("cache", "app"),
    "help": ("manual", "manual"),
}


class _RankByDefault(HelpAlone):
    """Puts the ranking command in front unless the first word names another."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands and cmd_name in (_RANK, *COMMANDS):
            self.commands[cmd_name] = _command(cmd_name)
        return self.commands.get(cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing and not ctx.obj.stdin_is_terminal:
            # Who pipes passages has forgotten the query: help would go where the ranking should.
            ctx.obj.error("no QUERY")
            ctx.obj.report(f"  usage: rerank {_USAGE}")
            ctx.obj.report("  hint: rerank --help shows all of it")
            ctx.exit(ExitCode.USAGE)
        first = args[0] if args else ""
        if args and first not in COMMANDS and first not in _OF_THE_GROUP:
            self._hint_at_command(ctx, args)
            args = [_RANK, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """One page for the whole program: ranking and its options by topic, then the commands."""
        from rerank_cli.cli.commands.rank import EXAMPLES

        command = self.get_command(ctx, _RANK)
        formatter.write_usage("rerank", _USAGE)
        formatter.write_usage("rerank", "COMMAND --help", prefix=" " * len("Usage: "))
        formatter.write_paragraph()
        formatter.write_text(command.help)
        _write_topics(ctx, formatter, [*command.params, *self.get_params(ctx)])
        with formatter.section("Commands"):
            named = {name: self.get_command(ctx, name) for name in COMMANDS}
            formatter.write_dl(
                [(name, each.get_short_help_str(80)) for name, each in named.items()]
            )
        formatter.write(EXAMPLES)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        command = self.get_command(ctx, _RANK)
        inner = command.make_context(_RANK, [], parent=ctx, resilient_parsing=True)
        found: list[Any] = super().shell_complete(ctx, incomplete)
        return [*found, *command.shell_complete(inner, incomplete)]

    def _hint_at_command(self, ctx: Any, args: list[str]) -> None:
        first = args[0]
        near = get_close_matches(first, COMMANDS, n=1, cutoff=0.75)
        if near and first.isalpha() and not ctx.resilient_parsing:
            ctx.obj.report(
                f"rerank: ranking for the query {first!r}; the command is spelt: rerank {near[0]}"
            )


class _RankCommand(TyperCommand):
    """Its help is the page of the whole program."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        ctx.parent.command.format_help(ctx.parent, formatter)


class _Command(TyperCommand):
    """Its options stand under their topics."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_topics(ctx, formatter, self.get_params(ctx))


def _write_topics(ctx: Any, formatter: Any, params: list[Any]) -> None:
    for topic, records in _by_topic(ctx, params).items():
        with formatter.section(topic):
            whole = [(name, _IN_WORD.sub(_UNBROKEN, text)) for name, text in records]
            formatter.write_dl(whole, col_max=28)
            formatter.buffer = [text.replace(_UNBROKEN, "-") for text in formatter.buffer]


def _by_topic(ctx: Any, params: list[Any]) -> dict[str, list[tuple[str, str]]]:
    """Name and help of each parameter, under its topic; those without one come last."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for param in params:
        topic = param.rich_help_panel or "Other"
        record = param.get_help_record(ctx)
        if record and record not in topics.get(topic, []):
            topics.setdefault(topic, []).append(record)
    topics["Other"] = topics.pop("Other", [])
    return topics


def _command(name: str) -> Any:
    """One command, made of its function by Typer."""
    module, attribute = COMMANDS.get(name, (name, name))
    found = getattr(import_module(f"rerank_cli.cli.commands.{module}"), attribute)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    kinds = {_RANK: _RankCommand, "providers": TyperCommand, "help": TyperCommand}
    kind = kinds.get(name, _Command)
    alone.command(name, cls=kind, hidden=name == _RANK)(found)
    return get_command(alone)


# Typer's own help pages are boxes drawn by Rich; this one is plain, so that it fits a screen.
app = typer.Typer(
    cls=_RankByDefault,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100, "help_option_names": ["-h", "--help"]},
)


@app.callback()
def _group() -> None:
    """Rank passages against a query with a reranking model."""
