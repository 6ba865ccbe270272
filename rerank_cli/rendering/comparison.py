"""Rankings of the same passages side by side, for people and as JSON."""

from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from rerank_cli.evaluation.agreement import Agreement
from rerank_cli.model import Ranked, Ranking
from rerank_cli.rendering import View
from rerank_cli.rendering.columns import aligned_facts
from rerank_cli.rendering.json import dumps, json_object, result_of
from rerank_cli.rendering.numbers import format_measure, format_score
from rerank_cli.rendering.passage_table import Column, fits, render_passages
from rerank_cli.rendering.table import locator_columns

MAX_RANKINGS = len(ascii_uppercase)
"""Rankings that have a letter each."""


def render_comparison(
    rankings: Sequence[Ranking], agreements: Sequence[Agreement], top_n: int | None, view: View
) -> str:
    """A legend, a row a passage in the order of the first ranking, and how far the others agree.

    Moves are marked from the first ranking's point of view: ▲2 stands two ranks higher than there.
    Of more than `top_n` passages those are shown that any ranking has among its best so many.
    Where the width is small, ranks alone are shown.
    """
    models = [" ".join(filter(None, (each.provider, each.model))) for each in rankings]
    legend = aligned_facts(dict(zip(ascii_uppercase, models, strict=False)))
    by_index = [{ranked.index: ranked for ranked in each.results} for each in rankings]
    first = [
        ranked
        for ranked in rankings[0].results
        if top_n is None or any(each[ranked.index].rank <= top_n for each in by_index)
    ]
    rows = [[each[ranked.index] for ranked in first] for each in by_index]
    locators = locator_columns(first, rankings[0].files)
    columns = [*_columns(rows, scores=True), *locators]
    if view.width is not None and not fits(columns, view.width):
        columns = [*_columns(rows, scores=False), *locators]
    table = render_passages(columns, first, view)
    agreed = {}
    for letter, each in zip(ascii_uppercase[1:], agreements, strict=False):
        agreed[f"{letter} and A"] = f"Kendall's tau {format_measure(each.kendall_tau)}"
        # Of all passages the overlap is always 1.
        if each.depth < rankings[0].total:
            agreed[f"{letter} and A"] += f" · overlap of the best {each.depth}: {each.overlap:.4f}"
    return f"{legend}\n{table}\n{aligned_facts(agreed)}"


def _columns(rows: Sequence[Sequence[Ranked]], *, scores: bool) -> Iterator[Column]:
    """The ranks of each ranking, all but the first's with moves beside them, and its scores."""
    digits = max(len(str(ranked.rank)) for ranking in rows for ranked in ranking)
    for at, ranking in enumerate(rows):
        ranks = [str(ranked.rank) for ranked in ranking]
        if at:
            ranks = [
                f"{rank:>{digits}} {_move(first.rank - ranked.rank)}".rstrip()
                for rank, first, ranked in zip(ranks, rows[0], ranking, strict=True)
            ]
        letter = ascii_uppercase[at]
        yield Column(f"rank {letter}" if scores else letter, ranks, right=not at)
        if scores:
            yield Column("score", [format_score(ranked.score) for ranked in ranking], right=True)


def _move(up: int) -> str:
    return "" if up == 0 else f"▲{up}" if up > 0 else f"▼{-up}"


def render_comparison_json(
    rankings: Sequence[Ranking], agreements: Sequence[Agreement], top_n: int | None
) -> str:
    """One JSON object: a ranking a model, its results a line each, and how far they agree."""
    listed = []
    for ranking, agreed in zip(rankings, (None, *agreements), strict=True):
        head: dict[str, object] = {"provider": ranking.provider, "model": ranking.model}
        if agreed:
            head["agreement"] = agreed._asdict()
        results = (dumps(result_of(each)) for each in ranking.results[:top_n])
        listed.append("".join(json_object(head, "results", results, indent="  ")))
    return "".join(json_object({"query": rankings[0].query}, "rankings", listed)) + "\n"
