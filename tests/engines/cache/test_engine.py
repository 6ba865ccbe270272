"""An engine behind a cache gives the scores that it gives without."""

import contextlib
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.engines import Keep
from rerank_cli.engines.cache import store as store_module
from rerank_cli.engines.cache.engine import CachedEngine, Scope
from rerank_cli.engines.cache.store import Store, Stored
from rerank_cli.errors import CacheError, EndpointError, SettingsError
from rerank_cli.model import Candidates, Passage, Scores, Usage, Window
from rerank_cli.planning import Limits, Plan, Request, plan
from rerank_cli.reranker.logged_events import LoggedEvents
from tests.properties import tried

SCOPE = Scope("http://localhost:7997/v1/rerank", "cohere", "m", {"instruction": "by date"})


def _score(query: str, text: str) -> float:
    return hash((query, text)) / 7e18


class Scorer:
    """An engine that notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.closed = False

    limits = Limits(passages=2)

    def body(self, request: Request) -> bytes:
        return request.query.encode()

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        """See `engines.Keeping`."""
        query = plan.candidates.query
        for request in plan.requests:
            self.asked.append(list(request.texts))
            if "down" in request.texts:
                raise EndpointError("down")
            if keep:
                keep(
                    request.numbers,
                    [_score(query, text) for text in request.texts],
                    list(map(_window, request.texts)),
                )
        texts = [passage.text for passage in plan.candidates.passages]
        values = tuple(_score(query, text) for text in texts)
        return Scores(values, Usage(len(plan.requests), 10), tuple(map(_window, texts)))

    def stop(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    @property
    def texts(self) -> list[str]:
        """All texts that it was asked for."""
        return [text for texts in self.asked for text in texts]


class Cached(LoggedEvents):
    """A run with the cache in a folder: the engine behind it, and what it said."""

    def __init__(self, folder: Path, scope: Scope = SCOPE) -> None:
        self.scorer = Scorer()
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.store = Store(folder / "rerank" / "scores.sqlite")
        self.engine = CachedEngine(self.scorer, self.store, scope, self)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def score(self, texts: Sequence[str], query: str = "q", size: int | None = None) -> Scores:
        """The scores of passages of these texts."""
        return self.engine.score(planned(texts, query, size))


def planned(texts: Sequence[str], query: str = "q", size: int | None = None) -> Plan:
    """The plan for passages of these texts."""
    passages = tuple(Passage(text, "a.txt", line) for line, text in enumerate(texts, start=1))
    return plan(Candidates(query, passages), Limits(passages=size))


def expected(texts: Sequence[str], query: str = "q") -> tuple[float, ...]:
    """The scores without a cache."""
    return Scorer().score(planned(texts, query)).values


def _window(text: str) -> Window | None:
    """A best window, of some texts."""
    return Window(len(text), len(text) + 5) if len(text) % 2 else None


def windows(scores: Scores, count: int) -> list[Window | None]:
    """The best window of each passage."""
    return list(scores.best) or [None] * count


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Cached]]:
    """Makes runs that share one cache."""
    made: list[Cached] = []

    def make(scope: Scope = SCOPE) -> Cached:
        made.append(Cached(tmp_path, scope))
        return made[-1]

    yield make
    for each in made:
        each.engine.close()


Run = Callable[..., Cached]

_texts = st.lists(st.sampled_from("abcdef") | st.text(max_size=4), max_size=12)


@tried(30, 300)
@given(_texts, _texts, st.none() | st.integers(1, 3))
def test_whatever_is_cached_the_scores_are_the_same(
    before: list[str], texts: list[str], size: int | None
) -> None:
    """A ranking would change with what somebody happened to rank before."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = Cached(Path(folder)), Cached(Path(folder))
        first.score(before, size=size)
        scores = second.score(texts, size=size)
        assert scores.values == expected(texts)
        assert windows(scores, len(texts)) == list(map(_window, texts))
        assert second.scorer.texts == list(dict.fromkeys(t for t in texts if t not in before))
        assert scores.usage.cached == sum(text in before for text in texts)
        assert scores.usage.requests == len(second.scorer.asked)
        assert all(len(asked) <= (size or 12) for asked in second.scorer.asked)
        first.engine.close()
        second.engine.close()


