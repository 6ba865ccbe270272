"""The same ranking gives the same bytes."""

import os
import subprocess
import sys

import pytest

from rerank_cli.rendering import FORMATS, View
from tests.rendering.rankings import of_row, ranking, render

RANKING = ranking(
    [
        of_row({"id": "1", "text": "甲", "x": ["p"]}, source="a.jsonl"),
        of_row({"text": "乙 " * 90, "y": "q", "score": 1}, source="b.jsonl"),
        of_row({"text": "丙", "z": {"k": None}, "x": "r"}, source="c.jsonl"),
    ],
    [0.5, 0.5, 0.75],
)
LOOK = View(width=120, full=False, colour=True)


def all_formats() -> str:
    """The ranking in every format."""
    return "".join(render(RANKING, output_format, LOOK) for output_format in FORMATS)


@pytest.mark.process
def test_every_process_writes_the_same() -> None:
    """Two runs of one script would differ, and diffs and caches with them."""
    code = f"from {__name__} import all_formats; print(all_formats())"
    outputs = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("variable", "value"), [("COLUMNS", "33"), ("TERM", "dumb"), ("FORCE_COLOR", "1")]
)
def test_only_the_look_decides(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """A variable would change the output behind the back of the options."""
    before = all_formats()
    monkeypatch.setenv(variable, value)
    assert all_formats() == before
