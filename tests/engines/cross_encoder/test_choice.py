"""Which file of a folder is used, by precision, processor, memory and what is installed."""

from pathlib import Path

import pytest

from rerank_cli.engines.cross_encoder import files
from rerank_cli.engines.cross_encoder.choice import best_file, choose
from rerank_cli.engines.cross_encoder.files import OnnxFile, identity, onnx_file, onnx_files
from rerank_cli.engines.cross_encoder.machine import Machine, this_machine
from rerank_cli.errors import SettingsError
from tests.models import minilm, toy, write_json

SENTENCE_TRANSFORMERS = (
    *("model", "model_O1", "model_O2", "model_O3", "model_O4"),
    *("model_qint8_arm64", "model_qint8_avx512", "model_qint8_avx512_vnni", "model_quint8_avx2"),
)
TRANSFORMERS_JS = (
    *("model", "model_fp16", "model_quantized", "model_int8", "model_uint8"),
    *("model_q4", "model_q4f16", "model_bnb4"),
)
OPTIMUM = ("model", "model_quantized", "model_optimized")
ARM, PLAIN = Machine(arm=True), Machine()
AVX512, VNNI = Machine(avx512=True), Machine(avx512=True, vnni=True)


def _found(names: tuple[str, ...]) -> list[OnnxFile]:
    """The files of a layout, fp32 of 100 bytes, as they would be found."""
    made = []
    for name in names:
        marked = files._NAMED_PRECISION.search(name)
        precision = "fp32"
        if marked:
            precision = "fp16" if marked[1] else "q4" if marked[2] else "int8"
        made.append(OnnxFile(Path(f"{name}.onnx"), precision, 100))
    return made


@pytest.mark.parametrize(
    ("names", "machine", "precision", "chosen"),
    [
        (SENTENCE_TRANSFORMERS, PLAIN, "auto", "model"),
        (SENTENCE_TRANSFORMERS, PLAIN, "fp32", "model"),
        (SENTENCE_TRANSFORMERS, PLAIN, "int8", "model_quint8_avx2"),
        (SENTENCE_TRANSFORMERS, AVX512, "int8", "model_qint8_avx512"),
        (SENTENCE_TRANSFORMERS, VNNI, "int8", "model_qint8_avx512_vnni"),
        (SENTENCE_TRANSFORMERS, ARM, "int8", "model_qint8_arm64"),
        (TRANSFORMERS_JS, PLAIN, "int8", "model_uint8"),
        (TRANSFORMERS_JS, VNNI, "int8", "model_quantized"),
        (TRANSFORMERS_JS, ARM, "int8", "model_quantized"),
        (TRANSFORMERS_JS, PLAIN, "auto", "model"),
        (TRANSFORMERS_JS, Machine(free=150), "auto", "model_uint8"),
        (TRANSFORMERS_JS, Machine(free=150), "fp32", "model"),
        (OPTIMUM, Machine(free=1000), "auto", "model"),
        (OPTIMUM, PLAIN, "int8", "model_quantized"),
        (("model_O2", "model_O3"), PLAIN, "auto", "model_O3"),
        (("reranker",), PLAIN, "auto", "reranker"),
        (("model",), Machine(free=10), "auto", "model"),
    ],
)
def test_the_file_fits_the_machine(
    names: tuple[str, ...], machine: Machine, precision: str, chosen: str
) -> None:
    """The wrong file is slow, wrong by overflow, or takes more memory than there is."""
    assert best_file(_found(names), precision, machine, Path("x")).path.stem == chosen


@pytest.mark.parametrize(
    ("names", "precision"),
    [(("model_fp16", "model_q4f16", "model_O4"), "auto"), (("model",), "int8")],
)
def test_a_precision_that_is_not_there_is_refused(names: tuple[str, ...], precision: str) -> None:
    """Half precision on a processor, or fp32 for int8, would be a surprise in silence."""
    with pytest.raises(SettingsError) as caught:
        best_file(_found(names), precision, PLAIN, Path("x"))
    assert names[0] in caught.value.problem


def test_the_precision_is_read_where_the_name_does_not_say(tmp_path: Path) -> None:
    """`model.onnx` may hold int8 weights, and --precision would take them for fp32."""
    assert onnx_file(minilm(tmp_path / "m") / "model.onnx").precision == "int8"
    assert onnx_files(toy(tmp_path / "t"))[0].precision == "fp32"


def test_the_size_counts_external_data(tmp_path: Path) -> None:
    """A model of 2 GB would be taken for one of 1 MB, and fill the memory."""
    folder = toy(tmp_path / "t", external=True)
    (found,) = onnx_files(folder)
    data = folder / "model.onnx_data"
    assert found.size == (folder / "model.onnx").stat().st_size + data.stat().st_size


def test_configuration_beside_the_weights_comes_first(tmp_path: Path) -> None:
    """bge-reranker-base has its tokenizer and configuration in `onnx/`, and an older one above."""
    folder = toy(tmp_path / "t", file="onnx/model.onnx")
    write_json(folder / "onnx" / "config.json", {"id2label": {"0": "x"}, "vocab_size": 11})
    served = choose(folder, None, "auto", PLAIN, lambda _: True)
    assert served.configuration.vocabulary == 11
    assert served.file == "onnx/model.onnx"


def test_what_is_installed_decides_the_back_end(tmp_path: Path) -> None:
    """A folder with both would be refused where only one library is installed."""
    folder = toy(tmp_path / "t", file="onnx/model.onnx")
    (folder / "model.safetensors").write_bytes(b"x")
    config = {"architectures": ["XForSequenceClassification"], "id2label": {"0": "x"}}
    write_json(folder / "config.json", config)

    def backend(*installed: str, machine: Machine = PLAIN, precision: str = "auto") -> str:
        return choose(folder, None, precision, machine, installed.__contains__).backend

    assert backend("onnx", "torch") == "onnx"
    assert backend("torch") == "torch"
    assert backend("onnx", "torch", machine=Machine(gpu=True)) == "torch"
    with pytest.raises(SettingsError) as caught:
        backend()
    assert caught.value.hint
    assert "[onnx]" in caught.value.hint
    assert "[torch]" in caught.value.hint


def test_changed_weights_are_another_model(tmp_path: Path) -> None:
    """The cache would answer with the scores of the weights before."""
    folder = toy(tmp_path / "t")
    paths = [folder / "model.onnx", folder / "tokenizer.json"]
    before = identity(paths)
    assert identity(paths) == before
    toy(folder, weights=range(10))
    assert identity(paths) != before


def test_this_machine_has_memory() -> None:
    """Without a figure the largest file would be taken, whatever there is."""
    machine = this_machine()
    assert machine.free is None or machine.free > 1_000_000
