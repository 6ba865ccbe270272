"""Opens connections; imports httpx only then."""

from collections.abc import Callable

from rerank_cli.transport import Transport


def connector(url: str, timeout: float) -> Callable[[], Transport]:
    """What opens each connection to a URL; `timeout` is seconds for one attempt.

    Raises SettingsError if certificates or proxy of this machine cannot be used.
    """
    # Here, because importing httpx takes longer than many runs need in all.
    from rerank_cli.transport import http

    return http.connector(url, timeout)
