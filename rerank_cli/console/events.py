"""Reports what happens while passages are scored on standard error."""

import threading

from rerank_cli.console.countdown import Countdown
from rerank_cli.console.streams import Streams
from rerank_cli.settings import DEFAULT, Settings, shown_url
from rerank_cli.transport.proxy import proxy_for
from rerank_cli.transport.waits import Wait


class StreamEvents:
    """See `engines.Events`: notes, warnings, and waits; progress is for those who show some."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._countdown = Countdown(streams)
        # Several models may be asked at the same time.
        self._lock = threading.RLock()

    def settled(self, settings: Settings) -> None:
        streams, provider = self._streams, settings.provider
        if settings.key:
            streams.secrets.add(settings.key.value)
        for warning in settings.warnings:
            streams.warn(warning)
        streams.note(f"provider: {provider.name} (from {settings.provider_origin})")
        streams.note(f"model: {settings.model or 'the one the server has'}")
        if settings.base_url:
            streams.note(f"URL: {shown_url(settings.base_url)}")
            if proxy := proxy_for(settings.base_url):
                streams.note(f"proxy: {proxy}")
            key = f"from {settings.key}" if settings.key else settings.withheld or "none"
            streams.note(f"key: {key}")

    def planned(self, requests: int, passages: int) -> None: ...

    def scored(self, passages: int) -> None: ...

    def retried(self, why: str) -> None:
        self.note(why)

    def paced(self, concurrency: int, *, slower: bool) -> None:
        if slower:
            self.note(f"overloaded: at most {concurrency} requests at once now")

    def waiting(self, wait: Wait) -> None:
        if not self._countdown.show(wait):
            self.warn(str(wait))

    def warn(self, text: str) -> None:
        with self._lock:
            self._streams.warn(text)

    def note(self, text: str) -> None:
        if self._streams.verbose:
            with self._lock:
                self._streams.note(text)

    def close(self) -> None:
        """Take away what is shown in place."""
        self._countdown.close()

    def report_default(self, settings: Settings) -> None:
        """Say that the embedded engine ranks where nobody asked for it, in a line of 80 columns.

        A program is not told: its JSON names the provider.
        """
        by_default = settings.provider.is_embedded and settings.provider_origin == DEFAULT
        if by_default and not settings.is_cross_encoder and not self._streams.json_errors:
            self._streams.report(
                "rerank: no key found: the embedded engine ranks (silence: RERANK_PROVIDER=local)"
            )
