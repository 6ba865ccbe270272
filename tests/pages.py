"""What is written for users: the README, and the pages of the manual beside it."""

import re
from pathlib import Path

import rerank_cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANUAL = Path(rerank_cli.__file__).parent / "manual"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(MANUAL.glob("*.md"))}
"""Topic → its page."""
DOCUMENTS = {"README": README, **PAGES}


def section(text: str, title: str) -> str:
    """What stands under a heading, up to the next of its level; it must be there."""
    found = re.search(
        rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", text, re.MULTILINE | re.DOTALL
    )
    assert found, f"no heading {title}"
    return found[2]


def cells(text: str, column: int = 0) -> list[str]:
    """A column of the tables in a text, without their headers."""
    rows = re.findall(r"^\|(?!---)(.*)\|$(?!\n\|---)", text, re.MULTILINE)
    return [row.split(" | ")[column].strip() for row in rows]


def named(text: str) -> list[str]:
    """What stands between backquotes, in order."""
    return re.findall(r"`([^`\n]+)`", text)
