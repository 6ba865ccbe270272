"""The cache of the hub on this machine: where it is, and which models are in it.

Only looked at; `pulling` downloads. As huggingface_hub has it: `models--ORG--NAME/snapshots/COMMIT`
holds a model's files as links, and `refs/main` names the commit.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_PREFIX, _BETWEEN = "models--", "--"


class Snapshot(NamedTuple):
    """A model in the cache: its id, and the folder with its files."""

    id: str
    folder: Path


def is_id(name: str) -> bool:
    """Whether a name has the form of an id of the hub: ORG/NAME."""
    return bool(_ID.fullmatch(name)) and ".." not in name and _BETWEEN not in name


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the cache, as HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME name it."""
    named = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE")
    if named:
        return Path(named).expanduser()
    caches = Path(environ.get("XDG_CACHE_HOME") or "~/.cache")
    home = environ.get("HF_HOME")
    return (Path(home) if home else caches / "huggingface").expanduser() / "hub"


def find(model_id: str, environ: Mapping[str, str]) -> Path | None:
    """The folder with a model's files, None if there is none; the files may be incomplete."""
    return _snapshot(cache_folder(environ) / (_PREFIX + model_id.replace("/", _BETWEEN)))


def snapshots(environ: Mapping[str, str]) -> Iterator[Snapshot]:
    """All models in the cache, by id."""
    folder = cache_folder(environ)
    with suppress(OSError):
        for each in sorted(folder.glob(f"{_PREFIX}*{_BETWEEN}*")):
            if found := _snapshot(each):
                yield Snapshot(each.name.removeprefix(_PREFIX).replace(_BETWEEN, "/", 1), found)


def _snapshot(repository: Path) -> Path | None:
    with suppress(OSError, UnicodeDecodeError):
        commit = (repository / "refs" / "main").read_text("ascii").strip()
        folder = repository / "snapshots" / Path(commit).name
        return folder if folder.is_dir() else None
    return None
