"""ScoringOptions: where and how to score, as a command line or a Python caller asks for it."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from rerank_cli.engines import Events
from rerank_cli.errors import UsageError
from rerank_cli.providers import Provider
from rerank_cli.settings import Flags, Settings, flags_for
from rerank_cli.transport import Policy

_BESIDE = ("cache", "text_field", "events")
"""Keywords that are no options of scoring, or are of another type there."""

OPTION_OF_EXTRA = {
    "instruction": "--instruction",
    "max_chunks_per_doc": "--max-chunks-per-doc",
    "overlap_tokens": "--overlap-tokens",
}

PRECISIONS = ("auto", "fp32", "int8")
"""Of the weights of a model in this process."""


# The least that each may be; the command declares the same bounds.
_LEAST = {"overlap_tokens": 0, "retries": 0} | dict.fromkeys(
    ("max_chunks_per_doc", "max_passages", "concurrency", "rpm", "tpm"), 1
)
_SECONDS = ("timeout", "deadline")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringOptions(Flags):
    """Where and how to score (see `Keywords`); None leaves it to the provider's row.

    Raises UsageError for a number that is out of bounds, or is none.
    """

    instruction: str | None = None
    max_chunks_per_doc: int | None = None
    overlap_tokens: int | None = None
    max_passages: int | None = None
    concurrency: int | None = None
    timeout: float = 60.0
    retries: int | None = None
    deadline: float | None = None
    rpm: int | None = None
    tpm: int | None = None
    precision: str | None = None
    pull: bool = False

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < least):
                problem = f"{name} is {value!r}, expected a whole number from {least} up"
                raise UsageError(problem)
        if self.precision not in (None, *PRECISIONS):
            raise UsageError(f"precision is {self.precision!r}, not one of {', '.join(PRECISIONS)}")
        for name in _SECONDS:
            value = getattr(self, name)
            if (value is not None or name == "timeout") and not _is_time(value):
                raise UsageError(f"{name} is {value!r}, expected seconds, more than 0")

    @property
    def extras(self) -> dict[str, object]:
        """The request fields that were asked for, by the option's name."""
        asked = {name: getattr(self, name) for name in OPTION_OF_EXTRA}
        return {name: value for name, value in asked.items() if value is not None}


def _is_time(value: object) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf  # type: ignore[operator]


def policy_for(settings: Settings, options: ScoringOptions) -> Policy:
    """Concurrency, timeout, retries and rate limits: as asked for, else by the provider's row."""
    row = settings.provider
    policy = Policy(
        concurrency=options.concurrency or row.concurrency,
        timeout=options.timeout,
        deadline=options.deadline,
        rpm=options.rpm or row.rpm,
        tpm=options.tpm or row.tpm,
    )
    if (retries := options.retries) is None:
        return policy
    return replace(policy, retries=retries, at_first=retries, exact=True)


class Keywords(TypedDict, total=False):
    """The keyword arguments of a Reranker; each is the command's option of the same name.

    What is left out, or None, is the provider's (see `rerank providers`), or what is in brackets.

    base_url       the endpoint, such as `http://localhost:7997`
    api_key        its key
    instruction    how to judge, for models that take one
    max_chunks_per_doc, overlap_tokens   for endpoints that cut long passages themselves
    cache          whether scores are stored on disk, so that only new ones are paid for; a path
                   names the file
    max_passages   passages that one request may carry
    concurrency    requests at once, at most (8)
    timeout        seconds that one attempt may take in all (60)
    retries        attempts after the first (8; fewer until anything has succeeded)
    deadline       seconds from the beginning of each call after which nothing is tried again
    rpm, tpm       requests and tokens a minute
    precision      of the weights of a model in this process: fp32, int8, or what suits the machine
    pull           whether such a model is downloaded if it is not here
    text_field     the field of a mapping that holds its text (first of text, passage, content …);
                   several are joined by a blank; "a.b" is b of the mapping a
    events         receives progress, retries and warnings, see `Events` (they are logged under the
                   name rerank_cli)
    """

    base_url: str | None
    api_key: str | None
    instruction: str | None
    max_chunks_per_doc: int | None
    overlap_tokens: int | None
    cache: bool | str | os.PathLike[str]
    max_passages: int | None
    concurrency: int | None
    timeout: float
    retries: int | None
    deadline: float | None
    rpm: int | None
    tpm: int | None
    precision: str | None
    pull: bool
    text_field: str | Sequence[str] | None
    events: Events | None


class Kept(TypedDict, total=False):
    """The keyword arguments of `Reranker.rank`."""

    top_n: int | None
    threshold: float | None
    scores: str


def options_of(
    model: str | None, keywords: Keywords, providers: Mapping[str, Provider]
) -> ScoringOptions:
    """The options of a Python caller; `model` is a provider, `provider:model` or a model."""
    scoring: Any = {name: each for name, each in keywords.items() if name not in _BESIDE}
    options = ScoringOptions(**scoring, cache=bool(keywords.get("cache")))
    return flags_for(model, options, providers) if model else options
