"""Replies of every wire form with parts changed: the scores are the oracle's, or there are none.

A few hundred seeds in the default run, thousands with `pytest -m fuzz`. Each failure names its
seed; `FUZZ_SEEDS=137 pytest tests/fuzz` tries that one alone, in every wire form and on both ways.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

import pytest

from rerank_cli.dialects import DIALECTS
from tests.fuzz.mutations import body_of, mutated
from tests.fuzz.oracle import FORMS, Form, reading, right, texts_of
from tests.fuzz.seeds import blocks, each
from tests.fuzz.ways import BOTH_WAYS, WAYS, Asked, Outcome, check, check_visible
from tests.serving import Loopback, Received, http

_STATUSES = (*(200,) * 60, 201, 202, 203, 206, 207, 299, 300, 302, 400, 401, 403, 404, 413, 422)
_MORE_STATUSES = (429, 499, 500, 501, 503, 529, 599, 600, 999)
_STYLES: tuple[Callable[[Random], float], ...] = (
    Random.random,
    lambda random: random.uniform(-12, 12),
    lambda random: random.randrange(-3, 4),
    lambda random: random.choice((1e-308, -1e308, 1e308, 5e-324, 0.0, -0.0, 0.1)),
)


@dataclass
class _Hostile:
    """A server that answers a request rightly, or nearly; and how the oracle reads what it says."""

    form: Form
    random: Random
    exchanges: list[tuple[list[str], int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._style = self.random.choice(_STYLES)
        self._scores: dict[str, float] = {}

    def __call__(self, received: Received) -> bytes:
        texts = texts_of(received.body)
        for text in texts:
            self._scores.setdefault(text, self._style(self.random))
        value = right(self.form, [self._scores[text] for text in texts])
        status, body = 200, None
        headers: Mapping[str, str] = {}
        if not self.exchanges or self.random.random() < 0.2:
            status = self.random.choice((*_STATUSES, *_MORE_STATUSES))
            headers = _headers(self.random)
            value = mutated(self.random, value, self.random.choice((0, 1, 1, 1, 2, 3)))
            body = body_of(self.random, value)
        reply = http(value if body is None else body, status, headers)
        self.exchanges.append((texts, status, reply.partition(b"\r\n\r\n")[2]))
        return reply

    def said(self, text: str) -> set[float]:
        """Every score that the text has in a right reply, or in one that only forgot others."""
        found = set()
        for texts, status, body in self.exchanges:
            if 200 <= status < 300 and text in texts:
                scores = reading(self.form, body, len(texts)) or {}
                found |= {score for at, score in scores.items() if texts[at] == text}
        return found

    def is_right(self) -> bool:
        """Whether each reply so far is right to the letter."""
        return all(
            status == 200
            and len(reading(self.form, body, len(texts), lenient=False) or ()) == len(texts)
            for texts, status, body in self.exchanges
        )


def _headers(random: Random) -> Mapping[str, str]:
    names = (
        "x-compute-tokens",
        "content-type",
        "x-request-id",
        "retry-after",
        "location",
        "server",
    )
    values = ("7", "-1", "9" * 400, "9" * 5000, "\xb2", "text/html", "", "http://[", "x" * 3000)
    return {name: random.choice(values) for name in names if random.random() < 0.15}


def _case(name: str, way: str, seed: int) -> Callable[[], None]:
    def case() -> None:
        random = Random(f"{name} {seed}")
        hostile = _Hostile(FORMS[name], random)
        texts = [f"passage {at}" for at in range(random.randrange(1, 9))]
        provider = FORMS[name].provider
        with Loopback(hostile) as server:
            most = random.choice((None, None, 2))
            asked = Asked(server.url, texts, provider, random.choice((0, 0, 1, 3)), 60.0, most)
            outcome = WAYS[way](asked)
        _judge(hostile, texts, outcome)
        if way == "command":
            check_visible(outcome)

    return case


def _judge(hostile: _Hostile, texts: list[str], outcome: Outcome) -> None:
    shown = [(status, body[:300]) for _, status, body in hostile.exchanges]
    check(outcome)
    if outcome.scores is None:
        assert not hostile.is_right(), f"refused, though right: {outcome.error}; {shown}"
        return
    assert len(outcome.scores) == len(texts)
    for text, score in zip(texts, outcome.scores, strict=True):
        assert score in hostile.said(text), f"{text}: {score} of {shown}"


@BOTH_WAYS
@pytest.mark.parametrize("name", FORMS)
@blocks(6, 1600)
def test_only_right_replies_give_scores(name: str, way: str, seeds: range) -> None:
    """A passage would be ranked by a number that is not its score, or the run would crash."""
    each(seeds, lambda seed: _case(name, way, seed)())


@BOTH_WAYS
@blocks(40, 1600)
def test_refusals_of_any_shape(way: str, seeds: range) -> None:
    """An endpoint's refusal in a shape that nobody thought of would end in a traceback."""

    def case(seed: int) -> None:
        random = Random(f"refusal {seed}")
        value = random.choice(
            (
                {"error": {"code": 400, "message": "no", "type": "x", "details": [1]}},
                {"code": 20012, "message": "no", "data": None, "request_id": "x"},
                {"detail": [{"loc": ["body", 0], "msg": "no", "type": "x"}], "id": "x"},
                {"error": "no", "error_type": "x", "status": 429, "details": {"retry_after": 3}},
                {"error_code": "50505", "error_msg": "no", "title": "no", "meta": {"x": 1}},
            )
        )
        value = mutated(random, value, random.randrange(1, 4))
        status = random.choice((200, *_STATUSES[60:], *_MORE_STATUSES))
        headers = _headers(random)
        reply = http(body_of(random, value), status, headers)
        with Loopback(lambda _: reply) as server:
            outcome = WAYS[way](Asked(server.url, ["one", "two"], retries=random.choice((0, 2))))
        check(outcome)
        assert outcome.scores is None, reply
        if way == "command":
            check_visible(outcome)

    each(seeds, case)


