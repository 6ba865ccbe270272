"""The installed command against a LiteLLM proxy before Infinity: see `servers`."""

import pytest

from tests.external.commands import (
    PROXY_KEY,
    WRONG_KEY,
    Outcome,
    check_ranking,
    check_refusal,
    doctor,
    rerank,
)
from tests.external.servers import Server

pytestmark = pytest.mark.external


@pytest.mark.parametrize("variable", ["RERANK_API_KEY", "LITELLM_MASTER_KEY"])
@pytest.mark.parametrize("path", ["", "/v1"])
def test_through_a_proxy(proxy: Server, expected: list[float], path: str, variable: str) -> None:
    """A team that reaches its models through LiteLLM could not use rerank."""
    outcome = _proxied(proxy.url + path, "reranker", {variable: PROXY_KEY})
    check_ranking(outcome, expected)


@pytest.mark.parametrize(
    ("model", "key", "code", "says"),
    [
        pytest.param("reranker", WRONG_KEY, 4, "No connected db.", id="wrong key"),
        pytest.param("reranker", None, 5, "Internal server error", id="no key"),
        pytest.param("nope", PROXY_KEY, 4, "Invalid model name passed in model=nope", id="model"),
        pytest.param("locked-out", PROXY_KEY, 4, "HTTP 401", id="the server's key"),
        pytest.param("gone", PROXY_KEY, 5, "Cannot connect to host 127.0.0.1", id="no server"),
    ],
)
def test_refused_by_a_proxy(
    proxy: Server, model: str, key: str | None, code: int, says: str
) -> None:
    """What is wrong at a proxy, or behind it, could not be told from the error."""
    check_refusal(_proxied(proxy.url, model, {"RERANK_API_KEY": key} if key else {}), code, says)


def test_a_proxy_that_leaves_a_server_alone(cooling_proxy: Server) -> None:
    """Whoever is refused behind a proxy would learn nothing from the second try."""
    outcome = _proxied(cooling_proxy.url, "cooling", {"RERANK_API_KEY": PROXY_KEY})
    check_refusal(outcome, 4, "No deployments available for selected model")


def test_doctor_knows_the_proxy(proxy: Server) -> None:
    """A proxy would be taken for the server behind it, or a good one for a broken one."""
    outcome = doctor("--base-url", proxy.url, "-m", "reranker", env={"RERANK_API_KEY": PROXY_KEY})
    assert outcome.code == 0, outcome.out + outcome.err
    assert f"-p litellm --base-url {proxy.url} -m reranker\n" in outcome.out
    assert PROXY_KEY not in outcome.out + outcome.err


def _proxied(url: str, model: str, env: dict[str, str]) -> Outcome:
    return rerank("-p", "litellm", "--base-url", url, "-m", model, "--retries", "0", env=env)
