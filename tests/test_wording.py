"""Nothing decides by the wording of a message.

With every word of every error changed, the exit codes, the retries, the requests, what a batch does
and what the doctor finds stay what they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

import rerank_cli
from tests.answers import flagship_score, scoring
from tests.connections import Misbehaving
from tests.doctor import servers
from tests.doctor.diagnosis import WITH_KEY
from tests.rewording import Behaviour, Command, Server, unchanged
from tests.running import KEY
from tests.serving import Loopback, Received, Respond, free_port, http, tls_of
from tests.word_scan import found_in

_PACKAGE = Path(rerank_cli.__file__).parent

_healthy = scoring(flagship_score)
_PAGE = b"<!DOCTYPE html><html><title>Sign in</title></html>"


def _always(
    body: object, status: int = 200, headers: dict[str, str] | None = None
) -> Callable[[Received], bytes]:
    return lambda _: http(body, status, headers)


def _but(text: str, refusal: bytes) -> Respond:
    """A server that scores, but refuses requests that hold a text."""

    def respond(asked: Received) -> bytes:
        return refusal if text in asked.json["documents"] else _healthy(asked)

    return respond


def _at_most_two(asked: Received) -> bytes:
    large = len(asked.json["documents"]) > 2
    return http({"message": "too many"}, 413) if large else _healthy(asked)


def _forgetful(asked: Received) -> bytes:
    texts = [(i, text) for i, text in enumerate(asked.json["documents"]) if text != "three"]
    return http({"results": [{"index": i, "relevance_score": 0.5} for i, _ in texts]})


_SAID_NO = http({"message": "not acceptable"}, 400)
_ONE_BY_ONE = ("q", "--base-url", "{url}", "--max-passages", "1", "--concurrency", "1")

RANKING = [
    (Command("wrong key", _always(b"Invalid token", 401), environ=WITH_KEY), 4, 1),
    (Command("no key", _healthy, ("q", "-p", "siliconflow")), 3, 0),
    (Command("no model", _healthy, ("q", "-p", "litellm", "--base-url", "{url}")), 3, 0),
    (Command("unknown model", _always({"message": "The model `m` does not exist."}, 404)), 4, 1),
    (Command("redirect", _always(b"", 302, {"Location": "https://x.example/v1"})), 5, 1),
    (Command("no JSON", _always(b"OK")), 5, 3),
    (Command("broken JSON", _always(b'{"results": [{"ind')), 5, 4),
    (Command("empty reply", _always(b"")), 5, 4),
    (Command("no scores", _always({"hello": 1})), 5, 1),
    (Command("overload", _always({"message": "busy"}, 503)), 5, 4),
    (Command("long wait", _always(b"", 429, {"Retry-After": "900"})), 4, 4),
    (Command("too large", _at_most_two), 0, 3),
    (Command("one too large", _but("two", http({"message": "too large"}, 413))), 4, 5),
    (Command("forgotten passage", _forgetful), 5, 4),
    (Command("refused passage", _but("three", _SAID_NO), _ONE_BY_ONE), 4, 4),
    (Command("refused at first", _always({"message": "no"}, 400)), 4, 3),
]


@pytest.mark.parametrize(("command", "code", "sent"), RANKING, ids=str)
def test_ranking_goes_by_facts(command: Command, code: int, sent: int) -> None:
    """A better wording would change an exit code, or how often an endpoint is asked."""
    behaviour = unchanged(command)
    assert (behaviour.code, behaviour.sent) == (code, sent)
    assert bool(behaviour.errors) == bool(code)


def test_a_refused_passage_is_named_by_a_field() -> None:
    """A better wording would lose the passage that is to blame."""
    (refused,) = (each for each, *_ in RANKING if each.name == "refused passage")
    assert unchanged(refused).errors[-1]["passages"] == ("<stdin>:3",)
    (busy,) = (each for each, *_ in RANKING if each.name == "overload")
    facts = unchanged(busy).errors[-1]
    assert (facts["status"], facts["attempts"]) == (503, 4)


_JOB = '{"id": "%s", "query": "q", "documents": ["one", "%s"]}\n'
_BATCH = ("batch", "jobs.jsonl", "--base-url", "{url}", "--concurrency", "1", "-f", "trec")
_JOBS = _JOB % ("a", "two") + _JOB % ("b", "three") + _JOB % ("c", "four")

BATCHES = [
    (Command("refused query", _but("three", _SAID_NO), _BATCH, _JOBS), 6, "ac"),
    (Command("line that is no job", _healthy, _BATCH, "[]\n" + _JOBS), 6, "abc"),
    (Command("bad document", _healthy, _BATCH, _JOBS.replace('"two"', "{}")), 6, "bc"),
    (Command("line that is cut off", _healthy, _BATCH, _JOBS[:-9]), 6, "ab"),
    (Command("key refused", _always(b"", 401), _BATCH, _JOBS), 4, ""),
    (Command("failure at first", _always(b"boom", 501), _BATCH, _JOBS), 5, ""),
    (Command("failure later", _but("three", http(b"", 599)), _BATCH, _JOBS), 6, "ac"),
]


@pytest.mark.parametrize(("command", "code", "finished"), BATCHES, ids=str)
def test_a_batch_goes_on_or_ends_by_facts(command: Command, code: int, finished: str) -> None:
    """A better wording would end a batch at one bad query, or send thousands with a bad key."""
    behaviour = unchanged(command)
    assert behaviour.code == code
    assert {line.split()[0] for line in behaviour.output} == set(finished)


def _doctor(name: str, respond: Respond, *arguments: str, key: str | None = None) -> Command:
    environ = {"RERANK_API_KEY": key} if key else {}
    command = ("doctor", "--base-url", "{url}", "--json", "--timeout", "1", *arguments)
    return Command(name, respond, command, environ=environ)


_guarded = servers.guarded(servers.vllm, KEY, http({"error": "Unauthorized"}, 401))

DOCTOR = [
    (_doctor("healthy", servers.vllm), 0, []),
    (_doctor("key needed", _guarded), 4, ["key"]),
    (_doctor("wrong key", _guarded, key=f"not-{KEY}"), 4, ["key"]),
    (_doctor("missing key", _guarded, "-p", "siliconflow"), 3, ["key"]),
    (_doctor("unknown model", servers.vllm, "-m", "nope"), 4, ["model"]),
    (_doctor("model found out", servers.litellm), 0, []),
    (_doctor("model missing", servers.xinference, "-p", "xinference"), 0, []),
    (_doctor("another wire form", servers.tei, "-p", "vllm"), 4, []),
    (_doctor("web page", _always(_PAGE)), 5, ["wire form"]),
    (_doctor("web page, not found", _always(_PAGE, 404)), 4, ["wire form"]),
    (_doctor("login", _always(b"", 302, {"Location": "/oauth2/start"})), 5, ["wire form"]),
    (_doctor("moved", _always(b"", 302, {"Location": "https://x.example"})), 5, ["wire form"]),
    (_doctor("wants TLS", _always(b"an HTTP request to an HTTPS server", 400)), 4, ["TLS"]),
    (_doctor("wants a model", _always({"detail": "model: required"}, 422)), 4, ["model"]),
    (_doctor("no scores", _always({"hello": 1})), 5, ["wire form"]),
    (_doctor("no JSON", _always(b"OK")), 5, ["wire form"]),
    (_doctor("failure", _always({"error": "boom"}, 500)), 5, ["wire form"]),
    (_doctor("no reranker", _always({"error": "not a reranker"}, 501)), 5, ["wire form"]),
    (_doctor("Ollama", servers.ollama), 4, ["wire form"]),
    (_doctor("LM Studio", servers.lm_studio), 4, ["wire form"]),
    (_doctor("check for browsers", servers.challenge, key=KEY), 4, ["answer"]),
    (_doctor("same score twice", _always({"results": [{"index": 0}] * 3})), 5, ["scores"]),
    (_doctor("rate limit", _always(b"", 429, {"Retry-After": "9"})), 4, ["answer"]),
    (_doctor("no HTTP", lambda _: b"220 smtp.example\r\n\r\n"), 5, ["reachable"]),
]


def _bad(behaviour: Behaviour) -> list[str]:
    return [name for name, ok in behaviour.output if ok is False]


@pytest.mark.parametrize(("command", "code", "bad"), DOCTOR, ids=str)
def test_the_doctor_goes_by_facts(command: Command, code: int, bad: list[str]) -> None:
    """A better wording would send the user of `rerank doctor` after the wrong fault."""
    behaviour = unchanged(command)
    assert (behaviour.code, _bad(behaviour)) == (code, bad)


_YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("host", "trusted", "until", "fix"),
    [
        ("localhost", False, None, "The certificate is not trusted here."),
        ("elsewhere.example", True, None, "The certificate is for another host name"),
        ("localhost", True, _YESTERDAY, "The certificate has expired"),
    ],
    ids=["not trusted", "another host", "expired"],
)
def test_certificates_are_told_apart_by_facts(
    host: str, trusted: bool, until: datetime | None, fix: str, tmp_path: Path
) -> None:
    """A better wording, or another OpenSSL's, would name the wrong fix for a certificate."""
    authority = trustme.CA()
    certificate = authority.issue_cert(host, not_after=until)
    known = (authority if trusted else trustme.CA()).cert_pem
    known.write_to_path(file := tmp_path / "ca.pem")
    environ = {"SSL_CERT_FILE": str(file)}

    def server() -> Loopback:
        return Loopback(servers.vllm, tls=tls_of(certificate))

    doctor = ("doctor", "--base-url", "{url}", "--json")
    examined = unchanged(Command("doctor", _healthy, doctor, environ=environ), server)
    assert (examined.code, _bad(examined)) == (5, ["TLS"])
    assert examined.fixes[0].startswith(fix)
    ranked = unchanged(Command("rank", _healthy, environ=environ), server)
    assert (ranked.code, ranked.sent) == (5, 0)


