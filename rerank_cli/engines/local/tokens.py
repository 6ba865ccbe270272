"""Text becomes the numbers of SentencePiece's pieces; a piece's frequency is its background IDF."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from sentencepiece import SentencePieceProcessor

# No numpy here: the tokenizer is read in one thread while another one imports numpy.

UNKNOWN, BEGIN, END = 0, 1, 2


class Tokenizer:
    """The encoder's own tokenizer (unigram, 128,000 pieces), from its `sp.model`."""

    def __init__(self, path: Path) -> None:
        self._model = SentencePieceProcessor(model_file=str(path))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The pieces of each text, without the marks of its beginning and end; never none."""
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        # One thread: SentencePiece's own pool costs more than it saves at these sizes.
        coded: list[list[int]] = self._model.encode(clean, num_threads=1)
        return [
            self._spelled(text, pieces) if UNKNOWN in pieces else pieces or [UNKNOWN]
            for text, pieces in zip(clean, coded, strict=True)
        ]

    def _spelled(self, text: str, pieces: list[int]) -> list[int]:
        """One unknown piece a character: SentencePiece joins them, the encoder reads each."""
        surfaces: list[str] = self._model.encode(text, out_type=str)
        return [
            piece
            for piece, surface in zip(pieces, surfaces, strict=True)
            for _ in range(1 if piece else len(surface))
        ]

    def idf(self, pieces: Iterable[int]) -> list[float]:
        """-log p of each piece in the tokenizer's training text; 0 for an unknown one."""
        return [-float(self._model.get_score(piece)) for piece in pieces]
