"""The notice that the embedded engine ranks: short, and only where nobody asked for it."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.running import PASSAGES, SAMPLES, rerank

_NOTICE = "rerank: no key found"
_JOBS = str(SAMPLES / "jobs.jsonl")


@pytest.mark.parametrize("command", [("q", PASSAGES), ("batch", _JOBS)])
def test_it_is_one_line_that_says_how_to_silence_it(
    command: tuple[str, ...], shared_model: None
) -> None:
    """It would take two lines of each screen, for ever."""
    lines = rerank(*command).err.splitlines()
    (notice,) = [line for line in lines if line.startswith(_NOTICE)]
    assert cell_len(notice) <= 80
    assert "RERANK_PROVIDER=local" in notice


@pytest.mark.parametrize("command", [("q", PASSAGES), ("batch", _JOBS)])
@pytest.mark.parametrize("how", ["flag", "environment", "file"])
def test_who_asked_for_the_engine_is_not_told(
    command: tuple[str, ...], how: str, shared_model: None
) -> None:
    """What is asked for would be reported as if it were a mistake."""
    if how == "file":
        Path(".env").write_text("RERANK_PROVIDER=local\n")
    env = {"RERANK_PROVIDER": "local"} if how == "environment" else {}
    given = ("-p", "local") if how == "flag" else ()
    assert _NOTICE not in rerank(*command, *given, env=env).err
