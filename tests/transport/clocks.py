"""A clock that tests move by hand: sleeping takes no time."""

from rerank_cli.transport.clock import Clock


class FakeClock(Clock):
    """Starts at 1,000 s; a sleep moves it on and is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def date(self) -> float:
        return 1_800_000_000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


class Stopping(FakeClock):
    """Is stopped while somebody sleeps."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.stop()
