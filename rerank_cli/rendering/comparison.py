"""Rankings of the same passages side by side, for people and as JSON."""

from collections.abc import Sequence

from rerank_cli.agreement import Agreement
from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import Look
from rerank_cli.rendering.json import dumps, result_of
from rerank_cli.rendering.layout import Column, lay_out
from rerank_cli.rendering.numbers import format_score
from rerank_cli.rendering.table import places
from rerank_cli.rendering.visible import visible

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST = len(_LETTERS)
"""Rankings that can be told apart."""


def render_table(
    rankings: Sequence[Ranking], agreements: Sequence[Agreement], top_n: int | None, look: Look
) -> str:
    """A legend, a row a passage in the order of the first ranking, and how far the others agree.

    Moves are marked from the first ranking's point of view: ▲2 stands two ranks higher than there.
    Of more than `top_n` passages those are shown that any ranking has among its best so many.
    """
    legend = "".join(
        f"{letter}  {_named(ranking)}\n"
        for letter, ranking in zip(_LETTERS, rankings, strict=False)
    )
    first, *others = ({ranked.index: ranked for ranked in each.results} for each in rankings)
    rows = [
        ranked
        for ranked in rankings[0].results
        if top_n is None or any(each[ranked.index].rank <= top_n for each in (first, *others))
    ]
    columns = [*_cells("A", rows, rows)]
    for letter, other in zip(_LETTERS[1:], others, strict=False):
        columns += _cells(letter, rows, [other[ranked.index] for ranked in rows])
    columns += places(rows, rankings[0].files)
    table = lay_out(columns, [ranked.passage.text for ranked in rows], look)
    told = "".join(
        f"{letter} and A  {_told(each)}\n"
        for letter, each in zip(_LETTERS[1:], agreements, strict=False)
    )
    return f"{legend}\n{table}\n{told}"


def _named(ranking: Ranking) -> str:
    return visible(" ".join(filter(None, (ranking.provider, ranking.model))))


def _cells(letter: str, firsts: Sequence[Ranked], rows: Sequence[Ranked]) -> list[Column]:
    ranks = [
        f"{row.rank} {_move(first.rank - row.rank)}".rstrip()
        for first, row in zip(firsts, rows, strict=True)
    ]
    return [
        Column(letter, ranks, right=letter == "A"),
        Column("score", [format_score(row.score) for row in rows], right=True),
    ]


def _move(up: int) -> str:
    return "" if up == 0 else f"▲{up}" if up > 0 else f"▼{-up}"


def _told(each: Agreement) -> str:
    tau = "-" if each.tau is None else f"{each.tau:.4f}"
    return f"Kendall's tau {tau} · overlap of the best {each.depth}: {each.overlap:.4f}"


def render_json(
    rankings: Sequence[Ranking], agreements: Sequence[Agreement], top_n: int | None
) -> str:
    """One JSON object: a ranking a model, as `rerank --json` has it, and how far they agree."""
    listed = []
    for ranking, agreed in zip(rankings, (None, *agreements), strict=True):
        row: dict[str, object] = {"provider": ranking.provider, "model": ranking.model}
        if agreed:
            row["agreement"] = {
                "kendall_tau": agreed.tau,
                "overlap": agreed.overlap,
                "depth": agreed.depth,
            }
        row["results"] = [result_of(ranked) for ranked in ranking.results[:top_n]]
        listed.append(row)
    head = dumps({"query": rankings[0].query})
    return f'{head[:-1]}, "rankings": [\n  ' + ",\n  ".join(map(dumps, listed)) + "\n]}\n"
