"""Windows of passages that are longer than the model reads."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Encoding

from rerank_cli.engines.cross_encoder.onnx_model import OnnxModel
from tests.engines.cross_encoder.engines import engine_of, score, served
from tests.models import toy

WORDS = [
    "good",
    "bad",
    "é",
    "e\u0301",
    "👩‍👩‍👧",
    "巴黎",
    "是法国的",
    "x" * 40,
    "a-b",
    "\r\n",
    "…",
    "Ⅷ",
]


@pytest.fixture(scope="module")
def model(minilm_folder: Path) -> OnnxModel:
    """The real tokenizer, with a model that reads 24 tokens."""
    found = OnnxModel(served(minilm_folder))
    found.max_length = 24
    return found


@given(st.lists(st.sampled_from(WORDS), min_size=30, max_size=120).map(" ".join))
def test_windows_cover_a_passage_without_a_gap(model: OnnxModel, text: str) -> None:
    """The answer could stand between two windows; or offsets would cut it out of its place."""
    windows: list[Encoding] = []

    def run(query: Encoding, passage: Encoding) -> tuple[float, int]:
        windows.append(passage)
        return float(len(windows)), 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "_run", run)
        (found,) = model.score(model.prepared("a query"), [text])
    whole = model._tokenizer.encode("", text, add_special_tokens=False)
    offsets = [each.offsets for each in windows]
    assert max(map(len, windows)) + 2 + 3 <= 24
    assert offsets[0][0] == whole.offsets[0]
    assert offsets[-1][-1] == whole.offsets[-1]
    for before, after in pairwise(offsets):
        assert after[0] in before, "neighbours share tokens"
    assert {each for window in offsets for each in window} == {*whole.offsets}
    # The last one had the highest score.
    assert found.best == (offsets[-1][0][0], offsets[-1][-1][1])


def test_of_equal_windows_the_first_counts(tmp_path: Path) -> None:
    """The same passage would have another best window each time."""
    engine = engine_of(toy(tmp_path / "toy"))
    found = score(engine, "a", ["good good good good " * 20])
    assert found.best[0]
    assert found.best[0].start == 0
    engine.close()


def test_a_query_that_is_too_long_is_cut_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of the question would not count, and nobody would say so."""
    engine = engine_of(toy(tmp_path / "toy"))
    found = score(engine, "good " * 40, ["bad " * 40, "bad"])
    assert len(found.values) == 2
    assert [each.message for each in caplog.records if "query is longer" in each.message]
    engine.close()
