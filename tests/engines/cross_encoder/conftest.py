"""The real model, read once for all tests of a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rerank_cli.engines.cross_encoder import CrossEncoderEngine
from tests.engines.cross_encoder.engines import engine_of
from tests.models import minilm


@pytest.fixture(scope="session")
def minilm_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the MiniLM cross-encoder."""
    return minilm(tmp_path_factory.mktemp("models") / "minilm")


@pytest.fixture(scope="session")
def minilm_engine(minilm_folder: Path) -> Iterator[CrossEncoderEngine]:
    """An engine with it."""
    engine = engine_of(minilm_folder)
    yield engine
    engine.close()
