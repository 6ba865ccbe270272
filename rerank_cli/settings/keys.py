"""Decides which key may be sent to which host.

- A key that the caller gives as `api_key` comes first, then RERANK_API_KEY, then the provider's own
  variables; the environment before `.env`.
- Where several providers are asked, each only gets its own variables' key, if it has any.
- A key from the caller or the environment is not sent to a base URL that a `.env` file names,
  unless that is the provider's own host over TLS: a cloned folder must not be able to collect keys.
- What the pyproject.toml of a project defines gets no key, and its choice of a variable does not
  count: only `api_key` or RERANK_API_KEY, and only to a URL that a flag or a variable names.
- Another company's variable (OPENAI_API_KEY for SiliconFlow) serves from `.env`; from the
  environment only when the provider was asked for by flag or by the environment itself.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from rerank_cli.errors import SettingsError
from rerank_cli.providers import GENERAL_KEY, Provider
from rerank_cli.settings.sources import FLAG, Found, Sources
from rerank_cli.settings.urls import is_loopback, shown_url
from rerank_cli.transport.proxy import proxy_for


def key_for(
    provider: Provider, named: Found, base_url: Found | None, sources: Sources
) -> tuple[Found | None, str | None]:
    """The key for the provider, or None and why one that is here must not be used.

    `named` is what named the provider, `base_url` the URL if one is named.
    """
    project_file = sources.config.project.get(provider.name)
    own = (GENERAL_KEY, *provider.key_variables)
    if provider.key_variables and not sources.general_key:
        own = provider.key_variables
    if project_file and base_url is None:
        if not provider.needs_key and not sources.key(*own):
            return None, None
        return None, (
            f"no key is sent to {shown_url(provider.base_url)}, which {project_file} names; give "
            "that URL with --base-url, or define the provider in your own configuration file, if "
            "you trust it"
        )
    if project_file:
        own = (GENERAL_KEY,)
    untrusted = None
    # A project may name hosts as it likes: they are not its own.
    if base_url and not base_url.by_user and (project_file or not provider.owns(base_url.value)):
        untrusted = base_url
    key = sources.key(*own, only_file=bool(untrusted))
    key = key or sources.find(*provider.borrowed, only_file=True)
    # A `.env` file's RERANK_PROVIDER is not the user asking.
    asked_for = named.variable in ("--provider", "RERANK_PROVIDER") and named.by_user
    if asked_for and not untrusted:
        key = key or sources.find(*provider.borrowed)
    if key is None:
        return None, _withheld(provider, own, untrusted, sources)
    # Quotes and backslashes too: they would be written otherwise where a reply echoes the key.
    if not key.value.isascii() or not key.value.isprintable() or set(key.value) & set(" \"'\\"):
        raise SettingsError(
            f"{key} holds characters that no key has (blanks, quotes, controls, non-ASCII)",
            "Give the key alone, without quotes or 'Bearer'.",
        )
    return key, None


def _withheld(
    provider: Provider, own: tuple[str, ...], untrusted: Found | None, sources: Sources
) -> str | None:
    """Why a key that is here was not taken; None if none is here."""
    kept = sources.key(*own)
    if untrusted and kept:
        key = kept if kept.origin == FLAG else f"{kept.variable} from the environment"
        return (
            f"{key} is not sent to {shown_url(untrusted.value)}, "
            f"which {untrusted.origin} names; give that URL with --base-url if you trust it"
        )
    if GENERAL_KEY not in own and (general := sources.find(GENERAL_KEY)):
        return f"{general} is not sent to several providers; set {' or '.join(own)}"
    if lent := sources.find(*provider.borrowed):
        return (
            f"{lent.variable} from the environment is not sent to {provider.name} unless you ask "
            f"for it: -p {provider.name}"
        )
    return None


def warnings_of(
    url: str, key: Found | None, withheld: str | None, provider: Provider
) -> Iterator[str]:
    """What the user should know of the key that is used, or not used."""
    if withheld and not provider.needs_key:
        yield withheld
    if key and urlsplit(url).scheme == "http" and leaves(url):
        proxy = proxy_for(url)
        through = f" through the proxy {_host(proxy.url)}" if proxy else ""
        cure = "use https if the server has it"
        if is_loopback(_host(url)):
            cure = f"set NO_PROXY={_host(url)} to go there directly"
        yield f"the key goes to {shown_url(url)} unencrypted{through}: {cure}"


def leaves(url: str) -> bool:
    """Whether what is sent to a URL leaves this machine, as it does through a proxy elsewhere."""
    proxy = proxy_for(url)
    return not all(is_loopback(_host(each)) for each in (url, proxy and proxy.url) if each)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
