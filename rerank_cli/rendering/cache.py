"""What `rerank cache info` prints."""

from datetime import UTC, datetime

from rerank_cli.engines.store import Info
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible


def render_json(info: Info) -> str:
    """One JSON object; times are UTC, null where there is nothing."""
    return dumps(_facts(info)) + "\n"


def render_lines(info: Info) -> str:
    """Aligned lines, without what there is not."""
    facts = _facts(info)
    width = max(map(len, facts))
    shown = ((name, value) for name, value in facts.items() if value is not None)
    return "".join(f"{name:<{width}}  {visible(str(value))}\n" for name, value in shown)


def _facts(info: Info) -> dict[str, object]:
    return {
        "path": str(info.path),
        "entries": info.entries,
        "bytes": info.bytes,
        "oldest": _moment(info.oldest),
        "newest": _moment(info.newest),
    }


def _moment(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
