"""Turns text into tokens, with the background IDF of each."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from sentencepiece import SentencePieceProcessor

# No numpy here: the tokenizer is read in one thread while another one imports numpy.

UNKNOWN, BEGIN, END = 0, 1, 2

Offsets: TypeAlias = Sequence[tuple[int, int]]
"""Where each token stands in its text: first character, and the one after the last."""


class Tokens(NamedTuple):
    """The ids of a text's tokens, at least one, and where each stands."""

    ids: list[int]
    offsets: Offsets


class Tokenizer:
    """The encoder's own tokenizer (SentencePiece, unigram, 128,000 tokens), from `sp.model`."""

    def __init__(self, path: Path) -> None:
        self._model = SentencePieceProcessor(model_file=str(path))

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """The tokens of each text, without those that mark beginning and end."""
        # Half of a surrogate pair is no character to SentencePiece; this keeps the offsets.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        # One thread: SentencePiece's own pool costs more than it saves at these sizes.
        encoded = self._model.encode(clean, out_type="offset_mapping", num_threads=1)
        return list(map(_tokens, encoded))

    def idf(self, token_ids: Iterable[int]) -> list[float]:
        """-log p of each token in the tokenizer's training text; 0 for an unknown one."""
        return [-float(self._model.get_score(token_id)) for token_id in token_ids]


def _tokens(encoded: Mapping[str, Any]) -> Tokens:
    if UNKNOWN in encoded["ids"]:
        return _each_unknown(encoded)
    # What is all blank has no token.
    return Tokens(encoded["ids"] or [UNKNOWN], encoded["offsets"] or [(0, 0)])


def _each_unknown(encoded: Mapping[str, Any]) -> Tokens:
    """One unknown token a character: SentencePiece joins them, the encoder reads each."""
    ids: list[int] = []
    offsets: list[tuple[int, int]] = []
    for token_id, piece, (start, end) in zip(
        encoded["ids"], encoded["pieces"], encoded["offsets"], strict=True
    ):
        if token_id == UNKNOWN:
            ids += [UNKNOWN] * len(piece)
            # Of a piece that normalisation made longer, the last characters share an end.
            ends = [min(start + at, end) for at in range(len(piece) + 1)]
            offsets += pairwise(ends)
        else:
            ids.append(token_id)
            offsets.append((start, end))
    return Tokens(ids, offsets)
