"""Reranker: settings, engine, limits and policy in one; everything is scored through it."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from rerank_cli import planning
from rerank_cli.errors import InputError, RerankError, ScoringError, UsageError, ends_all
from rerank_cli.model import Candidates, Scores, Usage
from rerank_cli.planning import Plan
from rerank_cli.providers import PROVIDERS
from rerank_cli.ranking import check_kept
from rerank_cli.reading.fields import FieldNames
from rerank_cli.reranker.assembly import assembled, limits_for
from rerank_cli.reranker.options import Kept, Keywords, ScoringOptions, options_of, policy_for
from rerank_cli.scaling import NATIVE, Scaler, check_scale, misfit, scaled
from rerank_cli.settings import Files, resolve

if TYPE_CHECKING:
    from concurrent.futures import Future

    from rerank_cli.reranker.documents import Given, Hit, Job, JobResult
    from rerank_cli.transport.pool import Pool

D = TypeVar("D", bound=str | Mapping[str, object])
T = TypeVar("T")


class Reranker(AbstractContextManager["Reranker"]):
    """Scores documents against queries with one model, and ranks them.

    `model` is a provider, `provider:model`, or with `base_url` a model; the path of a folder, or
    `local:ORG/NAME`, is a model in this process, and without any the embedded engine ranks there.
    No settings are read from the environment or from files (`from_environment` reads both).
    Connections and the model are made ready at the first use and kept until `close`, or the end of
    a `with`. May be used from several threads.

    The keyword arguments are those of `Keywords`.

    Every method may raise the errors of `rerank_cli.errors`: SettingsError for settings that cannot
    be used, UsageError and InputError for arguments, RefusedError and EndpointError for an endpoint
    that does not score.
    """

    def __init__(self, model: str | None = None, **keywords: Unpack[Keywords]) -> None:
        self._open(options_of(model, keywords, PROVIDERS), None, None, keywords)

    @classmethod
    def from_environment(cls, model: str | None = None, **keywords: Unpack[Keywords]) -> Self:
        """As the command: what is not given is read from the environment, `.env`, and files."""
        files = Files.here(os.environ)
        options = options_of(model, keywords, files.config.providers)
        return cls.open(options, os.environ, files, keywords)

    @classmethod
    def open(
        cls,
        options: ScoringOptions,
        environ: Mapping[str, str],
        files: Files,
        keywords: Keywords,
        *,
        dry: bool = False,
        began: float | None = None,
    ) -> Self:
        """For the commands, with their options.

        `dry` needs no key, since nothing is sent. `began` is the moment (of the monotonic clock)
        from which the deadline counts for all that is scored; it is that of each query else.
        """
        reranker = cls.__new__(cls)
        reranker._open(options, environ, files, keywords, dry, began)  # noqa: SLF001 - its own
        return reranker

    def _open(
        self,
        options: ScoringOptions,
        environ: Mapping[str, str] | None,
        files: Files | None,
        keywords: Keywords,
        dry: bool = False,
        began: float | None = None,
    ) -> None:
        settings = resolve(options, environ, *(files or ()), dry=dry)
        events = keywords.get("events")
        if events is None:
            # Here: the commands have events of their own, and start without the logging module.
            from rerank_cli.reranker.logged_events import LoggedEvents

            events = LoggedEvents()
        self._events = events
        self._events.settled(settings)
        if not dry:
            settings.require()
        self.extras = options.extras
        self.policy = replace(policy_for(settings, options), began=began)
        cache = keywords.get("cache", True)
        self.engine, self.url, self.settings = assembled(
            settings, options, self.policy, events, cache, environ or os.environ
        )
        self.limits = limits_for(self.engine, self.policy, options.max_passages)
        self.succeeded = False
        self._names = FieldNames(keywords.get("text_field"))
        self._lock = threading.Lock()
        self._usage = Usage()
        self._pool: Pool | None = None
        self._closed = False

    def rank(
        self,
        query: str,
        documents: Iterable[D],
        *,
        top_n: int | None = None,
        threshold: float | None = None,
        scores: str = NATIVE,
    ) -> "list[Hit[D]]":
        """The documents by relevance score, best first; ties keep their order.

        `documents` are strings, or mappings that hold their text in a field; hits have the very
        objects that were given, and their index among them. Kept are scores of `threshold` and
        above, and of them the first `top_n`. `scores` is native, or sigmoid or minmax, which map
        them to 0..1 first. Blank documents are left out, with a warning; without any it is [].
        """
        self.check_scores(scores, threshold, top_n)
        asked = self._given(query, documents)
        if asked.blank:
            self._events.warn(f"left out, because blank: {', '.join(asked.blank)}")
        found = self._scored(asked)
        shown = scaled(found.values, scores, self.settings.score_range)
        return asked.ranked(found, top_n, threshold, shown)

    def score(self, query: str, documents: Iterable[D], *, scores: str = NATIVE) -> list[float]:
        """One relevance score a document, in the order given. A blank one is an InputError."""
        self.check_scores(scores)
        asked = self._given(query, documents)
        for locator in asked.blank:
            raise InputError("is blank, and has no score", source=locator)
        return list(scaled(self._scored(asked).values, scores, self.settings.score_range))

    def rank_many(
        self,
        jobs: "Iterable[Job[D] | tuple[str, Sequence[D]]]",
        *,
        top_n: int | None = None,
        threshold: float | None = None,
        scores: str = NATIVE,
    ) -> "Iterator[JobResult[D]]":
        """The results of many queries, in the order in which they are done.

        A job is a `Job`, or a pair of query and documents. `concurrency` of them are under way at
        once, and as many more read ahead. One that fails yields a result whose `hits` raise its
        error; an error of all of them (a wrong key, no such model) is raised, and ends the rest.
        """
        from queue import SimpleQueue

        self.check_scores(scores, threshold, top_n)
        scale = Scaler(scores, self.settings.score_range)
        work = partial(self._result, top_n, threshold, scale, [])
        done: SimpleQueue[Future[JobResult[D]]] = SimpleQueue()
        under_way: set[Future[JobResult[D]]] = set()

        def next_done() -> "JobResult[D]":
            future = done.get()
            under_way.discard(future)
            return future.result()

        try:
            for position, job in enumerate(jobs):
                future = self._threads().submit(work, position, job)
                under_way.add(future)
                future.add_done_callback(done.put)
                while len(under_way) >= 2 * self.policy.concurrency or not done.empty():
                    yield next_done()
            while under_way:
                yield next_done()
        finally:
            for future in under_way:
                future.cancel()

    async def arank(
        self, query: str, documents: Iterable[D], **kept: Unpack[Kept]
    ) -> "list[Hit[D]]":
        """As `rank`, for asyncio: does not block the event loop."""
        return await self._in_thread(lambda: self.rank(query, documents, **kept))

    async def ascore(
        self, query: str, documents: Iterable[D], *, scores: str = NATIVE
    ) -> list[float]:
        """As `score`, for asyncio."""
        return await self._in_thread(lambda: self.score(query, documents, scores=scores))

    @property
    def usage(self) -> Usage:
        """The sum over all calls: requests, input tokens (None if none were reported), cached."""
        return self._usage

    def close(self) -> None:
        """Close connections and free the model; requests under way end with an error."""
        self._closed = True
        self.engine.close()
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def __exit__(self, *raised: object) -> None:
        self.close()

    # For the commands
    def stop(self) -> None:
        """Finish the requests under way; what waits ends with an error that is `stopped`."""
        self.engine.stop()

    def check_scores(
        self, scale: str, threshold: float | None = None, top_n: int | None = None
    ) -> None:
        """Refuse what cannot fit the model's scores, and warn of a threshold that may not."""
        check_kept(top_n, threshold)
        check_scale(scale, self.settings.score_range)
        unfit = misfit(threshold, scale, self.settings.score_range)
        if unfit:
            self._events.warn(unfit)

    def plan(self, candidates: Candidates) -> Plan:
        """The requests for some candidates."""
        limits = self.limits.measured(candidates.query, self.engine.body)
        return planning.plan(candidates, limits)

    def score_plan(self, plan: Plan) -> Scores:
        """One finite score a passage, in input order."""
        if self._closed:
            raise UsageError("this Reranker is closed", "Make a new one.")
        scores = self.engine.score(plan)
        requests = scores.usage.requests
        with self._lock:
            self._usage += scores.usage
        if self.settings.listwise and requests > 1:
            self._events.warn(
                f"{self.settings.model} scores a passage by the others of its request: the scores "
                f"of these {requests} requests may not compare (--max-passages sets how many "
                "passages a request may carry)"
            )
        return scores

    def _given(self, query: str, documents: Iterable[D]) -> "Given[D]":
        # Here: the commands read passages of their own, and start without it.
        from rerank_cli.reranker.documents import given

        if isinstance(documents, str):
            raise InputError("is one string, expected a list of them", source="documents")
        return given(query, list(documents), self._names)

    def _scored(self, asked: "Given[D]") -> Scores:
        if not asked.indices:
            return Scores((), Usage())
        return self.score_plan(self.plan(asked.candidates))

    def _result(
        self,
        top_n: int | None,
        threshold: float | None,
        scale: Scaler,
        fatal: list[RerankError],
        position: int,
        job: "Job[D] | tuple[str, Sequence[D]]",
    ) -> "JobResult[D]":
        from rerank_cli.reranker.documents import Job, JobResult

        query, documents, job_id = Job(*job)
        job_id = position if job_id is None else job_id
        if fatal:
            raise fatal[0]
        try:
            asked = self._given(query, documents)
            scores = self._scored(asked)
            hits = asked.ranked(scores, top_n, threshold, scale(scores.values))
        except (InputError, UsageError, ScoringError) as error:
            if ends_all(error, succeeded=self.succeeded):
                fatal.append(error)
                raise
            # A copy: the frames of its traceback would keep the reply in memory.
            return JobResult(job_id, query, error=replace(error))
        self.succeeded = True
        return JobResult(job_id, query, tuple(hits), scores.usage)

    def _threads(self) -> "Pool":
        """Threads for what is asked for at the same time; made at the first use."""
        from rerank_cli.transport.pool import Pool

        with self._lock:
            self._pool = self._pool or Pool(self.policy.concurrency)
            return self._pool

    async def _in_thread(self, call: Callable[[], T]) -> T:
        from asyncio import wrap_future

        return await wrap_future(self._threads().submit(call))
