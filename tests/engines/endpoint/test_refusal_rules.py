"""Which statuses and words mean what: whether to try again, what to blame, and where to look."""

import json
from dataclasses import replace

import pytest

from rerank_cli.dialects.complaint import Complaint, complaint_of
from rerank_cli.engines.endpoint.refusal import refusal, refusal_within
from rerank_cli.errors import EndpointError, Fault, RefusedError, ScoringError, Sign
from rerank_cli.settings import Flags, Settings, resolve
from rerank_cli.transport import Reply


def _settings(provider: str = "vllm", model: str | None = None) -> Settings:
    return resolve(Flags(provider=provider, model=model), {}, None)


def _refused(
    status: int, said: str = "", retry_after: float | None = None, settings: Settings | None = None
) -> ScoringError:
    reply = Reply(status, {}, b"")
    return refusal(reply, Complaint(said), settings or _settings(), retry_after)


@pytest.mark.parametrize(
    ("status", "fault", "transient", "kind"),
    [
        (300, Fault.PATH, False, EndpointError),
        (399, Fault.PATH, False, EndpointError),
        (400, Fault.REQUEST, False, RefusedError),
        (401, Fault.KEY, False, RefusedError),
        (402, Fault.BALANCE, False, RefusedError),
        (403, Fault.ACCESS, False, RefusedError),
        (404, Fault.PATH, False, RefusedError),
        (405, Fault.PATH, False, RefusedError),
        (408, Fault.SLOW, True, RefusedError),
        (409, Fault.BUSY, True, RefusedError),
        (413, Fault.TOO_LARGE, False, RefusedError),
        (424, Fault.FAILED, True, EndpointError),
        (425, Fault.BUSY, True, RefusedError),
        (429, Fault.RATE, True, RefusedError),
        (498, Fault.KEY, False, RefusedError),
        (499, Fault.REQUEST, False, RefusedError),
        (500, Fault.FAILED, True, EndpointError),
        (501, Fault.TASK, False, EndpointError),
        (502, Fault.FAILED, True, EndpointError),
        (503, Fault.BUSY, True, EndpointError),
        (504, Fault.BUSY, True, EndpointError),
        (529, Fault.BUSY, True, EndpointError),
        (599, Fault.FAILED, True, EndpointError),
    ],
)
def test_every_status_has_its_meaning(
    status: int, fault: Fault, transient: bool, kind: type[ScoringError]
) -> None:
    """What passes would end a run, what never passes be tried again, or a script misled."""
    error = _refused(status, "x", 7.0)
    assert (error.fault, error.transient, type(error)) == (fault, transient, kind)
    # Only what is tried again waits.
    assert error.retry_after == (7.0 if transient else None)


@pytest.mark.parametrize(
    ("status", "said", "fault"),
    [
        (400, "The model `x` does not exist.", Fault.MODEL),
        (404, "Model x not found", Fault.MODEL),
        (422, "invalid model", Fault.MODEL),
        (404, "Not Found", Fault.PATH),
        (400, "document does not exist", Fault.REQUEST),
        (400, "the model is busy", Fault.REQUEST),
        (500, "model not found", Fault.FAILED),
        (403, "insufficient balance", Fault.BALANCE),
        (403, "余额不足", Fault.BALANCE),
        (400, "balance", Fault.REQUEST),
        (400, "batch size 64 > maximum allowed batch size 32", Fault.TOO_LARGE),
        (422, "input too long", Fault.TOO_LARGE),
        (500, "too many documents", Fault.TOO_LARGE),
        (403, "too many documents", Fault.ACCESS),
        (500, "1 validation error for Request", Fault.REQUEST),
        (502, "1 validation error for Request", Fault.FAILED),
        (400, "this model is not a reranker", Fault.TASK),
        (501, "does not support reranking", Fault.TASK),
    ],
)
def test_words_tell_more_than_the_status(status: int, said: str, fault: Fault) -> None:
    """A user would look for the mistake in the wrong place; or large requests not be halved."""
    assert _refused(status, said).fault is fault


@pytest.mark.parametrize(
    ("provider", "names_doctor"),
    [("vllm", True), ("tei", True), ("custom", True), ("cohere", False)],
)
def test_a_refused_request_to_a_server_of_ones_own_names_doctor(
    provider: str, names_doctor: bool
) -> None:
    """Who asks a server in the wrong wire form would not learn how to find the right one."""
    error = _refused(400, settings=_settings(provider) if provider != "custom" else _custom())
    assert (Sign.WIRE_FORM in error.signs) == names_doctor
    assert ("rerank doctor" in (error.hint or "")) == names_doctor
    # Anything else says nothing of the wire form.
    busy = _refused(503, settings=_settings("vllm"))
    assert Sign.WIRE_FORM not in busy.signs
    assert "rerank doctor" not in (busy.hint or "")


def _custom() -> Settings:
    return resolve(Flags(base_url="http://localhost:9"), {}, None)


def test_the_model_that_was_asked_for_is_named_if_there_was_one() -> None:
    """A user could not see which of several settings the wrong model came from."""
    said = "model not found"
    assert "mine-1" in (_refused(404, said, settings=_settings(model="mine-1")).hint or "")
    assert "None" not in (_refused(404, said, settings=_settings()).hint or "")


