"""How is one batch carried through, so that each operation has exactly one result?

One operation can make an envelope fail as a whole: it takes too long, is too large, or nobody can read it. So an
envelope that failed without replies is cut in halves, down to a single operation, unless it may have written something:
then whoever sent it has to look first. Halves of what took too long go out after a wait.

A refusal for a token or for too many requests, of the envelope or of one operation, may come behind the work, from
somebody on the way. So whoever sends writes is asked which of them may be done before they go out once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.batch_refusals import BatchRefusals
from dynamics_bc_client.errors import (
    BadRequest,
    ConfigurationError,
    DynamicsError,
    RequestTimedOut,
    RequestTooLarge,
    SignInError,
    TooManyRequests,
    Transient,
    Unauthorized,
    UnexpectedAnswer,
)
from dynamics_bc_client.exchange import overtaken
from dynamics_bc_client.odata.batch import (
    BAD_REPLY,
    Operation,
    Reply,
    Result,
    decode_batch,
    encode_batch,
    failed,
    to_results,
)
from dynamics_bc_client.retry import Intent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from typing import TypeAlias

    from dynamics_bc_client.exchange import Attempted, Exchange

    Behind: TypeAlias = Callable[[Sequence[Operation], Sequence[Result]], Collection[str]]


TOO_MUCH = frozenset({408, 500, 504})
"""Statuses of an envelope that fewer operations may be spared."""

UNREAD = "BadRequest"
"""What the codes of an envelope begin with that the service could not read (webservices/dynamics-error-codes.md)."""

ALONE_IN_A_ROW = 2
"""Operations that fail alone, one behind the other, before the service is believed to be at fault and not they."""


_ON_THE_WAY = (TooManyRequests, Unauthorized)
"""Refusals that may come of somebody on the way, behind the work."""


def nothing_behind(refused: Sequence[Operation], done: Sequence[Result]) -> Collection[str]:
    """What is refused was not done."""
    del refused, done
    return ()


class BatchRun:
    """Sends operations, and sends again those that the service put off without doing anything.

    Args:
        exchange: Sends requests.
        operations: At most a hundred, each with an id of its own.
        snapshot: All or nothing.
        root: The root that their paths are below.
        may_be_done: Which of these operations, refused for their token or for too many requests, may have been carried
            out all the same, by what was done so far; asked before they are sent once more.
    """

    def __init__(
        self,
        exchange: Exchange,
        operations: Sequence[Operation],
        *,
        snapshot: bool,
        root: str,
        may_be_done: Behind = nothing_behind,
    ) -> None:
        self._exchange = exchange
        self._operations = list(operations)
        self._snapshot = snapshot
        self._may_be_done = may_be_done
        self._url = f"{root}/$batch"
        self._results: dict[str, Result] = {}
        self._doubtful: set[str] = set()
        self._refusals = BatchRefusals(exchange)
        # Operations whose envelope has failed for good.
        self._spent: set[str] = set()
        self._alone_in_a_row = 0
        self._pauses = exchange.pauses()

    def run(self) -> list[Result]:
        """The result of each operation, in their order."""
        encode_batch(self._operations)  # refuses what cannot be sent before anything is
        retries = self._exchange.retries()
        while pending := self._pending():
            began = self._exchange.clock()
            self._send(pending)
            # Being throttled concerns all threads, so it goes before a deadlock, which concerns this batch alone.
            reasons = sorted(self._reasons(), key=lambda error: isinstance(error, TooManyRequests))
            wait = retries.wait(reasons[-1], began) if reasons else None
            if wait is None:
                break
            self._exchange.rest(reasons[-1], wait)
            self._look_behind()
        return [self._results[operation.id] for operation in self._operations]

    def _look_behind(self) -> None:
        """Have it unknown what became of operations that were refused and may be done; of a transaction, of all."""
        refusals = {
            each.id: error for each in self._pending() if isinstance(error := self._error_of(each), _ON_THE_WAY)
        }
        refused = [each for each in self._operations if each.writes and each.id in refusals]
        done = self._done_behind(self._operations if self._snapshot and refused else refused)
        for operation in self._operations:
            if operation.id in done or (self._snapshot and done):
                error = refusals.get(operation.id) or next(iter(refusals.values()))
                self._settle([failed(operation, overtaken(error))])

    def _done_behind(self, refused: Sequence[Operation]) -> Collection[str]:
        """Ids of those of these operations that may be done."""
        results = [each for each in self._results.values() if each.ended == "done"]
        return self._may_be_done(refused, results) if refused else ()

    def _error_of(self, operation: Operation) -> DynamicsError | None:
        result = self._results.get(operation.id)
        return None if result is None else result.error

    def _send(self, pending: list[Operation]) -> None:
        """Send what is not settled, once, in halves where it fails as a whole."""
        try:
            token = self._exchange.sign_in.token()
            # The exchange repeats the envelope for as long as that helps, so this is the last word on it.
            replies = self._envelope(pending).get()
        except DynamicsError as error:
            if isinstance(error, SignInError | ConfigurationError) and not self._results:
                raise  # nothing was done, and nothing can be
            self._without_replies(pending, error)
            return
        self._alone_in_a_row = 0
        refusals = [
            None if reply is None else self._refusals.refusal(operation.method, operation.path, reply)
            for operation, reply in zip(pending, replies, strict=True)
        ]
        self._settle(to_results(pending, replies, refusals, snapshot=self._snapshot))
        # A failure is proof that a transaction was undone; but where it may hide a success, nobody tries that out.
        self._doubtful.update(
            pending[place].id for place, error in enumerate(refusals) if error and error.may_have_happened
        )
        refused = [pending[place] for place, error in enumerate(refusals) if isinstance(error, Unauthorized)]
        self._renew(token, refused)

    def _without_replies(self, pending: list[Operation], error: DynamicsError) -> None:
        """Send what failed as a whole in halves, or have it failed."""
        if not self._is_worth_halving(pending, error):
            self._alone_in_a_row += len(pending) == 1 and _is_too_much(error)
            self._give_up(pending, error)
            return
        if _is_too_much(error):
            self._exchange.rest(error, next(self._pauses))
        middle = len(pending) // 2
        for half in (pending[:middle], pending[middle:]):
            if self._alone_in_a_row < ALONE_IN_A_ROW:
                self._send(half)
            else:
                self._give_up(half, error)

    def _give_up(self, pending: list[Operation], error: DynamicsError) -> None:
        self._spent.update(operation.id for operation in pending)
        self._settle(failed(operation, error) for operation in pending)

    def _is_worth_halving(self, pending: list[Operation], error: DynamicsError) -> bool:
        if len(pending) == 1 or self._snapshot:
            return False
        if any(operation.writes for operation in pending):
            return _is_undone(error)
        return isinstance(error, BadRequest | RequestTooLarge | UnexpectedAnswer) or _is_too_much(error)

    def _envelope(self, operations: list[Operation]) -> Attempted[list[Reply | None]]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Isolation": "snapshot"} if self._snapshot else {"Prefer": "odata.continue-on-error"}
        return self._exchange.send(
            self._exchange.request("POST", self._url, headers, encode_batch(operations)),
            Intent.CREATE if any(operation.writes for operation in operations) else Intent.READ,
            lambda response: decode_batch(response.body, operations),
            # Whether operations count one by one against the limit is not documented; this errs on the safe side.
            weight=len(operations),
            gives_up=lambda error: _is_too_much(error) and self._is_worth_halving(operations, error),
            is_due=lambda _: not self._done_behind(operations),
        )

    def _renew(self, token: str, refused: list[Operation]) -> None:
        """Have another token if operations were refused for want of a good one."""
        error = self._refusals.end_round(token, refused=bool(refused))
        if error is not None:
            # The others are done or have errors of their own, so this is no failure of the whole batch.
            affected = self._operations if self._snapshot else refused
            self._settle(failed(operation, error) for operation in affected)

    def _settle(self, results: Iterable[Result]) -> None:
        self._results.update((result.operation.id, result) for result in results)

    def _reasons(self) -> list[DynamicsError]:
        """Why what is still put off is."""
        return [error for operation in self._pending() if (error := self._results[operation.id].error) is not None]

    def _pending(self) -> list[Operation]:
        """What was not sent yet, or was put off: not done, and may be done by sending it again."""
        waiting = [operation for operation in self._operations if self._is_put_off(operation)]
        # A snapshot stays whole: if one of its operations is beyond repeating, so are all.
        return [] if self._snapshot and len(waiting) < len(self._operations) else waiting

    def _is_put_off(self, operation: Operation) -> bool:
        result = self._results.get(operation.id)
        if result is None:
            return True
        if result.error is None or result.ended == "unknown" or operation.id in self._doubtful | self._spent:
            return False
        return result.error.repeatable


def _is_undone(error: DynamicsError) -> bool:
    """Whether an envelope was refused before any of it was done: it could not be read, or was too large.

    What else refuses one may have come behind the work, from somebody on the way.
    """
    is_unread = isinstance(error, BadRequest) and error.status == BAD_REPLY and error.code.startswith(UNREAD)
    return isinstance(error, RequestTooLarge) or is_unread


def _is_too_much(error: DynamicsError) -> bool:
    """Whether fewer operations may pass where so many were given up."""
    return isinstance(error, RequestTimedOut) or (isinstance(error, Transient) and error.status in TOO_MUCH)
