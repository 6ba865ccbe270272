"""The bar of one query: only where somebody waits, and with how long it will take."""

import re
from collections.abc import Mapping
from io import StringIO
from types import MappingProxyType

import pytest

from rerank_cli.console.progress import Progress
from rerank_cli.console.streams import Streams
from tests.running import TerminalText

_REMAINING = re.compile(r"\d:\d\d:\d\d")


class _Clock:
    """A time that only the test changes."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def _played(
    err: StringIO,
    after: float,
    scored: int,
    of: int = 50,
    said: Mapping[str, bool] = MappingProxyType({}),
) -> str:
    """What is shown while an engine that sends nothing scores passages."""
    clock = _Clock()
    progress = Progress(
        Streams(
            None,
            None,
            err,
            {"COLUMNS": "100"},
            said.get("quiet", False),
            said.get("verbose", False),
        ),
        clock,
    )
    progress.planned(0, of)
    progress.scored(scored // 2)
    clock.seconds += after
    progress.scored(scored - scored // 2)
    if progress._bar:
        progress._bar.refresh()
    progress.close()
    return err.getvalue()


@pytest.fixture(autouse=True)
def _columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_after_a_second_a_terminal_shows_how_far_it_is() -> None:
    """A long ranking by the embedded engine would look hung."""
    shown = _played(TerminalText(), 1.2, 20, 50)
    assert "20/50" in re.sub(r"\x1b\[[0-9;]*m", "", shown)


@pytest.mark.parametrize(
    ("err", "after", "scored", "said"),
    [
        (TerminalText(), 0.8, 20, {}),
        (TerminalText(), 1.2, 50, {}),
        (StringIO(), 1.2, 20, {}),
        (TerminalText(), 1.2, 20, {"quiet": True}),
        (TerminalText(), 1.2, 20, {"verbose": True}),
    ],
    ids=["soon", "done", "pipe", "quiet", "verbose"],
)
def test_nobody_else_sees_a_bar(
    err: StringIO, after: float, scored: int, said: dict[str, bool]
) -> None:
    """A bar would flash by, or fill a log."""
    assert _played(err, after, scored, said=said) == ""
