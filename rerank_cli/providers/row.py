"""The Provider type: one row of the table of providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from rerank_cli.errors import Fault
from rerank_cli.model import UNBOUNDED, UNIT, Range
from rerank_cli.providers.models import known

GENERAL_KEY = "RERANK_API_KEY"
"""The variable of a key for any provider; it comes before a provider's own variables."""

ACCOUNT = "{account}"
"""What stands for the user's account in a base URL."""

USUAL_PASSAGES = 100
"""Passages a request, where none are documented: a first-stage search recalls about this many."""

LIMITS = ("max_passages", "max_bytes", "max_tokens", "rpm", "tpm")


class Guess(int):
    """A limit that no documentation vouches for."""


# Without slots: the class would be made twice, at every start.
@dataclass(frozen=True)
class Provider:
    """One endpoint: where it is, its wire format, its limits, what its scores mean.

    name            as `-p` has it
    dialect         the wire format, a name in `dialects.DIALECTS`; empty for the embedded engine
    base_url        where its API begins; that of a server of one's own is its usual loopback port;
                    empty where only a flag or a variable names it. `{account}` in it is the user's
    account         the variable that names the user's account, for a base URL that holds it
    by_key          beginning of a key → the base URL that takes keys of that kind
    path            the rest of the URL where it is not the dialect's own; may hold `{model}`
    hosts           hosts beside that of the base URL that are its own: only its own may get its key
                    unasked, and only over TLS
    model           the default model; None sends none
    needs_model     whether it refuses requests without a model
    key_variables   where its key is looked for, after RERANK_API_KEY
    borrowed        variables of other companies that may hold its key (see settings)
    needs_key       whether it refuses requests without a key
    chosen_by_key   whether its key alone makes it the default; not so of keys that people have
                    for other uses
    key_header      the header that carries the key
    key_scheme      the word before the key, where that header is Authorization
    headers         headers of every request
    fields          fields of every request. No top_n or top_k is ever among them: all scores are
                    needed, and servers differ in what it does
    count           the field for how many results are wanted, None if there is none; it is sent
                    only after the endpoint left out results without it
    always_counted  whether it goes with every request, as the endpoint is known to leave some out
    extras          option → the field it goes into, if the model takes it (`providers.models`)
    max_passages    passages a request may carry
    max_bytes       bytes a request's body may have
    max_tokens      estimated tokens a request may have
    rpm, tpm        requests and tokens a minute
    concurrency     requests at once
    score_range     the range of its scores; None if that depends on the model, or is unknown
    status_url      where to ask for an answer that is not ready (status 202); `{id}` is its id
    marks           what only its replies hold, or its refusals: by these `rerank doctor`
                    recognises it
    codes           error code in a reply → why it refused
    words           lower-case words in an error → why it refused
    advice          why it refused → what to do about it
    """

    name: str
    dialect: str = "cohere"
    base_url: str = ""
    account: str | None = None
    by_key: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    hosts: frozenset[str] = frozenset()
    model: str | None = None
    needs_model: bool = False
    key_variables: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()
    needs_key: bool = False
    chosen_by_key: bool = True
    key_header: str = "Authorization"
    key_scheme: str = "Bearer"
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, object] = field(default_factory=dict)
    count: str | None = "top_n"
    always_counted: bool = False
    extras: Mapping[str, str] = field(default_factory=dict)
    max_passages: int | None = Guess(USUAL_PASSAGES)
    max_bytes: int | None = None
    max_tokens: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    concurrency: int = 8
    score_range: Range | None = None
    status_url: str | None = None
    marks: tuple[str, ...] = ()
    codes: Mapping[int | str, Fault] = field(default_factory=dict)
    words: Mapping[str, Fault] = field(default_factory=dict)
    advice: Mapping[Fault, str] = field(default_factory=dict)

    @property
    def is_embedded(self) -> bool:
        """Whether it scores in this process, so that nothing is sent."""
        return not self.dialect

    @property
    def kind(self) -> str:
        """Where it runs: embedded, hosted, self-hosted, or wherever a URL says."""
        if self.is_embedded:
            return "embedded"
        if not self.base_url:
            return "any"
        return "hosted" if urlsplit(self.base_url).scheme == "https" else "self-hosted"

    @property
    def guessed(self) -> frozenset[str]:
        """The names of the limits that are guesses."""
        return frozenset(name for name in LIMITS if isinstance(getattr(self, name), Guess))

    @property
    def own_hosts(self) -> frozenset[str]:
        """All hosts that are its own; none for a server that runs where its user likes."""
        if self.kind != "hosted":
            return self.hosts
        return self.hosts | {urlsplit(self.base_url).hostname or ""}

    def owns(self, url: str) -> bool:
        """Whether the URL's host is the provider's own, reached so that nobody can listen."""
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.hostname in self.own_hosts

    def field_of(self, option: str, model: str | None) -> str | None:
        """The request field that carries an option for a model, or None if it takes none."""
        return self.extras.get(option) if option in known(model).takes else None

    def scores_of(self, model: str | None) -> Range | None:
        """The range of a model's scores, None if unknown."""
        if self.is_embedded:
            # Models have the range that their files say.
            return self.score_range
        row = known(model)
        if row.or_unit and self.score_range == UNBOUNDED:
            return None
        return row.score_range if row.decides_range else self.score_range

    def url_for(self, key: str | None) -> str:
        """The base URL for requests with this key; empty if it has none of its own."""
        kinds = (url for start, url in self.by_key.items() if key and key.startswith(start))
        return next(kinds, self.base_url)


hosted = partial(Provider, needs_key=True, score_range=UNIT)
"""A row, with what most hosted endpoints have in common."""

NO_ECHO = {"return_documents": False}
"""For endpoints that echo the documents unless a field forbids it."""

INSTRUCTION = {"instruction": "instruction"}
CHUNKS = {"max_chunks_per_doc": "max_chunks_per_doc", "overlap_tokens": "overlap_tokens"}
