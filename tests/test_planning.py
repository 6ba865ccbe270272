"""Candidates become requests that fit the endpoint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, Plan, Request, estimate_tokens, plan


def planned(texts: list[str], size: int | None = None) -> Plan:
    """The plan for passages of these texts."""
    passages = tuple(Passage(text, "a.txt", line) for line, text in enumerate(texts, start=1))
    return plan(Candidates("q", passages), Limits(passages=size))


def test_identical_texts_travel_once_in_order_of_first_appearance() -> None:
    """Repeated passages would be paid for again."""
    (request,) = planned(["b", "a", "b", "c", "a"]).requests
    assert (request.query, request.texts, list(request.numbers)) == (
        "q",
        ["b", "a", "c"],
        [0, 1, 2],
    )


def test_texts_that_differ_by_a_blank_are_not_identical() -> None:
    """A passage would get the score of another text."""
    (request,) = planned(["a", "a ", "A"]).requests
    assert request.texts == ["a", "a ", "A"]


def test_each_passage_gets_the_score_of_its_own_text() -> None:
    """Repeated passages would shift the scores of those after them."""
    assert planned(["b", "a", "b", "c", "a"]).spread([0.1, 0.2, 0.3]) == (0.1, 0.2, 0.1, 0.3, 0.2)


def test_a_text_is_found_again_as_the_first_passage_that_has_it() -> None:
    """An error about a text would point to a wrong line."""
    given_plan = planned(["b", "a", "b", "c"], 2)
    assert [given_plan.locator(number) for number in range(3)] == ["a.txt:1", "a.txt:2", "a.txt:4"]


def test_a_document_without_a_line_is_found_by_its_number() -> None:
    """An error about a document that Python gave would name a line 0 that no file has."""
    passages = tuple(Passage(text, "documents", 0) for text in "abc")
    assert plan(Candidates("q", passages), Limits()).locator(1) == "documents (document 1)"
    assert plan(Candidates("q", passages[:1]), Limits()).locator(0) == "documents"


@pytest.mark.parametrize(
    ("count", "size", "sizes"),
    [
        (3, 1, [1, 1, 1]),
        (4, 4, [4]),
        (3, 4, [3]),
        (5, 4, [4, 1]),
        (8, 4, [4, 4]),
        (9, 4, [4, 4, 1]),
        (1000, None, [1000]),
        (0, 4, []),
        (0, None, []),
    ],
)
def test_requests_carry_as_much_as_they_may(count: int, size: int | None, sizes: list[int]) -> None:
    """An endpoint would refuse a request, or be asked more often than needed."""
    requests = planned([str(number) for number in range(count)], size).requests
    assert [len(request.texts) for request in requests] == sizes
    assert [request.numbers[0] for request in requests] == [
        sum(sizes[:n]) for n in range(len(sizes))
    ]


def test_only_distinct_texts_count_against_the_limit() -> None:
    """Repeated passages would be split over requests for nothing."""
    assert len(planned(["a", "a", "b", "a"], 2).requests) == 1


@given(st.lists(st.sampled_from("abcdef") | st.text(), max_size=20), st.none() | st.integers(1, 6))
def test_every_text_is_in_exactly_one_request_and_every_passage_gets_its_score(
    texts: list[str], size: int | None
) -> None:
    """A passage would go unscored, be paid for twice, or get another one's score."""
    made = planned(texts, size)
    sent = [text for request in made.requests for text in request.texts]
    assert sent == list(dict.fromkeys(texts))
    for request in made.requests:
        assert 0 < len(request.texts) <= (size or len(texts))
        assert [sent[number] for number in request.numbers] == request.texts
    spread = made.spread(range(len(sent)))
    assert [sent[int(number)] for number in spread] == texts
    for number, text in enumerate(sent):
        assert made.locator(number) == f"a.txt:{texts.index(text) + 1}"


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=20),
    st.none() | st.integers(1, 3),
    st.data(),
)
def test_a_plan_for_some_of_the_texts_is_a_plan_for_their_passages(
    texts: list[str], size: int | None, data: st.DataObject
) -> None:
    """What is scored again would go beyond the limits, or an error about it name another line."""
    whole = planned(texts, size)
    numbers = data.draw(st.lists(st.sampled_from(range(whole.distinct)), unique=True))
    part = whole.only(numbers)
    assert part.texts == [whole.texts[number] for number in numbers]
    assert part.spread(range(len(numbers))) == tuple(range(len(numbers)))
    assert [part.locator(at) for at in range(len(numbers))] == list(map(whole.locator, numbers))
    assert all(0 < len(request.texts) <= (size or 20) for request in part.requests)
    assert len(part.requests) == -(-len(numbers) // (size or 20))


def test_a_plan_for_some_of_the_texts_keeps_to_bytes_and_tokens() -> None:
    """What is scored again would be refused for its size."""
    texts = [f"{number} {'x' * 300}" for number in range(9)]
    passages = tuple(Passage(text, "a.txt", line) for line, text in enumerate(texts, start=1))
    whole = plan(Candidates("q", passages), Limits(bytes=1300, tokens=1000))
    sizes = [len(request.texts) for request in whole.only([0, 2, 4, 6, 8]).requests]
    assert sizes == [3, 2]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("人工智能是计算机科学的一个分支。", 11),
        ("The quick brown fox jumps over the lazy dog.", 12),
        ("", 1),
        ("a", 1),
    ],
)
def test_tokens_are_estimated_within_a_factor_of_two(text: str, tokens: int) -> None:
    """A plan would promise a fraction of what is billed."""
    assert tokens / 2 <= estimate_tokens(text) <= tokens * 2


def test_the_query_counts_with_each_passage() -> None:
    """A plan would leave out most of what a long query costs."""
    query, texts = "什么是人工智能？" * 10, ["甲" * 30, "b" * 80]
    expected = 2 * estimate_tokens(query) + sum(map(estimate_tokens, texts))
    assert Request(query, texts, range(2)).tokens == expected