@pytest.mark.parametrize(
    ("code", "is_error"), [(399, False), (400, True), (599, True), (600, False)]
)
def test_a_status_in_a_good_reply_is_an_error_from_400_to_599(code: int, is_error: bool) -> None:
    """A gateway's error would be ranked as no scores, or a code of its own be taken for one."""
    body = {"error": {"code": code, "message": "x"}}
    found = refusal_within(body, Reply(200, {}, b""), _settings())
    assert (found is not None) == is_error


def test_codes_and_request_ids_are_told_once() -> None:
    """Support could not find the request; or a status be said twice."""
    for code, told in ((20012, True), (400, False), ("400", False), (None, False)):
        error = refusal(Reply(400, {}, b""), Complaint("x", code, "id-7"), _settings())
        assert (error.status, error.code, error.request_id) == (400, code, "id-7")
        assert (f"code {code}" in error.message) == told
        assert "id-7" in error.message


@pytest.mark.parametrize("status", [401, 498])
def test_no_key_is_refused_where_none_was_sent(status: int) -> None:
    """A user would check a key that was never sent."""
    without = _refused(status, "Invalid API Key")
    assert without.problem == "a key is needed, and none was sent"
    assert "VLLM_API_KEY" in (without.hint or "")
    assert "The key" not in (without.hint or "")
    sent = resolve(Flags(provider="vllm"), {"VLLM_API_KEY": "sk-1"}, None)
    assert _refused(status, settings=sent).problem == "the key was not accepted"


def test_a_key_that_is_withheld_is_not_asked_for_again() -> None:
    """A user would set a key that is set, and not sent for a reason."""
    settings = replace(_custom(), withheld="it is not sent there")
    assert _refused(401, settings=settings).hint == "it is not sent there"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (422, "body.model: Field required"),
        (400, "Argument 'model' is missing, or not supported."),
        (400, "Missing required field: model"),
        (400, "you must provide a model parameter"),
        (400, "No model specified"),
        (422, "missing field `model` at line 1 column 20"),
        (500, "1 validation error for RerankRequest model field required (type=value_error)"),
    ],
)
def test_a_model_that_must_be_named(status: int, said: str) -> None:
    """A user would be told of a wrong request, not of the option that is missing."""
    error = _refused(status, said)
    assert (error.fault, error.transient) == (Fault.MODEL, False)
    assert error.problem == "a model must be named"
    assert (error.hint or "").startswith("Name one with --model.")
    assert _refused(status, said, settings=_settings(model="m")).fault is not Fault.MODEL


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (422, "body.query: Field required"),
        (422, "body.documents: Field required; body.model_kwargs: Extra inputs"),
        (400, "this model is busy"),
    ],
)
def test_a_model_that_need_not_be_named(status: int, said: str) -> None:
    """A user would name a model in vain."""
    assert _refused(status, said).fault is Fault.REQUEST


_PAGE = "<!doctype html><html><title>{}</title>"


@pytest.mark.parametrize(
    ("status", "headers", "title", "is_gate"),
    [
        (403, {"cf-mitigated": "challenge"}, "", True),
        (403, {}, "Just a moment...", True),
        (503, {}, "Just a moment...", True),
        (403, {}, "Attention Required! | Cloudflare", True),
        (429, {}, "Vercel Security Checkpoint", True),
        (403, {}, "403 Forbidden", False),
        (502, {}, "cloudflare: bad gateway", False),
        (429, {}, "rate limited by cloudflare", False),
    ],
)
def test_a_check_for_browsers_is_no_matter_of_the_key(
    status: int, headers: dict[str, str], title: str, is_gate: bool
) -> None:
    """A user would buy a new key because of a page that asks for a browser."""
    page = _PAGE.format(title)
    for settings in (_custom(), resolve(Flags(provider="cohere"), {"CO_API_KEY": "sk-1"}, None)):
        error = refusal(Reply(status, headers, page.encode()), Complaint(page), settings)
        assert (Sign.GATE in error.signs) == is_gate
        assert ("no matter of the key" in (error.hint or "")) == is_gate
        if is_gate:
            assert (error.fault, error.transient) == (Fault.ACCESS, False)


def test_lm_studio_has_no_rerank_endpoint() -> None:
    """A user would be told that the reply has no results."""
    body = {"error": "Unexpected endpoint or method. (POST /v1/rerank)"}
    error = refusal_within(body, Reply(200, {}, b""), _custom())
    assert error
    assert error.fault is Fault.PATH
    assert "LM Studio has no rerank endpoint" in (error.hint or "")


@pytest.mark.parametrize(
    "passage",
    [
        "<html>Just a moment... captcha</html>",
        "Ollama is running",
        "LM Studio says: Unexpected endpoint or method. (GET /)",
    ],
)
def test_a_passage_that_is_echoed_says_nothing_of_the_server(passage: str) -> None:
    """A user whose passages are about these would be told that the server is one of them."""
    body = {"error": f"documents.0: {passage} is refused"}
    said = complaint_of(body)
    error = refusal(Reply(403, {}, json.dumps(body).encode()), said, _custom())
    assert not error.signs & {Sign.GATE, Sign.OLLAMA, Sign.LM_STUDIO}
    assert error.hint == "Set RERANK_API_KEY."
    assert refusal_within(body, Reply(200, {}, b""), _custom()) is None
