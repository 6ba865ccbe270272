"""Providers that users define in files: TOML tables become rows of the table of providers.

The user's own file is `rerank/config.toml` in the folder for configuration (XDG_CONFIG_HOME, or
what the system has); a project's is `[tool.rerank]` of the nearest pyproject.toml. The second may
be somebody else's, in a folder that was cloned: what it defines gets no key (see `keys`).
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rerank_cli.errors import SettingsError
from rerank_cli.providers import CUSTOM, PROVIDERS, Provider, table_of
from rerank_cli.providers.row import LIMITS, USUAL_PASSAGES
from rerank_cli.settings.urls import check_url

_PROJECT = "pyproject.toml"
_TABLES = {True: "[tool.rerank.providers.NAME]", False: "[providers.NAME]"}
_EXPECTED = 'Expected, for example: [providers.mine] with base_url = "https://host/v1"'
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
# A header that names rerank, or rerank's part as a dotted key: [tool.rerank…], rerank.providers….
_OURS = re.compile(
    rb"^\s*(\[[^\]\n]*[.\s\"']rerank[.\s\"'\]]|[\"']?rerank[\"']?\s*[.=])", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Config:
    """The table of providers with the user's own, and which file defined each of those."""

    providers: Mapping[str, Provider]
    user: Mapping[str, str]
    project: Mapping[str, str]


NO_CONFIG = Config(PROVIDERS, {}, {})


def find(directory: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration for a working directory. Raises SettingsError for a file that is wrong.

    A name of the user's own file comes before the same name of a project's.
    """
    user_file = _user_file(environ)
    user = _rows(user_file) if user_file and user_file.is_file() else ()
    project_file = _project_file(directory) if directory else None
    project = _rows(project_file) if project_file else ()
    if not (user or project):
        return NO_CONFIG
    fresh = [row for row in project if row.name not in {each.name for each in user}]
    return Config(
        table_of(*PROVIDERS.values(), *user, *fresh),
        {row.name: str(user_file) for row in user},
        {row.name: str(project_file) for row in fresh},
    )


def _rows(path: Path) -> tuple[Provider, ...]:
    """The rows that a file defines."""
    values: object = _parsed(path)
    for key in ("tool", "rerank") if path.name == _PROJECT else ():
        values = values.get(key, {}) if isinstance(values, Mapping) else {}
    if not isinstance(values, Mapping):
        raise SettingsError(f"{path}: tool.rerank is not a table")
    unknown = [key for key in values if key != "providers"]
    if unknown:
        raise SettingsError(
            f"{path}: unknown key {unknown[0]!r}",
            f"Only {_TABLES[path.name == _PROJECT]} tables are known here; all else is set by "
            "flags and variables.",
        )
    rows = values.get("providers", {})
    if not isinstance(rows, Mapping):
        raise SettingsError(f"{path}: providers is not a table", _EXPECTED)
    return tuple(_row(name, row, path) for name, row in rows.items())


def _user_file(environ: Mapping[str, str]) -> Path | None:
    folder = environ.get("XDG_CONFIG_HOME", "")
    if not Path(folder).is_absolute():
        with suppress(RuntimeError):  # there is no home
            home = environ.get("APPDATA") if os.name == "nt" else None
            folder = home or str(Path.home() / ".config")
    return Path(folder, "rerank", "config.toml") if folder else None


def _project_file(directory: Path) -> Path | None:
    paths = (folder / _PROJECT for folder in (directory, *directory.parents))
    return next((path for path in paths if path.is_file()), None)


def _parsed(path: Path) -> Mapping[str, object]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    if path.name == _PROJECT and not _OURS.search(content):
        # What is wrong in the parts of other tools is theirs to report.
        return {}
    # Here: most people have no such file.
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text at byte {error.start}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None


def _row(name: str, values: object, path: Path) -> Provider:
    # Imported here: most people define no provider.
    from rerank_cli.dialects import DIALECTS

    where = f"{path}: providers.{name}"
    values = _checked(name, values, where)
    base_url, dialect = values.get("base_url"), values.get("dialect", "cohere")
    if not base_url:
        raise SettingsError(f"{where}: no base_url", _EXPECTED)
    check_url(base_url, f"{where}.base_url")
    if dialect not in DIALECTS:
        raise SettingsError(
            f"{where}.dialect is {dialect!r}, not a wire form", f"Known: {', '.join(DIALECTS)}."
        )
    limits = {key: values[key] for key in _LIMITS if key in values}
    variable = values.get("key_variable")
    return Provider(
        name=name,
        dialect=dialect,
        base_url=base_url,
        path=values.get("path"),
        model=values.get("model"),
        # It stands in the URL.
        needs_model=dialect == "score-vector" or "{model}" in values.get("path", ""),
        key_variables=(variable,) if variable else (),
        needs_key=values.get("needs_key", variable is not None),
        key_header=values.get("key_header", "Authorization"),
        fields=values.get("fields", CUSTOM.fields if dialect == CUSTOM.dialect else {}),
        extras=CUSTOM.extras if dialect == CUSTOM.dialect else {},
        **{"max_passages": USUAL_PASSAGES, **limits},
    )


def _checked(name: str, values: object, where: str) -> Mapping[str, Any]:
    """The values of a row, each of its kind. Raises SettingsError for what is not as expected."""
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{where}: not a name", "Small letters and digits, and within it . _ - too."
        )
    if name in PROVIDERS:
        raise SettingsError(f"{where}: {name} is taken", "Choose another name for it.")
    if not isinstance(values, Mapping):
        raise SettingsError(f"{where}: not a table", _EXPECTED)
    for key, value in values.items():
        if key not in _KEYS:
            raise SettingsError(f"{where}: unknown key {key!r}", f"Known: {', '.join(_KEYS)}.")
        is_right, expected = _KEYS[key]
        if not is_right(value):
            raise SettingsError(f"{where}.{key} is {value!r}, not {expected}")
    return values


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return isinstance(value, Mapping)


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


_TEXT = (lambda value: isinstance(value, str) and bool(value.strip()), "a text")
_COUNT = (_is_count, "a whole number above 0")
_LIMITS = (*LIMITS, "concurrency")
_KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "base_url": (_is_url, "an http or https URL"),
    "dialect": _TEXT,
    "path": (_matches(re.compile(r"/\S*")), "a path that begins with /"),
    "model": _TEXT,
    "key_variable": (_matches(_VARIABLE), "the name of a variable"),
    "key_header": (_matches(_HEADER), "the name of a header"),
    "needs_key": (lambda value: isinstance(value, bool), "true or false"),
    "fields": (_is_json, "a table of request fields, as JSON can hold them"),
    **dict.fromkeys(_LIMITS, _COUNT),
}
