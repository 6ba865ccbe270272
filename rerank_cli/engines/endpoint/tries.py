"""Decides what the next try of a request sends, from how the tries before it failed."""

from dataclasses import replace

from rerank_cli.errors import Fault, ReplyError, ScoringError
from rerank_cli.planning import Request
from rerank_cli.transport.pace import Pace

_SAME_FAILURES, _OF_ONE_PASSAGE = 2, 6
"""After so many, one like the other, it is the request, if others are answered meanwhile. Of one
passage that no larger request failed with, more: there is nothing to be halved and tried again."""


class Tries:
    """What the tries of a request send.

    A failure (status 500, say) may be of this request, or of all. While nothing else is answered,
    the tries after the second send one of its passages each: no more requests than there would be
    in any case, and one that is answered shows that it is the request.

    sent      what the next try sends: the request, or one of its passages
    counted   whether the next try says how many results are wanted, since some were missing
    """

    def __init__(self, request: Request, pace: Pace) -> None:
        self.sent = self._request = request
        self.counted = False
        self._pace = pace
        # With a part of a request that failed, it is known already that others are answered.
        self._answers = -1 if request.tries else None
        self._count = 0
        self._how: tuple[object, ...] | None = None
        self._same = 0
        self._short: ReplyError | None = None

    def failed(self, error: ScoringError) -> ScoringError:
        """Decide on the next try. Returns the error; no longer transient, if it is the request."""
        self._count += 1
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
        return self._judged(error) if error.fault is Fault.FAILED else error

    def _judged(self, error: ScoringError) -> ScoringError:
        request = self._request
        if self._answers is None:
            self._answers = self._pace.answers
        can_be_halved = len(request.texts) > 1
        enough = _SAME_FAILURES if can_be_halved or request.tries else _OF_ONE_PASSAGE
        if self._same < enough:
            return error
        if self._pace.has_answered_since(self._answers):
            return replace(error, transient=False)
        if can_be_halved:
            # The first, the last, the second, and so on.
            before = self._count - _SAME_FAILURES
            at = (-1 - before // 2 if before % 2 else before // 2) % len(request.texts)
            self.sent = replace(request.only([at]), tries=request.tries + self._count)
        return error
