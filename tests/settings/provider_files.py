"""Files that define providers, and the runs that read them."""

from pathlib import Path

from tests.running import PASSAGES, QUERY, Ended, rerank
from tests.serving import Loopback

MINE = '[providers.mine]\nbase_url = "http://127.0.0.1:9/v1"\n'
TOOL = "[tool.rerank.providers.mine]\n"


def project(text: str, folder: Path | str = ".") -> Path:
    """A pyproject.toml, by default in the working directory."""
    path = Path(folder, "pyproject.toml")
    path.write_text(text, encoding="utf-8")
    return path


def listed(*, env: dict[str, str] | None = None) -> str:
    """The table of providers."""
    done = rerank("providers", env=env)
    assert done.code == 0, done.err
    return done.out


def on(server: Loopback, *arguments: str, **env: str) -> Ended:
    """Rank on the provider `mine`; the passages must come to the server."""
    done = rerank(QUERY, PASSAGES, "-p", "mine", "--json", *arguments, env=env)
    assert done.code == 0, done.err
    assert len(server.received) == 1
    return done
