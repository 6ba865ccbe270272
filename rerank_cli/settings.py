"""Flags, then environment, then `.env`, then defaults: resolved once, here.

The rules for keys, in one place:

- RERANK_API_KEY, then the provider's own variables; the environment before `.env`.
- A key from the environment is not sent to a base URL that a `.env` file names, unless that is
  the provider's own host over TLS: a cloned folder must not be able to collect keys.
- Another company's variable (OPENAI_API_KEY for SiliconFlow) serves from `.env`; from the
  environment only when the provider was asked for by flag or by the environment itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rerank_cli.dotenv import DotEnv
from rerank_cli.errors import SettingsError
from rerank_cli.providers import CUSTOM, LOCAL, PROVIDERS, Provider, owner_of

FLAG, ENVIRONMENT, DEFAULT = "flag", "environment", "default"


@dataclass(frozen=True, slots=True)
class Found:
    """A setting with where it stands: the variable, and `environment` or the `.env` file's path."""

    value: str = field(repr=False)
    variable: str
    origin: str

    def __str__(self) -> str:
        return self.variable if self.origin == FLAG else f"{self.variable} ({self.origin})"


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says of where to score; None where it says nothing."""

    provider: str | None = None
    model: str | None = None
    base_url: str | None = None
    price: float | None = None
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to score; `withheld` says why a key that is here is not used.

    `price` is that of a million tokens, for estimates, or None if unknown. `cache` says whether
    scores are kept.
    """

    provider: Provider
    provider_origin: str
    model: str | None
    base_url: str | None
    key: Found | None = None
    withheld: str | None = None
    price: float | None = None
    warnings: tuple[str, ...] = ()
    cache: bool = False

    def require_key(self) -> None:
        """Raise SettingsError unless the provider can be asked with what is here."""
        if self.key or not self.provider.needs_key:
            return
        if self.withheld:
            raise SettingsError(f"no key for {self.provider.name}: {self.withheld}")
        names = " or ".join(("RERANK_API_KEY", *self.provider.key_variables))
        raise SettingsError(
            f"no key for {self.provider.name}",
            f"Set {names} in the environment or in .env; or rank without one: -p local",
        )


def resolve(flags: Flags, environ: Mapping[str, str], dotenv: DotEnv | None) -> Settings:
    """The settings from all sources. Raises SettingsError for one that cannot be used."""
    sources = _Sources(environ, dotenv)
    base_url = sources.setting(flags.base_url, "--base-url", "RERANK_BASE_URL")
    if base_url:
        _check_url(base_url)
    provider, asked = _provider(flags, sources, base_url)
    model = _model(flags, sources, provider)
    price = _price(flags, sources)
    cache = _cache(flags, sources)
    if provider.dialect is None:
        if flags.base_url:
            raise SettingsError(
                f"--base-url does not go with the provider {provider.name}",
                "Name another provider, or leave -p out: custom is used for a URL.",
            )
        return Settings(provider, asked.origin, model, None, price=price, cache=cache)
    url = base_url.value if base_url else provider.base_url
    if url is None:
        raise SettingsError(
            f"the provider {provider.name} has no URL of its own", "Give one with --base-url."
        )
    key, withheld = _key(provider, asked, base_url, sources)
    warnings = tuple(_key_warnings(url, key, withheld, provider))
    return Settings(provider, asked.origin, model, url, key, withheld, price, warnings, cache)


class _Sources:
    """The environment and the `.env` file, asked in that order; blank values count as unset."""

    def __init__(self, environ: Mapping[str, str], dotenv: DotEnv | None) -> None:
        self.places: list[tuple[str, Mapping[str, str]]] = [(ENVIRONMENT, environ)]
        if dotenv:
            self.places.append((dotenv.path, dotenv.values))

    def find(self, *variables: str, skip: str | None = None) -> Found | None:
        for origin, values in self.places:
            for variable in variables:
                value = values.get(variable, "").strip()
                if value and origin != skip:
                    return Found(value, variable, origin)
        return None

    def setting(self, flag: str | None, option: str, variable: str) -> Found | None:
        if flag is not None:
            return Found(flag.strip(), option, FLAG)
        return self.find(variable)


def _provider(flags: Flags, sources: _Sources, base_url: Found | None) -> tuple[Provider, Found]:
    """The provider, and what asked for it."""
    named = sources.setting(flags.provider, "--provider", "RERANK_PROVIDER")
    if named:
        provider = PROVIDERS.get(named.value.lower())
        if provider is None:
            raise SettingsError(
                f"unknown provider {named.value!r}, from {named}",
                f"Known: {', '.join(PROVIDERS)}. Any other endpoint: --base-url URL",
            )
        return provider, named
    if base_url:
        return owner_of(base_url.value) or CUSTOM, base_url
    chosen = Found("", "", DEFAULT)
    for provider in PROVIDERS.values():
        if provider.needs_key and _key(provider, chosen, None, sources)[0]:
            return provider, chosen
    return LOCAL, chosen


