"""Jobs side by side: their order, how many there are at once, and how they end."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rerank_cli.workflows.batch.workers import Workers

_PATIENCE = 10.0
_WINDOW = 4


class Desk:
    """Work whose end a test decides: each entry, a number, stays under way until it is released."""

    def __init__(self, entries: int, *, held: bool = True) -> None:
        self.read = 0
        self.done: list[int] = []
        self.under_way: set[int] = set()
        self.most_under_way = self.furthest_ahead = 0
        self.wanted = entries
        self._entries = entries
        self._held = held
        self._released: set[int] = set()
        self._putting = threading.Lock()
        self.changed = threading.Condition()

    def entries(self) -> Iterator[int]:
        for number in range(self._entries):
            with self.changed:
                self.read += 1
                self.furthest_ahead = max(self.furthest_ahead, self.read - len(self.done))
            yield number

    def do(self, number: int) -> int:
        with self.changed:
            self.under_way.add(number)
            self.most_under_way = max(self.most_under_way, len(self.under_way))
            self.changed.notify_all()
            while self._held and number not in self._released:
                assert self.changed.wait(_PATIENCE)
            self.under_way.discard(number)
        return number

    def put_down(self, outcome: int) -> bool:
        assert self._putting.acquire(blocking=False), "two at a time"
        with self.changed:
            self.done.append(outcome)
            self.changed.notify_all()
        self._putting.release()
        return len(self.done) < self.wanted

    def release(self, *numbers: int) -> None:
        with self.changed:
            self._released.update(numbers)
            self.changed.notify_all()

    def wait_until_done(self, entries: list[int]) -> None:
        """Wait until these are done, in this order."""
        self.wait_until(lambda: self.done == entries)

    def wait_until(self, true: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(true, _PATIENCE)


def ended(runner: "Workers[int, int]") -> None:
    """Wait for the end."""
    assert runner.wait(_PATIENCE)


@settings(max_examples=60, deadline=None)
@given(
    entries=st.integers(0, 30),
    at_once=st.integers(1, 4),
    ordered=st.booleans(),
    choices=st.lists(st.integers(0, 3), min_size=30, max_size=30),
)
def test_any_order_of_answers_gives_each_once_and_ordered_if_asked(
    entries: int, at_once: int, ordered: bool, choices: list[int]
) -> None:
    """--ordered would not be; and an input larger than memory would be read ahead into it."""
    desk = Desk(entries)
    desk.wanted += 1
    runner = Workers(desk.entries(), desk.do, desk.put_down, at_once, ordered=ordered)
    runner.start()
    released: list[int] = []
    for choice in choices[:entries]:
        desk.wait_until(lambda: bool(desk.under_way - set(released)))
        waiting = sorted(desk.under_way - set(released))
        released.append(waiting[choice % len(waiting)])
        desk.release(released[-1])
    ended(runner)
    assert sorted(desk.done) == list(range(entries))
    if ordered:
        assert desk.done == list(range(entries))
    assert desk.most_under_way <= at_once
    assert desk.furthest_ahead <= at_once * (_WINDOW if ordered else 1) + 1


def test_answers_are_put_down_as_they_come() -> None:
    """Every query would wait for the slowest before it."""
    desk = Desk(3)
    desk.wanted += 1
    runner = Workers(desk.entries(), desk.do, desk.put_down, 3, ordered=False)
    runner.start()
    for number, so_far in ((2, [2]), (0, [2, 0]), (1, [2, 0, 1])):
        desk.release(number)
        desk.wait_until_done(so_far)
    ended(runner)


def test_one_slow_query_holds_up_only_a_window_of_ordered_ones() -> None:
    """All answers behind one that hangs would be held in memory."""
    desk = Desk(100)
    desk.wanted += 1
    runner = Workers(desk.entries(), desk.do, desk.put_down, 2, ordered=True)
    runner.start()
    desk.release(*range(1, 100))
    desk.wait_until(lambda: desk.read == 2 * _WINDOW)
    assert not runner.wait(0.05)
    assert desk.read == 2 * _WINDOW
    assert desk.done == []
    desk.release(0)
    ended(runner)
    assert desk.done == list(range(100))
    assert desk.furthest_ahead <= 2 * _WINDOW + 1


def test_as_many_as_allowed_are_under_way() -> None:
    """A batch would take as long as its queries one after the other."""
    desk = Desk(9)
    desk.wanted += 1
    runner = Workers(desk.entries(), desk.do, desk.put_down, 4, ordered=True)
    runner.start()
    desk.wait_until(lambda: len(desk.under_way) == 4)
    desk.release(*range(9))
    ended(runner)


@pytest.mark.parametrize("ordered", [False, True])
def test_a_stop_finishes_what_is_under_way_and_begins_nothing(ordered: bool) -> None:
    """Ctrl-C would throw away answers that are paid for, or go on to pay for more."""
    desk = Desk(100)
    desk.wanted += 1
    runner = Workers(desk.entries(), desk.do, desk.put_down, 3, ordered=ordered)
    runner.start()
    desk.wait_until(lambda: len(desk.under_way) == 3)
    runner.stop()
    desk.release(2, 1, 0)
    ended(runner)
    assert sorted(desk.done) == [0, 1, 2]
    assert desk.read <= 4


def test_a_stop_reaches_those_that_wait_for_the_window() -> None:
    """Ctrl-C would hang where one slow query holds up all others."""
    desk = Desk(100)
    desk.wanted += 1
    runner = Workers(desk.entries(), desk.do, desk.put_down, 2, ordered=True)
    runner.start()
    desk.release(*range(1, 100))
    desk.wait_until(lambda: desk.read == 2 * _WINDOW)
    runner.stop()
    desk.release(0)
    ended(runner)
    assert desk.done == list(range(2 * _WINDOW))


@pytest.mark.parametrize("ordered", [False, True])
def test_enough_is_enough(ordered: bool) -> None:
    """--max-errors would spend on long after it gave up."""
    desk = Desk(1000, held=False)
    desk.wanted = 5
    runner = Workers(desk.entries(), desk.do, desk.put_down, 2, ordered=ordered)
    runner.start()
    ended(runner)
    assert 5 <= len(desk.done) <= 5 + 2 * (_WINDOW if ordered else 1)


class Failing(Desk):
    """Fails at one number; what is before and after it is free to go on."""

    def __init__(self, at: str) -> None:
        super().__init__(1000, held=False)
        self._at = at
        self.wanted += 1

    def _fail(self, at: str, number: int) -> None:
        if at == self._at and number == 7:
            raise KeyError(at)

    def entries(self) -> Iterator[int]:
        for number in super().entries():
            self._fail("read", number)
            yield number

    def do(self, number: int) -> int:
        self._fail("do", number)
        return super().do(number)

    def put_down(self, outcome: int) -> bool:
        self._fail("put down", outcome)
        return super().put_down(outcome)


@pytest.mark.parametrize("at", ["read", "do", "put down"])
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("at_once", [1, 4])
def test_what_is_wrong_with_all_ends_all_and_is_told(at: str, ordered: bool, at_once: int) -> None:
    """A wrong key, or a full disk, would be asked for again with each of a million queries."""
    desk = Failing(at)
    runner = Workers(desk.entries(), desk.do, desk.put_down, at_once, ordered=ordered)
    runner.start()
    with pytest.raises(KeyError, match=at):
        ended(runner)
    assert 7 not in desk.done
    assert set(range(7)) <= set(desk.done) or at_once > 1
    assert len(desk.done) < 900
    if ordered:
        assert desk.done == sorted(desk.done)


def test_waiting_is_over_when_time_is() -> None:
    """Neither the bar nor Ctrl-C would be seen while an endpoint takes its time."""
    desk = Desk(1)
    runner: Workers[int, int] = Workers(desk.entries(), desk.do, desk.put_down, 2, ordered=False)
    runner.start()
    began = time.monotonic()
    assert not runner.wait(0.01)
    assert time.monotonic() - began < _PATIENCE / 2
    desk.release(0)
    ended(runner)


def test_nothing_to_do_ends_at_once() -> None:
    """An empty file of jobs would hang."""
    nothing: Iterable[int] = ()
    desk = Desk(0)
    runner: Workers[int, int] = Workers(iter(nothing), desk.do, desk.put_down, 3, ordered=True)
    runner.start()
    ended(runner)


def test_what_waits_for_its_turn_is_held_and_what_has_no_result_leaves_a_gap() -> None:
    """A crash would cost what was finished behind a slow job; a stop would break the order."""
    desk, held = Desk(4, held=False), list[int]()
    desk.wanted += 1
    runner: Workers[int, int] = Workers(
        desk.entries(),
        lambda number: None if number == 1 else number,
        desk.put_down,
        1,
        ordered=True,
        hold=held.append,
    )
    runner.start()
    ended(runner)
    assert held == [2, 3]
    assert desk.done == [0]


def test_a_failure_does_not_wait_for_what_hangs() -> None:
    """A refused key would be told only after the timeouts of the others."""
    desk = Desk(3)

    def do(number: int) -> int:
        if number == 2:
            desk.wait_until(lambda: len(desk.under_way) == 2)
            raise KeyError(number)
        return desk.do(number)

    runner: Workers[int, int] = Workers(desk.entries(), do, desk.put_down, 3, ordered=False)
    runner.start()
    desk.wait_until(lambda: len(desk.under_way) == 2)
    while runner._failure is None:
        time.sleep(0.001)
    with pytest.raises(KeyError):
        runner.wait(0.05)
    assert desk.under_way == {0, 1}
    desk.release(0, 1)
    runner.join(_PATIENCE)
    assert desk.done == []
