"""Turns a reply that is no success into a ScoringError with its fault, facts and hint.

Endpoints put much of what is wrong into words alone. This is where those are read; everything else
goes by the fault and the signs that are found in them here.
"""

import re

from rerank_cli import bounds
from rerank_cli.dialects.complaint import Complaint, complaint_of
from rerank_cli.errors import EndpointError, Fault, RefusedError, ScoringError, Sign
from rerank_cli.providers import GENERAL_KEY
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Reply

_STATUSES = {
    Fault.KEY: (401, 498),
    Fault.BALANCE: (402,),
    Fault.ACCESS: (403,),
    Fault.PATH: (404, 405),
    Fault.SLOW: (408,),
    Fault.TOO_LARGE: (413,),
    Fault.FAILED: (424,),
    Fault.RATE: (429,),
    Fault.TASK: (501,),
    Fault.BUSY: (409, 425, 503, 504, 529),
}

_TRANSIENT = (Fault.RATE, Fault.BUSY, Fault.SLOW, Fault.FAILED)

# How endpoints say that a request, or one pair in it, is too large; all lower case.
_TOO_LARGE = re.compile(
    r"batch size|too (large|long|many)|less than \d+ tokens|must have less than|"
    r"maximum (context|allowed|batch)|max(imum)? (number of )?(documents|tokens|chunks)|"
    r"max_seq_len|max allowed|number of documents|length limit|larger than \d+|context size"
)

# How they say how many passages it may have: with words for passages, and none for tokens.
_COUNTED = re.compile(r"documents|passages|texts|items|inputs|pairs|batch|array")
_NOT_COUNTED = re.compile(r"token|char|byte|\d ?[km]?b\b|context")
_AT_MOST = re.compile(
    r"(?:<=?|≤|at most|\bmax(?:imum)?\b|(?:larger|more|greater) than|up to|exceeds?|limit)"
    r"\D{0,30}?(\d[\d,]{0,7})"
)

# How servers say that the model does something else, such as chat or embeddings.
_NO_RERANKER = re.compile(
    r"not a re-?rank|(not|n't) support (the )?(re-?rank|score)|--reranking|no rerank"
)

# What else words can point to, and how; all lower case.
_SIGNS = {
    Sign.WEB_PAGE: re.compile("<html|<!doctype"),
    Sign.MODEL: re.compile("model"),
    Sign.NO_MODEL: re.compile(
        r"\bmodel\b[^;]{0,80}?\b(required|missing|provide|specif|empty|null)|"
        r"\b(required|missing|provide|specify)\b[^.;]{0,40}\bmodel\b"
    ),
    Sign.OLLAMA: re.compile("^ollama is running"),
    Sign.LM_STUDIO: re.compile(r"^unexpected endpoint or method\."),
    Sign.WANTS_TLS: re.compile(r"http request .*https (port|server)"),
}

# What pages say that check for browsers, and pages with status 403 that turn others away.
_CHALLENGE = re.compile(
    r"just a moment|challenge-platform|cf[-_]chl|checking your browser|attention required|"
    r"security checkpoint|captcha|you have been blocked"
)
_BLOCKED = re.compile("cloudflare|cloudfront|incapsula|akamai|firewall")

_LOGIN = re.compile(r"/(log|sign)[-_]?(in|on)\b|\bsso\b|/o?auth")
"""URLs of logins, lower case."""

_WHAT = {
    Fault.KEY: "the key was not accepted",
    Fault.ACCESS: "access denied",
    Fault.BALANCE: "the account's balance does not suffice",
    Fault.MODEL: "no such model here",
    Fault.PATH: "nothing answers reranks there",
    Fault.TASK: "what runs there is no reranker",
    Fault.TOO_LARGE: "the request is too large",
    Fault.REQUEST: "the request was refused",
    Fault.RATE: "a rate limit was reached",
    Fault.BUSY: "the endpoint is overloaded",
    Fault.FAILED: "the endpoint failed",
    Fault.SLOW: "the endpoint took too long",
}

