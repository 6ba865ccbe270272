"""Providers that a user defines in a file: TOML values become rows of the table."""

import json
import re
from collections.abc import Callable, Collection, Mapping

from rerank_cli.errors import SettingsError
from rerank_cli.providers.row import Provider
from rerank_cli.providers.self_hosted import CUSTOM
from rerank_cli.settings.urls import check_url

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")


def own_providers(
    table: object, place: str, *, dialects: Collection[str], taken: Collection[str]
) -> tuple[Provider, ...]:
    """The rows of a table of tables, `[providers.NAME]`; `place` is the file, for messages.

    `dialects` are the wire formats there are, `taken` the names that are not free. Raises
    SettingsError for what is not known, or not of its kind.
    """
    if not isinstance(table, Mapping):
        raise SettingsError(f"{place}: providers is not a table", _EXPECTED)
    return tuple(_row(name, values, place, dialects, taken) for name, values in table.items())


_EXPECTED = 'Expected, for example: [providers.mine] with base_url = "https://host/v1"'


def _row(
    name: str, values: object, place: str, dialects: Collection[str], taken: Collection[str]
) -> Provider:
    where = f"{place}: providers.{name}"
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{where}: not a name", "Small letters and digits, and within it . _ - too."
        )
    if name in taken:
        raise SettingsError(f"{where}: {name} is taken", "Choose another name for it.")
    if not isinstance(values, Mapping):
        raise SettingsError(f"{where}: not a table", _EXPECTED)
    for key, value in values.items():
        if key not in _KEYS:
            raise SettingsError(f"{where}: unknown key {key!r}", f"Known: {', '.join(_KEYS)}.")
        is_right, expected = _KEYS[key]
        if not is_right(value):
            raise SettingsError(f"{where}.{key} is {value!r}, not {expected}")
    base_url, dialect = values.get("base_url"), values.get("dialect", "cohere")
    if not base_url:
        raise SettingsError(f"{where}: no base_url", _EXPECTED)
    check_url(base_url, f"{where}.base_url")
    if dialect not in dialects:
        raise SettingsError(
            f"{where}.dialect is {dialect!r}, not a wire form", f"Known: {', '.join(dialects)}."
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
        **{"max_passages": CUSTOM.max_passages, **limits},
    )


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
_LIMITS = ("max_passages", "max_bytes", "max_tokens", "rpm", "tpm", "concurrency")
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
