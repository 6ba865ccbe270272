"""`Reranker` from Python: what it gives back, for documents of every kind."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rerank_cli import Document, Hit, InputError, RefusedError, Reranker, Usage, UsageError
from tests.answers import flagship_score, healthy, score_of, scored, scoring
from tests.running import PASSAGES, QUERY, rerank
from tests.serving import Loopback, Received, http


@pytest.fixture
def reranker(server: Loopback) -> Iterator[Reranker]:
    """A Reranker on a server that scores the flagship example."""
    with Reranker(base_url=server.url) as made:
        yield made


def _flagship() -> list[str]:
    return Path(PASSAGES).read_text(encoding="utf-8").splitlines()


def test_the_ranking_is_that_of_the_command(reranker: Reranker, server: Loopback) -> None:
    """Scripts and shell would get different answers from one tool."""
    hits = reranker.rank(QUERY, _flagship(), top_n=3, threshold=0.2)
    results = rerank(
        QUERY, PASSAGES, "-n", "3", "-t", "0.2", "--json", "--base-url", server.url
    ).json["results"]
    assert [(hit.rank, hit.score, hit.index, hit.document) for hit in hits] == [
        (each["rank"], each["score"], each["index"], each["text"]) for each in results
    ]
    assert len(hits) == 2


def test_documents_come_back_as_the_objects_that_were_given(reranker: Reranker) -> None:
    """Whoever ranks rows of a database would have to look them up again."""
    first, *rest = _flagship()
    documents: list[Document] = [*rest, {"body": first, "n": 7}, "  "]
    hits = reranker.rank(QUERY, documents)
    assert all(hit.document is documents[hit.index] for hit in hits)
    assert hits[0] == Hit(1, 0.9974, 4, documents[4])
    assert len(hits) == 5


def test_scores_stand_in_the_order_of_the_documents(reranker: Reranker) -> None:
    """A score would be read as that of another document."""
    texts = _flagship()
    assert reranker.score(QUERY, reversed(texts)) == [flagship_score(t) for t in reversed(texts)]


def test_the_field_of_the_text_is_named_or_found(reranker: Reranker) -> None:
    """A mapping would be ranked by its title, or by nothing."""
    text = _flagship()[0]
    documents = [{"title": "x", "passage": text}]
    assert reranker.score(QUERY, documents) == [0.9974]
    with Reranker("local", text_field="title") as other, pytest.raises(InputError) as caught:
        other.score(QUERY, [{"passage": text}])
    assert (caught.value.source, caught.value.line) == ("documents[0]", 0)
    assert caught.value.message.startswith("documents[0]: no text field")


@pytest.mark.parametrize(
    ("text_field", "document"),
    [
        (["lead", "rest"], {"lead": "人工智能是", "rest": "b", "n": 1}),
        (("meta.text",), {"meta": {"text": "人工智能是 b"}}),
        (None, {"page_content": "人工智能是 b", "metadata": {}}),
    ],
)
def test_fields_are_named_as_those_of_files_are(
    text_field: Sequence[str] | None, document: dict[str, object], server: Loopback
) -> None:
    """A program would have to flatten and join what the command takes as it is."""
    with Reranker(base_url=server.url, text_field=text_field) as reranker:
        (hit,) = reranker.rank(QUERY, [document])
    assert (hit.document, hit.score) == (document, 0.9974)
    assert server.received[-1].documents == ["人工智能是 b"]


@pytest.mark.parametrize(
    ("documents", "locator"),
    [
        ([3], "documents[0]"),
        (["a", None], "documents[1]"),
        (["a", {"text": 3}], "documents[1]"),
        (["a", {}], "documents[1]"),
        (["a", "\ud800"], "documents[1]"),
    ],
)
def test_a_document_without_text_is_refused_before_anything_is_sent(
    reranker: Reranker, server: Loopback, documents: list[str], locator: str
) -> None:
    """A bug of the caller would be ranked as `None`, or end in a traceback of another module."""
    with pytest.raises(InputError) as caught:
        reranker.rank("q", documents)
    assert caught.value.source == locator
    assert server.received == []


@pytest.mark.parametrize("query", ["", " \n", "\udc80"])
def test_a_query_that_cannot_be_asked_is_refused(reranker: Reranker, query: str) -> None:
    """An endpoint would be asked for nothing."""
    with pytest.raises(InputError):
        reranker.rank(query, ["a"])


def test_a_blank_document_has_no_score(reranker: Reranker, server: Loopback) -> None:
    """A made-up score would stand beside real ones."""
    with pytest.raises(InputError, match=r"documents\[1\]"):
        reranker.score("q", ["a", " "])
    assert server.received == []


def test_nothing_to_rank_is_nothing_ranked(reranker: Reranker, server: Loopback) -> None:
    """A search that found nothing would end a pipeline with an error."""
    assert reranker.rank("q", []) == reranker.rank("q", ["", " "]) == []
    assert reranker.score("q", ()) == []
    assert reranker.rank("q", [], scores="sigmoid") == []
    assert server.received == []


@pytest.mark.parametrize(
    "arguments", [{"top_n": 0}, {"top_n": -1}, {"scores": "percent"}, {"threshold": float("nan")}]
)
def test_options_that_mean_nothing_are_refused(
    reranker: Reranker, arguments: dict[str, int]
) -> None:
    """A slip would keep everything, or nothing."""
    with pytest.raises(UsageError):
        reranker.rank("q", ["a"], **arguments)  # type: ignore[arg-type]


def test_scores_may_be_mapped() -> None:
    """A threshold of 0.3 could not be used with a model of logits."""
    logits = {"a": 2.0, "b": -3.0}
    with Loopback(scoring(logits.__getitem__)) as server, Reranker(base_url=server.url) as made:
        hits = made.rank("q", ["b", "a"], threshold=0.5, scores="sigmoid")
        assert [(hit.document, round(hit.score, 4)) for hit in hits] == [("a", 0.8808)]
        assert made.score("q", ["b", "a"], scores="minmax") == [0.0, 1.0]


def test_usage_adds_up(reranker: Reranker) -> None:
    """Nobody would know what a run over many queries has cost."""
    assert reranker.usage == Usage()
    reranker.rank(QUERY, _flagship())
    reranker.score(QUERY, _flagship())
    assert reranker.usage == Usage(requests=2, input_tokens=246)


def test_connections_are_used_again(server: Loopback) -> None:
    """Each query would pay for a handshake."""
    connections = set()

    class Counting(Loopback):
        def converse(self, connection: object) -> None:
            connections.add(id(connection))
            super().converse(connection)  # type: ignore[arg-type]

    with Counting(healthy) as counting, Reranker(base_url=counting.url) as made:
        for number in range(5):
            made.score("q", [f"text {number}"])
    assert len(counting.received) == 5
    assert len(connections) == 1


def test_ten_threads_get_their_own_scores() -> None:
    """In a web server one user would get the scores of another's documents."""

    def respond(received: Received) -> bytes:
        query = received.json["query"]
        return scored(received.documents, lambda text: score_of(query + text))

    wrong: list[object] = []
    with Loopback(respond) as server, Reranker(base_url=server.url, max_passages=3) as made:

        def work(number: int) -> None:
            for turn in range(5):
                query = f"{number} {turn}"
                texts = [f"{number}.{turn}.{each}" for each in range(10)]
                if made.score(query, texts) != [score_of(query + text) for text in texts]:
                    wrong.append(query)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert made.usage.requests == 10 * 5 * 4


