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
    columns = [*_ranks_and_scores(rows), *locators]
    if view.width is not None and not fits(columns, view.width):
        columns = [*_ranks(rows, ascii_uppercase), *locators]
    table = render_passages(columns, [ranked.passage.text for ranked in first], view)
    agreed = {
        f"{letter} and A": _agreement(each, rankings[0].total)
        for letter, each in zip(ascii_uppercase[1:], agreements, strict=False)
    }
    return f"{legend}\n{table}\n{aligned_facts(agreed)}"


def _ranks_and_scores(rows: Sequence[Sequence[Ranked]]) -> Iterator[Column]:
    headers = [f"rank {letter}" for letter in ascii_uppercase]
    for ranks, ranking in zip(_ranks(rows, headers), rows, strict=True):
        yield ranks
        yield Column("score", [format_score(ranked.score) for ranked in ranking], right=True)


def _ranks(rows: Sequence[Sequence[Ranked]], headers: Sequence[str]) -> Iterator[Column]:
    """A column a ranking; moves stand beside the ranks of all but the first."""
    digits = max(len(str(ranked.rank)) for ranking in rows for ranked in ranking)
    yield Column(headers[0], [str(ranked.rank) for ranked in rows[0]], right=True)
    for header, ranking in zip(headers[1:], rows[1:], strict=False):
        cells = [
            f"{ranked.rank:{digits}} {_move(first.rank - ranked.rank)}".rstrip()
            for first, ranked in zip(rows[0], ranking, strict=True)
        ]
        yield Column(header, cells)


def _move(up: int) -> str:
    return "" if up == 0 else f"▲{up}" if up > 0 else f"▼{-up}"


def _agreement(each: Agreement, total: int) -> str:
    # Of all passages the overlap is always 1.
    overlap = f" · overlap of the best {each.depth}: {each.overlap:.4f}" * (each.depth < total)
    return f"Kendall's tau {format_measure(each.tau)}{overlap}"


def render_comparison_json(
    rankings: Sequence[Ranking], agreements: Sequence[Agreement], top_n: int | None
) -> str:
    """One JSON object: a ranking a model, its results a line each, and how far they agree."""
    listed = []
    for ranking, agreed in zip(rankings, (None, *agreements), strict=True):
        head: dict[str, object] = {"provider": ranking.provider, "model": ranking.model}
        if agreed:
            head["agreement"] = {
                "kendall_tau": agreed.tau,
                "overlap": agreed.overlap,
                "depth": agreed.depth,
            }
        results = (dumps(result_of(each)) for each in ranking.results[:top_n])
        listed.append("".join(json_object(head, "results", results, indent="  ")))
    return "".join(json_object({"query": rankings[0].query}, "rankings", listed)) + "\n"
