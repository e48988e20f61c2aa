"""How is one batch carried through, so that each operation has exactly one result?"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from dynamics_bc_client import answers
from dynamics_bc_client.errors import (
    ConfigurationError,
    DynamicsError,
    ServiceError,
    SignInError,
    TooManyRequests,
    Unauthorized,
    UnexpectedAnswer,
)
from dynamics_bc_client.exchange import REFUSALS_DOUBTED
from dynamics_bc_client.odata.batch import Operation, Reply, Result, decode_batch, encode_batch, to_results
from dynamics_bc_client.odata.urls import join
from dynamics_bc_client.retry import Intent, may_have_happened, may_repeat
from dynamics_bc_client.transport import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dynamics_bc_client.exchange import Exchange
    from dynamics_bc_client.settings import ConnectionSettings


class BatchRun:
    """Sends operations, and sends again those that the service put off without doing anything.

    Args:
        exchange: Sends requests.
        settings: Where to.
        operations: At most a hundred, each with an id of its own.
        snapshot: All or nothing.
    """

    def __init__(
        self, exchange: Exchange, settings: ConnectionSettings, operations: Sequence[Operation], *, snapshot: bool
    ) -> None:
        self._exchange = exchange
        self._settings = settings
        self._operations = list(operations)
        self._snapshot = snapshot
        self._results: dict[str, Result] = {}
        self._reason: DynamicsError | None = None
        self._refusals = 0

    def run(self) -> list[Result]:
        """The result of each operation, in their order."""
        encode_batch(self._operations)  # refuses what cannot be sent before anything is
        try:
            self._exchange.repeat(self._round, lambda error: error is self._reason)
        except DynamicsError as error:
            # Patience has ended; what is still put off has failed, and its result says why.
            if error is not self._reason:
                raise
        return [self._results[operation.id] for operation in self._operations]

    def _round(self, _: int) -> None:
        """Send what is not settled, and raise what says why some of it still is not."""
        pending = self._pending()
        try:
            token = self._exchange.token() if pending else ""
            replies = self._replies(pending) if pending else []
        except DynamicsError as error:
            if isinstance(error, SignInError | ConfigurationError) and not self._results:
                raise  # nothing was done, and nothing can be
            # The exchange has repeated the envelope for as long as that helps, so this is the last word on all of them.
            self._settle(_without_envelope(operation, error) for operation in pending)
            return
        self._settle(
            to_results(
                pending, replies, snapshot=self._snapshot, to_error=_explanation(self._inner_error, pending, replies)
            )
        )
        self._renew(token)
        reasons = [reason for operation in self._pending() if (reason := self._results[operation.id].error)]
        if reasons:
            # Being throttled concerns all threads, so it goes before a deadlock, which concerns this batch alone.
            self._reason = max(reasons, key=_weight)
            raise self._reason

    def _renew(self, token: str) -> None:
        """Get another token if an operation was refused for want of a good one; once, as for a request of its own."""
        refused = [each for each in self._pending() if isinstance(self._results[each.id].error, Unauthorized)]
        if not refused:
            return
        self._refusals += 1
        if self._refusals > 1:
            return
        try:
            self._exchange.token(rejected=token)
        except DynamicsError as error:
            # The others are done or have errors of their own, so this is no failure of the whole batch.
            affected = self._operations if self._snapshot else refused
            self._settle(_without_envelope(operation, error) for operation in affected)

    def _inner_error(self, operation: Operation, reply: Reply) -> DynamicsError:
        """Why an operation failed; a 401 is repeated with a new token and once more before it is believed."""
        headers = Headers(reply.headers)
        error = answers.service_error(
            operation.method,
            join(self._settings.api_root, operation.path),
            reply.status,
            answers.read_complaint(reply.body, headers),
            retry_after=answers.retry_after_seconds(headers),
        )
        if isinstance(error, Unauthorized):
            if self._refusals >= REFUSALS_DOUBTED:
                return self._exchange.refused(error)
            error.repeatable = True
        error.outcome_unknown = operation.writes and may_have_happened(error)
        return error

    def _settle(self, results: Iterable[Result]) -> None:
        self._results.update((result.operation.id, result) for result in results)

    def _pending(self) -> list[Operation]:
        """What was not sent yet, or was put off: not done, and may be done by sending it again."""
        waiting = [operation for operation in self._operations if self._is_put_off(self._results.get(operation.id))]
        # A snapshot stays whole: if one of its operations is beyond repeating, so are all.
        return [] if self._snapshot and len(waiting) < len(self._operations) else waiting

    @staticmethod
    def _is_put_off(result: Result | None) -> bool:
        if result is None:
            return True
        if result.error is None or result.outcome == "unknown":
            return False
        return may_repeat(result.error, Intent.of(result.operation.method))

    def _replies(self, operations: list[Operation]) -> list[Reply | None]:
        writes = any(operation.writes for operation in operations)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Isolation": "snapshot"} if self._snapshot else {"Prefer": "odata.continue-on-error"}
        response = self._exchange.send(
            "POST",
            join(self._settings.api_root, "$batch"),
            headers=headers,
            body=encode_batch(operations),
            intent=Intent.CREATE if writes else Intent.READ,
            # Whether operations count one by one against the limit is not documented; this errs on the safe side.
            weight=len(operations),
        )
        try:
            return decode_batch(response.body, operations)
        except UnexpectedAnswer as error:
            error.outcome_unknown = writes
            raise


def _weight(error: DynamicsError) -> tuple[bool, bool]:
    return isinstance(error, TooManyRequests), isinstance(error, ServiceError)


def _without_envelope(operation: Operation, error: DynamicsError) -> Result:
    """The result of an operation whose whole batch failed."""
    own = _copy(error)
    own.outcome_unknown = error.outcome_unknown and operation.writes
    return Result(operation, None, None, own, "unknown" if own.outcome_unknown else "failed")


def _copy(error: DynamicsError) -> DynamicsError:
    """An error of the same kind, so that what is noted on one operation's does not show on another's."""
    own = copy.copy(error)
    own.__cause__ = error
    return own


def _explanation(
    inner_error: Callable[[Operation, Reply], DynamicsError],
    operations: Sequence[Operation],
    replies: Sequence[Reply | None],
) -> Callable[[Operation, Reply | None], DynamicsError]:
    """What says why an operation is not done."""
    failed = next(
        (
            (each, reply)
            for each, reply in zip(operations, replies, strict=True)
            if reply is not None and reply.status >= 400
        ),
        None,
    )

    def explain(operation: Operation, reply: Reply | None) -> DynamicsError:
        if reply is not None and reply.status >= 400:
            return inner_error(operation, reply)
        if failed is not None and reply is not None:
            cause = inner_error(*failed)
            return DynamicsError(
                f'"{operation.id}" was undone with its whole batch, because "{failed[0].id}" failed: {cause.message}',
                scope="record",
                repeatable=cause.repeatable,
            )
        return UnexpectedAnswer(
            f'The answer to the batch holds no reply to "{operation.id}" ({operation.method} {operation.path}).',
            scope="record",
            repeatable=not operation.writes,
            outcome_unknown=operation.writes,
        )

    return explain
