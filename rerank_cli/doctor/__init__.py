"""Diagnosis of an endpoint (`rerank doctor`): tiny requests, and findings from their replies."""

from collections.abc import Callable, Mapping
from contextlib import closing

from rerank_cli.doctor.failures import add_failure
from rerank_cli.doctor.findings import Diagnosis, Finding, add_scored, add_scores
from rerank_cli.doctor.probe import QUERY, TEXTS, FailedProbe, Prober
from rerank_cli.engines import Engine
from rerank_cli.engines.endpoint.exchange import Connect
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, plan
from rerank_cli.providers import ACCOUNT, CUSTOM, Provider
from rerank_cli.settings import Settings
from rerank_cli.transport.connector import connector

__all__ = ["Diagnosis", "Finding", "diagnose"]


def diagnose(
    settings: Settings,
    providers: Mapping[str, Provider],
    timeout: float,
    note: Callable[[str], None],
    *,
    connect: Connect | None = None,
    engine: Engine | None = None,
) -> Diagnosis:
    """Everything that can be found out about the endpoint of the settings, or the engine here.

    `engine` is what scores in this process, if it does.
    `providers` are all rows by name, `timeout` is seconds for one probe, `note` is called with a
    line about each reply. Raises SettingsError for a URL that cannot be used.
    """
    if engine:
        return _diagnose_here(engine, settings)
    if ACCOUNT in settings.base_url:
        settings.require()
    connect = connect or (lambda: connector(settings.base_url, timeout))
    with closing(Prober(settings, providers, connect(), note)) as prober:
        probed = prober.find()
        if isinstance(probed, FailedProbe):
            return add_failure(prober, probed)
        found = add_scored(prober, probed)
        if isinstance(prober.first, FailedProbe) and settings.provider != CUSTOM:
            # It was named, and is another: ranking with that name fails.
            found.exit_code = prober.first.error.exit_code
        return found


def _diagnose_here(engine: Engine, settings: Settings) -> Diagnosis:
    passages = tuple(Passage(text, "", 0) for text in TEXTS)
    with closing(engine):
        scores = engine.score(plan(Candidates(QUERY, passages), Limits())).values
    found = Diagnosis(settings.provider.kind)
    found.add("engine", True, f"{settings.model} ranks here; nothing leaves this machine")
    if settings.detail:
        found.add("file", True, settings.detail)
    add_scores(found, scores, settings.score_range)
    return found
