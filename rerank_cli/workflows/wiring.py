"""Settings become an engine: the one place that knows which parts go together."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from rerank_cli.console.streams import Streams
from rerank_cli.engines import Engine, Events, Keeping
from rerank_cli.model import Usage
from rerank_cli.planning import Limits
from rerank_cli.providers import Provider
from rerank_cli.scaling import check_scale, misfit
from rerank_cli.settings import DEFAULT, Files, Flags, Settings, resolve, shown_url
from rerank_cli.transport import Policy, Transport

if TYPE_CHECKING:
    from rerank_cli.dialects import Dialect, RequestOptions
    from rerank_cli.doctor import Diagnosis
    from rerank_cli.engines.endpoint.exchange import Exchange
    from rerank_cli.transport.clock import Clock

_OPTION_OF_EXTRA = {
    "instruction": "--instruction",
    "max_chunks_per_doc": "--max-chunks-per-doc",
    "overlap_tokens": "--overlap-tokens",
}


class Target(NamedTuple):
    """A URL to post to, and the request fields beside query, passages and model."""

    url: str
    fields: Mapping[str, object]


def settings_of(flags: Flags, streams: Streams, files: Files | None = None) -> Settings:
    """The settings from flags, environment and files, with their warnings said."""
    settings = resolve(flags, streams.environ, *(files or Files.here(streams.environ)))
    if settings.key:
        streams.secrets.append(settings.key.value)
    for warning in settings.warnings:
        streams.warn(warning)
    _tell_verbose(settings, streams)
    return settings


def engine_of(
    settings: Settings,
    extras: Mapping[str, object],
    policy: Policy,
    events: Events,
    streams: Streams,
    *,
    many: bool = False,
) -> Engine:
    """The engine for the settings; it connects or loads only when it scores.

    `extras` are the request fields that only some models take, None where not asked for; a
    warning says which were asked for in vain. `many` says that it gets more plans than one.
    """
    fields = _fields(settings, extras, streams)
    engine = _engine(settings, fields, policy, events, many=many)
    if settings.cache:
        from rerank_cli.engines.cache.location import cached

        return cached(engine, settings, target_of(settings, fields), events, streams)
    return engine


def _engine(
    settings: Settings,
    fields: Mapping[str, object],
    policy: Policy,
    events: Events,
    *,
    many: bool,
) -> Keeping:
    row = settings.provider
    if row.is_embedded:
        from rerank_cli.engines.local import LocalEngine

        return LocalEngine()
    from rerank_cli.engines.endpoint.engine import EndpointEngine
    from rerank_cli.transport.clock import Clock

    clock = Clock()
    return EndpointEngine(
        exchange_of(settings, fields, clock, events.note),
        Limits(row.max_passages, row.max_bytes, row.max_tokens),
        policy,
        lambda: connector(settings.base_url, policy.timeout),
        events,
        clock,
        many=many,
    )


def exchange_of(
    settings: Settings, fields: Mapping[str, object], clock: "Clock", note: Callable[[str], None]
) -> "Exchange":
    """How the endpoint is asked; `fields` are those beside the ones that its row always sends."""
    from rerank_cli.engines.endpoint.exchange import Exchange

    return Exchange(settings, *_spoken(settings, fields), clock, note)


def _spoken(settings: Settings, fields: Mapping[str, object]) -> "tuple[Dialect, RequestOptions]":
    """The wire form, and what goes into every request."""
    from rerank_cli.dialects import DIALECTS, RequestOptions

    row = settings.provider
    return DIALECTS[row.dialect], RequestOptions(settings.model, {**row.fields, **fields}, row.path)


def target_of(settings: Settings, fields: Mapping[str, object] | None = None) -> Target | None:
    """Where requests go, and what goes into each; None for the embedded engine."""
    if settings.provider.is_embedded:
        return None
    dialect, spoken = _spoken(settings, fields or {})
    return Target(dialect.url(settings.base_url, spoken), spoken.fields)


def connector(url: str, timeout: float) -> Callable[[], Transport]:
    """What makes the transports to a URL; `timeout` is seconds for an attempt."""
    # Here, because importing httpx takes longer than many runs need in all.
    from rerank_cli.transport.http import Connector

    return Connector(url, timeout)


def _fields(
    settings: Settings, extras: Mapping[str, object], streams: Streams
) -> dict[str, object]:
    """The options that the model takes, by the endpoint's names for them."""
    fields: dict[str, object] = {}
    for name, value in extras.items():
        if value is None:
            continue
        field = settings.provider.field_of(name, settings.model)
        if field:
            fields[field] = value
            continue
        model = settings.model or "a model that is not named (-m)"
        served = f"{model} on {settings.provider.name}" if settings.model else model
        streams.warn(f"{_OPTION_OF_EXTRA[name]} is not sent: {served} is not known to take it")
    return fields


