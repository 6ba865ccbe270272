"""Engines over folders, and plans for them."""

from collections.abc import Sequence
from pathlib import Path

from rerank_cli.engines import Events
from rerank_cli.engines.cross_encoder import CrossEncoderEngine
from rerank_cli.engines.cross_encoder.choice import AUTO, Served, choose
from rerank_cli.engines.cross_encoder.machine import Machine
from rerank_cli.model import Candidates, Passage, Scores
from rerank_cli.planning import Limits, plan
from rerank_cli.reranker.logged_events import LoggedEvents


def served(folder: Path, precision: str = AUTO, file: Path | None = None) -> Served:
    """The choice on an ordinary machine with ONNX Runtime alone."""
    return choose(folder, file, precision, Machine(), lambda backend: backend == "onnx")


def engine_of(
    folder: Path, precision: str = AUTO, events: Events | None = None
) -> CrossEncoderEngine:
    """An engine over a folder."""
    return CrossEncoderEngine(served(folder, precision), events or LoggedEvents())


def score(engine: CrossEncoderEngine, query: str, texts: Sequence[str]) -> Scores:
    """The scores of some texts."""
    passages = tuple(Passage(text, "f", line) for line, text in enumerate(texts, 1))
    return engine.score(plan(Candidates(query, passages), Limits()))
