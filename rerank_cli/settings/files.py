"""Finds the files that hold settings, for the working directory."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rerank_cli.settings import dotenv, user_providers
from rerank_cli.settings.dotenv import DotEnv
from rerank_cli.settings.user_providers import Config


class Files(NamedTuple):
    """The `.env` file, None if there is none, and the table of providers with the users' own."""

    dotenv: DotEnv | None
    config: Config

    @classmethod
    def here(cls, environ: Mapping[str, str]) -> "Files":
        """Read them now, `.env` and pyproject.toml at or above the working directory.

        Raises SettingsError for a file that cannot be read or understood.
        """
        folder = None
        with suppress(OSError):  # it may have been removed, or lie where this user may not go
            folder = Path.cwd()
        return cls(dotenv.find(folder), user_providers.find(folder, environ))
