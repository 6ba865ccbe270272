"""Findings from a probe that got scores."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from rerank_cli.dialects.reply import object_of, parse
from rerank_cli.doctor.probe import FAR, QUERY, RIGHT, TEXTS, FailedProbe, Prober, Scored
from rerank_cli.errors import ExitCode, Fault, cut
from rerank_cli.model import UNBOUNDED, UNIT, Range
from rerank_cli.providers import GENERAL_KEY
from rerank_cli.settings import is_loopback, shown_url
from rerank_cli.transport.proxy import proxy_for

_SAME = 0.01
"""By so much, of 1 or of the score, may a score differ and yet be the same: batches are padded."""


class Finding(NamedTuple):
    """One thing that was checked: whether it is ok (None: neither good nor bad), and the fix."""

    name: str
    ok: bool | None
    text: str
    fix: str | None = None


@dataclass(slots=True)
class Diagnosis:
    """All findings about a URL; `exit_code` is 0 if passages can be ranked there."""

    url: str
    findings: list[Finding] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.OK

    def add(self, name: str, ok: bool | None, text: str, fix: str | None = None) -> Self:
        """Add a finding, cut to a length that can be shown."""
        self.findings.append(Finding(name, ok, cut(text), fix and cut(fix)))
        return self

    def add_reached(self, seconds: float | None = None) -> None:
        """What answers, and whether the connection is secure; `seconds` is how soon."""
        parts = urlsplit(self.url)
        proxy = proxy_for(self.url)
        through = f" through the proxy {proxy}" if proxy else ""
        took = "" if seconds is None else f", in {seconds * 1000:.0f} ms"
        self.add("reachable", True, f"{parts.netloc} answers{through}{took}")
        if parts.scheme == "https":
            self.add("TLS", True, "the certificate is trusted")
        else:
            here = is_loopback(parts.hostname or "")
            self.add("TLS", None, "none: plain http" + ("" if here else ", which others can read"))

    def add_path(self, asked: str, base_url: str) -> Self:
        """That the right base URL is another than `asked`, if so."""
        if base_url != asked:
            fix = f"Give --base-url {shown_url(base_url)}"
            self.add("path", None, f"not that of {shown_url(asked)}", fix)
        return self


def add_scored(prober: Prober, scored: Scored) -> Diagnosis:
    """The findings about an endpoint that scores."""
    found = Diagnosis(shown_url(scored.url))
    found.add_reached(scored.seconds)
    found.add("key", True, *_key(prober, scored))
    found.add("model", True, _model(prober, scored))
    found.add("wire form", True, _form(prober, scored))
    found.add_path(prober.settings.base_url, scored.settings.base_url)
    add_scores(found, scored.decoded.scores, scored.settings.score_range)
    _add_alone(prober, found, scored)
    return found


def _key(prober: Prober, scored: Scored) -> tuple[str, str | None]:
    """What is known of the key; and where the command line that is named takes it from."""
    key = scored.settings.key
    if key is None:
        return prober.settings.withheld or "none sent, and none needed", None
    without = prober.probe(replace(scored.settings, key=None))
    if isinstance(without, Scored):
        return f"not needed: it answers without that of {key}", None
    refused = without.error.fault in (Fault.KEY, Fault.ACCESS)
    takes_it = key.variable in (GENERAL_KEY, *prober.named(scored).key_variables)
    fix = None if takes_it else f"The command line below takes it from {GENERAL_KEY}."
    return ("needed, and " if refused else "") + f"that of {key} is accepted", fix


def _model(prober: Prober, scored: Scored) -> str:
    asked = scored.settings.model
    said = object_of(parse(scored.reply.body)).get("model")
    text = f"{asked} answers" if asked else "not named: the server takes the one it has"
    if isinstance(said, str) and said and said != asked:
        text += f", which it calls {said}"
    return text + ("; none was named" if asked and not prober.settings.model else "")


def _form(prober: Prober, scored: Scored) -> str:
    """The wire form, and the command line that speaks it."""
    return f"{prober.named(scored).dialect}; use it by: {_command(prober, scored)}"


def _command(prober: Prober, scored: Scored) -> str:
    row = prober.named(scored)
    base_url, model = scored.settings.base_url, scored.settings.model
    words = ["rerank", "QUERY", "FILE", "-p", row.name]
    if base_url != row.base_url:
        words += ["--base-url", shown_url(base_url)]
    if row.needs_model or (model and model != row.model):
        words += ["-m", model or "NAME"]
    return shlex.join(words)


def add_other(prober: Prober, found: Diagnosis) -> Diagnosis:
    """What else answers, where the URL that was given answers wrongly."""
    match prober.other:
        case Scored(url=url) as scored:
            use = f"Use it by: {_command(prober, scored)}"
            found.add("other", None, f"{shown_url(url)} gives scores", use)
        case FailedProbe(url=url, error=error):
            found.add("other", None, f"{shown_url(url)} answers, too: {error.message}", error.hint)
    return found


def add_scores(found: Diagnosis, scores: Sequence[float], known: Range | None) -> None:
    """Where the scores of `TEXTS` lie, and whether they rank them rightly; `known` is the row's."""
    low, high = min(scores), max(scores)
    seen = f"{low:.4g} to {high:.4g}"
    if low < 0 or high > 1:
        text = f"{seen}: logits" + (", though 0..1 was expected" if known == UNIT else "")
        fix = "--threshold 0.3 means little for them; --scores sigmoid maps them to 0..1."
        found.add("scores", False if known == UNIT else None, text, fix)
    elif known == UNBOUNDED:
        found.add("scores", None, f"{seen}: in 0..1, though logits were expected")
    else:
        found.add("scores", True, f"{seen}: in 0..1")
    score_of = dict(zip(TEXTS, scores, strict=True))
    if score_of[RIGHT] > score_of[FAR]:
        found.add("order", True, f"right: {RIGHT!r} is above {FAR!r}")
        return
    found.exit_code = ExitCode.ENDPOINT
    fix = "Is the model a reranker, and one for this language? Some servers run rerankers wrongly."
    found.add("order", False, f"wrong: for {QUERY!r} {RIGHT!r} is not above {FAR!r}", fix)


def _add_alone(prober: Prober, found: Diagnosis, scored: Scored) -> None:
    alone = prober.probe(scored.settings, (RIGHT,))
    together = scored.decoded.scores[TEXTS.index(RIGHT)]
    times = f"{scored.seconds * 1000:.0f} ms for {len(TEXTS)} passages"
    if scored.settings == prober.settings:
        times += ", with connecting"
    if isinstance(alone, FailedProbe):
        found.exit_code = alone.error.exit_code
        found.add("alone", False, alone.error.message, alone.error.hint)
    else:
        times += f"; {alone.seconds * 1000:.0f} ms for one"
        score = alone.decoded.scores[0]
        if abs(score - together) > _SAME * max(abs(together), 1.0):
            scores = f"a passage scores {score:.4g} alone, {together:.4g} among others"
            found.add("alone", None, f"{scores}: the scores of different requests may not compare")
    found.add("latency", None, times)
