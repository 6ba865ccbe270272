"""No request goes over a limit, in bytes as they are sent; and none is smaller than it need be."""

import operator
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rerank_cli.dialects import DIALECTS
from rerank_cli.engines.endpoint.exchange import Exchange
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, Plan, Request, plan
from rerank_cli.settings import Flags, resolve
from rerank_cli.transport.clock import Clock
from tests.properties import BRIEFLY, every

_SPARE = 256
"""Bytes that a plan may leave unused for the model and the options of a request."""

_TEXT = st.builds(
    operator.mul,
    st.sampled_from(["a", "é", "人", "😀", '"', "\\", "\n", "\x01", "\u2028"]),
    st.integers(1, 300),
) | st.text(max_size=40)

# These have much around each text; no endpoint of their shapes has a limit in bytes.
_WITH_LIMITS = sorted({*DIALECTS} - {"score-vector", "decisions", "systemone"})


def _plan(query: str, texts: list[str], limits: Limits) -> Plan:
    passages = tuple(Passage(text, "a.txt", line) for line, text in enumerate(texts, start=1))
    return plan(Candidates(query, passages), limits)


@cache
def _exchange(dialect: str) -> Exchange:
    settings = resolve(Flags(provider="tei", model="BAAI/bge-reranker-v2-m3"))
    row = replace(settings.provider, dialect=dialect, fields={})
    fields = {"return_documents": False, "truncate": True}
    return Exchange(replace(settings, provider=row), fields, Clock(), lambda _: None)


def _size(request: Request, dialect: str) -> int:
    """Bytes of the request's body as it is sent."""
    return len(_exchange(dialect).body(request))


def _with_next(request: Request, following: Request) -> Request:
    return Request(request.query, [*request.texts, following.texts[0]], range(99))


@BRIEFLY
@given(
    _TEXT,
    st.lists(_TEXT, min_size=1, max_size=20, unique=True),
    st.integers(1, 8) | st.none(),
    st.integers(300, 3000) | st.none(),
    st.integers(1, 600) | st.none(),
)
@example("q", ["人" * n for n in range(150, 165)], None, 2000, None)
@example("q", [str(n) * 200 for n in range(10)], None, 900, None)
@example("q", [str(n) * 200 for n in range(10)], None, None, 160)
def test_no_request_is_over_a_limit_nor_smaller_than_it_need_be(
    query: str,
    texts: list[str],
    most: int | None,
    size: int | None,
    tokens: int | None,
) -> None:
    """An endpoint would refuse the request, or be asked, and paid, more often than needed."""
    made = _plan(query, texts, Limits(most, size, tokens))
    assert made.texts == texts
    for request in made.requests:
        assert 0 < len(request.texts) <= (most or len(texts))
        if len(request.texts) > 1:  # a text beyond a limit by itself gets a request of its own
            for dialect in _WITH_LIMITS:
                assert size is None or _size(request, dialect) <= size, dialect
            assert tokens is None or request.tokens <= tokens
    for request, following in pairwise(made.requests):
        larger = _with_next(request, following)
        assert (
            len(request.texts) == most
            or (size is not None and _size(larger, "nim") + _SPARE > size)
            or (tokens is not None and larger.tokens > tokens)
        )


@BRIEFLY
@given(_TEXT, st.lists(_TEXT, min_size=1, max_size=20, unique=True), st.integers(300, 3000))
def test_measured_limits_are_kept_to_the_byte(query: str, texts: list[str], size: int) -> None:
    """A long instruction, or a query that each text repeats, would make a request too large."""
    for dialect in DIALECTS:
        limits = Limits(bytes=size).measured(query, _exchange(dialect).body)
        made = _plan(query, texts, limits)
        assert made.texts == texts
        for request in made.requests:
            assert len(request.texts) == 1 or _size(request, dialect) <= size, dialect
        for request, following in pairwise(made.requests):
            assert _size(_with_next(request, following), dialect) > size, dialect


@every(_WITH_LIMITS)
def test_thousands_of_short_texts_stay_within_the_bytes(dialect: str) -> None:
    """What stands around each text would add up: the endpoint refuses a request full of words."""
    made = _plan("q", [str(n) for n in range(3000)], Limits(bytes=20_000))
    assert max(_size(request, dialect) for request in made.requests) <= 20_000
    assert len(made.requests) <= 3


@pytest.mark.parametrize("at", range(4))
def test_a_text_beyond_a_limit_is_sent_by_itself(at: int) -> None:
    """One long passage would hold up the others, be left out, or come with an empty request."""
    texts = ["a" * 10, "b" * 10, "c" * 10]
    texts.insert(at, "d" * 5000)
    sent = [request.texts for request in _plan("q", texts, Limits(bytes=1000)).requests]
    assert sent == [each for each in (texts[:at], texts[at : at + 1], texts[at + 1 :]) if each]


def test_a_limit_is_used_to_its_end() -> None:
    """A request that an endpoint takes would be split in two."""
    (request,) = _plan("q" * 40, ["a" * 40, "b" * 80], Limits(passages=2, tokens=50)).requests
    assert request.tokens == 50
    assert len(_plan("q" * 40, ["a" * 40, "b" * 80], Limits(tokens=49)).requests) == 2


@pytest.mark.parametrize(
    ("lines", "locators"),
    [
        ([1, 2, 3], ["a:1", "a:2", "a:3"]),
        ([7, 7, 7], ["a:7 (document 0)", "a:7 (document 1)", "a:7 (document 2)"]),
        ([7, 7], ["a:7 (document 0)", "a:7 (document 1)"]),
        ([7], ["a:7"]),
    ],
)
def test_the_locator_of_a_text_tells_it_from_others_of_its_line(
    lines: list[int], locators: list[str]
) -> None:
    """A refused document of a batch could be any of its line; one alone would be numbered."""
    passages = tuple(Passage(str(at), "a", line) for at, line in enumerate(lines))
    made = plan(Candidates("q", passages), Limits())
    assert [made.locator(number) for number in range(len(lines))] == locators