def test_the_second_run_asks_for_nothing(run: Run) -> None:
    """Every run would cost what the first one did."""
    first, second = run(), run()
    assert first.score(["a", "b", "a", "c"]).usage == Usage(1, 10)
    scores = second.score(["c", "a", "a", "b"])
    assert scores.values == expected(["c", "a", "a", "b"])
    assert scores.usage == Usage(0, None, cached=4)
    assert second.scorer.asked == []


def test_what_is_missing_is_split_anew(run: Run) -> None:
    """Requests would go out half empty, each with what is missing of it."""
    run().score(["a", "c", "e"])
    second = run()
    second.score(["a", "b", "c", "d", "e", "f", "g"], size=2)
    assert second.scorer.asked == [["b", "d"], ["f", "g"]]


def test_it_is_told_how_much_is_there(run: Run) -> None:
    """--verbose would not tell why nothing is sent."""
    run().score(["a"])
    second = run()
    second.score(["a", "b", "a"])
    assert second.notes == ["2 of 3 passages are in the cache"]
    assert second.warnings == []


_OTHERS = [
    Scope("http://localhost:7998/v1/rerank", "cohere", "m", SCOPE.extras),
    Scope("https://localhost:7997/v1/rerank", "cohere", "m", SCOPE.extras),
    Scope("http://localhost:7997/v2/rerank", "cohere", "m", SCOPE.extras),
    Scope("http://localhost:7997/v1/rerank?v=2", "cohere", "m", SCOPE.extras),
    Scope(SCOPE.url, "tei", "m", SCOPE.extras),
    Scope(SCOPE.url, "cohere", "M", SCOPE.extras),
    Scope(SCOPE.url, "cohere", "m", {}),
    Scope(SCOPE.url, "cohere", "m", {"instruction": "by place"}),
    Scope(SCOPE.url, "cohere", "m", {"instruction": "by date", "overlap_tokens": 8}),
    Scope(SCOPE.url, "coherem", "", SCOPE.extras),
]


@pytest.mark.parametrize("other", _OTHERS)
def test_another_endpoint_model_or_instruction_scores_anew(run: Run, other: Scope) -> None:
    """Scores of one model would be given for those of another."""
    run().score(["a"])
    second = run(other)
    assert second.score(["a"]).usage.cached == 0
    assert second.scorer.texts == ["a"]


@pytest.mark.parametrize(
    ("query", "text"), [("q ", "a"), ("Q", "a"), ("q", "a "), ("q", "A"), ("", "qa"), ("qa", "")]
)
def test_another_query_or_passage_scores_anew(run: Run, query: str, text: str) -> None:
    """A passage would get the score of another, or of another query."""
    run().score(["a"])
    assert run().score([text], query=query).usage.cached == 0


@pytest.mark.parametrize(
    "url",
    [
        "HTTP://localhost:7997/v1/rerank",
        "http://LOCALHOST:7997/v1/rerank",
        "http://localhost:7997/v1/rerank#x",
    ],
)
def test_the_same_endpoint_written_otherwise_is_the_same(run: Run, url: str) -> None:
    """Somebody who writes a URL in two ways would pay twice."""
    run().score(["a"])
    assert run(Scope(url, "cohere", "m", SCOPE.extras)).score(["a"]).usage.cached == 1


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_the_usual_port_may_be_left_out(scheme: str, port: int) -> None:
    """Somebody who writes a URL in two ways would pay twice."""
    short, long = (Scope(f"{scheme}://h{end}/", "d", "m") for end in ("", f":{port}"))
    other = Scope(f"{scheme}://h:80{port}/", "d", "m")
    assert short.digests("q", ["a"]) == long.digests("q", ["a"]) != other.digests("q", ["a"])


def test_the_order_of_extras_is_no_matter() -> None:
    """Scores would be lost when options are given in another order."""
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    digests = [Scope("u", "d", "m", extras).digests("q", ["t"]) for extras in (one, other)]
    assert digests[0] == digests[1]


@given(
    st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), min_size=2, unique=True),
)
def test_no_two_pairs_share_a_digest(pairs: list[tuple[str, str]]) -> None:
    """Query and passage would run into each other, and a passage get another pair's score."""
    digests = [SCOPE.digests(query, [text])[0] for query, text in pairs]
    assert len(set(digests)) == len(pairs)


def test_a_text_that_is_no_unicode_has_a_digest() -> None:
    """A lone surrogate in a JSON row would end with a bug report."""
    lone, other = SCOPE.digests("q", ["\ud800", "\ud801"])
    assert lone != other


