"""Typer groups: errors of usage and help, the same for all commands."""

from typing import Any

import typer
from typer.core import TyperGroup


class HelpAlone(TyperGroup):
    """Without a word it prints its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit()
        return super().parse_args(ctx, args)
