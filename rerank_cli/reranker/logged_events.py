"""Logs events for Python callers who pass no `events` object."""

from logging import getLogger

from rerank_cli.settings import Settings
from rerank_cli.transport.proxy import proxy_for
from rerank_cli.transport.waits import Wait

_log = getLogger("rerank_cli")


class LoggedEvents:
    """See `engines.Events`: warnings are logged as such, everything else for debugging."""

    def settled(self, settings: Settings) -> None:
        _log.debug("%s %s", settings.provider.name, settings.model or "")
        if proxy := proxy_for(settings.base_url):
            _log.debug("proxy: %s", proxy)
        for warning in settings.warnings:
            self.warn(warning)

    def planned(self, requests: int, passages: int) -> None:
        _log.debug("%d requests for %d passages", requests, passages)

    def scored(self, passages: int) -> None: ...

    def retried(self, why: str) -> None:
        self.note(why)

    def paced(self, concurrency: int, *, slower: bool) -> None:
        if slower:
            _log.debug("overloaded: at most %d requests at once now", concurrency)

    def waiting(self, wait: Wait) -> None:
        self.warn(str(wait))

    def warn(self, text: str) -> None:
        _log.warning("%s", text)

    def note(self, text: str) -> None:
        _log.debug("%s", text)
