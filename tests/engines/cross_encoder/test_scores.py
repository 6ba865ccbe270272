"""The scores of a real cross-encoder, and that they are the same in any company."""

import random
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from rerank_cli.engines.cross_encoder import CrossEncoderEngine, onnx_model
from rerank_cli.engines.cross_encoder.pairs import shares
from tests.engines.cross_encoder.engines import engine_of, score, served
from tests.models import LOGITS, PASSAGES, QUERY

SENTENCES = [
    *PASSAGES,
    "Lyon lies on the Rhône.",
    "The Seine flows through Paris, where the government of France sits.",
    "巴黎是法国的首都。",
    "ok",
    "It has been the capital since 987, with interruptions.",
]


def _mixed(count: int) -> list[str]:
    """Passages of one to some dozen sentences."""
    chosen = random.Random(4)
    return [" ".join(chosen.choices(SENTENCES, k=chosen.randint(1, 4))) for _ in range(count)]


def test_known_pairs_have_their_known_scores(minilm_engine: CrossEncoderEngine) -> None:
    """Scores would differ from those of the model's authors, and thresholds would not hold."""
    found = score(minilm_engine, QUERY, PASSAGES)
    assert found.values == pytest.approx(LOGITS, abs=1e-4)
    assert found.best == ()
    assert found.usage.input_tokens == 17 + 14 + 17


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_score_is_the_same_in_any_company(
    minilm_engine: CrossEncoderEngine,
    minilm_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
) -> None:
    """Adding a passage, or a core, would change the scores of the others: nothing would compare."""
    texts = _mixed(50)
    alone = [score(minilm_engine, QUERY, [text]).values[0] for text in texts]
    monkeypatch.setattr(onnx_model, "usable_cores", lambda: threads)
    engine = engine_of(minilm_folder)
    assert list(score(engine, QUERY, texts).values) == alone
    order = random.Random(5).sample(range(50), 50)
    shuffled = score(engine, QUERY, [texts[at] for at in order]).values
    assert [shuffled[order.index(at)] for at in range(50)] == alone
    engine.close()


def test_identical_passages_tie(minilm_engine: CrossEncoderEngine) -> None:
    """Their order in the output would be chance."""
    texts = [PASSAGES[2], PASSAGES[0], PASSAGES[2]]
    first, other, second = score(minilm_engine, QUERY, texts).values
    assert first == second != other


def test_a_long_passage_scores_by_its_best_window(minilm_engine: CrossEncoderEngine) -> None:
    """What stands beyond the 512th token would not count, and nobody would say so."""
    long = "Bananas are yellow. " * 400 + PASSAGES[0] + " Bananas are yellow." * 400
    found = score(minilm_engine, QUERY, [long, PASSAGES[0]])
    window, whole = found.best
    assert whole is None
    assert window
    assert PASSAGES[0] in long[window.start : window.end]
    assert found.values[0] > LOGITS[1] + 3


def test_the_first_window_is_what_others_cut_a_passage_to(minilm_folder: Path) -> None:
    """A passage that is a little too long would score otherwise than in sentence-transformers."""
    model = onnx_model.OnnxModel(served(minilm_folder))
    text = "Bananas are yellow. " * 300
    tokenizer = Tokenizer.from_file(str(minilm_folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    whole = tokenizer.encode(QUERY, text)
    passage = model._tokenizer.encode("", text, add_special_tokens=False)
    query = model.prepared(QUERY)
    kept, room = shares(len(query.tokens), len(passage), 512 - 3)
    assert kept == len(query.tokens)
    passage.truncate(room)
    pair = model._tokenizer.post_process(query.tokens, passage)
    assert (pair.ids, pair.type_ids) == (whole.ids, whole.type_ids)


@given(
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=60).map(" ".join),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=60).map(" ".join),
)
@settings(max_examples=50)
def test_pairs_are_cut_as_the_tokenizers_cut(minilm_folder: Path, query: str, passage: str) -> None:
    """Another share between query and passage would give another score than the model's own."""
    tokenizer = Tokenizer.from_file(str(minilm_folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    counts = [len(tokenizer.encode(each, add_special_tokens=False)) for each in (query, passage)]
    tokenizer.enable_truncation(64)
    sequences = tokenizer.encode(query, passage).sequence_ids
    kept, room = shares(counts[0], counts[1], 64 - 3)
    assert (kept, min(room, counts[1])) == (sequences.count(0), sequences.count(1))


def test_scores_are_those_of_onnx_runtime_alone(minilm_folder: Path) -> None:
    """The reference: each pair alone through ONNX Runtime, with nothing of ours."""
    tokenizer = Tokenizer.from_file(str(minilm_folder / "tokenizer.json"))
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(str(minilm_folder / "model.onnx"), options)
    engine = engine_of(minilm_folder)
    texts = _mixed(20)
    for text, found in zip(texts, score(engine, QUERY, texts).values, strict=True):
        pair = tokenizer.encode(QUERY, text)
        feed = {
            "input_ids": np.array([pair.ids], np.int64),
            "attention_mask": np.array([pair.attention_mask], np.int64),
            "token_type_ids": np.array([pair.type_ids], np.int64),
        }
        assert found == pytest.approx(float(session.run(None, feed)[0][0, 0]), abs=1e-4)
    engine.close()