_ADVICE = {
    Fault.KEY: "Check the key, and that it belongs to this endpoint.",
    Fault.MODEL: "Name another with --model.",
    Fault.PATH: "Check --base-url: most end in /v1, and the model must be a reranker.",
    Fault.TASK: "Serve a reranking model there, or name one with --model.",
    Fault.TOO_LARGE: "Send less at once: --max-passages.",
    Fault.RATE: "Wait a minute; --rpm and --tpm keep to a limit.",
    Fault.BUSY: "Try again later.",
    Fault.FAILED: "Try again later; the server's own log may say more.",
}

_NO_KEY = "a key is needed, and none was sent"
_UNNAMED = "a model must be named"
_GATE = "access denied by a check for browsers, or a firewall, before the endpoint"

_ADVICE_OF_SIGN = {
    Sign.GATE: "It is no matter of the key. Is it the host for programs? Try from another network, "
    "or ask who runs it to let the API through.",
    **{
        sign: f"{sign} has no rerank endpoint. Serve the reranker with llama.cpp instead "
        "(llama-server --reranking -m MODEL.gguf, then -p llamacpp), or rank without a server: "
        "-p local."
        for sign in (Sign.OLLAMA, Sign.LM_STUDIO)
    },
}


def refusal(
    reply: Reply,
    complaint: Complaint,
    settings: Settings,
    retry_after: float | None = None,
    status: int | None = None,
) -> ScoringError:
    """The error for a reply that is no success; `retry_after` is the seconds that it asks to wait.

    `status` is what its status should have been, where its body knows better.
    """
    if 300 <= reply.status < 400:
        return _redirect(reply)
    status = status or reply.status
    signs = _signs(reply, complaint)
    fault = Fault.ACCESS if Sign.GATE in signs else _fault(status, complaint, settings)
    # A status of 4xx says that it refused, unless it means that something behind it failed.
    refused = 400 <= status < 500 and fault is not Fault.FAILED
    error = RefusedError if refused else EndpointError
    transient = fault in _TRANSIENT
    # It may be refused because the server speaks another wire form.
    wire_form = fault is Fault.REQUEST and settings.provider.kind != "hosted"
    most = _most(complaint.text.lower()) if fault is Fault.TOO_LARGE else None
    return error(
        _problem(fault, signs, settings),
        advice_on(signs) or _hint(fault, settings, wire_form=wire_form),
        fault=fault,
        signs=signs | {Sign.WIRE_FORM} if wire_form else signs,
        transient=transient,
        retry_after=retry_after if transient else None,
        status=reply.status,
        code=complaint.code,
        request_id=complaint.request_id,
        said=complaint.text,
        most=most,
    )


def signs_of(text: str) -> frozenset[Sign]:
    """What an endpoint's own words point to."""
    text = text.lower()
    return frozenset(sign for sign, words in _SIGNS.items() if words.search(text))


def advice_on(signs: frozenset[Sign]) -> str | None:
    """What to do about what answers instead of a rerank endpoint, if the signs name it."""
    return next((text for sign, text in _ADVICE_OF_SIGN.items() if sign in signs), None)


def _signs(reply: Reply, complaint: Complaint) -> frozenset[Sign]:
    signs, text = signs_of(f"{complaint.text} {complaint.code}"), complaint.text.lower()
    blocks = _CHALLENGE.search(text) or (reply.status == 403 and _BLOCKED.search(text))
    # Any other body may echo a passage that is a page, or about one.
    is_gate = blocks and reply.body.lstrip().startswith(b"<")
    return signs | {Sign.GATE} if is_gate or reply.headers.get("cf-mitigated") else signs