def _tell_verbose(settings: Settings, streams: Streams) -> None:
    provider = settings.provider
    streams.note(f"provider: {provider.name} (from {settings.provider_origin})")
    streams.note(f"model: {settings.model or 'the one the server has'}")
    if settings.base_url:
        streams.note(f"URL: {shown_url(settings.base_url)}")
        key = f"from {settings.key}" if settings.key else settings.withheld or "none"
        streams.note(f"key: {key}")


def keys_here(streams: Streams) -> list[tuple[Provider, str | None]]:
    """All providers, each with the variable and place of its key here, or None; never the key."""
    found, known = Files.here(streams.environ)
    keys = (
        resolve(Flags(provider=row.name), streams.environ, found, known).key
        if row.base_url
        else None
        for row in known.providers.values()
    )
    shown = (str(key) if key else None for key in keys)
    return list(zip(known.providers.values(), shown, strict=True))


def policy_of(settings: Settings, asked: Policy) -> Policy:
    """How hard to try: what was asked for, else what the provider's row says."""
    row = settings.provider
    return replace(
        asked,
        concurrency=asked.concurrency or row.concurrency,
        rpm=asked.rpm or row.rpm,
        tpm=asked.tpm or row.tpm,
    )


def limits_of(engine: Engine, policy: Policy, max_passages: int | None) -> Limits:
    """What a request may carry; never more tokens than a minute allows."""
    limits = engine.limits
    tokens = [most for most in (limits.tokens, policy.tpm) if most]
    return Limits(max_passages or limits.passages, limits.bytes, min(tokens, default=None))


def check_scores(scale: str, threshold: float | None, settings: Settings, streams: Streams) -> None:
    """Refuse a scale, and warn of a threshold, that cannot fit the model's scores."""
    check_scale(scale, settings.score_range)
    unfit = misfit(threshold, scale, settings.score_range)
    if unfit:
        streams.warn(unfit)


def warn_if_split(settings: Settings, usage: Usage, streams: Streams) -> None:
    """Warn where the scores of one query come from several requests, but depend on the request."""
    if settings.listwise and usage.requests > 1:
        streams.warn(
            f"{settings.model} scores a passage by the others of its request: the scores of these "
            f"{usage.requests} requests may not compare (--max-passages sets how many passages a "
            "request may carry)"
        )


def tell_default(settings: Settings, streams: Streams) -> None:
    """Say that the embedded engine ranks where nobody asked for it, and how to use another."""
    if settings.provider.is_embedded and settings.provider_origin == DEFAULT:
        streams.tell(
            "rerank: no key found, so the embedded engine ranks; for a hosted model set "
            "SILICONFLOW_API_KEY, for a server of your own give --base-url URL"
        )


def diagnosis_of(flags: Flags, timeout: float, streams: Streams) -> "Diagnosis":
    """What is found out about the endpoint that is meant; `timeout` is seconds a question."""
    from rerank_cli.doctor import diagnose, examine
    from rerank_cli.transport.clock import Clock

    files = Files.here(streams.environ)
    settings = settings_of(flags, streams, files)
    if settings.provider.is_embedded:
        from rerank_cli.engines.local import LocalEngine

        return examine(LocalEngine(), settings)
    clock = Clock()
    return diagnose(
        settings,
        files.config.providers,
        lambda other: exchange_of(other, {}, clock, streams.note),
        lambda: connector(settings.base_url, timeout),
    )
