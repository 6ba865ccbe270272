"""The table of providers, for people and as JSON."""

from collections.abc import Sequence

from rerank_cli.providers import Provider
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible

Row = tuple[Provider, str | None]
"""A provider, and the variable and place of its key here, or None."""


def render_json(rows: Sequence[Row]) -> str:
    """A JSON array, one provider a line."""
    listed = (
        dumps(
            {
                "name": row.name,
                "base_url": row.base_url,
                "model": row.model,
                "key": key,
                "needs_key": row.needs_key,
                "max_passages": row.max_passages,
            }
        )
        for row, key in rows
    )
    return "[\n  " + ",\n  ".join(listed) + "\n]\n"


def render_table(rows: Sequence[Row]) -> str:
    """Aligned columns: name, default model, key, URL."""
    cells = [("name", "model", "key", "URL")]
    for row, key in rows:
        missing = f"none ({row.key_variables[0]})" if row.needs_key else "not needed"
        where = row.base_url or ("embedded" if row.dialect is None else "--base-url")
        cells.append((row.name, row.model or "the server's", visible(key or missing), where))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)
    return "".join(line + "\n" for line in lines)
