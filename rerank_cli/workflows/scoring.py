"""The options of where and how to score, gathered from a command's parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rerank_cli.errors import UsageError
from rerank_cli.settings import Flags
from rerank_cli.transport import Policy

EXTRAS = ("instruction", "max_chunks_per_doc", "overlap_tokens")
"""Parameters that become request fields, for models that take them."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Where and how passages are scored; `extras` are the fields that only some models take."""

    flags: Flags
    extras: Mapping[str, object]
    policy: Policy
    max_passages: int | None


def check_texts(scoring: Scoring) -> None:
    """Raise UsageError for a text that cannot be sent."""
    for name, text in {**scoring.extras, "model": scoring.flags.model}.items():
        if isinstance(text, str):
            check_text(text, f"--{name}")


def check_text(text: str, what: str) -> None:
    """Raise UsageError unless the text can be sent."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{what} is not UTF-8 text", "Check the terminal's encoding (locale)."
        ) from None


def scoring_of(params: Mapping[str, Any]) -> Scoring:
    """From the parameters of a command that has all options of the two topics, by their names."""
    flags = Flags(
        params["provider"],
        params["model"],
        params["base_url"],
        params["price_per_million"],
        params["cache"],
    )
    policy = Policy(
        params["concurrency"] or 0,
        params["timeout"],
        deadline=params["deadline"],
        rpm=params["rpm"],
        tpm=params["tpm"],
    )
    retries = params["retries"]
    if retries is not None:
        policy = replace(policy, retries=retries, at_first=retries, exact=True)
    extras = {name: params[name] for name in EXTRAS}
    return Scoring(flags, extras, policy, params["max_passages"])
