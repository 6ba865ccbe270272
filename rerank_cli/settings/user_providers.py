"""Reads providers that users define in TOML files as rows of the table of providers.

The user's own file is `rerank/config.toml` in the folder for configuration (XDG_CONFIG_HOME, or
what the system has); a project's is `[tool.rerank]` of the nearest pyproject.toml. The second may
be somebody else's, in a folder that was cloned: what it defines gets no key (see `keys`).
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import methodcaller
from pathlib import Path
from typing import Any, NamedTuple

from rerank_cli.errors import SettingsError
from rerank_cli.marks import bom
from rerank_cli.providers import CUSTOM, PROVIDERS, Provider, table_of
from rerank_cli.providers.row import LIMITS, USUAL_PASSAGES
from rerank_cli.settings.dotenv import foreign, nearest
from rerank_cli.settings.urls import check_url, without_password

_PROJECT = "pyproject.toml"
_EXPECTED = 'Expected, for example: [providers.mine] with base_url = "https://host/v1"'
# A header that names rerank, or rerank's part as a dotted key: [tool.rerank…], rerank.providers….
_OURS = re.compile(
    rb"^[ \t]*(\[[^\]\n]*[. \t\"']rerank[. \t\"'\]]|[\"']?rerank[\"']?[ \t]*[.=])", re.MULTILINE
)
_MOST_DOTS = 1000
"""In one line: parsing a dotted key takes time by a power of its parts."""


class Config(NamedTuple):
    """The table of providers with the users' own, and the file of each that a project defines.

    `warnings` are about files.
    """

    providers: Mapping[str, Provider]
    project: Mapping[str, str]
    warnings: tuple[str, ...] = ()


NO_CONFIG = Config(PROVIDERS, {})


def find(directory: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration for a working directory. Raises SettingsError for a file that is wrong.

    A name of the user's own file comes before the same name of a project's.
    """
    user = table_of(*_rows(_user_file(environ)))
    project_file = nearest(_PROJECT, directory)
    fresh = [row for row in _rows(project_file) if row.name not in user]
    warning = foreign(project_file) if project_file and fresh else None
    if warning:
        fresh = []
    return Config(
        table_of(*PROVIDERS.values(), *user.values(), *fresh),
        {row.name: str(project_file) for row in fresh},
        (warning,) if warning else (),
    )


def _rows(path: Path | None) -> Sequence[Provider]:
    """The rows that a file defines; none if there is no such file."""
    if path is None or not os.path.isfile(path):
        return ()
    values: object = _parsed(path)
    for key in ("tool", "rerank") if path.name == _PROJECT else ():
        values = values.get(key, {}) if isinstance(values, Mapping) else {}
    if not isinstance(values, Mapping):
        raise SettingsError(f"{path}: tool.rerank is not a table")
    unknown = [key for key in values if key != "providers"]
    if unknown:
        prefix = "tool.rerank." if path.name == _PROJECT else ""
        raise SettingsError(
            f"{path}: unknown key {unknown[0]!r}",
            f"Only [{prefix}providers.NAME] tables are known here; all else is set by flags and "
            "variables.",
        )
    rows = values.get("providers", {})
    if not isinstance(rows, Mapping):
        raise SettingsError(f"{path}: providers is not a table", _EXPECTED)
    return [_row(name, row, f"{path}: providers.{name}") for name, row in rows.items()]


def _user_file(environ: Mapping[str, str]) -> Path | None:
    folder = environ.get("XDG_CONFIG_HOME", "")
    if not Path(folder).is_absolute():
        with suppress(RuntimeError):  # there is no home
            home = environ.get("APPDATA") if os.name == "nt" else None
            folder = home or str(Path.home() / ".config")
    # A relative one would be a file of the working directory, which may be somebody else's.
    return Path(folder, "rerank", "config.toml") if Path(folder).is_absolute() else None


def _parsed(path: Path) -> Mapping[str, object]:
    try:
        content = path.read_bytes()
        if path.name == _PROJECT and not _OURS.search(content):
            # What is wrong in the parts of other tools is theirs to report.
            return {}
        if max(map(methodcaller("count", b"."), content.splitlines()), default=0) > _MOST_DOTS:
            raise SettingsError(f"{path}: a line has more than {_MOST_DOTS} dots", _EXPECTED)
        # Here: most people have no such file.
        import tomllib

        mark, encoding = bom(content)
        return tomllib.loads(content[len(mark) :].decode(encoding or "utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        problem = f"{path}: not {error.encoding.upper()} text at byte {error.start}"
        raise SettingsError(problem, "Save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:  # also for a number of thousands of digits
        raise SettingsError(f"{path}: not TOML: {error}") from None


def _row(name: str, values: object, where: str) -> Provider:
    # Imported here: most people define no provider.
    from rerank_cli.dialects import DIALECTS

    row: dict[str, Any] = {"dialect": CUSTOM.dialect, "max_passages": USUAL_PASSAGES}
    row |= _checked(name, values, where)
    if "base_url" not in row:
        raise SettingsError(f"{where}: no base_url", _EXPECTED)
    check_url(row["base_url"], f"{where}.base_url")
    dialect = row["dialect"]
    if dialect not in DIALECTS:
        raise SettingsError(
            f"{where}.dialect is {dialect!r}, not a wire form", f"Known: {', '.join(DIALECTS)}."
        )
    if dialect == CUSTOM.dialect:
        row = {"fields": CUSTOM.fields, "extras": CUSTOM.extras, **row}
    variable = row.pop("key_variable", None)
    if variable:
        row = {"key_variables": (variable,), "needs_key": True, **row}
    # It stands in the URL.
    row["needs_model"] = "{model}" in row.get("path", DIALECTS[dialect].path)
    return Provider(name, **row)


def _checked(name: str, values: object, where: str) -> Mapping[str, Any]:
    """The values of a row, each of its kind. Raises SettingsError for what is not as expected."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
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
            shown = without_password(repr(value))
            raise SettingsError(f"{where}.{key} is {shown}, not {expected}")
    return values


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return isinstance(value, Mapping)


def _matches(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value, re.DOTALL))


_COUNT = (lambda value: type(value) is int and value > 0, "a whole number above 0")
_TEXT = (_matches(r".*\S.*"), "a text")
_KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "base_url": (_matches(r"https?://.*"), "an http or https URL"),
    "dialect": _TEXT,
    "path": (_matches(r"/\S*"), "a path that begins with /"),
    "model": _TEXT,
    "key_variable": (_matches(r"[A-Za-z_][A-Za-z0-9_]*"), "the name of a variable"),
    "key_header": (_matches(r"[A-Za-z0-9-]+"), "the name of a header"),
    "key_scheme": (_matches(r"[A-Za-z0-9-]+"), "a word such as Bearer"),
    "needs_key": (lambda value: isinstance(value, bool), "true or false"),
    "fields": (_is_json, "a table of request fields, as JSON can hold them"),
    **dict.fromkeys((*LIMITS, "concurrency"), _COUNT),
}
