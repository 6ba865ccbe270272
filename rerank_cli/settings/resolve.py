"""Merges the settings of all sources; the first source that has one decides."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import quote

from rerank_cli.errors import Fault, SettingsError
from rerank_cli.model import Range
from rerank_cli.providers import ACCOUNT, CUSTOM, GENERAL_KEY, LOCAL, Provider, owner_of
from rerank_cli.providers.models import known
from rerank_cli.settings.dotenv import DotEnv
from rerank_cli.settings.flags import Flags, is_path
from rerank_cli.settings.keys import key_for, leaves, warnings_of
from rerank_cli.settings.sources import DEFAULT, Found, Sources
from rerank_cli.settings.urls import check_url, shown_url, without_password
from rerank_cli.settings.user_providers import NO_CONFIG, Config


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to score, and with which key.

    provider_origin   where the provider was named; DEFAULT if nowhere
    model             None leaves it to the server
    base_url          empty for the embedded engine
    withheld          why a key that is here is not used
    price             of a million tokens; None if unknown, or nothing is to pay
    warnings          what the user should know of these settings
    cache             whether scores are kept
    arguments_only    whether no environment and no file were read, only a caller's arguments
    detail            what of the model serves, if it is in this process: file, precision, library
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
    detail: str = ""

    @property
    def score_range(self) -> Range | None:
        """The range of the scores, None if unknown."""
        return self.provider.scores_of(self.model)

    @property
    def listwise(self) -> bool:
        """Whether a score depends on the other passages of the request."""
        return not self.provider.is_embedded and known(self.model).listwise

    @property
    def is_cross_encoder(self) -> bool:
        """Whether it is a model in this process that was named, and not the embedded engine's."""
        return self.provider.is_embedded and self.model != self.provider.model

    def cost(self, tokens: int | None) -> float | None:
        """What so many tokens cost, None if that is unknown, or nothing."""
        if tokens is None or self.price is None:
            return None
        return round(tokens * self.price / 1e6, 6)

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
    *,
    dry: bool = False,
) -> Settings:
    """The settings from all sources. Raises SettingsError for one that cannot be used.

    Without `environ` (None) the flags are all there is. `dry` says that nothing is sent.
    """
    sources = Sources(flags, environ or {}, dotenv, config)
    base_url = sources.setting(flags.base_url, "--base-url", "RERANK_BASE_URL")
    if base_url:
        check_url(base_url.value, str(base_url))
    model_named = sources.setting(flags.model, "--model", "RERANK_MODEL")
    provider, named = _provider(flags, sources, base_url, model_named)
    provider = _with_account(provider, sources)
    model, unused = _model(model_named, provider)
    price = _price(flags, sources)
    price = _price(flags, sources)
    cache = _cache(flags, sources)
    key, withheld = None, None
    if not provider.is_embedded:
        key, withheld = key_for(provider, named, base_url, sources)
    _check_read(() if dry else sources.unread, named if provider.is_embedded else key)
    url = _url(flags, provider, base_url, key)
    unread = (error.message for error in sources.unread)
    warnings = [*(dotenv.warnings if dotenv else ()), *unread, *config.warnings, *unused]
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
        None if provider.is_embedded else price,
        tuple(warnings),
        cache,
        arguments_only=environ is None,
    )


def _url(flags: Flags, provider: Provider, base_url: Found | None, key: Found | None) -> str:
    """The URL to score at, empty for the embedded engine. Raises SettingsError if there is none."""
    if provider.is_embedded:
        _check_embedded(flags, provider)
        return ""
    url = base_url.value if base_url else provider.url_for(key.value if key else None)
    if not url:
        raise SettingsError(
            f"the provider {provider.name} has no URL of its own", "Give one with --base-url."
        )
    return url


def _check_read(unread: Iterable[SettingsError], decisive: Found | None) -> None:
    """Raise why `.env` could not be read, unless what decides was said by the user.

    It may name another provider, or hold the key.
    """
    for error in unread:
        if not (decisive and decisive.by_user):
            raise replace(error)


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


def _provider(
    flags: Flags, sources: Sources, base_url: Found | None, model: Found | None
) -> tuple[Provider, Found]:
    """The provider, and what named it; a model that is a path names the one of this process."""
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
    if model and model.by_user and is_path(model.value):
        return LOCAL, model
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


def _model(named: Found | None, provider: Provider) -> tuple[str | None, list[str]]:
    """The model, and a warning where one is named that is not used.

    In this process a model is loaded only if the user names it: a file of a cloned folder could
    name another file of that folder, which is made to do harm when it is loaded.
    """
    if named is None:
        return provider.model, []
    if provider.is_embedded and not named.by_user and named.value != provider.model:
        return provider.model, [
            f"the model of {named} is not used: one is loaded in this process only if a flag or "
            "the environment names it"
        ]
    return named.value, []


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
