"""Merges the settings of all sources; the first source that has one decides."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import quote

from rerank_cli.errors import Fault, SettingsError
from rerank_cli.model import Range
from rerank_cli.providers import ACCOUNT, CUSTOM, GENERAL_KEY, LOCAL, Provider, owner_of
from rerank_cli.providers.models import known
from rerank_cli.settings.dotenv import DotEnv
from rerank_cli.settings.flags import Flags
from rerank_cli.settings.keys import key_for, leaves, warnings_of
from rerank_cli.settings.sources import DEFAULT, FLAG, Found, Sources
from rerank_cli.settings.urls import check_url, shown_url, without_password
from rerank_cli.settings.user_providers import NO_CONFIG, Config


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to score, and with which key.

    provider_origin   where the provider was named; DEFAULT if nowhere
    model             None leaves it to the server
    base_url          empty for the embedded engine
    withheld          why a key that is here is not used
    price             of a million tokens, for estimates; None if unknown
    warnings          what the user should know of these settings
    cache             whether scores are kept
    arguments_only    whether no environment and no file were read, only a caller's arguments
    """

    provider: Provider
    provider_origin: str
    model: str | None
    base_url: str
    key: Found | None = None
    withheld: str | None = None
    price: float | None = None
    warnings: tuple[str, ...] = ()
    cache: bool = False
    arguments_only: bool = False

    @property
    def score_range(self) -> Range | None:
        """The range of the scores, None if unknown."""
        return self.provider.scores_of(self.model)

    @property
    def listwise(self) -> bool:
        """Whether a score depends on the other passages of the request."""
        return known(self.model).listwise

    def require(self) -> None:
        """Raise SettingsError if the provider needs a model, key or account that is not here."""
        row = self.provider
        if row.needs_model and not self.model:
            in_python = f'Name one: Reranker("{row.name}:MODEL").'
            hint = in_python if self.arguments_only else "Name one with --model."
            raise SettingsError(
                f"{row.name} has no default model",
                " ".join(filter(None, (hint, row.advice.get(Fault.MODEL)))),
            )
        if row.needs_key and not self.key:
            if self.withheld:
                raise SettingsError(f"no key for {row.name}: {self.withheld}")
            names = " or ".join((GENERAL_KEY, *row.key_variables))
            hint = f"Set {names} in the environment or in .env; or rank without one: -p local"
            if self.arguments_only:
                hint = "Give it as api_key=…, or use Reranker.from_environment()."
            raise SettingsError(f"no key for {row.name}", hint)
        if row.account and ACCOUNT in self.base_url:
            hint = f"Set {row.account} in the environment or in .env, or give --base-url with it."
            if self.arguments_only:
                hint = "Give base_url=… with it, or use Reranker.from_environment()."
            raise SettingsError(f"no account for the URL of {row.name}", hint)


def resolve(
    flags: Flags,
    environ: Mapping[str, str] | None = None,
    dotenv: DotEnv | None = None,
    config: Config = NO_CONFIG,
) -> Settings:
    """The settings from all sources. Raises SettingsError for one that cannot be used.

    Without `environ` (None) the flags are all there is.
    """
    sources = Sources(flags, environ or {}, dotenv, config)
    base_url = sources.setting(flags.base_url, "--base-url", "RERANK_BASE_URL")
    if base_url:
        check_url(base_url.value, str(base_url))
    provider, named = _provider(flags, sources, base_url)
    provider = _with_account(provider, sources)
    model = _model(flags, sources, provider)
    price = _price(flags, sources)
    cache = _cache(flags, sources)
    if provider.is_embedded:
        _check_embedded(flags, provider)
        url, key, withheld = "", None, None
    else:
        key, withheld = key_for(provider, named, base_url, sources)
        url = base_url.value if base_url else provider.url_for(key.value if key else None)
        if not url:
            raise SettingsError(
                f"the provider {provider.name} has no URL of its own", "Give one with --base-url."
            )
    warnings = [*(dotenv.warnings if dotenv else ()), *config.warnings]
    if url:
        warnings += warnings_of(url, key, withheld, provider)
        warnings += _foreign_host(url, provider, named, base_url, sources)
    return Settings(
        provider,
        named.origin,
        model,
        url,
        key,
        withheld,
        price,
        tuple(warnings),
        cache,
        arguments_only=environ is None,
    )


