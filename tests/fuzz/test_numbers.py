"""Numbers and dates from outside: waits, resets, counts, codes, statuses, and lengths.

Whatever they say, a run ends as it should: with the scores, or with one error, after waits that are
sane. Some hundred seeds in the default run, thousands with `pytest -m fuzz`.
"""

import json
from collections.abc import Callable, Sequence
from itertools import product
from random import Random

import pytest

from tests.fuzz.mutations import NUMBERS
from tests.fuzz.seeds import blocks, each
from tests.fuzz.ways import BOTH_WAYS, WAYS, Asked, check, check_visible
from tests.serving import Loopback, Received, http

_WAITS = (
    *(
        "0",
        "1",
        "61",
        "-1",
        "0.5",
        "1e3",
        "1e400",
        "-1e400",
        "inf",
        "nan",
        "9" * 400,
        "-" + "9" * 99,
    ),
    *(
        "1_000",
        "0x10",
        "\u0661",
        "\xb2",
        "1,5",
        "5 s",
        " 7 ",
        "7;x",
        "",
        "soon",
        "0" * 400,
        "9" * 5000,
    ),
    *("1700000000", "99999999999", "1700000000000", "32503680000000", "4102444800.5", "1e10"),
    *("1s", "5m", "1m30s", "500ms", "1h", "9" * 400 + "h", "9" * 5000 + "ms", "1h1h", "-5s", "1d"),
    *("\u0663s", "1m" * 500, "0.0000000001s", "99999999h", "1e5s", ".5s"),
    *(
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 99999999999 07:28:00 GMT",
        "2026-01-01T00:00:00Z",
    ),
    *(
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00",
    ),
    *("Mon, 01 Jan 0001 00:00:00 +2359", "Wed, 21 Oct 2015 07:28:00 +99999", "21 Oct 0 0:0:0 GMT"),
    *(
        "Wed, 32 Oct 2015 25:61:61 GMT",
        "Wed, 21 Oct 2015 07:28:60 GMT",
        "Oct",
        ", , ,",
        "(",
        "1 1 1",
    ),
    *(
        "Wed, 21 Oct 2015 07:28:00 +" + "9" * 5000,
        "Wed, 21 Oct 20151 07:28:00 GMT",
        "21 Oct " + "9" * 300,
    ),
    *(
        "Wed, 21 Oct 2015 " + "9" * 4400 + ":28:00 GMT",
        "Wed, " + "1" * 5000 + " Oct 2015 07:28:00 GMT",
    ),
)
_WAIT_HEADERS = (
    *("Retry-After", "Retry-After", "retry-after-ms", "x-ratelimit-reset", "RateLimit-Reset"),
    *("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "x-ratelimit-remaining"),
    *("x-ratelimit-remaining-requests", "x-ratelimit-limit", "x-ratelimit-limit-requests"),
    *("RateLimit", "RateLimit-Policy", "Date", "Age", "x-compute-tokens", "x-compute-time"),
)
_CODES = ("{n}", '"{n}"', "[{n}]", '"x{n}"', "-{n}", "{n}.5", '" {n}"')
_DIGITS = (
    "0",
    "400",
    "429",
    "500",
    "599",
    "4" * 18,
    "4" * 400,
    "4" * 4300,
    "4" * 5000,
    "\u0664\u0662\u0669",
)
_PLACES = (
    '{"meta":{"tokens":{"input_tokens":%s}},"results":%s}',
    '{"tokens":{"input_tokens":%s},"results":%s}',
    '{"meta":{"billed_units":{"total_tokens":%s}},"results":%s}',
    '{"usage":{"prompt_tokens":%s,"total_tokens":1},"results":%s}',
    '{"usage":{"total_tokens":%s},"results":%s}',
    '{"total_tokens":%s,"results":%s}',
)


_REFUSALS = (
    '{"error":{"code":CODE,"message":WORDS}}',
    '{"code":CODE,"message":WORDS,"status":NUMBER}',
    '{"error":"x","error_code":CODE,"error_msg":WORDS}',
    '{"error":NUMBER,"code":CODE}',
    '{"message":"x","details":{"retry_after":NUMBER},"id":NUMBER}',
    '{"detail":[{"loc":["body",NUMBER],"msg":WORDS}]}',
    "WORDS",
)
_WORDS = (
    *("try again in % seconds", "Try again in %ms", "batch size %", "size <= %", "larger than %"),
    *("maximum allowed %", "must have less than % tokens", "%"),
)


def _refusal(random: Random) -> bytes:
    """A refusal with numbers wherever one may be."""
    code = random.choice(_CODES).replace("{n}", random.choice(_DIGITS))
    number = random.choice((*NUMBERS, "1e308", "61", "-5", '"7"', "[]"))
    words = random.choice(_WORDS).replace("%", random.choice(_WAITS))
    return (
        random.choice(_REFUSALS)
        .replace("CODE", code)
        .replace("NUMBER", number)
        .replace("WORDS", json.dumps(words))
        .encode("utf-8", "replace")
    )


def _headers(random: Random) -> dict[str, str]:
    names = random.sample(_WAIT_HEADERS, random.randrange(4))
    return {name: random.choice(_WAITS) for name in names}


_RESULTS = '[{"index":0,"relevance_score":0.5},{"index":1,"relevance_score":0.25}]'


def _answer(random: Random) -> bytes:
    """Right scores, beside counts that are not."""
    place, count = random.choice(_PLACES), random.choice((*NUMBERS, *_DIGITS[:-1]))
    try:
        json.loads(count)
    except ValueError:
        count = "7"
    return http((place % (count, _RESULTS)).encode(), 200, _headers(random))


def _good(_: Received) -> bytes:
    return http(f'{{"results":{_RESULTS}}}'.encode())


def _first(*replies: bytes) -> Callable[[Received], bytes]:
    """A server that answers with these, and then well."""
    left = list(replies)
    return lambda received: left.pop(0) if left else _good(received)


@BOTH_WAYS
@blocks(40, 6400)
def test_numbers_of_refusals(way: str, seeds: range) -> None:
    """A number would end a run with a traceback, or have it wait for a century."""

    def case(seed: int) -> None:
        random = Random(f"number {seed}")
        statuses = (200, 400, 404, 408, 413, 422, 429, 429, 429, 500, 502, 503, 503, 524, 529)
        count = random.choice((1, 2, 9))
        replies = [
            http(_refusal(random), random.choice(statuses), _headers(random)) for _ in range(count)
        ]
        with Loopback(_first(*replies)) as server:
            outcome = WAYS[way](Asked(server.url, ["one", "two"], retries=random.choice((0, 1, 3))))
        check(outcome)
        if way == "command":
            check_visible(outcome)
        if outcome.scores is not None:
            # A request that was halved is answered with too many scores.
            assert outcome.scores == [0.5, 0.25]

    each(seeds, case)


@BOTH_WAYS
@blocks(12, 3200)
def test_numbers_of_right_replies(way: str, seeds: range) -> None:
    """A right ranking would be lost to a strange number beside it."""

    def case(seed: int) -> None:
        random = Random(f"beside {seed}")
        replies = [_answer(random) for _ in range(4)]
        with Loopback(_first(*replies)) as server:
            outcome = WAYS[way](Asked(server.url, ["one", "two"]))
        check(outcome)
        assert outcome.scores == [0.5, 0.25], outcome.error

    each(seeds, case)


_MANY = ["9" * digits for digits in (18, 19, 300, 308, 309, 400, 4299, 4300, 4301, 5000)]


_EVERY = list(product(WAYS, (429, 503), range(len(_WAITS))))
_SOME = [(list(WAYS)[at % 2], (429, 503)[at // 2 % 2], at) for at in range(len(_WAITS))]


@pytest.mark.parametrize("header", ["Retry-After", "x-ratelimit-reset", "retry-after-ms"])
@pytest.mark.parametrize("cases", [_SOME, pytest.param(_EVERY, marks=pytest.mark.fuzz)], ids=len)
def test_every_wait_with_every_header(header: str, cases: list[tuple[str, int, int]]) -> None:
    """One form of a date that nobody thought of would end a batch.

    In the default run each comes with one status, on one way; with `-m fuzz` with both on both.
    """

    def case(number: int) -> None:
        way, status, at = cases[number]
        replies = [http({"message": "slow down"}, status, {header: _WAITS[at]})] * 2
        with Loopback(_first(*replies)) as server:
            outcome = WAYS[way](Asked(server.url, ["one", "two"], retries=2))
        check(outcome)
        assert outcome.scores in (None, [0.5, 0.25])

    each(range(len(cases)), case)


@BOTH_WAYS
@pytest.mark.parametrize("digits", _MANY, ids=len)
def test_sums_of_counts(digits: str, way: str) -> None:
    """Counts that are just short enough to be read would add up to one that cannot be written."""
    body = (_PLACES[0] % (digits, '[{"index":0,"relevance_score":0.5}]')).encode()
    with Loopback(lambda _: http(body)) as server:
        outcome = WAYS[way](Asked(server.url, ["one", "two"], max_passages=1))
    check(outcome)
    assert outcome.scores == [0.5, 0.5] or len(digits) > 4300, outcome.error


_LINES: Sequence[str] = [
    *("000", "099", "100", "199", "200", "226", "299", "300", "399", "400", "499", "599", "600"),
    *("700", "999", "1000", "20", "-20", "2e2", "0xC", "\u0662\u0660\u0660", "9" * 400, "", " 200"),
]


@BOTH_WAYS
@pytest.mark.parametrize("status", _LINES, ids=ascii)
def test_statuses(status: str, way: str) -> None:
    """A status that there is not would end a run with a traceback, or be taken for a success."""
    body = f'{{"results":{_RESULTS}}}'.encode()
    reply = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with Loopback(lambda _: reply) as server:
        outcome = WAYS[way](Asked(server.url, ["one", "two"], timeout=0.3))
    check(outcome)
    if outcome.scores is not None:
        assert status.strip()[:1] == "2"
        assert outcome.scores == [0.5, 0.25]