@dataclass
class _Nobody:
    """A port at which nothing listens."""

    url: str = field(default_factory=lambda: f"http://127.0.0.1:{free_port()}/v1")

    def __enter__(self) -> "_Nobody":
        return self

    def __exit__(self, *_: object) -> None: ...


@dataclass
class _Plain(Misbehaving):
    """A server without TLS, asked with it."""

    def __enter__(self) -> "_Plain":
        super().__enter__()
        self.url = self.url.replace("http:", "https:")
        return self


def _plain() -> _Plain:
    return _Plain(behave=lambda connection: connection.send(http(b"", 400)))


@pytest.mark.parametrize(
    ("server", "bad"), [(_Nobody, "reachable"), (_plain, "TLS")], ids=["nobody", "plain http"]
)
def test_what_cannot_be_reached_is_told_apart_by_facts(
    server: Callable[[], Server], bad: str
) -> None:
    """A better wording would send a user after certificates where nothing listens."""
    doctor = ("doctor", "--base-url", "{url}", "--json")
    examined = unchanged(Command("doctor", _healthy, doctor), server)
    assert (examined.code, _bad(examined)) == (5, [bad])
    assert unchanged(Command("rank", _healthy), server).code == 5


@pytest.mark.parametrize(
    "code",
    [
        'if "redirect" in error.message: pass',
        'if error.hint == "x": pass',
        'error.message.startswith("x")',
        'error.problem.lower().replace("a", "b")',
        '"x" in (error.hint or "")',
        'text = error.message.upper()\nif "SSL" in text: pass',
        "_SIGN.search(error.message)",
        "error.problem[:5]",
        'error.message += "; more"',
        'error.hint = "Try again."',
        "try: pass\nexcept ScoringError as error: error.attempts = 3",
        'try: pass\nexcept RerankError as error: "x" in str(error)',
        "match error.problem:\n case 'x': pass",
    ],
)
def test_the_scan_finds_what_it_looks_for(code: str, tmp_path: Path) -> None:
    """The next test could not fail."""
    (file := tmp_path / "code.py").write_text(code)
    assert found_in(file)


def test_no_code_searches_or_edits_the_words_of_an_error() -> None:
    """A better wording would change what rerank does, where no test plays it."""
    files = (file for file in _PACKAGE.rglob("*.py") if file.name != "errors.py")
    assert [place for file in files for place in found_in(file)] == []
