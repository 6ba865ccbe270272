"""rerank compare where it refuses, fails or is interrupted: never half a comparison."""

import signal
import threading
import time
from pathlib import Path

import pytest

from tests.answers import flagship_score, scoring
from tests.cli.compare.runs import KEYS, acme, compare, failed
from tests.running import PASSAGES, PATIENCE, rerank, started
from tests.serving import Loopback, Received, http

# what is refused


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "not 0"),
        (["-m", "a"], "not 1"),
        ([each for at in range(27) for each in ("-m", f"m{at}")], "not 27"),
        (["-m", "a", "-m", "b", "-m", "a"], "--model a is compared with itself"),
        (["-m", "a", "-m", "custom:a"], "--model custom:a is compared with itself"),
        (["-m", "local", "-m", "local:use-multilingual-v3"], "compared with itself"),
        (["-m", "local", "-m", "siliconflow"], "--base-url goes with none"),
        (["-m", "a", "-m", "b", "-n", "0"], "--top-n"),
        (["-m", "a", "-m", "b\udcff"], "--model is not UTF-8"),
        (["-m", "a", "-m", "b", "--instruction", "\udcff"], "--instruction is not UTF-8"),
        (["-m", "a", "-m", "b", "none.txt"], "none.txt"),
    ],
)
def test_what_cannot_be_compared_ends_with_2(
    server: Loopback, arguments: list[str], told: str
) -> None:
    """Models would be paid for although the command line is wrong."""
    done = compare(*arguments, url=server.url, env=KEYS)

    assert told in failed(done, 2)
    assert server.received == []


def test_an_empty_query_ends_with_2(server: Loopback) -> None:
    """A shell variable that is not set would be ranked by."""
    where = ("--base-url", server.url)
    failed(rerank("compare", " ", PASSAGES, "-m", "a", "-m", "b", *where), 2)
    assert server.received == []


# failures


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(("status", "code"), [(400, 4), (500, 5)])
def test_one_that_fails_is_told_and_nothing_shown(place: int, status: int, code: int) -> None:
    """A table of what is left would pass for the comparison that was asked for."""
    other_is_here = threading.Event()

    def respond(received: Received) -> bytes:
        if received.json["model"] == "bad":
            other_is_here.wait(PATIENCE)
            return http({"message": "it was said so"}, status)
        other_is_here.set()
        return scoring(flagship_score)(received)

    names = ["good", "fine"]
    names[place] = "bad"
    with Loopback(respond) as server:
        done = compare("-m", names[0], "-m", names[1], url=server.url)

    assert str(status) in failed(done, code)


def test_a_failure_does_not_wait_for_the_others(stuck: Loopback, tmp_path: Path) -> None:
    """A wrong model name would be told only once the slowest model has answered."""
    with Loopback(lambda _: http({"message": "no such model"}, 404)) as broken:
        env = acme(broken, tmp_path)
        began = time.monotonic()
        done = compare("-m", "slow", "-m", "acme", url=stuck.url, env=env)

    assert "no such model" in failed(done, 4)
    assert time.monotonic() - began < 10


@pytest.fixture
def long(tmp_path: Path) -> str:
    """A file that takes the embedded engine far longer than a test may."""
    file = tmp_path / "long.txt"
    file.write_text("".join(f"{'the quick brown fox ' * 20}{at}\n" for at in range(60_000)))
    return str(file)


@pytest.mark.process
@pytest.mark.parametrize("first", ["local", "m"])
def test_interrupt_is_quick_and_quiet(stuck: Loopback, long: str, first: str) -> None:
    """Ctrl-C must give the prompt back, whatever each of the models is busy with."""
    arguments = ("-m", first, "-m", "custom", "--base-url", stuck.url)
    with started("compare", "q", long, *arguments) as running:
        deadline = time.monotonic() + 20
        while not stuck.received and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        sent = time.monotonic()
        out, err = running.communicate(timeout=20)

    assert running.returncode == 130
    assert time.monotonic() - sent < 10
    assert (out, err) == (b"", b"")
