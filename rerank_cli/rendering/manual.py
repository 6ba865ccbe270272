"""The manual: its list of topics, and its pages, for a terminal or as they are."""

import re
from collections.abc import Mapping

from rerank_cli.rendering import View
from rerank_cli.rendering.columns import aligned_table

# A link to another page; a terminal cannot follow it.
_LINK = re.compile(r"\[([^]]+)\]\((\w+)\.md(?:#[^)]*)?\)")


def render_topics(summaries: Mapping[str, str]) -> str:
    """A line a topic, below what shows one."""
    return f"rerank help TOPIC shows the page of a topic:\n\n{aligned_table([*summaries.items()])}"


def render_page(text: str, view: View) -> str:
    """A page as it is; for a terminal, or where colours are asked for, with its Markdown applied.

    A link to another page becomes the command that shows it.
    """
    if not (view.terminal or view.colour):
        return text
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    written = StringIO()
    console = Console(
        file=written,
        width=view.width,
        # Rich takes the width seriously on a dumb terminal only if it is given both.
        height=25,
        force_terminal=view.colour,
        color_system="standard" if view.colour else None,
        legacy_windows=False,
    )
    linked = _LINK.sub(r"\1 (`rerank help \2`)", text)
    console.print(Markdown(linked, code_theme="ansi_dark", hyperlinks=False))
    return "".join(line.rstrip() + "\n" for line in written.getvalue().splitlines())
