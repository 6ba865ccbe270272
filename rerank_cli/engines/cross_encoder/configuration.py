"""What the JSON files of a reranker say: activation, maximum length, labels, what it is.

The rules are those of sentence-transformers' `CrossEncoder`, so that scores are the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from rerank_cli.errors import SettingsError
from rerank_cli.model import UNBOUNDED, UNIT, Range

CONFIG = "config.json"
_SENTENCE_TRANSFORMERS = "config_sentence_transformers.json"
_TOKENIZER, _LENGTHS = "tokenizer_config.json", "sentence_bert_config.json"
_MODULES, _TRUSTED_MODULES = "modules.json", "sentence_transformers."
CONFIGURATION_FILES = (CONFIG, _SENTENCE_TRANSFORMERS, _TOKENIZER, _LENGTHS)

_MOST_BYTES = 16_000_000
_LONGEST_SAID = 1_000_000
"""Where nobody set a maximum length, the libraries write one beyond any reason."""
# Of these the first two positions are no tokens'.
_OFFSET_POSITIONS = frozenset(
    {"camembert", "data2vec-text", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl", "xmod"}
)
_ACTIVATIONS = {"Sigmoid": True, "Identity": False}
_CAUSAL = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The facts that decide a score beside the weights; None where no file says.

    labels         how many outputs the model has
    sigmoid        whether a score is the sigmoid of the output; else it is the output
    max_length     tokens of query and passage together, with the special ones
    vocabulary     tokens that the model knows
    causal         whether it is a language model, which scores by its next token
    remote_code    whether the folder wants its own Python code to be run
    architecture   the class that its authors named
    """

    labels: int | None = None
    sigmoid: bool | None = None
    max_length: int | None = None
    vocabulary: int | None = None
    causal: bool = False
    remote_code: bool = False
    architecture: str = ""

    def applies_sigmoid(self, labels: int) -> bool:
        """Whether scores are probabilities, of a model with so many outputs."""
        return labels == 1 if self.sigmoid is None else self.sigmoid

    @property
    def scores_pairs(self) -> bool:
        """Whether the architecture is one that gives a score: one or two labels, or the next token.

        Any other would get weights at random for what it lacks.
        """
        classifies = self.architecture.endswith("ForSequenceClassification")
        return self.causal or (classifies and (self.labels or 1) <= 2)

    @property
    def score_range(self) -> Range:
        """The range of its scores; of two labels the second one's probability counts."""
        labels = self.labels or 1
        return UNIT if labels == 2 or self.applies_sigmoid(labels) else UNBOUNDED


def read_configuration(folders: Sequence[Path]) -> Configuration:
    """The facts of a model; each file is read from the first folder that has it.

    Raises SettingsError for a file that cannot be read, or is not what it should be.
    """
    config, own, tokenizer, lengths = (_first(folders, name) for name in CONFIGURATION_FILES)
    nested = config.get("sentence_transformers")
    names = (
        own.get("activation_fn"),
        nested.get("activation_fn") if isinstance(nested, Mapping) else None,
        config.get("sbert_ce_default_activation_function"),
    )
    name = next((each for each in names if isinstance(each, str)), None)
    classes = config.get("architectures")
    architecture = str(classes[0]) if isinstance(classes, list) and classes else ""
    causal = architecture.endswith(_CAUSAL)
    return Configuration(
        labels=1 if causal else _labels(config),
        sigmoid=_is_sigmoid(name, folders[-1]),
        max_length=_max_length(config, tokenizer, lengths),
        vocabulary=_count(config, "vocab_size"),
        causal=causal,
        remote_code="auto_map" in config or _has_own_modules(folders[-1] / _MODULES),
        architecture=architecture,
    )


def _has_own_modules(path: Path) -> bool:
    """Whether a list of modules names any that sentence-transformers does not have."""
    modules = _read_json(path) if path.exists() else []
    types = [each.get("type") for each in modules] if _is_list_of_objects(modules) else [None]
    return not all(str(each).startswith(_TRUSTED_MODULES) for each in types)


def _is_list_of_objects(value: object) -> TypeGuard[list[Mapping[str, object]]]:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def read_object(path: Path) -> Mapping[str, object]:
    """The object in a JSON file. Raises SettingsError, which names it, for anything else."""
    found = _read_json(path)
    if not isinstance(found, Mapping):
        raise SettingsError(f"{path}: not a JSON object")
    return found


def _read_json(path: Path) -> object:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SettingsError(f"{path}: too large for a configuration file")
        found: object = json.loads(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError):
        raise SettingsError(f"{path}: not JSON; is it complete?") from None
    return found


def _first(folders: Sequence[Path], name: str) -> Mapping[str, object]:
    path = next((each / name for each in folders if (each / name).exists()), None)
    return read_object(path) if path else {}


def _labels(config: Mapping[str, object]) -> int | None:
    if not config:
        return None
    names = config.get("id2label")
    return len(names) if isinstance(names, Mapping) else 2


def _is_sigmoid(name: str | None, folder: Path) -> bool | None:
    if name is None:
        return None
    known = _ACTIVATIONS.get(name.rpartition(".")[2])
    if known is None:
        raise SettingsError(
            f"{folder}: its activation is {name!r}, and only Sigmoid and Identity are known"
        )
    return known


def _max_length(
    config: Mapping[str, object], tokenizer: Mapping[str, object], lengths: Mapping[str, object]
) -> int | None:
    positions = _count(config, "max_position_embeddings")
    if positions and config.get("model_type") in _OFFSET_POSITIONS:
        positions -= 2
    said = (
        _count(tokenizer, "model_max_length"),
        _count(lengths, "max_seq_length"),
        positions,
    )
    return min((each for each in said if each and each < _LONGEST_SAID), default=None)


def _count(values: Mapping[str, object], name: str) -> int | None:
    value = values.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else None
