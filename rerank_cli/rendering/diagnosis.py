"""What `rerank doctor` found, for people and as JSON."""

from textwrap import wrap

from rerank_cli.doctor import Diagnosis
from rerank_cli.rendering.json import dumps
from rerank_cli.rendering.visible import visible

_MARKS = {True: "✓", False: "✗", None: "·"}


def render_diagnosis(found: Diagnosis, width: int | None = None) -> str:
    """The URL, then a line a finding, and what to do about it; wrapped to a width, if any."""
    names = max((len(each.name) for each in found.findings), default=0)
    lines = [visible(found.url)]
    for each in found.findings:
        lines += _wrapped(f"{_MARKS[each.ok]} {each.name:<{names}}  ", each.text, width)
        if each.fix:
            lines += _wrapped(f"  {'':<{names}}  → ", each.fix, width)
    return "\n".join(lines) + "\n"


def _wrapped(start: str, text: str, width: int | None) -> list[str]:
    line = start + visible(text)
    if width is None or len(line) <= width:
        return [line]
    return wrap(line, max(width, len(start) + 20), subsequent_indent=" " * len(start), tabsize=1)


def render_diagnosis_json(found: Diagnosis) -> str:
    """One JSON object; `well` is null for what is neither good nor bad."""
    # The keys are older than the fields' names: scripts read them.
    findings = [
        {"name": each.name, "well": each.ok, "text": each.text, "cure": each.fix}
        for each in found.findings
    ]
    facts = {"url": found.url, "exit_code": int(found.exit_code), "findings": findings}
    return dumps(facts) + "\n"
