"""The price of a million tokens, and the cost that --dry-run tells with it."""

import json
from pathlib import Path

import pytest

from tests.running import ONE_LINE, PASSAGES, SAMPLES, rerank
from tests.serving import Loopback

_PRICE = "RERANK_PRICE_PER_MILLION"
_FOR = ("q", PASSAGES, "--base-url", "http://localhost:1", "--dry-run", "--json")


def _cost_per_token(*arguments: str, price: str | None = None) -> float | None:
    """The estimated cost of a million of the tokens that are planned, or None."""
    done = rerank(*_FOR, *arguments, env={} if price is None else {_PRICE: price})
    assert done.code == 0, done.err
    planned = json.loads(done.out)
    cost: float | None = planned["estimated_cost"]
    return None if cost is None else cost / planned["estimated_tokens"] * 1e6


def test_without_a_price_no_cost_is_told() -> None:
    """A run that costs something would be called free."""
    assert _cost_per_token() is None
    assert "cost" not in rerank(*_FOR[:-1]).out


def test_a_price_of_the_environment_is_used() -> None:
    """The price would have to be typed with each --dry-run."""
    assert _cost_per_token(price=" 500 ") == pytest.approx(500)


def test_flag_then_environment_then_file(tmp_path: Path) -> None:
    """An estimate would be made with another price than the one just given."""
    (tmp_path / ".env").write_text(f"{_PRICE}=300\n")

    assert _cost_per_token() == pytest.approx(300)
    assert _cost_per_token(price="500") == pytest.approx(500)
    assert _cost_per_token("--price-per-million", "700", price="500") == pytest.approx(700)
    assert _cost_per_token("--price-per-million", "0", price="500") == 0


@pytest.mark.parametrize("price", ["", " "])
def test_blank_is_unset(price: str) -> None:
    """`RERANK_PRICE_PER_MILLION= rerank …`, to switch it off, would be an error."""
    assert _cost_per_token(price=price) is None


def test_nothing_costs_nothing() -> None:
    """A server of one's own would be told as one whose price is not known."""
    assert _cost_per_token(price="0") == 0


@pytest.mark.parametrize("price", ["cheap", "-1", "nan", "inf", "-inf", "1e999", "0,5", "$1"])
def test_what_is_no_price_ends_with_3(price: str) -> None:
    """An estimate would be nonsense, or a typing mistake pass for no price."""
    done = rerank(*_FOR, env={_PRICE: price})

    assert (done.code, done.out) == (3, "")
    assert ONE_LINE.fullmatch(done.err)
    assert f"{_PRICE} (environment) is {price!r}" in done.err


def test_what_is_no_price_in_a_file_names_the_file(tmp_path: Path) -> None:
    """A wrong price in a file three folders up could not be found."""
    (tmp_path / ".env").write_text(f"{_PRICE}=cheap\n")
    done = rerank(*_FOR)

    assert done.code == 3
    assert f"{_PRICE} ({tmp_path / '.env'})" in done.err


def test_the_cost_stands_in_the_plan_that_people_read() -> None:
    """Only programs would learn the cost."""
    done = rerank(*_FOR[:-1], "-f", "table", "--price-per-million", "1000000")

    lines = dict(line.split("  ", 1) for line in done.out.splitlines())
    facts = {name.strip(): value.strip() for name, value in lines.items()}
    assert float(facts["estimated cost"]) == float(facts["estimated tokens"]) > 0


def test_a_price_below_nothing_is_refused() -> None:
    """A typing error would be told as money that comes back."""
    done = rerank(*_FOR, "--price-per-million", "-1")
    assert done.code == 2
    assert ONE_LINE.fullmatch(done.err)


def test_the_embedded_engine_plans_no_requests() -> None:
    """A run that sends nothing would seem to send something."""
    done = rerank("q", PASSAGES, "-p", "local", "--dry-run", "--json")
    planned = json.loads(done.out)
    assert (planned["requests"], planned["bytes"], planned["passages"]) == (0, 0, 5)


def test_an_engine_that_costs_nothing_has_no_price() -> None:
    """A ranking in this process would seem to be paid for."""
    given = ("q", PASSAGES, "-p", "local", "--price-per-million", "5")
    assert rerank(*given, "--dry-run", "--json").json["estimated_cost"] is None
    assert "cost" not in rerank(*given, "--dry-run", env={_PRICE: "5"}).out
    assert "cost" not in rerank(*given).err


def test_a_run_with_a_price_shows_its_cost(server: Loopback) -> None:
    """Only the estimate would be known, never what was paid."""
    given = ("q", PASSAGES, "--base-url", server.url, "--price-per-million", "500")
    usage = rerank(*given, "--json").json["usage"]
    assert usage["cost"] == pytest.approx(usage["input_tokens"] * 500 / 1e6)
    assert f"cost {usage['cost']:g} · " in rerank(*given).err
    assert "cost" not in rerank(*given[:-2], "--json").json["usage"]


def test_a_batch_with_a_price_shows_its_cost(server: Loopback) -> None:
    """What many queries cost together would have to be added up by hand."""
    given = ("batch", str(SAMPLES / "jobs.jsonl"), "--base-url", server.url)
    assert " · cost 0." in rerank(*given, "--price-per-million", "500").err
    assert "cost" not in rerank(*given).err
