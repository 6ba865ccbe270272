"""Findings from a failed probe: what is wrong with the endpoint, and the fix."""

import socket
from contextlib import suppress
from urllib.parse import urlsplit

from rerank_cli.doctor.findings import Diagnosis, add_other
from rerank_cli.doctor.probe import TRY_OTHERS, FailedProbe, Prober, is_unscored
from rerank_cli.engines.endpoint.refusal import advice_on
from rerank_cli.errors import Fault, ReplyError, ScoringError, SettingsError, Sign, TlsFault
from rerank_cli.providers import GENERAL_KEY
from rerank_cli.settings import Settings, is_loopback, shown_url

_PATIENCE = 0.3
"""Seconds; a loopback port answers at once or not at all."""

_OF_NO_MODEL = (Fault.REQUEST, Fault.FAILED)
"""What may come of it that no model is named."""

_FIX_OF_TLS = {
    TlsFault.HOST: "The certificate is for another host name: use that one in the URL.",
    TlsFault.EXPIRED: "The certificate has expired: its server needs a new one.",
    TlsFault.UNTRUSTED: "The certificate is not trusted here. If a private authority made it, name "
    "that authority's file in SSL_CERT_FILE.",
    TlsFault.NOT_SPOKEN: "What listens there does not speak TLS: use http:// instead of https://.",
}


def add_failure(prober: Prober, failed: FailedProbe) -> Diagnosis:
    """The findings about an endpoint that does not score."""
    error = failed.error
    # Not that of the probe, which may be a guess.
    row = prober.settings.provider
    found = Diagnosis(shown_url(failed.url), exit_code=error.exit_code)
    plain = found.url.startswith("http:")
    if error.tls:
        return found.add("TLS", False, error.message, _FIX_OF_TLS.get(error.tls, error.hint))
    if plain and Sign.WANTS_TLS in error.signs:
        return found.add("TLS", False, error.message, "Use https:// instead of http://.")
    if error.fault is Fault.UNREACHED:
        return found.add("reachable", False, error.message, _nearby(prober) or error.hint)
    if plain and error.fault is Fault.BROKEN and not isinstance(error, ReplyError):
        fix = "Does it speak TLS (https://), or something else than HTTP? Or try again."
        return found.add("reachable", False, error.message, fix)
    found.add_reached()
    no_key = row.needs_key and not prober.settings.key
    if Sign.GATE in error.signs:
        found.add("answer", False, error.message, error.hint)
    elif no_key or error.fault in (Fault.KEY, Fault.ACCESS, Fault.BALANCE):
        _add_refused_key(found, prober.settings, error)
    elif is_unscored(error):
        fix = (
            f"It speaks the wire form {failed.settings.provider.dialect}, but nothing can be "
            "ranked by such scores: look for the cause in the server's log, and in its model."
        )
        found.add("scores", False, error.message, fix)
    elif error.fault is Fault.MODEL or (
        row.needs_model and not prober.settings.model and error.fault in _OF_NO_MODEL
    ):
        _add_refused_model(prober, found, failed)
    elif error.fault in TRY_OTHERS or error.fault is Fault.TASK:
        found.add("wire form", False, error.message, _fix(prober, failed))
    else:
        asks = f"; it asks to wait {error.retry_after:.0f} s" if error.retry_after else ""
        found.add("answer", False, error.message + asks, error.hint)
    found.add_path(prober.settings.base_url, failed.settings.base_url)
    return add_other(prober, found)


def _nearby(prober: Prober) -> str | None:
    """What listens at the usual ports of rerankers, if the URL is on this machine."""
    parts = urlsplit(prober.settings.base_url)
    host = parts.hostname or ""
    if not is_loopback(host):
        return None
    names: dict[int, list[str]] = {}
    for row in prober.providers.values():
        port = urlsplit(row.base_url).port
        if row.kind == "self-hosted" and port and port != parts.port:
            names.setdefault(port, []).append(row.name)
    ports = (port for port in sorted(names) if _listens(host, port))
    seen = "; ".join(f"{port}, usual for {', '.join(names[port])}" for port in ports)
    return f"Is the server running? Something listens at port {seen}." if seen else None


def _listens(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), _PATIENCE):
        return True
    return False


def _add_refused_key(found: Diagnosis, settings: Settings, error: ScoringError) -> None:
    row, missing = settings.provider, _missing(settings)
    if settings.key:
        found.add("key", False, error.message, error.hint)
    elif missing and row.needs_key:
        found.exit_code = missing.exit_code
        found.add("key", False, missing.message, missing.hint)
    else:
        # Not the hint: it has the variables of a provider that may be a guess.
        names = " or ".join((GENERAL_KEY, *row.key_variables))
        found.add("key", False, error.message, settings.withheld or f"Set {names}.")


def _missing(settings: Settings) -> SettingsError | None:
    """The setting that is missing though the provider needs it, as an error."""
    try:
        settings.require()
    except SettingsError as missing:
        return missing
    return None


def _add_refused_model(prober: Prober, found: Diagnosis, failed: FailedProbe) -> None:
    error = _missing(prober.settings) or failed.error
    found.exit_code = error.exit_code
    models = prober.models(failed)
    has = f"It has: {', '.join(models)}." if models else ""
    found.add("model", False, error.message, " ".join(filter(None, (error.hint, has))))


def _fix(prober: Prober, failed: FailedProbe) -> str | None:
    """What to do where an endpoint answers, but not with scores."""
    error, row = failed.error, prober.settings.provider
    if known := advice_on(error.signs):
        return known
    if Sign.WEB_PAGE in error.signs and error.fault is not Fault.FAILED:
        return (
            "A web page answers: of a login or a proxy before the endpoint, or of a site that is "
            "no API. The URL of an API often ends in /v1."
        )
    if error.fault is Fault.UNREADABLE:
        return "What answers there is no API that speaks JSON. Are host and port right?"
    if error.status == 502:
        return "What answers is a proxy, which the server behind it failed: does that run?"
    # The hint about another wire form is to run the doctor, who has tried them all.
    parts = [] if Sign.WIRE_FORM in error.signs else [error.hint]
    wants_model = error.fault is Fault.FAILED
    if row.owns(prober.settings.base_url):
        if error.fault is Fault.PATH and prober.settings.base_url != row.base_url:
            parts.append(f"The base URL of {row.name} is {row.base_url}")
    elif wants_model and not prober.settings.model:
        or_key = "" if prober.settings.key else " or a key"
        parts.insert(0, f"It may want a model (-m NAME){or_key}.")
    elif error.fault is not Fault.TASK:
        parts.append(f"No wire form that was tried is spoken there: {', '.join(prober.forms)}.")
        if models := prober.models(failed):
            parts.append(f"It has: {', '.join(models)}. Is it a reranker?")
    return " ".join(filter(None, parts)) or None
