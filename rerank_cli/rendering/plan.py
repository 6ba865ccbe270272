"""What --dry-run prints: what would be sent, and how much of it."""

from collections.abc import Iterable

from rerank_cli.engines import Engine
from rerank_cli.planning import Plan
from rerank_cli.rendering.columns import aligned_facts
from rerank_cli.rendering.json import dumps
from rerank_cli.settings import Settings, shown_url

_COUNTED = ("queries", "requests", "passages", "distinct_passages", "bytes", "estimated_tokens")


def render_plan(plan: Plan, settings: Settings, engine: Engine, output_format: str) -> str:
    """The plan as aligned lines, or as one JSON object for the JSON formats.

    Bytes are those of the request bodies; tokens are an estimate (within a factor of two), and so
    is the cost.
    """
    facts = _facts([plan], settings, engine)
    del facts["queries"]
    return dumps(facts) + "\n" if output_format in ("json", "jsonl") else aligned_facts(facts)


def render_plans(plans: Iterable[Plan], settings: Settings, engine: Engine) -> str:
    """As `render_plan`, of many queries together, as aligned lines."""
    return aligned_facts(_facts(plans, settings, engine))


def _facts(plans: Iterable[Plan], settings: Settings, engine: Engine) -> dict[str, object]:
    totals = dict.fromkeys(_COUNTED, 0)
    for plan in plans:
        bodies = [len(engine.body(request)) for request in plan.requests]
        totals["queries"] += 1
        totals["requests"] += sum(1 for size in bodies if size)
        totals["passages"] += len(plan.text_of)
        totals["distinct_passages"] += plan.distinct
        totals["bytes"] += sum(bodies)
        totals["estimated_tokens"] += plan.tokens
    return {
        "provider": settings.provider.name,
        "model": settings.model,
        "url": shown_url(settings.base_url) if settings.base_url else None,
        **totals,
        "estimated_cost": settings.cost(totals["estimated_tokens"]),
    }
