"""Resolves where to score: flags, then the environment, then `.env`, then defaults."""

from rerank_cli.settings.files import Files
from rerank_cli.settings.flags import Flags, flags_for, is_path
from rerank_cli.settings.resolve import Settings, resolve
from rerank_cli.settings.sources import DEFAULT
from rerank_cli.settings.urls import is_loopback, shown_url

__all__ = [
    "DEFAULT",
    "Files",
    "Flags",
    "Settings",
    "flags_for",
    "is_loopback",
    "is_path",
    "resolve",
    "shown_url",
]
