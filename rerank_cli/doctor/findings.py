"""What an answer tells of the endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from rerank_cli.dialects.reply import object_of, parse
from rerank_cli.doctor.probe import FAR, QUERY, RIGHT, TEXTS, Answer, Asker, Silence
from rerank_cli.errors import ExitCode, Fault
from rerank_cli.model import UNBOUNDED, UNIT, Range
from rerank_cli.settings import is_loopback, shown_url

_SHOWN = 600

_SAME = 0.01
"""By so much, of 1 or of the score, may a score differ and yet be the same: batches are padded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it is well (None: neither), and what to do if not."""

    name: str
    well: bool | None
    text: str
    cure: str | None = None


@dataclass(slots=True)
class Diagnosis:
    """All findings about a URL; `exit_code` is 0 if passages can be ranked there."""

    url: str
    findings: list[Finding] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.OK

    def add(self, name: str, well: bool | None, text: str, cure: str | None = None) -> None:
        self.findings.append(Finding(name, well, _cut(text), cure and _cut(cure)))

    def add_reached(self, seconds: float | None = None) -> None:
        """That something answers there, and whether others can listen."""
        parts = urlsplit(self.url)
        took = "" if seconds is None else f", in {seconds * 1000:.0f} ms"
        self.add("reachable", True, f"{parts.netloc} answers{took}")
        if parts.scheme == "https":
            self.add("TLS", True, "the certificate is trusted")
        else:
            here = is_loopback(parts.hostname or "")
            self.add("TLS", None, "none: plain http" + ("" if here else ", which others can read"))

    def add_path(self, asked: str, base_url: str) -> None:
        """That another base URL than the one asked for is right, if so."""
        if base_url != asked:
            cure = f"Give --base-url {shown_url(base_url)}"
            self.add("path", None, f"not that of {shown_url(asked)}", cure)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def add_answer(asker: Asker, answer: Answer) -> Diagnosis:
    """The findings about an endpoint that scores."""
    found = Diagnosis(shown_url(answer.url))
    found.add_reached(answer.seconds)
    _add_key(asker, found, answer)
    _add_model(asker, found, answer)
    found.add("wire form", True, _form(asker, answer))
    found.add_path(asker.settings.base_url, answer.settings.base_url)
    add_scores(found, answer.decoded.scores, answer.settings.score_range)
    _add_alone(asker, found, answer)
    return found


def _add_key(asker: Asker, found: Diagnosis, answer: Answer) -> None:
    key = answer.settings.key
    if key is None:
        found.add("key", True, asker.settings.withheld or "none sent, and none needed")
        return
    without = asker.ask(replace(answer.settings, key=None))
    if isinstance(without, Answer):
        text = f"not needed: it answers without that of {key}"
    elif without.error.fault in (Fault.KEY, Fault.ACCESS):
        text = f"needed, and that of {key} is accepted"
    else:
        text = f"that of {key} is accepted"
    found.add("key", True, text)


def _add_model(asker: Asker, found: Diagnosis, answer: Answer) -> None:
    asked = answer.settings.model
    said = object_of(parse(answer.reply.body)).get("model")
    text = f"{asked} answers" if asked else "not named: the server takes the one it has"
    if isinstance(said, str) and said and said != asked:
        text += f", which it calls {said}"
    if asked and not asker.settings.model:
        text += "; none was named"
    found.add("model", True, text)


def _form(asker: Asker, answer: Answer) -> str:
    """The wire form, and the command line that speaks it."""
    row = asker.named(answer)
    base_url, model = answer.settings.base_url, answer.settings.model
    words = ["rerank QUERY FILE", f"-p {row.name}"]
    if base_url != row.base_url:
        words.append(f"--base-url {shown_url(base_url)}")
    if row.needs_model or (model and model != row.model):
        words.append(f"-m {model or 'NAME'}")
    return f"{row.dialect}; use it by: {' '.join(words)}"


def add_scores(found: Diagnosis, scores: Sequence[float], known: Range | None) -> None:
    """Where the scores of `TEXTS` lie, and whether they rank them rightly; `known` is the row's."""
    low, high = min(scores), max(scores)
    seen = f"{low:.4g} to {high:.4g}"
    if low < 0 or high > 1:
        text = f"{seen}: logits" + (", though 0..1 was expected" if known == UNIT else "")
        cure = "--threshold 0.3 means little for them; --scores sigmoid maps them to 0..1."
        found.add("scores", False if known == UNIT else None, text, cure)
    elif known == UNBOUNDED:
        found.add("scores", None, f"{seen}: in 0..1, though logits were expected")
    else:
        found.add("scores", True, f"{seen}: in 0..1")
    score_of = dict(zip(TEXTS, scores, strict=True))
    if score_of[RIGHT] > score_of[FAR]:
        found.add("order", True, f"right: {RIGHT!r} is above {FAR!r}")
        return
    found.exit_code = ExitCode.ENDPOINT
    found.add(
        "order",
        False,
        f"wrong: for {QUERY!r} {RIGHT!r} is not above {FAR!r}",
        "Is the model a reranker, and one for this language? Some servers run rerankers wrongly.",
    )


def _add_alone(asker: Asker, found: Diagnosis, answer: Answer) -> None:
    alone = asker.ask(answer.settings, (RIGHT,))
    together = answer.decoded.scores[TEXTS.index(RIGHT)]
    times = f"{answer.seconds * 1000:.0f} ms for {len(TEXTS)} passages"
    if answer.settings == asker.settings:
        times += ", with connecting"
    if isinstance(alone, Silence):
        found.exit_code = alone.error.exit_code
        found.add("alone", False, alone.error.message, alone.error.hint)
    else:
        times += f"; {alone.seconds * 1000:.0f} ms for one"
        score = alone.decoded.scores[0]
        if abs(score - together) > _SAME * max(abs(together), 1.0):
            found.add(
                "alone",
                None,
                f"a passage scores {score:.4g} alone, {together:.4g} among others: the scores of "
                "different requests may not compare",
            )
    found.add("latency", None, times)
