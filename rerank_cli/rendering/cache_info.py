"""What `rerank cache info` prints."""

from datetime import UTC, datetime

from rerank_cli.engines.cache.store import Info
from rerank_cli.rendering.columns import aligned_facts
from rerank_cli.rendering.json import dumps


def render_cache_info_json(info: Info) -> str:
    """One JSON object; times are UTC, null where there is nothing."""
    return dumps(_facts(info)) + "\n"


def render_cache_info(info: Info) -> str:
    """Aligned lines, without the times that there are not."""
    return aligned_facts(_facts(info))


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
