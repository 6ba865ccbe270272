"""The passages alone, one a line, for the next program."""

import re
from collections.abc import Iterable

from rerank_cli.model import Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.visible import visible_pieces

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def render_text(ranking: Ranking, view: View) -> Iterable[str]:
    """One passage a line; a line break within a passage becomes a space."""
    lines = (_LINE_BREAK.sub(" ", each.passage.text) + "\n" for each in ranking.results)
    return visible_pieces(lines, terminal=view.terminal)
