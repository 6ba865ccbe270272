"""Opens the engine that scores in this process: the embedded one, or a cross-encoder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rerank_cli.engines import Engine, Events
from rerank_cli.settings import Settings
from rerank_cli.version import __version__


class InProcess(NamedTuple):
    """An engine, the settings with what the model's files say, and what a score depends on.

    `scope` is for the cache: the kind of model, and which files exactly.
    """

    engine: Engine
    settings: Settings
    scope: tuple[str, Mapping[str, object]]


def in_process(
    settings: Settings,
    precision: str | None,
    events: Events,
    environ: Mapping[str, str],
    *,
    pull: bool = False,
) -> InProcess:
    """The engine for settings whose provider is embedded; the model is loaded when it scores.

    `pull` has a model that is not here downloaded. Raises SettingsError where packages are not
    installed, or a model is not here or cannot be used.
    """
    if not settings.is_cross_encoder:
        from rerank_cli.engines.local import LocalEngine

        # Another version may have other weights under the same name; some before stored no windows.
        return InProcess(LocalEngine(events), settings, (__version__, {"windows": True}))
    from rerank_cli.engines.cross_encoder import CrossEncoderEngine
    from rerank_cli.engines.cross_encoder.choice import AUTO
    from rerank_cli.engines.cross_encoder.locate import locate

    precision = precision or AUTO

    def pulled(model_id: str) -> Path:
        from rerank_cli.engines.cross_encoder.pulling import download, plan_download

        plan = plan_download(model_id, precision, environ)
        megabytes = plan.size / 1e6
        events.note(f"downloading {model_id}: {megabytes:,.0f} MB from {plan.endpoint}")
        return download(plan, environ)

    served = locate(str(settings.model), precision, environ, pulled if pull else None)
    events.note(f"file: {served.weights} ({served.detail})")
    row = replace(settings.provider, score_range=served.configuration.score_range)
    settings = replace(settings, provider=row, detail=served.detail)
    identity = served.identity() if settings.cache else {}
    return InProcess(CrossEncoderEngine(served, events), settings, ("cross-encoder", identity))
