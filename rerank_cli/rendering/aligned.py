"""Plain text in columns."""

from collections.abc import Mapping

from rerank_cli.rendering.visible import visible


def aligned_facts(facts: Mapping[str, object]) -> str:
    """A line a fact, its name (_ for a blank) and its value; without those that are None."""
    width = max(map(len, facts))
    shown = ((name, value) for name, value in facts.items() if value is not None)
    return "".join(
        f"{name.replace('_', ' '):<{width}}  {visible(str(value))}\n" for name, value in shown
    )
