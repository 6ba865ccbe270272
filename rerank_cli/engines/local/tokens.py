"""Turns text into token ids, with the background IDF of each token."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

# No numpy here: the tokenizer is read in one thread while another one imports numpy.

UNKNOWN, BEGIN, END = 0, 1, 2


class Tokenizer:
    """The encoder's own tokenizer (SentencePiece, unigram, 128,000 tokens), from `sp.model`."""

    def __init__(self, path: Path) -> None:
        self._model = SentencePieceProcessor(model_file=str(path))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, at least one; without those that mark beginning and end."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        # One thread: SentencePiece's own pool costs more than it saves at these sizes.
        encoded: list[list[int]] = self._model.encode(clean, num_threads=1)
        return [
            self._each_unknown(text, token_ids) if UNKNOWN in token_ids else token_ids or [UNKNOWN]
            for text, token_ids in zip(clean, encoded, strict=True)
        ]

    def _each_unknown(self, text: str, token_ids: list[int]) -> list[int]:
        """One unknown token a character: SentencePiece joins them, the encoder reads each."""
        surfaces: list[str] = self._model.encode(text, out_type=str)
        return [
            token_id
            for token_id, surface in zip(token_ids, surfaces, strict=True)
            for _ in range(1 if token_id else len(surface))
        ]

    def idf(self, token_ids: Iterable[int]) -> list[float]:
        """-log p of each token in the tokenizer's training text; 0 for an unknown one."""
        return [-float(self._model.get_score(token_id)) for token_id in token_ids]