def refusal_within(
    value: object, reply: Reply, settings: Settings, retry_after: float | None = None
) -> ScoringError | None:
    """The error that a reply with status 200 holds, or None; some gateways pass errors on so."""
    if not isinstance(value, dict) or not (value.get("error") or value.get("error_code")):
        return None
    complaint = complaint_of(value)
    if Sign.LM_STUDIO in signs_of(complaint.text):
        return refusal(reply, complaint, settings, retry_after, 404)
    code = bounds.count(complaint.code)
    if code is not None and 400 <= code < 600:
        return refusal(reply, complaint, settings, retry_after, code)
    if complaint.code is not None and complaint.code in settings.provider.codes:
        return refusal(reply, complaint, settings, retry_after, 400)
    return None


def _fault(status: int, complaint: Complaint, settings: Settings) -> Fault:
    """The code in the body knows more than the status, the words more than nothing."""
    row, code, text = settings.provider, complaint.code, complaint.text.lower()
    said = (fault for words, fault in row.words.items() if words in text)
    known = row.codes.get(code) if code is not None else None
    if known := known or next(said, Fault.TASK if _NO_RERANKER.search(text) else None):
        return known
    named = "model" in text and re.search("exist|not found|invalid model", text)
    if named and status in (400, 404, 422):
        return Fault.MODEL
    if status == 403 and re.search("balance|余额", text):
        return Fault.BALANCE
    if status in (400, 422, 500) and (_TOO_LARGE.search(text) or _most(text)):
        return Fault.TOO_LARGE
    wants_model = settings.model is None and _SIGNS[Sign.NO_MODEL].search(text)
    if wants_model and status in (400, 422, 500):
        return Fault.MODEL
    # Some servers answer a malformed request as if they had failed themselves.
    if status == 500 and "validation error" in text:
        return Fault.REQUEST
    known_by_status = (fault for fault, statuses in _STATUSES.items() if status in statuses)
    return next(known_by_status, Fault.REQUEST if status < 500 else Fault.FAILED)


def _problem(fault: Fault, signs: frozenset[Sign], settings: Settings) -> str:
    """What is wrong; nothing is said to be refused that was not sent."""
    if Sign.GATE in signs:
        return _GATE
    if fault is Fault.KEY and settings.key is None:
        return _NO_KEY
    unnamed = fault is Fault.MODEL and settings.model is None and Sign.NO_MODEL in signs
    return _UNNAMED if unnamed else _WHAT[fault]


def _most(text: str) -> int | None:
    """Passages that a request may have, if the text (lower case) says so."""
    if _NOT_COUNTED.search(text) or not _COUNTED.search(text):
        return None
    found = _AT_MOST.search(text)
    return int(found[1].replace(",", "")) if found else None


def _hint(fault: Fault, settings: Settings, *, wire_form: bool) -> str | None:
    parts = []
    if fault in (Fault.KEY, Fault.ACCESS) and settings.key is None:
        names = " or ".join((GENERAL_KEY, *settings.provider.key_variables))
        set_it = "Give one as api_key=…" if settings.arguments_only else f"Set {names}."
        return settings.withheld or set_it
    if fault is Fault.KEY:
        parts.append(f"The key came from {settings.key}.")
    if wire_form:
        parts.append("Is it the wire form that the server speaks? `rerank doctor` finds out.")
    usual = _ADVICE.get(fault)
    if fault is Fault.MODEL:
        parts.append(f"Asked for {settings.model}." if settings.model else "Name one with --model.")
        usual = usual if settings.model else None
    parts.append(settings.provider.advice.get(fault) or usual or "")
    return " ".join(filter(None, parts)) or None


def _redirect(reply: Reply) -> ScoringError:
    target = shown_url(reply.headers.get("location") or "")
    return EndpointError(
        f"answered with a redirect to {target}" if target else "answered with a redirect",
        "Redirects are not followed, so that a key goes nowhere else. If the target is right, "
        "give it with --base-url.",
        fault=Fault.PATH,
        signs=frozenset({Sign.WEB_PAGE} if _LOGIN.search(target.lower()) else ()),
        status=reply.status,
    )