def _foreign_host(
    url: str, provider: Provider, named: Found, base_url: Found | None, sources: Sources
) -> Iterator[str]:
    """Say that passages go to a host that only a file names: a cloned folder may hold one."""
    file = base_url and base_url.origin
    if base_url is None and not named.by_user:
        file = sources.config.project.get(provider.name)
    if file and not (base_url and base_url.by_user) and leaves(url):
        yield f"passages go to {shown_url(url)}, which only {file} names"


def _check_embedded(flags: Flags, provider: Provider) -> None:
    """Refuse what only an endpoint can use."""
    if flags.base_url:
        raise SettingsError(
            f"--base-url does not go with the provider {provider.name}",
            "Name another provider, or leave -p out: custom is used for a URL.",
        )
    if flags.api_key:
        raise SettingsError(
            f"api_key does not go with the provider {provider.name}",
            "It needs no key; name another provider for one.",
        )


def _provider(flags: Flags, sources: Sources, base_url: Found | None) -> tuple[Provider, Found]:
    """The provider, and what named it."""
    rows = sources.config.providers
    named = sources.setting(flags.provider, "--provider", "RERANK_PROVIDER")
    if named:
        provider = rows.get(named.value.lower())
        if provider is None:
            raise SettingsError(
                f"unknown provider {without_password(named.value)!r}, from {named}",
                f"Known: {', '.join(rows)}. Any other endpoint: --base-url URL",
            )
        return provider, named
    if base_url:
        trusted = (row for name, row in rows.items() if name not in sources.config.project)
        return owner_of(base_url.value, trusted) or CUSTOM, base_url
    chosen = Found("", "", DEFAULT)
    for provider in rows.values():
        by_key = provider.needs_key and provider.chosen_by_key
        if by_key and key_for(provider, chosen, None, sources)[0]:
            return provider, chosen
    return LOCAL, chosen


def _with_account(provider: Provider, sources: Sources) -> Provider:
    """The provider with the user's account in its URL, where that needs one and it is known."""
    account = sources.find(provider.account) if provider.account else None
    if account is None:
        return provider
    url = provider.base_url.replace(ACCOUNT, quote(account.value, safe=""))
    return replace(provider, base_url=url)


def _model(flags: Flags, sources: Sources, provider: Provider) -> str | None:
    named = sources.setting(flags.model, "--model", "RERANK_MODEL")
    if not provider.is_embedded:
        return named.value if named else provider.model
    if named and named.origin == FLAG and named.value != provider.model:
        raise SettingsError(
            f"the provider {provider.name} has no model {named.value!r}, only {provider.model!r}",
            "Other models are served by endpoints: set a key, or give --base-url.",
        )
    return provider.model


def _price(flags: Flags, sources: Sources) -> float | None:
    named = sources.find("RERANK_PRICE_PER_MILLION")
    if flags.price is not None or named is None:
        return flags.price
    with suppress(ValueError):
        price = float(named.value)
        if 0 <= price < float("inf"):
            return price
    raise SettingsError(f"{named} is {named.value!r}, not a price")


_SWITCH = {"1": True, "true": True, "yes": True, "on": True}
_SWITCH |= {"0": False, "false": False, "no": False, "off": False}


def _cache(flags: Flags, sources: Sources) -> bool:
    named = sources.find("RERANK_CACHE")
    if flags.cache or named is None:
        return flags.cache
    switched = _SWITCH.get(named.value.lower())
    if switched is None:
        raise SettingsError(f"{named} is {named.value!r}, neither 1 nor 0")
    return switched
