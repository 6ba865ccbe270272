"""What `rerank cache info` prints."""

from datetime import UTC, datetime

from rerank_cli.engines.cache.store import Info
from rerank_cli.rendering.columns import aligned_facts
from rerank_cli.rendering.json import dumps


def render_cache_info(info: Info, *, as_json: bool) -> str:
    """Aligned lines, or one JSON object; times are UTC, left out or null where there are none."""
    facts = info._asdict() | {"path": str(info.path)}
    for name in ("oldest", "newest"):
        if facts[name] is not None:
            time = datetime.fromtimestamp(facts[name], UTC)
            facts[name] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return dumps(facts) + "\n" if as_json else aligned_facts(facts)