def _model(flags: Flags, sources: _Sources, provider: Provider) -> str | None:
    named = sources.setting(flags.model, "--model", "RERANK_MODEL")
    if provider.dialect is not None:
        return named.value if named else provider.model
    if named and named.origin == FLAG and named.value != provider.model:
        raise SettingsError(
            f"the provider {provider.name} has no model {named.value!r}, only {provider.model!r}",
            "Other models are served by endpoints: set a key, or give --base-url.",
        )
    return provider.model


def _price(flags: Flags, sources: _Sources) -> float | None:
    named = sources.find("RERANK_PRICE_PER_MILLION")
    if flags.price is not None or named is None:
        return flags.price
    try:
        price = float(named.value)
    except ValueError:
        price = -1.0
    if not 0 <= price < float("inf"):
        raise SettingsError(f"{named} is {named.value!r}, not a price")
    return price


_SWITCH = {"1": True, "true": True, "yes": True, "on": True}
_SWITCH |= {"0": False, "false": False, "no": False, "off": False}


def _cache(flags: Flags, sources: _Sources) -> bool:
    named = sources.find("RERANK_CACHE")
    if flags.cache or named is None:
        return flags.cache
    switched = _SWITCH.get(named.value.lower())
    if switched is None:
        raise SettingsError(f"{named} is {named.value!r}, neither 1 nor 0")
    return switched


def _key(
    provider: Provider, asked: Found, base_url: Found | None, sources: _Sources
) -> tuple[Found | None, str | None]:
    """The key for the provider, or None and why one that is here must not be used."""
    own = ("RERANK_API_KEY", *provider.key_variables)
    foreign = (
        base_url is not None
        and base_url.origin not in (FLAG, ENVIRONMENT)
        and not provider.owns(base_url.value)
    )
    key = sources.find(*own, skip=ENVIRONMENT if foreign else None)
    if key is None:
        key = sources.find(*provider.borrowed, skip=ENVIRONMENT)
    # A `.env` file's RERANK_PROVIDER is not the user asking.
    if (
        key is None
        and not foreign
        and asked.origin in (FLAG, ENVIRONMENT)
        and asked.variable
        in (
            "--provider",
            "RERANK_PROVIDER",
        )
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
    lent = sources.find(*provider.borrowed)
    if lent:
        return None, (
            f"{lent.variable} from the environment is not sent to {provider.name} unless you ask "
            f"for it: -p {provider.name}"
        )
    return None, None


def _check_key(key: Found) -> None:
    # Quotes and backslashes too: they would be written otherwise where a reply echoes the key.
    if not key.value.isascii() or not key.value.isprintable() or set(key.value) & set(" \"'\\"):
        raise SettingsError(
            f"{key} holds characters that no key has (blanks, quotes, controls, non-ASCII)",
            "Give the key alone, without quotes or 'Bearer'.",
        )


def _key_warnings(
    url: str, key: Found | None, withheld: str | None, provider: Provider
) -> Iterator[str]:
    if withheld and not provider.needs_key:
        yield withheld
    if key and urlsplit(url).scheme == "http" and not _is_loopback(urlsplit(url).hostname or ""):
        yield f"the key goes to {shown_url(url)} unencrypted: use https if the server has it"


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_url(url: Found) -> None:
    # What stands before an @ may be a password.
    value = "…@" + url.value.rpartition("@")[2] if "@" in url.value else url.value
    try:
        parts = urlsplit(url.value)
        _ = parts.port
    except ValueError as error:
        raise SettingsError(f"{url}: not a URL: {error}", _URL_HINT) from None
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"{url}: the URL holds a user name or password",
            "Give the key as RERANK_API_KEY; it is sent as a bearer token.",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{url}: {value!r} is not an http or https URL", _URL_HINT)
    if any(each.isspace() or not each.isprintable() for each in url.value):
        raise SettingsError(f"{url}: {value!r} holds blanks or control characters", _URL_HINT)


_URL_HINT = "Expected something like http://localhost:7997 or https://host/v1"


def shown_url(url: str) -> str:
    """A URL as it may be printed: without its query string, which may hold secrets."""
    try:
        return urlsplit(url)._replace(query="", fragment="").geturl()
    except ValueError:
        return "a malformed URL"
