"""The back end sentence-transformers: its CrossEncoder, for safetensors and language models.

On a processor each pair is scored by itself, so that no score depends on the others. On a graphics
processor batches are much faster; there the last digits of a score may depend on its batch.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from sentence_transformers import CrossEncoder
from transformers.utils import logging

from rerank_cli.engines.cross_encoder.choice import Served
from rerank_cli.engines.cross_encoder.pairs import OVERLAP, Scored, first_line, shares
from rerank_cli.errors import EndpointError, SettingsError
from rerank_cli.model import Window
from rerank_cli.transport.cpu_affinity import usable_cores

_USUAL_LENGTH = 512
_ON_GPU = 32
_SEAM = 2
"""Tokens that a window may grow by, being cut out of a text and tokenised again."""


class Query(NamedTuple):
    """A query, and how many tokens it has."""

    text: str
    tokens: int


class TorchModel:
    """See `pairs.PairModel`. Raises SettingsError where a file cannot be used.

    Nothing is asked of the hub, and no code of the folder is run.
    """

    threads = 1

    def __init__(self, served: Served) -> None:
        self._served = served
        self._stopped = False
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        if torch.get_num_threads() > usable_cores():
            # It counts the cores of the host, not those of a container.
            torch.set_num_threads(usable_cores())
        on_cpu = not torch.cuda.is_available()
        try:
            self._model: Any = CrossEncoder(
                str(served.root),
                trust_remote_code=False,
                local_files_only=True,
                device="cpu" if on_cpu else None,
                model_kwargs={
                    "use_safetensors": True,
                    "dtype": torch.float32 if on_cpu else "auto",
                },
            )
        except Exception as error:  # it raises whatever its parts raise
            problem = f"{served.root}: cannot be loaded: {first_line(error)}"
            hint = "The folder may not be complete: download it again."
            raise SettingsError(problem, hint) from error
        self.batch = 1 if on_cpu else _ON_GPU
        lengths = (served.configuration.max_length, self._model.max_seq_length)
        self.max_length = min((each for each in lengths if each), default=_USUAL_LENGTH)
        self._model.max_seq_length = self.max_length
        # The special tokens, and what a language model is told before and after the pair.
        self._around = len(self._model.preprocess([("", "")])["input_ids"][0])

    def prepared(self, query: str) -> Query:
        return Query(query, len(self._offsets(query)))

    def score(self, query: Query, texts: Sequence[str]) -> list[Scored]:
        if self._stopped:
            raise EndpointError("stopped before it was scored", stopped=True)
        parts = [list(self._parts(query, text)) for text in texts]
        windows = [window for each in parts for window in each]
        found = iter(self._predicted([(query.text, text) for text, _, _ in windows]))
        return [self._best(query, each, [next(found) for _ in each]) for each in parts]

    def stop(self) -> None:
        self._stopped = True

    def _parts(self, query: Query, text: str) -> Iterator[tuple[str, Window | None, int]]:
        """A text, or its windows, each with its place and the number of its tokens."""
        offsets = self._offsets(text)
        _, room = shares(query.tokens, len(offsets), self.max_length - self._around)
        if len(offsets) <= room:
            yield text, None, len(offsets)
            return
        room = max(room - _SEAM, 1)
        step = max(room - room // OVERLAP, 1)
        for first in range(0, len(offsets) - room + step, step):
            part = offsets[first : first + room]
            window = Window(part[0][0], part[-1][1])
            yield text[window.start : window.end], window, len(part)

    def _best(
        self, query: Query, parts: Sequence[tuple[str, Window | None, int]], found: Sequence[float]
    ) -> Scored:
        best = max(range(len(found)), key=lambda at: found[at])
        tokens = [count for _, _, count in parts]
        kept, _ = shares(query.tokens, max(tokens), self.max_length - self._around)
        read = sum(tokens) + len(tokens) * (kept + self._around)
        return Scored(found[best], parts[best][1], read, kept < query.tokens)

    def _predicted(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        try:
            found = self._model.predict(
                list(pairs),
                batch_size=self.batch,
                show_progress_bar=False,
                apply_softmax=self._model.num_labels == 2,
            )
        except Exception as error:  # it raises whatever its parts raise
            problem = f"{self._served.root}: cannot score a pair: {first_line(error)}"
            raise SettingsError(problem, "Is its tokenizer that of the model?") from error
        scores = [float(each[1]) if each.ndim else float(each) for each in found]
        if not all(torch.isfinite(torch.tensor(scores))):
            raise SettingsError(f"{self._served.root}: the model gave a score that is not finite")
        return scores

    def _offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each token of a text begins and ends, without the special ones."""
        encoded = self._model.tokenizer(
            text, add_special_tokens=False, return_offsets_mapping=True, truncation=False
        )
        return list(encoded["offset_mapping"])
