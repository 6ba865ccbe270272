"""A reply that is no success becomes one line: why, and what to do about it."""

import re

from rerank_cli.dialects.complaint import Complaint
from rerank_cli.errors import EndpointError, Fault, RefusedError, ScoringError
from rerank_cli.settings import Settings, shown_url
from rerank_cli.transport import Reply

_OF_STATUS = {
    401: Fault.KEY,
    402: Fault.BALANCE,
    403: Fault.ACCESS,
    404: Fault.PATH,
    405: Fault.PATH,
    408: Fault.SLOW,
    409: Fault.BUSY,
    413: Fault.TOO_LARGE,
    425: Fault.BUSY,
    429: Fault.RATE,
    498: Fault.KEY,
    501: Fault.PATH,
    503: Fault.BUSY,
    504: Fault.BUSY,
    529: Fault.BUSY,
}

_TRANSIENT = (Fault.RATE, Fault.BUSY, Fault.SLOW, Fault.FAILED)

# How endpoints say that a request, or one pair in it, is too large; all lower case.
_TOO_LARGE = re.compile(
    r"batch size|too (large|long|many)|less than \d+ tokens|must have less than|"
    r"maximum (context|allowed|batch)|max(imum)? (number of )?(documents|tokens|chunks)|"
    r"max_seq_len|max allowed|number of documents|length limit|larger than \d+"
)

_WHAT = {
    Fault.KEY: "the key was not accepted",
    Fault.ACCESS: "access denied",
    Fault.BALANCE: "the account's balance does not suffice",
    Fault.MODEL: "no such model here",
    Fault.PATH: "nothing answers reranks there",
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
    Fault.TOO_LARGE: "Send less at once: --max-passages.",
    Fault.RATE: "Wait a minute; --rpm and --tpm keep to a limit.",
    Fault.BUSY: "Try again later.",
    Fault.FAILED: "Try again later; the server's own log may say more.",
}


def refusal(
    reply: Reply, complaint: Complaint, settings: Settings, wait: float | None = None
) -> ScoringError:
    """The error for a reply whose status is not 2xx; `wait` is the seconds it asked to wait."""
    if 300 <= reply.status < 400:
        return _redirect(reply)
    fault = _fault(reply.status, complaint, settings)
    said = f": {complaint.text}" if complaint.text else ""
    numbers = [f"HTTP {reply.status}"]
    if complaint.code is not None and str(complaint.code) != str(reply.status):
        numbers.append(f"code {complaint.code}")
    if complaint.request_id:
        numbers.append(f"request id {complaint.request_id}")
    # The endpoint's own words last: they may be long, and are cut there.
    message = f"{_WHAT[fault]} ({', '.join(numbers)}){said}"
    error = RefusedError if 400 <= reply.status < 500 else EndpointError
    transient = fault in _TRANSIENT
    return error(
        message,
        _hint(fault, settings),
        fault=fault,
        transient=transient,
        wait=wait if transient else None,
    )


def _fault(status: int, complaint: Complaint, settings: Settings) -> Fault:
    """The code in the body knows more than the status, the words more than nothing."""
    code = complaint.code
    known = settings.provider.codes.get(code) if code is not None else None
    if known is not None:
        return known
    text = complaint.text.lower()
    if status in (400, 404, 422) and "model" in text and _says(text, "exist", "not found"):
        return Fault.MODEL
    if status == 403 and _says(text, "balance", "余额"):
        return Fault.BALANCE
    if status in (400, 422, 500) and _TOO_LARGE.search(text):
        return Fault.TOO_LARGE
    # Some servers answer a malformed request as if they had failed themselves.
    if status == 500 and _says(text, "validation error"):
        return Fault.REQUEST
    return _OF_STATUS.get(status, Fault.REQUEST if status < 500 else Fault.FAILED)


def _says(text: str, *words: str) -> bool:
    return any(word in text for word in words)


def _hint(fault: Fault, settings: Settings) -> str | None:
    parts = []
    if fault is Fault.KEY:
        key = settings.key
        parts.append(f"The key came from {key}." if key else "No key was sent.")
    if fault is Fault.MODEL and settings.model:
        parts.append(f"Asked for {settings.model}.")
    parts.append(settings.provider.advice.get(fault) or _ADVICE.get(fault) or "")
    return " ".join(filter(None, parts)) or None


def _redirect(reply: Reply) -> ScoringError:
    target = reply.headers.get("location")
    to = f" to {shown_url(target)}" if target else ""
    return EndpointError(
        f"answered with a redirect{to} (HTTP {reply.status})",
        "Redirects are not followed, so that a key goes nowhere else. If the target is right, "
        "give it with --base-url.",
        fault=Fault.PATH,
    )
