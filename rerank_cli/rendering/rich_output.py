"""What Rich writes, as text."""

from io import StringIO

from rich.console import Console, RenderableType
from rich.theme import Theme

from rerank_cli.rendering import View


def console_of(view: View, width: int, theme: Theme | None = None) -> Console:
    """A console that writes as a view asks, `width` cells wide, into a text."""
    return Console(
        file=StringIO(),
        width=width,
        # Rich takes the width seriously on a dumb terminal only if it is given both.
        height=25,
        force_terminal=view.colour,
        color_system="standard" if view.colour else None,
        legacy_windows=False,
        theme=theme,
    )


def written_by(console: Console, shown: RenderableType) -> str:
    """What a console of `console_of` writes of something, without blanks at the ends of lines."""
    with console.capture() as written:
        console.print(shown, crop=False)
    return "".join(line.rstrip() + "\n" for line in written.get().splitlines())
