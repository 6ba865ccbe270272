"""The table of providers, for people and as JSON."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from rich.cells import cell_len, set_cell_size

from rerank_cli.providers import Provider
from rerank_cli.rendering.columns import GAP, aligned_table, cells_of
from rerank_cli.rendering.json import dumps, json_array
from rerank_cli.rendering.visible import visible

Row = tuple[Provider, str | None]
"""A provider, and the variable and file of its key here, or None."""

_NARROWEST = 12
"""Cells to which models may be cut."""
_LEAST_FIRST = ("tpm", "rpm", "passages", "where")
"""Columns that are left out where the width is small, in this order."""
_LIMITS = ("max_passages", "max_bytes", "max_tokens", "rpm", "tpm")


def render_providers_json(rows: Sequence[Row]) -> str:
    """A JSON array, one provider a line."""
    return "".join(json_array(dumps(_facts(row, key)) for row, key in rows)) + "\n"


def _facts(row: Provider, key: str | None) -> dict[str, object]:
    known = row.score_range
    return {
        "name": row.name,
        "kind": row.kind,
        "dialect": row.dialect or None,
        "base_url": row.base_url or None,
        "model": row.model,
        "key": key,
        "needs_key": row.needs_key,
        "key_variables": list(row.key_variables),
        **{name: getattr(row, name) for name in _LIMITS},
        "guessed": sorted(row.guessed),
        # JSON has no infinity: an end that is null is open.
        "score_range": known and [end if abs(end) < float("inf") else None for end in known],
    }


def render_providers(rows: Sequence[Row], width: int | None = None) -> str:
    """Aligned columns: name, where it runs, default model, limits, key. A guess has a ~.

    Within `width` the least important columns are left out, then models are cut.
    """
    table = [_cells(*row) for row in rows]
    columns = {name: [name, *(visible(cells[name]) for cells in table)] for name in table[0]}

    def excess() -> int:
        cells = sum(map(cells_of, columns.values())) + GAP * (len(columns) - 1)
        return max(cells - width, 0) if width else 0

    for name in _LEAST_FIRST:
        if excess():
            del columns[name]
    room = max(cells_of(columns["model"]) - excess(), _NARROWEST)
    columns["model"] = [
        model if cell_len(model) <= room else set_cell_size(model, room - 1) + "…"
        for model in columns["model"]
    ]
    return aligned_table(list(zip(*columns.values(), strict=True)))


def _cells(row: Provider, key: str | None) -> dict[str, str]:
    where = "embedded" if row.is_embedded else "--base-url"
    absent = "not needed" if row.is_embedded else "optional"
    if row.needs_key:
        absent = f"none ({(*row.key_variables, 'RERANK_API_KEY')[0]})"
    return {
        "name": row.name,
        "where": urlsplit(row.base_url).netloc if row.base_url else where,
        "model": row.model or ("-m NAME" if row.needs_model else "the server's"),
        "passages": _limit(row, "max_passages"),
        "rpm": _limit(row, "rpm"),
        "tpm": _limit(row, "tpm"),
        "key": key or absent,
    }


def _limit(row: Provider, name: str) -> str:
    value = getattr(row, name)
    return "" if value is None else "~" * (name in row.guessed) + str(value)
