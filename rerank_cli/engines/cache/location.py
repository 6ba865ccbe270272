"""Finds the file of the cache."""

import os
from collections.abc import Mapping
from pathlib import Path

from rerank_cli.errors import CacheError

_NAME = "rerank"


def cache_file(environ: Mapping[str, str]) -> Path:
    """The file of the cache. Raises CacheError where no folder for caches is known."""
    named = Path(environ.get("XDG_CACHE_HOME", ""))
    if named.is_absolute() and os.name != "nt":
        folder = named / _NAME
    else:
        from platformdirs import user_cache_path

        folder = user_cache_path(_NAME, appauthor=False)
    if not folder.is_absolute():
        raise CacheError("no folder for caches is known", "Name one: XDG_CACHE_HOME")
    return folder / "scores.sqlite"
