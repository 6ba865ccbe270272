"""The table of providers, for people and as JSON."""

from collections.abc import Collection, Iterable, Sequence
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
    cells: dict[str, Iterable[str]] = {
        "name": (row.name for row, _ in rows),
        "where": (_where(row) for row, _ in rows),
        "model": (
            row.model or ("-m NAME" if row.needs_model else "the server's") for row, _ in rows
        ),
        "passages": (_limit(row, "max_passages") for row, _ in rows),
        "rpm": (_limit(row, "rpm") for row, _ in rows),
        "tpm": (_limit(row, "tpm") for row, _ in rows),
        "key": (_key(row, key) for row, key in rows),
    }
    columns = {name: [name, *map(visible, column)] for name, column in cells.items()}
    for name in _LEAST_FIRST:
        if width and _too_wide(columns.values(), width):
            del columns[name]
    if width and (excess := _too_wide(columns.values(), width)):
        room = max(cells_of(columns["model"]) - excess, _NARROWEST)
        columns["model"] = [_cut(model, room) for model in columns["model"]]
    return aligned_table(list(zip(*columns.values(), strict=True)))


def _too_wide(columns: Collection[Sequence[str]], width: int) -> int:
    """Cells by which the columns are wider than `width`; 0 where they fit."""
    return max(sum(map(cells_of, columns)) + GAP * (len(columns) - 1) - width, 0)


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else set_cell_size(text, cells - 1) + "…"


def _where(row: Provider) -> str:
    if not row.base_url:
        return row.kind if row.is_embedded else "--base-url"
    return urlsplit(row.base_url).netloc


def _limit(row: Provider, name: str) -> str:
    value = getattr(row, name)
    return "" if value is None else "~" * (name in row.guessed) + str(value)


def _key(row: Provider, key: str | None) -> str:
    if key:
        return key
    if row.needs_key:
        return f"none ({row.key_variables[0]})" if row.key_variables else "none (RERANK_API_KEY)"
    return "not needed" if row.is_embedded else "optional"
