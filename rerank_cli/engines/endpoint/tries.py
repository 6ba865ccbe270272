"""Decides what the next try of a request sends, from how the tries before it failed."""

from dataclasses import replace

from rerank_cli.errors import Fault, ReplyError, ScoringError
from rerank_cli.planning import Request
from rerank_cli.transport.pace import Pace

PROBE = Request("What is the capital of France?", ("Paris is the capital of France.",), (0,))
"""A tiny request, for which no endpoint fails that does not fail for all."""

_SAME_FAILURES, _OF_ONE_PASSAGE = 2, 6
"""After so many, one like the other, it is the request, if others are answered meanwhile. Of one
passage that no larger request failed with, more: there is nothing to be halved and tried again."""


class Tries:
    """What the tries of a request send.

    A failure (status 500, say) may be of this request, or of all. While nothing else is answered,
    the tries after the second begin with a probe, and send the request only once that is answered:
    no more requests than there would be in any case, and then it is known to be the request.

    counted   whether the next try says how many results are wanted, since some were missing
    """

    def __init__(self, request: Request, pace: Pace) -> None:
        self.counted = False
        self._request = request
        self._pace = pace
        # With a part of a request that failed, it is known already that others are answered.
        self._answers = -1 if request.tries else None
        self._how: tuple[object, ...] = (None,)
        self._same = 0
        self._short: ReplyError | None = None

    @property
    def probes(self) -> bool:
        """Whether the next try begins with a probe."""
        return (self._fails or self._request.tries > 0) and not self._others_are_answered

    @property
    def _fails(self) -> bool:
        return self._same >= _SAME_FAILURES and self._how[0] is Fault.FAILED

    @property
    def _others_are_answered(self) -> bool:
        return self._answers is not None and self._pace.has_answered_since(self._answers)

    def failed(self, error: ScoringError) -> ScoringError:
        """Decide on the next try. Returns the error; no longer transient, if it is the request."""
        if self.counted:
            self.counted = False
            if error.fault is Fault.REQUEST and self._short:
                # It does not take that field; what it sent without it still holds.
                return self._short
        elif isinstance(error, ReplyError) and error.missing and not self._short:
            self._short, self.counted = error, True
        how = (error.fault, error.status, error.code)
        self._same = self._same + 1 if how == self._how else 1
        self._how = how
        if error.fault is Fault.FAILED and self._answers is None:
            self._answers = self._pace.answers
        single = len(self._request.texts) == 1 and not self._request.tries
        enough = self._same >= (_OF_ONE_PASSAGE if single else _SAME_FAILURES)
        return self.final(error) if enough else error

    def final(self, error: ScoringError) -> ScoringError:
        """The error of the last try; not transient, if it is the request that fails."""
        of_request = self._fails and self._others_are_answered and not error.stopped
        return replace(error, transient=False) if of_request else error
