"""Options of the command line, or arguments in Python, that say where to score."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rerank_cli.providers import Provider


@dataclass(frozen=True, slots=True)
class Flags:
    """What a caller says itself; None where it says nothing.

    price       of a million tokens, for estimates
    cache       whether scores are kept
    general_key whether RERANK_API_KEY may be for a provider that has variables of its own: False
                where several providers are asked
    api_key     a key from the caller; it comes before all others
    """

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    price: float | None = None
    cache: bool = False
    general_key: bool = True
    api_key: str | None = field(default=None, repr=False)


F = TypeVar("F", bound=Flags)

_PATH = re.compile(r"[./~\\]|[A-Za-z]:[\\/]|.*\.onnx$", re.DOTALL)


def is_path(model: str) -> bool:
    """Whether a model's name can only be a path: ./x, /x, ~/x, x.onnx, or with a drive."""
    return bool(_PATH.match(model))


def flags_for(name: str, flags: F, providers: Mapping[str, Provider]) -> F:
    """The flags with a name added: PROVIDER, PROVIDER:MODEL, or a model where the flags say.

    PROVIDER alone asks for that provider's default model.
    """
    prefix, _, model = name.partition(":")
    provider = providers.get(prefix.lower())
    if provider is None:
        return replace(flags, model=name, general_key=True)
    # One URL is not that of several providers; but a provider that has none needs it.
    is_its_own = flags.general_key or provider.kind == "any"
    return replace(
        flags,
        provider=provider.name,
        model=model or provider.model,
        base_url=flags.base_url if is_its_own else None,
    )
