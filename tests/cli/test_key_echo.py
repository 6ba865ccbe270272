"""An endpoint that echoes the key: it gets into nothing that is shown or stored."""

import json
import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from rerank_cli import Reranker
from rerank_cli.errors import RerankError
from tests.running import rerank
from tests.serving import Loopback, Received, http
from tests.test_redaction import SPELLINGS, runs

KEY = "sk-Ab0/cD1=eF2+gH3%41iJ4_kL5.mN6-oP7~qR8"
JOBS = '{"id": 1, "query": "q", "documents": ["a", "b"]}\n'


class Echo:
    """Answers each request with the key in it somewhere, by chance."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def __call__(self, received: Received) -> bytes:
        chance = self._random
        before = "x" * chance.choice([0, 0, 30, 520, 560, 575, 590, 3900, 3990])
        said = f"{before} Bearer {SPELLINGS[chance.choice(list(SPELLINGS))](KEY)} is wrong"
        raw = json.dumps({"message": "MARK"}).replace("MARK", said.replace('"', "'"))
        body: object = chance.choice(
            [
                *({"message": said}, {"error": {"message": said, "code": said}}, said.encode()),
                *({"detail": [{"loc": [said], "msg": said}]}, raw.encode(), {"id": said}),
                {"results": [{"index": said, "relevance_score": said}] * 2},
                {"results": [{"index": index, "relevance_score": said} for index in (0, 1)]},
                {"results": [{"index": 0, "relevance_score": 0.5}], "model": said},
                *(
                    {"data": [{"id": said}]},
                    {"error": said},
                    {"error": {"code": 400, "type": said}},
                ),
                *(f"<html>{said}".encode(), f'{{"results": [{said}'.encode(), [said]),
            ]
        )
        status = chance.choice([200, 200, 400, 401, 404, 413, 422, 429, 500, 503, 302, 202])
        line = said.replace("\n", "").encode("ascii", "replace").decode()
        headers = {
            name: line
            for name in ("x-request-id", "location", "retry-after", "nvcf-reqid", "server")
            if chance.random() < 0.3
        }
        if chance.random() < 0.05:
            return f"HTTP/1.1 {line}\r\n\r\n".encode()
        return http(body, status, headers)


@pytest.fixture
def echo(request: pytest.FixtureRequest) -> Iterator[Loopback]:
    """A server that echoes keys."""
    with Loopback(Echo(request.param)) as running:
        yield running


def _stored(folder: Path) -> str:
    return "".join(
        each.name + each.read_bytes().decode("utf-8", "replace")
        for each in folder.rglob("*")
        if each.is_file()
    )


@pytest.mark.parametrize(
    ("echo", "times"),
    [(4, 12), *(pytest.param(seed, 250, marks=pytest.mark.long) for seed in range(4))],
    indirect=["echo"],
)
def test_nothing_shows_or_stores_eight_characters_of_a_key(
    echo: Loopback, times: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A key would lie in a log, in the file of errors, in a journal, or in a bug report.

    Each of the times has five sinks, each with a reply of its own.
    """
    Path("jobs.jsonl").write_text(JOBS)
    caplog.set_level(logging.DEBUG, "rerank_cli")
    where = ("--base-url", echo.url, "-m", "m", "--cache", "--debug")
    once = ("--retries", "0", "--timeout", "5")
    env = {"RERANK_API_KEY": KEY}
    seen: list[str] = []
    for _ in range(times):
        for arguments in (
            ("q", "-", *where, *once),
            ("batch", "jobs.jsonl", "-o", "out", "--fresh", *where, *once),
            ("doctor", "--base-url", echo.url, "--debug"),
            ("doctor", "--base-url", echo.url, "--json", "-v"),
        ):
            done = rerank(*arguments, stdin="a\nb\n", env=env)
            assert "internal error" not in done.err, done.err
            seen.append(done.out + done.err)
        with Reranker("m", base_url=echo.url, api_key=KEY, retries=0) as reranker:
            try:
                reranker.rank("q", ["a", "b"])
            except RerankError as error:
                logging.getLogger("rerank_cli").exception("it failed")
                seen.append(repr(vars(error)) + str(error))
    seen += [_stored(tmp_path), caplog.text]
    assert not [run for run in runs(KEY) if any(run in text for text in seen)]
    assert "[key]" in "".join(seen)
