"""The manual: its list of topics, and its pages, for a terminal or as they are."""

import re
from collections.abc import Mapping
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.text import Text
from rich.theme import Theme

from rerank_cli.rendering import View
from rerank_cli.rendering.columns import aligned_table
from rerank_cli.rendering.rich_output import console_of, written_by

# A link to another page; a terminal cannot follow it.
_LINK = re.compile(r"\[([^]]+)\]\((\w+)\.md(?:#[^)]*)?\)")
# Rich's own is on black, which not every terminal is.
_THEME = Theme({"markdown.code": "cyan", "markdown.code_block": "cyan"})


def render_topics(summaries: Mapping[str, str]) -> str:
    """A line a topic, below what shows one."""
    return f"rerank help TOPIC shows the page of a topic:\n\n{aligned_table([*summaries.items()])}"


def render_page(text: str, view: View) -> str:
    """A page as it is; for a terminal, or where colours are asked for, with its Markdown applied.

    A link to another page becomes the command that shows it.
    """
    if view.width is None or not (view.terminal or view.colour):
        return text
    linked = _LINK.sub(r"\1 (`rerank help \2`)", text)
    console = console_of(view, view.width, _THEME)
    return written_by(console, _Page(linked, hyperlinks=False))


class _Heading(Heading):
    """At the left, all of them."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text


class _CodeBlock(CodeBlock):
    """As it is: the terminal breaks long lines, so that a command can be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Text(code, style=self.style_name, no_wrap=True, overflow="ignore")


class _Page(Markdown):
    """Markdown for any terminal, whatever its colours and width."""

    elements: ClassVar = {**Markdown.elements, "heading_open": _Heading, "fence": _CodeBlock}
