"""Guesses at which wire form a server speaks, and where, from the URL that is known of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import urlsplit

from rerank_cli.dialects import DIALECTS
from rerank_cli.providers import CUSTOM, Provider

_ENDING = re.compile(r"(/v\d+)?(/(re)?rank\w*)?/?$")
"""What may stand at the end of a base URL, or be missing there."""

_FINAL_PATH = re.compile(r"(/(re)?rank\w*)?/?$")


class Guess(NamedTuple):
    """A provider that speaks a wire form, a base URL, and whether that leaves the path given."""

    row: Provider
    base_url: str
    leaves: bool


def forms_of(providers: Mapping[str, Provider]) -> list[str]:
    """The wire forms that a provider speaks at their own path: others could not be suggested."""
    spoken = {CUSTOM.dialect, *(row.dialect for row in providers.values() if not row.path)}
    return [form for form in DIALECTS if form in spoken]


def guesses(url: str, providers: Mapping[str, Provider], forms: Sequence[str]) -> list[Guess]:
    """Each wire form at the base URL that was given, then where it usually is."""
    given = _FINAL_PATH.sub("", urlsplit(url).path)
    found: dict[tuple[str, str], Guess] = {}
    for row, path in _paths(urlsplit(url).path, [_usual(form, providers) for form in forms]):
        base_url = urlsplit(url)._replace(path=path).geturl()
        leaves = not f"{path}/".startswith(f"{given}/")
        found.setdefault((row.name, base_url), Guess(row, base_url, leaves))
    return sorted(found.values(), key=attrgetter("leaves"))


def _paths(
    path: str, usual: Sequence[tuple[Provider, Sequence[str]]]
) -> Iterator[tuple[Provider, str]]:
    """Paths of base URLs; what is hosted has its usual one only where none was given."""
    own = _ENDING.sub("", path)
    for row, paths in usual:
        if path.strip("/") or row.kind != "hosted" or "" in paths:
            is_whole = path.rstrip("/").endswith(DIALECTS[row.dialect].path)
            yield row, path if is_whole else _FINAL_PATH.sub("", path)
    for stem in dict.fromkeys((own, "")):
        for row, paths in usual:
            for each in () if own and row.kind == "hosted" else paths:
                yield row, stem + each


def _usual(form: str, providers: Mapping[str, Provider]) -> tuple[Provider, list[str]]:
    """A provider that speaks a wire form, and the usual paths of its base URLs."""
    fit = [row for row in providers.values() if row.dialect == form and not row.path]
    # Those of one's own, if there are any: they need no headers.
    own = [row for row in fit if row.kind == "self-hosted"] or fit[:1]
    paths = dict.fromkeys(urlsplit(row.base_url).path for row in own if not row.account)
    return CUSTOM if form == CUSTOM.dialect else own[0], list(paths)
