"""The table of providers, for people and as JSON."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from rerank_cli.providers import Provider
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible

Row = tuple[Provider, str | None]
"""A provider, and the variable and place of its key here, or None."""

_GAP, _NARROWEST = 2, 12
_LEAST_FIRST = ("tpm", "rpm", "passages", "where")

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


def render_table(rows: Sequence[Row], width: int | None = None) -> str:
    """Aligned columns: name, where it runs, default model, limits, key. A guess has a ~.

    Within `width` the least important columns are left out, then models are cut.
    """
    columns = {
        "name": [row.name for row, _ in rows],
        "where": [_where(row) for row, _ in rows],
        "model": [row.model or _no_model(row) for row, _ in rows],
        "passages": [_limit(row, "max_passages") for row, _ in rows],
        "rpm": [_limit(row, "rpm") for row, _ in rows],
        "tpm": [_limit(row, "tpm") for row, _ in rows],
        "key": [_key(row, key) for row, key in rows],
    }
    widths = {name: max(map(len, (name, *cells))) for name, cells in columns.items()}
    for name in _LEAST_FIRST:
        if width and _total(widths) > width:
            del widths[name]
    if width:
        widths["model"] = max(widths["model"] - max(_total(widths) - width, 0), _NARROWEST)
    lines = zip(*([name, *columns[name]] for name in widths), strict=True)
    return "".join(
        (" " * _GAP).join(map(_fitted, line, widths.values())).rstrip() + "\n" for line in lines
    )


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _fitted(text: str, width: int) -> str:
    text = visible(text)
    return text.ljust(width) if len(text) <= width else text[: width - 1] + "…"


def _no_model(row: Provider) -> str:
    return "-m NAME" if row.needs_model else "the server's"


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
