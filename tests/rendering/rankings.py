"""Rankings for the rendering tests."""

from collections.abc import Mapping, Sequence

from rerank_cli.model import Candidates, Passage, PassageId, Ranking, Usage, Window
from rerank_cli.ranking import rank
from rerank_cli.rendering import View, render_ranking

# What a terminal obeys, or what turns the direction of writing; and a text full of it.
CONTROLS = (
    "\x00", "\x07", "\x08", "\x1b[31m", "\x1b]0;title\x07", "\x7f", "\x85", "\x9b31m", "\x9d",
    "\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202e", "\u2066", "\u2069",
)  # fmt: skip
HOSTILE = "a".join(["<", *CONTROLS, ">"])


def passage(
    text: str,
    *,
    source: str = "a.txt",
    line: int = 1,
    id: PassageId | None = None,  # noqa: A002 - the field's name
) -> Passage:
    """A passage of a plain line."""
    return Passage(text, source, line, id)


def of_row(row: Mapping[str, object], *, source: str = "a.jsonl", line: int = 1) -> Passage:
    """The passage of a row with `text` and perhaps `id`."""
    text, found = row["text"], row.get("id")
    assert isinstance(text, str)
    assert found is None or isinstance(found, str | int)
    id_key = "id" if "id" in row else None
    return Passage(text, source, line, found, row, "text", id_key)


def ranking(
    passages: Sequence[Passage | str],
    scores: Sequence[float] | None = None,
    *,
    usage: Usage = Usage(1, 123),  # noqa: B008 - frozen
    best: Sequence[Window | None] = (),
) -> Ranking:
    """The passages ranked by these scores; by default in the order given, from 1.0 down."""
    given = tuple(
        passage(each, line=line) if isinstance(each, str) else each
        for line, each in enumerate(passages, start=1)
    )
    if scores is None:
        scores = [1 - place / len(given) for place in range(len(given))]
    results = rank(Candidates("什么是人工智能？", given), scores, best=best)
    files = len({each.source for each in given})
    return Ranking("什么是人工智能？", results, len(given), "siliconflow", "bge", usage, files)


def render(given: Ranking, output_format: str, view: View) -> str:
    """The whole text of the ranking in a format."""
    return "".join(render_ranking(given, output_format, view))
