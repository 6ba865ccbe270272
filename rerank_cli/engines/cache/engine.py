"""Scores the texts that are not in the cache with another engine, and stores their scores."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from urllib.parse import urlsplit

from rerank_cli.engines import Engine, Events, Keep
from rerank_cli.engines.cache.store import Store, Stored
from rerank_cli.errors import CacheError, SettingsError
from rerank_cli.model import Scores, Usage, Window
from rerank_cli.planning import Plan, Request

_SCHEME = 1
"""Another number for digests that are made in another way, or of something else."""

_DIGEST_BYTES = 16
"""A billion texts share a digest with a probability of 1e-21."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a score depends on beside query and passage.

    `url` is where requests go, `extras` what is sent with them beside query and passages; never a
    key.
    """

    url: str
    dialect: str
    model: str
    extras: Mapping[str, object] = field(default_factory=dict)

    def digests(self, query: str, texts: Sequence[str]) -> list[bytes]:
        """What the cache knows each text's score by, from which none of this can be read back."""
        parts = [_SCHEME, _normal(self.url), self.dialect, self.model, self.extras, query]
        head = json.dumps(parts, sort_keys=True).encode()
        # Its length before it, so that no text can pass for a part of it.
        start = sha256(len(head).to_bytes(8) + head)
        digests = []
        for text in texts:
            whole = start.copy()
            whole.update(text.encode("utf-8", "surrogatepass"))
            digests.append(whole.digest()[:_DIGEST_BYTES])
        return digests


class CachedEngine:
    """See `engines.Engine`: another engine, whose scores are kept in a store.

    For engines that score each passage by itself. A store that cannot be used costs a warning, not
    the ranking; one that is damaged is a SettingsError before anything is sent. Scores are kept as
    they come, so that a run that fails need not pay for them again.
    """

    def __init__(self, inner: Engine, store: Store, scope: Scope, events: Events) -> None:
        self.limits = inner.limits
        self._inner = inner
        self._store = store
        self._scope = scope
        self._events = events
        self._one_at_a_time = threading.Lock()
        self._reads = self._writes = True

    def body(self, request: Request) -> bytes:
        return self._inner.body(request)

    def score(self, plan: Plan, keep: Keep | None = None) -> Scores:
        digests = self._scope.digests(plan.candidates.query, plan.texts)
        known = self._look_up(digests)
        missing = [number for number, digest in enumerate(digests) if digest not in known]
        cached = sum(digests[number] in known for number in plan.text_of)
        self._events.note(f"{cached} of {len(plan.text_of)} passages are in the cache")
        if keep:
            there = [number for number, digest in enumerate(digests) if digest in known]
            keep(there, *_apart([known[digests[number]] for number in there]))

        def store(
            numbers: Sequence[int], scores: Sequence[float], best: Sequence[Window | None] = ()
        ) -> None:
            # The inner engine numbers the missing texts from 0.
            ours = [missing[number] for number in numbers]
            self._store_scores([digests[number] for number in ours], _together(scores, best))
            if keep:
                keep(ours, scores, best)

        usage = Usage()
        if missing:
            fresh = self._inner.score(plan.only(missing), store)
            usage = fresh.usage
            known.update(
                zip(
                    (digests[number] for number in missing),
                    _together(fresh.values, fresh.best),
                    strict=True,
                )
            )
        values, best = _apart([known[digest] for digest in digests])
        return Scores(plan.spread(values), replace(usage, cached=cached), plan.spread(best))

    def stop(self) -> None:
        self._inner.stop()

    def close(self) -> None:
        self._inner.close()
        self._store.impatient = True
        with self._one_at_a_time:
            # What a thread that is still ending would put there is let go.
            self._reads = self._writes = False
            self._store.close()

    def _look_up(self, digests: Sequence[bytes]) -> dict[bytes, Stored]:
        with self._one_at_a_time:
            before = self._store.dropped
            try:
                found = self._store.get(digests) if self._reads else {}
            except CacheError as error:
                self._reads = self._writes = False
                self._events.warn(f"the cache is not used: {error}")
                return {}
            if bad := self._store.dropped - before:
                problem = f"{bad} scores in the cache are not as they were stored"
                self._events.warn(f"{self._store.path}: {problem}, and are scored again")
            return found

    def _store_scores(self, digests: Sequence[bytes], scores: Iterable[Stored]) -> None:
        with self._one_at_a_time:
            try:
                if self._writes:
                    self._store.put(dict(zip(digests, scores, strict=True)))
            except SettingsError as error:  # damaged, too: what was scored is worth more
                self._writes = False
                self._events.warn(f"no more scores are put into the cache: {error}")


def _together(scores: Sequence[float], best: Sequence[Window | None]) -> Iterable[Stored]:
    """Each score with its best window, where there are any."""
    return map(Stored, scores, best) if best else map(Stored, scores)


def _apart(stored: Sequence[Stored]) -> tuple[list[float], list[Window | None]]:
    """The scores, and their best windows: an empty list where none has one."""
    best = [each.best for each in stored]
    return [each.score for each in stored], best if any(best) else []


def _normal(url: str) -> str:
    """One spelling of the URLs that reach the same place."""
    parts = urlsplit(url)
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    host = parts.netloc.lower().removesuffix(usual)
    return parts._replace(netloc=host, fragment="").geturl()
