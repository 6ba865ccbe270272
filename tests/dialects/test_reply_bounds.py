"""The ends of what is read of a reply: counts, codes, and how far words are looked for."""

import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.dialects import DIALECTS
from rerank_cli.dialects.complaint import read_complaint
from rerank_cli.dialects.reply import input_tokens, one_score_each, scored
from rerank_cli.errors import ReplyError
from tests.dialects.examples import FINITE
from tests.properties import BRIEFLY

# In the order in which they count.
_PLACES = (
    ("meta", "tokens", "input_tokens"),
    ("tokens", "input_tokens"),
    ("meta", "billed_units", "input_tokens"),
    ("meta", "billed_units", "total_tokens"),
    ("usage", "prompt_tokens"),
    ("usage", "total_tokens"),
    ("total_tokens",),
    ("input_tokens",),
)


def _put(reply: dict[str, object], path: tuple[str, ...], value: object) -> None:
    *outer, last = path
    for key in outer:
        reply = reply.setdefault(key, {})  # type: ignore[assignment]
    reply[last] = value


@BRIEFLY
@given(st.dictionaries(st.integers(0, 7), st.none() | st.integers(-1, 3) | st.booleans()))
def test_tokens_are_the_first_count_that_makes_sense(told: dict[int, object]) -> None:
    """The bill would be counted by another number of the same reply, or not at all."""
    reply: dict[str, object] = {}
    for place, value in told.items():
        _put(reply, _PLACES[place], value)
    counts = (told.get(place) for place in range(8))
    known = [count for count in counts if type(count) is int and count >= 0]
    assert input_tokens(reply) == (known[0] if known else None)


@pytest.mark.parametrize(("digits", "known"), [(18, True), (19, False)])
def test_a_count_of_more_digits_than_sense_is_none(digits: int, known: bool) -> None:
    """A header of thousands of digits would be billed, or end in a traceback."""
    reply = [{"index": 0, "score": 0.5}]
    tokens = DIALECTS["tei"].decode(reply, {"x-compute-tokens": "9" * digits}, 1).input_tokens
    assert (tokens is not None) == known


_ANSWER = st.tuples(
    st.integers(-1, 4) | st.booleans() | st.none() | st.just(1.0),
    FINITE | st.integers(-3, 3) | st.booleans() | st.none() | st.just(float("nan")),
)


@BRIEFLY
@given(st.permutations(range(4)), st.lists(FINITE | st.integers(-3, 3), min_size=4, max_size=4))
def test_good_replies_are_read_alike_on_both_ways(order: list[int], scores: list[float]) -> None:
    """The fast way to read a reply would rank otherwise than the one that checks."""
    results = [{"index": index, "s": scores[index]} for index in order]
    assert scored(results, "s", 4) == tuple(scores)


@BRIEFLY
@given(st.lists(_ANSWER, max_size=5), st.integers(1, 4))
def test_what_is_not_one_score_each_is_refused_on_both_ways(
    pairs: list[tuple[object, object]], count: int
) -> None:
    """A reply with a passage missing, twice or without a number would be ranked."""
    results = [{"index": index, "s": score} for index, score in pairs]
    numbers = {index for index, score in pairs if type(index) is int}
    good = (
        len(pairs) == count
        and all(type(index) is int for index, _ in pairs)
        and numbers == set(range(count))
        and all(type(score) in (int, float) and score == score for _, score in pairs)  # noqa: PLR0124
    )
    for read in (partial(scored, results, "s", count), partial(one_score_each, pairs, count)):
        if good:
            assert len(read()) == count
            continue
        with pytest.raises(ReplyError):
            read()


def test_a_reply_that_forgets_some_says_which_and_keeps_the_rest() -> None:
    """All passages would be paid for again where one is missing."""
    with pytest.raises(ReplyError) as caught:
        scored([{"index": 2, "s": 0.5}, {"index": 0, "s": 1}], "s", 4)
    assert caught.value.missing == (1, 3)
    assert caught.value.scores == {2: 0.5, 0: 1.0}


def _within(depth: int, kind: str) -> bytes:
    value: object = "why"
    for _ in range(depth):
        value = [value] if kind == "list" else {"message": value}
    return json.dumps({"error": value}).encode()


@pytest.mark.parametrize("kind", ["list", "object"])
def test_words_are_found_as_deep_as_servers_put_them(kind: str) -> None:
    """What the endpoint says went wrong would be kept from the user."""
    for depth in range(8):
        assert read_complaint(_within(depth, kind), {}).text == "why"
    read_complaint(_within(400, kind), {})


@pytest.mark.parametrize(("count", "told"), [(1, 1), (20, 20), (21, 20), (500, 20)])
def test_some_complaints_of_a_long_list_are_told(count: int, told: int) -> None:
    """A thousand lines about a thousand passages would be the error message."""
    body = json.dumps({"detail": [{"loc": ["body", at], "msg": "bad"} for at in range(count)]})
    assert read_complaint(body.encode(), {}).text.count("bad") == told
