"""What a failure tells of the endpoint: the likely cause, and the cure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from rerank_cli.dialects import DIALECTS
from rerank_cli.engines.doctor.asking import TRY_OTHERS, Asker
from rerank_cli.engines.doctor.findings import Diagnosis
from rerank_cli.errors import Fault, ScoringError, SettingsError
from rerank_cli.providers import GENERAL_KEY, Provider
from rerank_cli.settings import is_loopback, shown_url
from rerank_cli.transport.ports import listening

_NO_TLS = ("WRONG_VERSION", "RECORD_LAYER", "RECORD LAYER", "UNEXPECTED_EOF")


def add_failure(asker: Asker, error: ScoringError) -> Diagnosis:
    """The findings about an endpoint that does not score."""
    found = Diagnosis(shown_url(asker.url), exit_code=error.exit_code)
    if error.fault is Fault.UNREACHED:
        _add_unreached(asker, found, error)
        return found
    if error.fault is Fault.BROKEN and found.url.startswith("http:"):
        found.add("reachable", False, error.message, f"{error.hint} Or does it speak TLS: https?")
        return found
    found.add_reached()
    if error.fault in (Fault.KEY, Fault.ACCESS, Fault.BALANCE):
        _add_refused_key(asker, found, error)
    elif error.fault is Fault.MODEL:
        models = asker.models()
        has = f" It has: {', '.join(models)}." if models else ""
        found.add("model", False, error.message, f"{error.hint or ''}{has}".strip())
    elif error.fault in TRY_OTHERS or error.fault is Fault.TASK:
        found.add("wire form", False, error.message, _cure(asker, error))
    else:
        found.add("answer", False, error.message, error.hint)
    return found


def _add_unreached(asker: Asker, found: Diagnosis, error: ScoringError) -> None:
    text = error.message.upper()
    if "NO SECURE CONNECTION" in text:
        cure = error.hint
        if any(word in text for word in _NO_TLS):
            cure = "What listens there does not speak TLS: use http:// instead of https://."
        elif "CERTIFICATE" in text:
            cure = (
                "The certificate is not trusted here. If a private authority made it, name that "
                "authority's file in SSL_CERT_FILE; if it is for another host name, use that name."
            )
        found.add("TLS", False, error.message, cure)
        return
    nearby = _nearby(asker.settings.base_url or "", asker.rows)
    found.add("reachable", False, error.message, nearby or error.hint)


def _nearby(base_url: str, rows: Mapping[str, Provider]) -> str | None:
    """What listens at the ports that rerankers usually have, if the URL is of this machine."""
    parts = urlsplit(base_url)
    if not is_loopback(parts.hostname or ""):
        return None
    names: dict[int, list[str]] = {}
    for row in rows.values():
        port = urlsplit(row.base_url or "").port
        if row.kind == "self-hosted" and port and port != parts.port:
            names.setdefault(port, []).append(row.name)
    ports = listening(parts.hostname or "", names)
    seen = "; ".join(f"{port}, usual for {', '.join(names[port])}" for port in ports)
    return f"Is the server running? Something listens at port {seen}." if seen else None


def _add_refused_key(asker: Asker, found: Diagnosis, error: ScoringError) -> None:
    try:
        asker.settings.require()
    except SettingsError as missing:
        found.exit_code = missing.exit_code
        found.add("key", False, missing.message, missing.hint)
    else:
        cure = error.hint
        if asker.settings.key is None and not asker.settings.withheld:
            names = " or ".join((GENERAL_KEY, *asker.settings.provider.key_variables))
            cure = f"It asks for a key, and none is here: set {names}."
        found.add("key", False, error.message, asker.settings.withheld or cure)


def _cure(asker: Asker, error: ScoringError) -> str | None:
    if error.fault is Fault.UNREADABLE:
        return (
            "A web page answers: of a login or a proxy before the endpoint, or of a site that is "
            "no API. The URL of an API often ends in /v1."
        )
    if asker.settings.provider.kind == "hosted" or error.fault is Fault.TASK:
        return error.hint
    if error.fault is Fault.FAILED and not asker.settings.model:
        models = asker.models()
        known = f" It has: {', '.join(models)}." if models else ""
        return f"It may want a model (-m NAME) or a key.{known} {error.hint or ''}".strip()
    tried = ", ".join(DIALECTS)
    return f"{error.hint or ''} Nothing there answers in a wire form that was tried: {tried}."
