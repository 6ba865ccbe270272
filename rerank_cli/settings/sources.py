"""Where settings stand: flags, the environment, the `.env` file, files that define providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rerank_cli.settings.dotenv import DotEnv
from rerank_cli.settings.provider_files import Config

FLAG, ENVIRONMENT, DEFAULT = "flag", "environment", "default"


@dataclass(frozen=True, slots=True)
class Found:
    """A setting with where it stands: the variable, and `environment` or the `.env` file's path."""

    value: str = field(repr=False)
    variable: str
    origin: str

    def __str__(self) -> str:
        return self.variable if self.origin == FLAG else f"{self.variable} ({self.origin})"


class Sources:
    """The environment and the `.env` file, asked in that order; blank values count as unset."""

    def __init__(
        self,
        environ: Mapping[str, str],
        dotenv: DotEnv | None,
        config: Config,
        *,
        general_key: bool = True,
    ) -> None:
        self.config = config
        self.general_key = general_key
        self.places: list[tuple[str, Mapping[str, str]]] = [(ENVIRONMENT, environ)]
        if dotenv:
            self.places.append((dotenv.path, dotenv.values))

    def find(self, *variables: str, skip: str | None = None) -> Found | None:
        for origin, values in self.places:
            for variable in variables:
                value = values.get(variable, "").strip()
                if value and origin != skip:
                    return Found(value, variable, origin)
        return None

    def setting(self, flag: str | None, option: str, variable: str) -> Found | None:
        if flag is not None:
            return Found(flag.strip(), option, FLAG)
        return self.find(variable)
