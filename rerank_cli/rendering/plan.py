"""What --dry-run prints: what would be sent, and how much of it."""

from rerank_cli.engines import Engine
from rerank_cli.planning import Plan
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible
from rerank_cli.settings import Settings, shown_url


def render_plan(plan: Plan, settings: Settings, engine: Engine, output_format: str) -> str:
    """The plan as aligned lines, or as one JSON object for the JSON formats.

    Bytes are those of the request bodies; tokens are an estimate (within a factor of two), and so
    is the cost.
    """
    bodies = [len(engine.body(request)) for request in plan.requests]
    tokens, price = plan.tokens, settings.price
    facts: dict[str, object] = {
        "provider": settings.provider.name,
        "model": settings.model,
        "url": shown_url(settings.base_url) if settings.base_url else None,
        "requests": sum(1 for size in bodies if size),
        "passages": len(plan.text_of),
        "distinct_passages": plan.distinct,
        "bytes": sum(bodies),
        "estimated_tokens": tokens,
        "estimated_cost": None if price is None else round(tokens * price / 1e6, 6),
    }
    if output_format in ("json", "jsonl"):
        return dumps(facts) + "\n"
    width = max(map(len, facts))
    shown = ((name, value) for name, value in facts.items() if value is not None)
    return "".join(
        f"{name.replace('_', ' '):<{width}}  {visible(str(value))}\n" for name, value in shown
    )
