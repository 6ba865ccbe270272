"""Which key goes where.

- RERANK_API_KEY, then the provider's own variables; the environment before `.env`.
- Where several providers are asked, each only gets its own variables' key, if it has any.
- A key from the environment is not sent to a base URL that a `.env` file names, unless that is
  the provider's own host over TLS: a cloned folder must not be able to collect keys.
- What the pyproject.toml of a project defines gets no key, and its choice of a variable does not
  count: only RERANK_API_KEY, and only to a URL that a flag or a variable names.
- Another company's variable (OPENAI_API_KEY for SiliconFlow) serves from `.env`; from the
  environment only when the provider was asked for by flag or by the environment itself.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from rerank_cli.errors import SettingsError
from rerank_cli.providers import GENERAL_KEY, Provider
from rerank_cli.settings.sources import ENVIRONMENT, FLAG, Found, Sources
from rerank_cli.urls import is_loopback, shown_url


def key_for(
    provider: Provider, asked: Found, base_url: Found | None, sources: Sources
) -> tuple[Found | None, str | None]:
    """The key for the provider, or None and why one that is here must not be used."""
    own = (GENERAL_KEY, *provider.key_variables)
    if provider.key_variables and not sources.general_key:
        own = provider.key_variables
    defined_by = sources.config.project.get(provider.name)
    if defined_by and base_url is None:
        lacking = provider.needs_key or sources.find(*own)
        return None, _of_project(provider, defined_by) if lacking else None
    if defined_by:
        own = (GENERAL_KEY,)
    foreign = (
        base_url is not None
        and base_url.origin not in (FLAG, ENVIRONMENT)
        # A project may name hosts as it likes: they are not its own.
        and (defined_by is not None or not provider.owns(base_url.value))
    )
    key = sources.find(*own, skip=ENVIRONMENT if foreign else None)
    if key is None:
        key = sources.find(*provider.borrowed, skip=ENVIRONMENT)
    # A `.env` file's RERANK_PROVIDER is not the user asking.
    if (
        key is None
        and not foreign
        and asked.origin in (FLAG, ENVIRONMENT)
        and asked.variable in ("--provider", "RERANK_PROVIDER")
    ):
        key = sources.find(*provider.borrowed)
    if key:
        _check_key(key)
        return key, None
    kept = sources.find(*own)
    if foreign and kept and base_url:
        return None, (
            f"{kept.variable} from the environment is not sent to {shown_url(base_url.value)}, "
            f"which {base_url.origin} names; give that URL with --base-url if you trust it"
        )
    general = None if GENERAL_KEY in own or defined_by else sources.find(GENERAL_KEY)
    if general:
        return None, (
            f"{general} is not sent to several providers; set {' or '.join(provider.key_variables)}"
        )
    lent = sources.find(*provider.borrowed)
    if lent:
        return None, (
            f"{lent.variable} from the environment is not sent to {provider.name} unless you ask "
            f"for it: -p {provider.name}"
        )
    return None, None


def _of_project(provider: Provider, defined_by: str) -> str:
    return (
        f"no key is sent to {shown_url(provider.base_url or '')}, which {defined_by} names; give "
        "that URL with --base-url, or define the provider in your own configuration file, if you "
        "trust it"
    )


def _check_key(key: Found) -> None:
    # Quotes and backslashes too: they would be written otherwise where a reply echoes the key.
    if not key.value.isascii() or not key.value.isprintable() or set(key.value) & set(" \"'\\"):
        raise SettingsError(
            f"{key} holds characters that no key has (blanks, quotes, controls, non-ASCII)",
            "Give the key alone, without quotes or 'Bearer'.",
        )


def warnings_of(
    url: str, key: Found | None, withheld: str | None, provider: Provider
) -> Iterator[str]:
    """What the user should know of the key that is used, or not used."""
    if withheld and not provider.needs_key:
        yield withheld
    if key and urlsplit(url).scheme == "http" and not is_loopback(urlsplit(url).hostname or ""):
        yield f"the key goes to {shown_url(url)} unencrypted: use https if the server has it"
