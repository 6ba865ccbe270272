"""The manual: one Markdown page a topic, as `rerank help` shows them and the README links to them.

A page begins with its title and, as a paragraph of one line, with what it is about.
"""

from collections.abc import Mapping
from importlib.resources import files

TOPICS = (
    "input",
    "output",
    "scores",
    "options",
    "endpoints",
    "settings",
    "limits",
    "cache",
    "batch",
    "evaluate",
    "compare",
    "python",
    "local",
    "errors",
    "chinese",
)
"""Each is the name of a page; in the order in which they are listed."""

OTHER_NAMES: Mapping[str, str] = {
    "rank": "options",
    "eval": "evaluate",
    "providers": "endpoints",
    "doctor": "endpoints",
    "help": "options",
    "中文": "chinese",
}
"""Commands and other words that people look for → their topic."""


def page(name: str) -> str | None:
    """The page of a topic, or of one of `OTHER_NAMES`, as Markdown; None where there is none."""
    topic = OTHER_NAMES.get(name, name)
    return _read(topic) if topic in TOPICS else None


def summaries() -> Mapping[str, str]:
    """Topic → what its page is about, in one line."""
    return {topic: _read(topic).splitlines()[2] for topic in TOPICS}


def _read(topic: str) -> str:
    return files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8")
