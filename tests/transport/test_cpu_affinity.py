"""Threads that wait for short things keep to one core, and nothing else does."""

import os
import sys
import threading
from pathlib import Path

import pytest

from rerank_cli.transport import cpu_affinity as cores
from rerank_cli.transport.cpu_affinity import one_core

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a thread choose")


def _allowed() -> set[int]:
    return os.sched_getaffinity(0)


@pytest.fixture
def several() -> set[int]:
    """The cores that this process may use."""
    if len(_allowed()) < 2:
        pytest.skip("there is one core only")
    return _allowed()


def test_within_threads_share_one_core(several: set[int]) -> None:
    """Python's lock would go from core to core, which takes longer than the work."""
    seen: list[set[int]] = []
    with one_core():
        thread = threading.Thread(target=lambda: seen.append(_allowed()))
        thread.start()
        thread.join()
        assert len(_allowed()) == 1
        assert _allowed() <= several
    assert seen == [seen[0]]
    assert len(seen[0]) == 1


def test_afterwards_all_cores_are_there_again(several: set[int]) -> None:
    """What comes after, such as the embedded engine, would have one core for ever."""
    with pytest.raises(RuntimeError), one_core():
        raise RuntimeError
    assert _allowed() == several


def test_within_each_other_they_are_one(several: set[int]) -> None:
    """A query of several requests in a batch would leave the core of the batch, or keep to it."""
    with one_core():
        outer = _allowed()
        with one_core():
            assert _allowed() == outer
        assert _allowed() == outer
    assert _allowed() == several


@pytest.mark.parametrize("told", [None, "", "1 (a) b) S 1", "1 (x) " + "x " * 60])
def test_a_system_that_tells_no_core_is_left_alone(
    told: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a system without it, or with another /proc, ranking would fail."""
    if told is not None:
        (tmp_path / "stat").write_text(told)
    monkeypatch.setattr(cores, "Path", lambda _: tmp_path / "stat")
    before = _allowed()
    with one_core():
        assert _allowed() == before


def test_a_python_without_that_lock_uses_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python whose threads really run at once would be held to one core."""
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    before = _allowed()
    with one_core():
        assert _allowed() == before
