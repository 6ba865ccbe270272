"""What is right and what is wrong with an endpoint, found by asking it a few tiny questions."""

from collections.abc import Callable, Mapping

from rerank_cli.doctor.failures import add_failure
from rerank_cli.doctor.findings import Diagnosis, Finding, add_answer, add_scores
from rerank_cli.doctor.probe import QUERY, TEXTS, Answer, Asker, Silence
from rerank_cli.engines import Engine
from rerank_cli.engines.endpoint.exchange import Connect, Exchange
from rerank_cli.model import Candidates, Passage
from rerank_cli.planning import Limits, plan
from rerank_cli.providers import CUSTOM, Provider
from rerank_cli.settings import Settings

__all__ = ["Diagnosis", "Finding", "diagnose", "examine"]


def examine(engine: Engine, settings: Settings) -> Diagnosis:
    """What can be found out about an engine that needs no endpoint."""
    passages = tuple(Passage(text, "", 0) for text in TEXTS)
    scores = engine.score(plan(Candidates(QUERY, passages), Limits())).values
    found = Diagnosis(settings.provider.kind)
    found.add("engine", True, f"{settings.model} ranks here; nothing leaves this machine")
    add_scores(found, scores, settings.score_range)
    return found


def diagnose(settings, providers, timeout, note):
    from rerank_cli.engines.local import LocalEngine
    from rerank_cli.transport import connector
    from rerank_cli.transport.clock import Clock

    if settings.provider.is_embedded:
        return examine(LocalEngine(), settings)
    clock = Clock()
    asker = Asker(
        settings,
        providers,
        lambda o: Exchange(o, {}, clock, note),
        connector(settings.base_url, timeout),
    )
    try:
        ending = asker.find()
        if not isinstance(ending, Answer):
            return add_failure(asker, ending)
        found = add_answer(asker, ending)
        if isinstance(asker.first, Silence) and settings.provider != CUSTOM:
            found.exit_code = asker.first.error.exit_code
        return found
    finally:
        asker.close()
