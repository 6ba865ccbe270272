"""`rerank doctor` without its command: what it finds out, and what it asked for that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rerank_cli.doctor import Diagnosis, Finding, diagnose
from rerank_cli.errors import ExitCode
from rerank_cli.providers import PROVIDERS, Provider
from rerank_cli.settings import Flags, resolve
from rerank_cli.transport import MAX_REPLY, Reply, Transport
from tests.running import KEY
from tests.serving import Loopback, Received, Respond

WITH_KEY = {"RERANK_API_KEY": KEY}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out, finding by finding."""

    found: Diagnosis

    @property
    def code(self) -> ExitCode:
        """The exit code."""
        return self.found.exit_code

    @property
    def bad(self) -> list[str]:
        """The names of the findings that are not ok."""
        return [each.name for each in self.found.findings if each.ok is False]

    @property
    def names(self) -> list[str]:
        """The names of all findings."""
        return [each.name for each in self.found.findings]

    def __getitem__(self, name: str) -> Finding:
        (finding,) = (each for each in self.found.findings if each.name == name)
        return finding

    def text(self, name: str) -> str:
        """A finding and its fix, as one text."""
        return f"{self[name].text} → {self[name].fix}"


def check(
    url: str,
    provider: str | None = None,
    model: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    rows: Mapping[str, Provider] = PROVIDERS,
    connect: Callable[[], Transport] | None = None,
    timeout: float = 20.0,
) -> Checked:
    """Examine the endpoint at a URL, with `timeout` seconds a probe; `connect` is the network."""
    settings = resolve(Flags(provider, model, url), environ or {}, None)
    network = (lambda: connect) if connect else None
    return Checked(diagnose(settings, rows, timeout, lambda _: None, connect=network))


def visit(
    respond: Respond,
    path: str = "/v1",
    provider: str | None = None,
    model: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Checked, Sequence[Received]]:
    """Examine a server at a path, and return what it was asked, too."""
    with Loopback(respond) as server:
        return check(server.url_at(path), provider, model, environ=environ), server.received


@dataclass
class Canned:
    """A network where one server answers for every host."""

    respond: Respond
    urls: list[str] = field(default_factory=list)
    closed: bool = False

    def __call__(self) -> "Canned":
        return self

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        most: int = MAX_REPLY,
    ) -> Reply:
        self.urls.append(url)
        path = "/" + url.split("/", 3)[3]
        small = {name.lower(): value for name, value in headers.items()}
        reply = self.respond(Received(f"{method} {path} HTTP/1.1", small, body))
        head, _, content = reply.partition(b"\r\n\r\n")
        return Reply(int(head.split()[1]), {}, content)

    def close(self) -> None:
        self.closed = True
