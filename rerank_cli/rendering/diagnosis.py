"""What `rerank doctor` found, for people and as JSON."""

from rerank_cli.engines.doctor import Diagnosis
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible

_MARKS = {True: "✓", False: "✗", None: "·"}


def render_diagnosis(found: Diagnosis) -> str:
    """The URL, then a line a finding; what to do about it stands below."""
    width = max((len(each.name) for each in found.findings), default=0)
    lines = [visible(found.url)]
    for each in found.findings:
        lines.append(f"{_MARKS[each.well]} {each.name:<{width}}  {visible(each.text)}")
        if each.cure:
            lines.append(f"  {'':<{width}}  → {visible(each.cure)}")
    return "\n".join(lines) + "\n"


def render_json(found: Diagnosis) -> str:
    """One JSON object; `well` is null for what is neither good nor bad."""
    findings = [
        {"name": each.name, "well": each.well, "text": each.text, "cure": each.cure}
        for each in found.findings
    ]
    facts = {"url": found.url, "exit_code": int(found.exit_code), "findings": findings}
    return dumps(facts) + "\n"
