"""The files in which users define providers of their own.

The user's own (`rerank/config.toml` in the folder for configuration: XDG_CONFIG_HOME, or what the
system has), and `[tool.rerank]` of the nearest pyproject.toml. The second may be somebody else's,
in a folder that was cloned: what it defines gets no key (see `settings`).
"""

import os
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rerank_cli.errors import SettingsError
from rerank_cli.providers import PROVIDERS, Provider, table_of
from rerank_cli.settings.user_providers import own_providers

_PROJECT = "pyproject.toml"
_TABLES = {True: "[tool.rerank.providers.NAME]", False: "[providers.NAME]"}
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


Dialects = Callable[[], Collection[str]]
"""The names of the wire formats; asked for only where a file defines something."""


def find(directory: Path | None, environ: Mapping[str, str], dialects: Dialects) -> Config:
    """The configuration for a working directory. Raises SettingsError for a file that is wrong.

    A name of the user's own file comes before the same name of a project's.
    """
    user_file = _user_file(environ)
    user = _rows(user_file, dialects) if user_file and user_file.is_file() else ()
    project_file = _project_file(directory) if directory else None
    project = _rows(project_file, dialects) if project_file else ()
    if not (user or project):
        return NO_CONFIG
    fresh = [row for row in project if row.name not in {each.name for each in user}]
    return Config(
        table_of(*PROVIDERS.values(), *user, *fresh),
        {row.name: str(user_file) for row in user},
        {row.name: str(project_file) for row in fresh},
    )


def _rows(path: Path, dialects: Dialects) -> tuple[Provider, ...]:
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
    if "providers" not in values:
        return ()
    return own_providers(values["providers"], str(path), dialects=dialects(), taken=PROVIDERS)


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
        # What is wrong with other people's parts of the file is none of our business.
        return {}
    # Here: most people have no such file.
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 text at byte {error.start}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from None
