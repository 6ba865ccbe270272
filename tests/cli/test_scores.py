"""What scores mean, through the whole command: --scores, thresholds, lists that were split."""

import json

import pytest

from tests.answers import flagship_score, scoring
from tests.running import ONE_LINE, PASSAGES, QUERY, Ended, rerank
from tests.serving import Loopback

LOGITS = {"人工智能是": 8.5, "机器学习是": 1.25, "深度学习是": -0.5, "苹果是一种": -9.0}


def _logit(text: str) -> float:
    return LOGITS.get(text[:5], -11.25)


def on(server: Loopback, provider: str, *arguments: str) -> Ended:
    """Rank the sample on the server as if it were this provider."""
    env = {"RERANK_API_KEY": "sk-0123456789"}
    where = ("-p", provider, "--base-url", server.url)
    return rerank(QUERY, PASSAGES, *where, *arguments, env=env)


def scores_of(done: Ended) -> list[float]:
    """Best first."""
    assert done.code == 0, done.err
    return [each["score"] for each in json.loads(done.out)["results"]]


# Native


def test_scores_are_native_unless_asked_otherwise() -> None:
    """Scripts that read scores would get others after an update."""
    with Loopback(scoring(_logit)) as server:
        done = on(server, "llamacpp", "--json")
    assert scores_of(done) == [8.5, 1.25, -0.5, -9.0, -11.25]
    assert "scores" not in json.loads(done.out)


# Sigmoid and minmax


def test_sigmoid_of_logits() -> None:
    """A threshold of one server could not be used with another."""
    with Loopback(scoring(_logit)) as server:
        done = on(server, "llamacpp", "--json", "--scores", "sigmoid", "-t", "0.3")
    assert scores_of(done) == pytest.approx([0.99979657, 0.77729986, 0.37754067])
    assert json.loads(done.out)["scores"] == "sigmoid"
    assert done.err == ""


def test_minmax(server: Loopback) -> None:
    """Scores that lie close together could not be told apart."""
    done = on(server, "siliconflow", "--json", "--scores", "minmax")
    found = scores_of(done)
    assert (found[0], found[-1]) == (1.0, 0.0)
    assert found == sorted(found, reverse=True)
    assert json.loads(done.out)["scores"] == "minmax"


def test_footer_says_what_the_scores_are() -> None:
    """A table of mapped scores would be taken for one of the model's own."""
    with Loopback(scoring(_logit)) as server:
        assert "sigmoid scores" in on(server, "llamacpp", "--scores", "sigmoid").err
        assert "scores" not in on(server, "llamacpp").err


def test_order_stays_where_the_sigmoid_saturates() -> None:
    """Above 37 all logits become 1: the best passage would come wherever it stands in the file."""
    with Loopback(scoring(lambda text: 50.0 - _logit(text))) as server:
        native = on(server, "llamacpp", "-f", "text")
        mapped = on(server, "llamacpp", "-f", "text", "--scores", "sigmoid")
    assert mapped.out.splitlines() == native.out.splitlines()
    assert mapped.out.startswith("今天")


@pytest.mark.parametrize("provider", ["siliconflow", "cohere", "tei", "local"])
def test_sigmoid_of_probabilities_is_refused_before_anything_is_sent(
    server: Loopback, provider: str
) -> None:
    """The request would be paid for, and the scores be pushed together for nothing."""
    url = () if provider == "local" else ("--base-url", server.url)
    arguments = ("-p", provider, *url, "--scores", "sigmoid")
    done = rerank(QUERY, PASSAGES, *arguments, env={"RERANK_API_KEY": "sk-0123456789"})
    assert (done.code, done.out) == (2, "")
    assert ONE_LINE.fullmatch(done.err)
    assert "--scores sigmoid" in done.err
    assert server.received == []


def test_sigmoid_of_what_proves_to_be_probabilities(server: Loopback) -> None:
    """An unknown server's probabilities would be squeezed into 0.5..0.73, without a word."""
    done = on(server, "custom", "--scores", "sigmoid", "--json")
    assert (done.code, done.out) == (2, "")
    assert ONE_LINE.fullmatch(done.err)
    assert "in 0..1 already" in done.err


def test_sigmoid_of_an_unknown_servers_logits() -> None:
    """A server of one's own that gives logits could not be used with a threshold."""
    with Loopback(scoring(_logit)) as server:
        found = scores_of(on(server, "custom", "--scores", "sigmoid", "--json"))
    assert found[0] == pytest.approx(0.99979657)


def test_unknown_scale() -> None:
    """A slip would rank by another scale than was asked for."""
    done = rerank(QUERY, PASSAGES, "-p", "local", "--scores", "softmax")
    assert done.code == 2
    assert "sigmoid" in done.err


# Thresholds


def test_probability_as_threshold_of_logits() -> None:
    """All that is more likely than not would be dropped or kept by a number that means nothing."""
    with Loopback(scoring(_logit)) as server:
        done = on(server, "llamacpp", "-t", "0.3", "--json")
    assert scores_of(done) == [8.5, 1.25]
    assert "warning: --threshold 0.3 looks like a probability" in done.err
    assert "--scores sigmoid" in done.err


@pytest.mark.parametrize(("threshold", "kept"), [("1.5", "nothing"), ("-2", "everything")])
def test_threshold_beyond_the_range(server: Loopback, threshold: str, kept: str) -> None:
    """A threshold meant for another model would keep all or nothing, without a word."""
    done = on(server, "siliconflow", "-t", threshold, "--json")
    assert done.code == 0
    assert f"keeps {kept}" in done.err
    assert len(json.loads(done.out)["results"]) == (0 if kept == "nothing" else 5)


@pytest.mark.parametrize(
    ("provider", "threshold"), [("llamacpp", "-2"), ("siliconflow", "0.3"), ("custom", "0.3")]
)
def test_threshold_that_fits(server: Loopback, provider: str, threshold: str) -> None:
    """A good threshold would be warned of in every run."""
    assert on(server, provider, "-t", threshold, "--json").err == ""


# Lists


def test_listwise_model_over_several_requests() -> None:
    """Scores that do not compare would be put in one ranking, without a word."""
    with Loopback(scoring(flagship_score)) as server:
        listwise = ("-m", "jina-reranker-v3", "--json")
        split = on(server, "jina", *listwise, "--max-passages", "3")
        whole = on(server, "jina", *listwise)
        other = on(server, "jina", "--json", "--max-passages", "3")
    assert "warning: jina-reranker-v3 scores a passage by the others of its request" in split.err
    assert "2 requests" in split.err
    assert split.code == 0
    assert (whole.err, other.err) == ("", "")