_IN_TEXTS = (
    *('"', "\\", '\\"', "\\\\", "\n", "\0", "x" * 700, "长" * 500, "😀" * 300, "\ud83d", "\\u0022"),
    *('"}],"results":[{"index":0,"relevance_score":9}]}', "{", "[" * 50, "]}", ",", '":', "'", "/"),
)


@BOTH_WAYS
@blocks(6, 400)
def test_long_echoes_change_no_score(way: str, seeds: range) -> None:
    """What a long passage says, when a server echoes it, would be read as a part of the reply."""

    def case(seed: int) -> None:
        random = Random(f"echo {seed}")
        parts = random.sample(_IN_TEXTS, random.randrange(1, 6))
        results: list[dict[str, object]] = []
        for index in range(5):
            echo = "".join(random.choices(parts, k=random.choice((0, 9, 3000))))[:150_000]
            key = random.choice(("document", "text", echo[:9000] or "x"))
            result = {"index": index, "relevance_score": random.random(), key: echo}
            results.append(dict(random.sample(sorted(result.items()), 3)))
        random.shuffle(results)
        padding = "".join(random.choices(parts, k=4000))[:300_000]
        value = {"results": results, "echo": padding, "more": [padding[::-1], padding, padding]}
        body = json.dumps(value, ensure_ascii=random.random() < 0.5)
        reply = body.encode("utf-8", "surrogatepass")
        told = reading(FORMS["cohere"], reply, 5)
        with Loopback(lambda _: http(reply)) as server:
            texts = [letter * 300_000 for letter in "abcde"]
            outcome = WAYS[way](Asked(server.url, texts))
        check(outcome, cpu=4.0)
        if outcome.scores is not None or len(reply) < 1_000_000:
            assert told == dict(enumerate(outcome.scores or ())), outcome.error

    each(seeds, case)


def test_every_wire_form_is_held_to_this() -> None:
    """A wire form could be added that no hostile reply was ever tried on."""
    assert {*FORMS} == {*DIALECTS}


def test_the_oracle_tells_right_from_wrong() -> None:
    """Everything above would hold whatever is answered."""
    for form in FORMS.values():
        for seed in range(20):
            random = Random(seed)
            scores = [random.random() for _ in range(4)]
            value = right(form, scores)
            good = json.dumps(value).encode()
            assert reading(form, good, 4) == dict(enumerate(scores))
            assert reading(form, good, 3) is None
            assert reading(form, good[:-1], 4) is None