def test_digests_stay_what_they_are() -> None:
    """An update would forget all scores without need."""
    digest = Scope("http://h/rerank", "cohere", "m", {"n": 1}).digests("问", ["文"])[0]
    assert digest.hex() == "ee3532835d5decfe6696c96c5ba852f3"


def test_what_came_before_an_error_is_kept(run: Run) -> None:
    """A long run that fails near its end would be paid for again from its beginning."""
    run().score(["b"])
    with pytest.raises(EndpointError, match="down"):
        run().score(["a", "b", "c", "d", "down", "e"], size=2)
    again = run()
    assert again.score(["a", "b", "c", "d", "e"]).usage.cached == 3
    assert again.scorer.texts == ["d", "e"]


def test_what_comes_when_all_is_over_is_let_go(run: Run) -> None:
    """A thread that ends late would open the file again, and leave it so."""
    one = run()
    one.score(["a"])
    one.engine.close()
    one.engine._store_scores(SCOPE.digests("q", ["b"]), [Stored(0.5)])
    assert one.store._connection is None
    assert one.warnings == []


def test_limits_and_bodies_are_those_of_the_engine(run: Run) -> None:
    """--dry-run would show another plan."""
    one = run()
    assert one.engine.limits == Scorer.limits
    assert one.engine.body(Request("q", ["a"], [0])) == b"q"
    one.engine.close()
    assert one.scorer.closed


# a store that does not work


def _locked(folder: Path) -> "contextlib.closing[sqlite3.Connection]":
    """Somebody who writes to the cache and does not end."""
    other = sqlite3.connect(folder / "rerank" / "scores.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return contextlib.closing(other)


def test_a_cache_that_is_locked_still_serves(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ranking that is paid for would be lost, or each of many wait for the cache anew."""
    monkeypatch.setattr(store_module, "_PATIENCE", 0.05)
    run().score(["a"])
    second = run()
    with _locked(tmp_path):
        assert second.score(["a", "b"]).values == expected(["a", "b"])
        assert second.score(["a", "c"]).usage.cached == 1
    assert len(second.warnings) == 1
    assert "locked" in second.warnings[0]
    # Once it has failed it is left alone.
    second.score(["d"])
    assert run().score(["b", "c", "d"]).usage.cached == 0


def test_a_cache_that_cannot_be_opened_is_done_without(tmp_path: Path) -> None:
    """A read-only home would make --cache, or RERANK_CACHE, a reason not to rank."""
    (tmp_path / "rerank").touch()
    one = Cached(tmp_path)
    assert one.score(["a", "b"]).values == expected(["a", "b"])
    assert one.score(["a"]).usage.cached == 0
    assert len(one.warnings) == 1
    assert "scores.sqlite" in one.warnings[0]


def test_a_damaged_cache_is_an_error_before_anything_is_sent(tmp_path: Path) -> None:
    """Wrong scores would be shown, or all be paid for again without a word, run after run."""
    (tmp_path / "rerank").mkdir()
    (tmp_path / "rerank" / "scores.sqlite").write_bytes(b"garbage" * 1000)
    one = Cached(tmp_path)
    with pytest.raises(SettingsError, match="damaged") as caught:
        one.score(["a"])
    assert not isinstance(caught.value, CacheError)
    assert one.scorer.asked == []


def test_damage_that_shows_when_scores_are_put_there(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ranking that is paid for would be lost."""
    one = run()

    def refuse(_: object) -> None:
        raise SettingsError("damaged")

    monkeypatch.setattr(one.store, "put", refuse)
    assert one.score(["a"]).values == expected(["a"])
    assert one.warnings == ["no more scores are put into the cache: damaged"]


# many threads


def test_many_threads_share_it(run: Run) -> None:
    """A batch would fail, or give a query the scores of another."""
    one = run()
    run().score(["t1", "t2", "t3"], query="q0")
    queries = [f"q{number}" for number in range(40)]
    texts = [f"t{number}" for number in range(20)]
    start = threading.Barrier(8)

    def work(worker: int) -> None:
        start.wait()
        for query in queries[worker % 4 :: 4] * 2:
            assert one.score(texts, query=query).values == expected(texts, query=query)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert one.warnings == []
    again = run()
    assert sum(again.score(texts, query=query).usage.cached for query in queries) == 800
