"""The table of providers, for people and as JSON."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from rerank_cli.providers import Provider
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible

Row = tuple[Provider, str | None]
"""A provider, and the variable and place of its key here, or None."""

_LIMITS = ("max_passages", "max_bytes", "max_tokens", "rpm", "tpm")


def render_json(rows: Sequence[Row]) -> str:
    """A JSON array, one provider a line."""
    listed = (dumps(_facts(row, key)) for row, key in rows)
    return "[\n  " + ",\n  ".join(listed) + "\n]\n"


def _facts(row: Provider, key: str | None) -> dict[str, object]:
    known = row.score_range
    return {
        "name": row.name,
        "kind": row.kind,
        "dialect": row.dialect,
        "base_url": row.base_url,
        "model": row.model,
        "key": key,
        "needs_key": row.needs_key,
        "key_variables": list(row.key_variables),
        **{name: getattr(row, name) for name in _LIMITS},
        "guessed": sorted(row.guessed),
        # JSON has no infinity: an end that is null is open.
        "score_range": known and [end if abs(end) < float("inf") else None for end in known],
    }


def render_table(rows: Sequence[Row]) -> str:
    """Aligned columns: name, where it runs, default model, limits, key. A guess has a ~."""
    cells = [("name", "where", "model", "passages", "rpm", "tpm", "key")]
    for row, key in rows:
        limits = (_limit(row, name) for name in ("max_passages", "rpm", "tpm"))
        model = row.model or ("-m NAME" if row.needs_model else "the server's")
        cells.append((row.name, _where(row), model, *limits, _key(row, key)))  # type: ignore[arg-type]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, map(visible, line), widths)).rstrip() for line in cells)
    return "".join(line + "\n" for line in lines)


def _where(row: Provider) -> str:
    if row.base_url is None:
        return row.kind if row.dialect is None else "--base-url"
    return urlsplit(row.base_url).netloc


def _limit(row: Provider, name: str) -> str:
    value = getattr(row, name)
    return "" if value is None else "~" * (name in row.guessed) + str(value)


def _key(row: Provider, key: str | None) -> str:
    if key:
        return key
    if row.needs_key:
        return f"none ({row.key_variables[0]})" if row.key_variables else "none (RERANK_API_KEY)"
    return "not needed" if row.dialect is None else "optional"
