"""The tables of `rerank models`: what is here, and what is worth a download."""

from collections.abc import Sequence

from rerank_cli.engines.cross_encoder.catalogue import Installed
from rerank_cli.engines.cross_encoder.recommended import RECOMMENDED, sizes
from rerank_cli.model import UNIT
from rerank_cli.providers import LOCAL
from rerank_cli.rendering.columns import aligned_table
from rerank_cli.rendering.json import dumps, json_array
from rerank_cli.rendering.numbers import size_in_words
from rerank_cli.rendering.visible import visible

_HERE = ("here", "precision", "size", "tokens", "scores")
_THERE = ("to download", "languages", "size", "licence")


def render_models(models: Sequence[Installed]) -> str:
    """Both tables, and how a model is downloaded and used."""
    here = [_HERE, (f"{LOCAL.model} (embedded)", "", "", "", "0..1"), *map(_cells, models)]
    ids = {each.id for each in models}
    there = [(row.id, row.languages, sizes(row), row.licence) for row in RECOMMENDED]
    there = [_THERE, *(row for row in there if row[0] not in ids)]
    return (
        f"{aligned_table(here)}\n{aligned_table(there)}\n"
        "rerank models pull ID downloads one; rerank QUERY FILE -p local -m ID ranks with it.\n"
    )


def _cells(model: Installed) -> Sequence[str]:
    return (
        visible(model.id),
        "incomplete" if model.problem else ", ".join(model.precisions),
        size_in_words(model.size),
        str(model.max_length or ""),
        "0..1" if model.score_range == UNIT else "logits",
    )


def render_models_json(models: Sequence[Installed]) -> str:
    """A JSON array, a model a line: those that are here, then those that are recommended."""
    here = [
        {
            "id": LOCAL.model,
            "here": True,
            "precisions": [],
            "bytes": None,
            "max_length": None,
            "score_range": list(UNIT),
        },
        *(
            {
                "id": each.id,
                "here": True,
                "precisions": list(each.precisions),
                "bytes": each.size,
                "max_length": each.max_length,
                # JSON has no infinity: an end that is null is open.
                "score_range": list(UNIT) if each.score_range == UNIT else [None, None],
                "problem": each.problem,
            }
            for each in models
        ),
    ]
    there = [
        {
            "id": row.id,
            "here": False,
            "languages": row.languages,
            "licence": row.licence,
            "sizes": sizes(row),
            "onnx_export": row.export,
        }
        for row in RECOMMENDED
    ]
    return "".join(json_array(dumps(each) for each in [*here, *there])) + "\n"
