"""What a failure tells of the endpoint: the likely cause, and the cure."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from rerank_cli.doctor.findings import Diagnosis
from rerank_cli.doctor.probe import TRY_OTHERS, Asker, Silence
from rerank_cli.errors import Fault, ReplyError, ScoringError, SettingsError
from rerank_cli.providers import GENERAL_KEY, Provider
from rerank_cli.settings import Settings, is_loopback, shown_url
from rerank_cli.transport.ports import listening

_TLS_CURES = {
    # What stands in the error's text, in capitals → the cure; the first that fits counts.
    "HOSTNAME MISMATCH": "The certificate is for another host name: use that one in the URL.",
    "EXPIRED": "The certificate has expired: its server needs a new one.",
    "CERTIFICATE": "The certificate is not trusted here. If a private authority made it, name that "
    "authority's file in SSL_CERT_FILE.",
    **dict.fromkeys(
        ("WRONG_VERSION", "RECORD_LAYER", "RECORD LAYER", "UNEXPECTED_EOF"),
        "What listens there does not speak TLS: use http:// instead of https://.",
    ),
}

_WANTS_TLS = re.compile(r"http request .*https (port|server)")
"""How servers say that they speak TLS, where they say it at all."""

_WANTS_MODEL = re.compile(r"\bmodel\b.*\b(required|missing|provide)")

_PAGE = ("<html", "<!doctype")
_LOGIN = re.compile(r"/(log|sign)[-_]?(in|on)\b|\bsso\b|/o?auth")


def add_failure(asker: Asker, silence: Silence) -> Diagnosis:
    """The findings about an endpoint that does not score."""
    error = silence.error
    # Not that of the silence, which may be a guess.
    row = asker.settings.provider
    found = Diagnosis(shown_url(silence.url), exit_code=error.exit_code)
    if error.fault is Fault.UNREACHED:
        _add_unreached(asker, found, error)
        return found
    if found.url.startswith("http:") and _WANTS_TLS.search(error.message.lower()):
        found.add("TLS", False, error.message, "Use https:// instead of http://.")
        return found
    cut_off = error.fault is Fault.BROKEN and not isinstance(error, ReplyError)
    if cut_off and found.url.startswith("http:"):
        cure = "Does it speak TLS (https://), or something else than HTTP? Or try again."
        found.add("reachable", False, error.message, cure)
        return found
    found.add_reached()
    if error.fault in (Fault.KEY, Fault.ACCESS, Fault.BALANCE) or (
        row.needs_key and not asker.settings.key
    ):
        _add_refused_key(found, asker.settings, error)
    elif error.fault is Fault.MODEL or (row.needs_model and not asker.settings.model):
        _add_refused_model(asker, found, silence)
    elif error.fault in TRY_OTHERS or error.fault is Fault.TASK:
        found.add("wire form", False, error.message, _cure(asker, silence))
    else:
        asks = f"; it asks to wait {error.wait:.0f} s" if error.wait else ""
        found.add("answer", False, error.message + asks, error.hint)
    found.add_path(asker.settings.base_url, silence.settings.base_url)
    return found


def _add_unreached(asker: Asker, found: Diagnosis, error: ScoringError) -> None:
    text = error.message.upper()
    if "NO SECURE CONNECTION" in text:
        cures = (cure for words, cure in _TLS_CURES.items() if words in text)
        found.add("TLS", False, error.message, next(cures, error.hint))
        return
    nearby = _nearby(asker.settings.base_url, asker.rows)
    found.add("reachable", False, error.message, nearby or error.hint)


def _nearby(base_url: str, rows: Mapping[str, Provider]) -> str | None:
    """What listens at the ports that rerankers usually have, if the URL is of this machine."""
    parts = urlsplit(base_url)
    if not is_loopback(parts.hostname or ""):
        return None
    names: dict[int, list[str]] = {}
    for row in rows.values():
        port = urlsplit(row.base_url).port
        if row.kind == "self-hosted" and port and port != parts.port:
            names.setdefault(port, []).append(row.name)
    ports = listening(parts.hostname or "", names)
    seen = "; ".join(f"{port}, usual for {', '.join(names[port])}" for port in ports)
    return f"Is the server running? Something listens at port {seen}." if seen else None


def _add_refused_key(found: Diagnosis, settings: Settings, error: ScoringError) -> None:
    row = settings.provider
    missing = _missing(settings)
    if settings.key:
        found.add("key", False, error.message, error.hint)
    elif missing and row.needs_key:
        found.exit_code = missing.exit_code
        found.add("key", False, missing.message, missing.hint)
    else:
        names = " or ".join((GENERAL_KEY, *row.key_variables))
        # Nothing was refused where nothing was sent.
        text = error.message.replace(
            "the key was not accepted", "a key is needed, and none is here"
        )
        found.add("key", False, text, settings.withheld or f"Set {names}.")


def _add_refused_model(asker: Asker, found: Diagnosis, silence: Silence) -> None:
    text, cure = silence.error.message, silence.error.hint
    if missing := _missing(asker.settings):
        found.exit_code, text, cure = missing.exit_code, missing.message, missing.hint
    models = asker.models(silence)
    has = f"It has: {', '.join(models)}." if models else ""
    found.add("model", False, text, " ".join(filter(None, (cure, has))))


def _missing(settings: Settings) -> SettingsError | None:
    """What the user did not say, though the provider cannot be asked without it."""
    try:
        settings.require()
    except SettingsError as missing:
        return missing
    return None


def _cure(asker: Asker, silence: Silence) -> str | None:
    error, row = silence.error, asker.settings.provider
    text = error.message.lower()
    if any(sign in text for sign in _PAGE) or ("redirect" in text and _LOGIN.search(text)):
        return (
            "A web page answers: of a login or a proxy before the endpoint, or of a site that is "
            "no API. The URL of an API often ends in /v1."
        )
    if error.fault is Fault.UNREADABLE:
        return "What answers there is no API that speaks JSON. Are host and port right?"
    # Not to go round in circles.
    parts = [] if "rerank doctor" in (error.hint or "") else [error.hint]
    if row.owns(asker.settings.base_url):
        if error.fault is Fault.PATH and asker.settings.base_url != row.base_url:
            parts.append(f"The base URL of {row.name} is {row.base_url}")
    elif not asker.settings.model and (error.fault is Fault.FAILED or _WANTS_MODEL.search(text)):
        parts.insert(0, "It may want a model (-m NAME) or a key.")
    elif error.fault is not Fault.TASK:
        parts.append(f"No wire form that was tried is spoken there: {', '.join(asker.forms)}.")
        if models := asker.models(silence):
            parts.append(f"It has: {', '.join(models)}. Is it a reranker?")
    return " ".join(filter(None, parts)) or None
