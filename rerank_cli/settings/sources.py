"""The sources of settings: flags, the environment, `.env`, and files that define providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rerank_cli.errors import SettingsError
from rerank_cli.settings.dotenv import DotEnv
from rerank_cli.settings.flags import Flags
from rerank_cli.settings.user_providers import Config

FLAG, ENVIRONMENT, DEFAULT = "flag", "environment", "default"


@dataclass(frozen=True, slots=True)
class Found:
    """A setting and where it comes from.

    `variable` is the name of the variable, option or argument; `origin` is FLAG, ENVIRONMENT,
    DEFAULT, or the path of the `.env` file.
    """

    value: str = field(repr=False)
    variable: str
    origin: str

    def __str__(self) -> str:
        return self.variable if self.origin == FLAG else f"{self.variable} ({self.origin})"

    @property
    def by_user(self) -> bool:
        """Whether the user said it here and now, and not a file or a default."""
        return self.origin in (FLAG, ENVIRONMENT)


class Sources:
    """Settings by variable: the environment comes before `.env`; blank values count as unset."""

    def __init__(
        self, flags: Flags, environ: Mapping[str, str], dotenv: DotEnv | None, config: Config
    ) -> None:
        self.config = config
        self.general_key = flags.general_key
        given = (flags.api_key or "").strip()
        self._given_key = Found(given, "api_key", FLAG) if given else None
        self._dotenv = dotenv or DotEnv("")
        self._variables = ((ENVIRONMENT, environ), (self._dotenv.path, self._dotenv.values))
        self.unread: list[SettingsError] = []
        """Why something that was looked for in `.env` is not known."""

    def find(self, *variables: str, only_file: bool = False) -> Found | None:
        """The first of the variables that is set; with `only_file` the environment is left out."""
        for origin, values in self._variables:
            for variable in variables:
                value = values.get(variable, "").strip()
                if value and not (only_file and origin == ENVIRONMENT):
                    return Found(value, variable, origin)
                if origin != ENVIRONMENT:
                    self._miss(self._dotenv.unread.get(variable))
        self._miss(self._dotenv.problem)
        return None

    def _miss(self, error: SettingsError | None) -> None:
        if error and error not in self.unread:
            self.unread.append(error)

    def key(self, *variables: str, only_file: bool = False) -> Found | None:
        """The key that the caller gave, or that of the variables; see `find`."""
        given = None if only_file else self._given_key
        return given or self.find(*variables, only_file=only_file)

    def setting(self, flag: str | None, option: str, variable: str) -> Found | None:
        """The flag if it is given, else the variable."""
        if flag is not None:
            return Found(flag.strip(), option, FLAG)
        return self.find(variable)