def test_ten_threads_share_the_embedded_engine(shared_model: None) -> None:
    """The model would be loaded ten times, or mix up who asked what."""
    texts = ["Paris is the capital of France.", "Bananas are yellow.", "人工智能"]
    with Reranker("local") as made:
        queries = [f"What is the capital of country {number}?" for number in range(10)]
        alone = [made.score(query, texts) for query in queries]
        found: dict[int, list[float]] = {}

        def work(number: int) -> None:
            found[number] = made.score(queries[number], texts)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [found[number] for number in range(10)] == alone


def test_asyncio_goes_on_meanwhile() -> None:
    """A server built on asyncio would stand still for as long as an endpoint takes."""
    arrived = threading.Event()
    go = threading.Event()

    def respond(received: Received) -> bytes:
        arrived.set()
        assert go.wait(20)
        return healthy(received)

    async def both(made: Reranker) -> tuple[Sequence[Hit[str]], list[float]]:
        ranked = asyncio.create_task(made.arank("q", ["a", "b"], top_n=1))
        score = asyncio.create_task(made.ascore("q", ["a"]))
        await asyncio.to_thread(arrived.wait, 20)
        go.set()  # only a loop that runs gets here
        return await ranked, await score

    with Loopback(respond) as server, Reranker(base_url=server.url) as made:
        hits, scores = asyncio.run(both(made))
    assert scores == [score_of("a")]
    assert [hit.rank for hit in hits] == [1]


def test_a_closed_reranker_says_so(server: Loopback) -> None:
    """It would hang, or open connections that nobody closes."""
    with Reranker(base_url=server.url) as made:
        made.score("q", ["a"])
    with pytest.raises(UsageError, match="closed"):
        made.rank("q", ["a"])
    made.close()


@pytest.mark.parametrize(
    ("status", "said", "problem", "hint"),
    [
        (401, "Invalid API Key", "a key is needed, and none was sent", "api_key="),
        (422, "body.model: Field required", "a model must be named", "Name one"),
    ],
)
def test_what_was_not_given_is_not_called_wrong(
    status: int, said: str, problem: str, hint: str
) -> None:
    """A program's author would look for a mistake in a key or a model that was never sent."""
    with (
        Loopback(lambda _: http({"detail": said}, status)) as server,
        Reranker(base_url=server.url) as made,
        pytest.raises(RefusedError) as caught,
    ):
        made.rank(QUERY, ["one"])
    assert caught.value.problem == problem
    assert hint in str(caught.value.hint)


def test_a_hit_says_what_matched(shared_model: None) -> None:
    """A program that shows hits would have to guess which part of a document to show."""
    text = "It is closed on Sundays. " * 20 + "Refunds take three days. " + "Ask at the desk. " * 20
    with Reranker() as local:
        (hit,) = local.rank("How long does a refund take?", [{"text": text}])
    assert hit.best is not None
    assert "Refunds take three days" in text[hit.best.start : hit.best.end]
