"""The embedded model in memory, which scores texts on all cores.

Everything here is spread over threads, for zlib, SentencePiece and the BLAS release Python's
lock; a pool of the BLAS's own under them would only get in the way.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rerank_cli.engines.local.best_window import readable
from rerank_cli.model import Window
from rerank_cli.transport.pool import Pool

if TYPE_CHECKING:
    from rerank_cli.engines.local.encoder import Encoder
    from rerank_cli.engines.local.tokens import Tokenizer, Tokens

_BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
_MAX_THREADS = 8
# A text above _LONGEST tokens is scored in windows of _WINDOW that overlap; the best one counts.
_LONGEST, _WINDOW, _STEP = 1024, 768, 640
# Tokens in a block, a thread's unit of work: enough that many repeat, which saves work, and few
# enough for a thread to need some 20 MB.
_BLOCK_MIN, _BLOCK_MAX = 512, 2048
# Characters that are tokenised at once, which bounds the memory that a long file takes.
_BATCH = 200_000


class _Part(NamedTuple):
    """A part of a text that is scored by itself: the text's number, its tokens from the `first`."""

    number: int
    first: int
    ids: list[int]


class Session:
    """The model, read once for any number of queries."""

    def __init__(self, resources: Path) -> None:
        """Read `sp.model` and `weights.npz`; OSError if they cannot be."""
        with _threads() as pool:
            tokenizer = pool.submit(_read_tokenizer, resources / "sp.model")
            self._encoder = _read_encoder(resources / "weights.npz")
            self._tokenizer = tokenizer.result()

    def score(
        self, query: str, texts: Sequence[str]
    ) -> tuple[list[float], list[Window | None], int]:
        """The relevance score of each text, its best window, and the number of tokens read."""
        from rerank_cli.engines.local.similarity import EncodedQuery

        query_ids = self._tokenizer.encode([query])[0].ids[:_LONGEST]
        scores = [0.0] * len(texts)
        best: list[Window | None] = [None] * len(texts)
        read = len(query_ids)
        encoded_query: EncodedQuery | None = None
        with _threads() as pool:
            for first, batch in _batches(texts):
                tokens = self._tokenizer.encode(batch)
                read += sum(len(each.ids) for each in tokens)
                self._encoder.load({*query_ids}.union(*(each.ids for each in tokens)), pool.map)
                encoded_query = encoded_query or EncodedQuery(
                    self._encoder, query_ids, self._tokenizer.idf(query_ids)
                )
                parts = list(_parts(tokens))
                blocks = [[part.ids for part in block] for block in _blocks(parts)]
                found = chain.from_iterable(pool.map(encoded_query.score, blocks))
                for part, match in zip(parts, found, strict=True):
                    number = first + part.number
                    if best[number] is None or match.score > scores[number]:
                        scores[number] = match.score
                        offsets = tokens[part.number].offsets[part.first :]
                        start, end = offsets[match.first][0], offsets[match.end - 1][1]
                        best[number] = readable(texts[number], start, end)
        return scores, best, read


def _read_tokenizer(path: Path) -> "Tokenizer":
    from rerank_cli.engines.local.tokens import Tokenizer

    return Tokenizer(path)


def _read_encoder(path: Path) -> "Encoder":
    # The BLAS that is loaded here takes one thread, unless the environment sets a number.
    ours = [name for name in _BLAS_THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(ours, "1"))
    try:
        from rerank_cli.engines.local.encoder import Encoder
        from rerank_cli.engines.local.weights import Weights
    finally:
        for name in ours:
            os.environ.pop(name, None)
    return Encoder(Weights(path))


@contextmanager
def _threads() -> Iterator[Pool]:
    """A thread pool; an exception (as Ctrl-C) cancels the tasks that have not begun."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    pool = Pool(min(usable or 1, _MAX_THREADS))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The texts in batches of about _BATCH characters, each with the number of its first text."""
    first = size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if size >= _BATCH or number == len(texts) - 1:
            yield first, texts[first : number + 1]
            first, size = number + 1, 0


def _parts(texts: Iterable["Tokens"]) -> Iterator[_Part]:
    for number, (ids, _) in enumerate(texts):
        if len(ids) <= _LONGEST:
            yield _Part(number, 0, ids)
            continue
        for first in range(0, len(ids) - _WINDOW + _STEP, _STEP):
            yield _Part(number, first, ids[first : first + _WINDOW])


def _blocks(parts: Sequence[_Part]) -> Iterator[Sequence[_Part]]:
    """The parts in blocks, as many as keep all threads busy."""
    total = sum(len(part.ids) for part in parts)
    limit = min(max(total // _MAX_THREADS, _BLOCK_MIN), _BLOCK_MAX)
    first = size = 0
    for i, part in enumerate(parts):
        if i > first and size + len(part.ids) > limit:
            yield parts[first:i]
            first, size = i, 0
        size += len(part.ids)
    yield parts[first:]
