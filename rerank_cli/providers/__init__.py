"""The table of providers by name; a new one is one row.

A row of `hosted` or `self_hosted` is enough if the wire format is one of `dialects`.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from rerank_cli.providers.hosted import HOSTED
from rerank_cli.providers.row import ACCOUNT, GENERAL_KEY, Provider
from rerank_cli.providers.self_hosted import CUSTOM, LOCAL, SELF_HOSTED

__all__ = [
    "ACCOUNT",
    "CUSTOM",
    "GENERAL_KEY",
    "LOCAL",
    "PROVIDERS",
    "Provider",
    "owner_of",
    "table_of",
]


def table_of(*rows: Provider) -> Mapping[str, Provider]:
    """Rows by name, in the order in which a key makes one of them the default."""
    return {row.name: row for row in rows}


PROVIDERS = table_of(*HOSTED, LOCAL, *SELF_HOSTED, CUSTOM)


def owner_of(url: str, rows: Iterable[Provider]) -> Provider | None:
    """The provider whose own host the URL names, if any; of several the one that fits best."""
    parts = urlsplit(url)

    def fit(row: Provider) -> tuple[bool, int]:
        base = urlsplit(row.base_url)
        within = parts.path.startswith(base.path)
        return base.hostname == parts.hostname, len(base.path) if within else -1

    return max((row for row in rows if parts.hostname in row.own_hosts), key=fit, default=None)
