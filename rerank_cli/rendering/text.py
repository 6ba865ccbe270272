"""The passages alone, one a line, for the next program."""

import re
from collections.abc import Iterator

from rerank_cli.model import Ranking

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


def render(ranking: Ranking) -> Iterator[str]:
    """One passage a line; a line break within a passage becomes a space."""
    return (_LINE_BREAK.sub(" ", each.passage.text) + "\n" for each in ranking.results)
