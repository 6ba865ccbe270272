"""Extras of this package: whether one is installed, and the command that installs it."""

import importlib.util
from collections.abc import Sequence

from rerank_cli.errors import SettingsError

_NAME = "rerank-cli"


def require(extra: str, modules: Sequence[str], what: str, otherwise: str = "") -> None:
    """Raise SettingsError if a module of an extra is missing.

    `what` needs them; `otherwise` is another way out, for the hint.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        hint = ", or ".join(filter(None, (install_command(extra), otherwise)))
        raise SettingsError(f"{what} is not installed (no {', '.join(missing)})", hint)


def install_command(extra: str) -> str:
    """The command that installs an extra from where this package came from.

    No index has the package. Where its origin is unknown, or gone, the command is that of a clone.
    """
    target = _target(extra)
    return f'pip install "{target}"' if target else f'pip install ".[{extra}]" in a clone of rerank'


def _target(extra: str) -> str | None:
    """What pip installs, None if unknown."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from pathlib import Path
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        # As PEP 610 has it.
        origin = json.loads(distribution(_NAME).read_text("direct_url.json") or "{}")
        parts = urlsplit(origin.get("url", ""))
        version_control = origin.get("vcs_info", {}).get("vcs", "")
    except (PackageNotFoundError, OSError, ValueError, AttributeError):
        return None
    if parts.scheme == "file" and not version_control:
        path = Path(url2pathname(parts.path))
        return f"{path}[{extra}]" if path.exists() else None
    # Without a name and a password before the host.
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    prefix = f"{version_control}+" if version_control else ""
    return f"{_NAME}[{extra}] @ {prefix}{url}" if parts.scheme else None
