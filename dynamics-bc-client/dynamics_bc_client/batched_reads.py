"""How are many small reads carried in few requests?

A `$batch` of GETs writes nothing, so all or some of it may be sent again whatever became of it:

- Each reply stands for itself. What was put off (429, 503, a deadlock) and what has no reply is asked for again, alone.
- A batch that takes too long or is too large is cut in two at once; one that breaks off, or that the service fails to
  answer, is sent as it was once more before. The size that worked is kept, and grows with each success.
- A read that fails a batch in which it stands alone has that failure for its own. When several do so, one behind the
  other, it is not them: the rest fails with the last of them.
- An inner URL has no limit of length; that of a request has (measured by two connectors).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dynamics_bc_client.batch_refusals import BatchRefusals
from dynamics_bc_client.errors import (
    ConnectionLost,
    DynamicsError,
    Repeat,
    ServiceError,
    TooManyRequests,
    Unauthorized,
    UnexpectedAnswer,
)
from dynamics_bc_client.limits import BATCH_OPERATIONS
from dynamics_bc_client.odata.batch import BAD_REPLY, Operation, Reply, decode_batch, encode_batch
from dynamics_bc_client.odata.targets import RequestTarget
from dynamics_bc_client.odata.unreadable import as_utf8, readable
from dynamics_bc_client.odata.urls import split_at_root
from dynamics_bc_client.read_intent import READ_WRITE
from dynamics_bc_client.responses import served_at
from dynamics_bc_client.retry import Intent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dynamics_bc_client.exchange import Exchange
    from dynamics_bc_client.transport import Request, Response

log = logging.getLogger(__name__)

SUCCESSES_BEFORE_MORE = 4
"""Batches of a smaller size that pass, before a larger one is tried again."""

FAILURES_IN_A_ROW = 3
"""Reads that each fail a batch of their own, one behind the other, before the rest of them is given up."""

_TOO_LARGE = frozenset({408, 413, 504})


@dataclass(frozen=True, slots=True)
class BatchedRead:
    """One read that travels in a batch.

    Attributes:
        path: Below the root of the standard API, or a whole URL of the configured host, in each case with its query.
        page_size: Rows of a page, of a read that returns one; None to leave it to the service.
        check: Looks at what came, and raises `UnexpectedAnswer` when it is not what was asked for.
        doubted: Whether an error that may pass or be the read's own fault is asked again for a while. Whoever looks for
            what fails takes it at its word.
        from_database: Whether no copy of the database may serve it, which shows a moment that has passed.
    """

    path: str
    page_size: int | None = None
    check: Callable[[bytes], object] = bytes
    doubted: bool = True
    from_database: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Its header fields."""
        paging = {"Prefer": f"odata.maxpagesize={self.page_size}"} if self.page_size else {}
        return {**paging, **(READ_WRITE if self.from_database else {})}


@dataclass(frozen=True, slots=True)
class BatchedResponse:
    """What came of one read.

    Attributes:
        body: As it came; empty after an error.
        error: Why there is none; None when there is one.
        served_at: The service's own clock, UTC, when the reply came.
        url: The whole URL of what was read.
    """

    body: bytes
    error: DynamicsError | None
    served_at: datetime
    url: str = ""


def read_in_batches(
    exchange: Exchange, now: Callable[[], float], reads: Sequence[BatchedRead]
) -> list[BatchedResponse]:
    """What came of each read, in their order; for one thread.

    Args:
        exchange: Sends requests.
        now: Seconds since 1970, where a response does not carry the service's own clock.
        reads: As many as there are.

    Raises:
        DynamicsError: Nothing can be read at all: no sign-in, no connection, no permission to ask.
        ConfigurationError: A URL belongs to another host; the token stays here.
    """
    found: dict[int, BatchedResponse] = {}
    for root, paths in _by_root(exchange, reads).items():
        run = _Run(exchange, now, root, [(paths[number], reads[number]) for number in paths])
        found |= dict(zip(paths, run.responses(), strict=True))
    return [found[number] for number in range(len(reads))]


def _by_root(exchange: Exchange, reads: Sequence[BatchedRead]) -> dict[str, dict[int, str]]:
    """The paths of the reads below their roots, by their place, by root: a batch holds what is below its own."""
    found: dict[str, dict[int, str]] = {}
    for number, read in enumerate(reads):
        root, path = split_at_root(read.path, exchange.root)
        found.setdefault(root, {})[number] = path
    return found


def is_too_large(error: DynamicsError) -> bool:
    """Whether less may pass: also of a batch, which is a POST and yet nothing but reads."""
    return error.may_be_too_large or (isinstance(error, ServiceError) and error.status in _TOO_LARGE)


class _Run:
    """The reads below one root, until each has an end."""

    def __init__(
        self, exchange: Exchange, now: Callable[[], float], root: str, reads: Sequence[tuple[str, BatchedRead]]
    ) -> None:
        self._exchange = exchange
        self._now = now
        self._root = root
        self._reads = reads
        self._ended: dict[int, BatchedResponse] = {}
        self._moment: datetime | None = None
        self._size = BATCH_OPERATIONS
        self._successes = 0
        self._failures_in_a_row = 0
        self._refusals = BatchRefusals(exchange)

    def responses(self) -> list[BatchedResponse]:
        """What came of each."""
        retries = self._exchange.retries()
        while pending := [number for number in range(len(self._reads)) if number not in self._ended]:
            began, before = self._exchange.clock(), len(self._ended)
            put_off, unanswered = self._round(pending)
            if len(self._ended) > before:
                retries = self._exchange.retries()  # patience is for what stands still
            else:
                put_off |= unanswered
            if not put_off:
                continue
            # Being throttled concerns all threads, so it goes before what concerns one read alone.
            worst = max(put_off.values(), key=lambda error: (isinstance(error, TooManyRequests), error.repeat.name))
            wait = retries.wait(worst, began)
            if wait is None:
                self._end(put_off)
            else:
                self._exchange.rest(worst, wait)
        return [self._ended[number] for number in range(len(self._reads))]

    def _round(self, pending: list[int]) -> tuple[dict[int, DynamicsError], dict[int, DynamicsError]]:
        """Send what fits into one batch; returns what is put off and what has no reply, with the reasons."""
        token = self._exchange.sign_in.token()
        sent = _Envelope(
            self._exchange, f"{self._root}/$batch", {number: self._reads[number] for number in pending[: self._size]}
        )
        # Whether operations count one by one against the limit is not documented; this errs on the safe side.
        attempted = self._exchange.send(
            sent.request(), Intent.READ, sent.replies, weight=len(sent.reads), instead=sent.smaller
        )
        self._size = min(self._size, max(len(sent.reads), 1)) if sent.was_cut else self._size
        if attempted.error is not None:
            self._fail(attempted.error, list(sent.reads), pending)
            return {}, {}
        self._grow()
        put_off: dict[int, DynamicsError] = {}
        unanswered: dict[int, DynamicsError] = {}
        self._moment, replies = attempted.get()
        for number, reply in replies.items():
            if reply is None:
                unanswered[number] = self._without_reply(number)
            elif (error := self._settled(number, reply)) is not None:
                put_off[number] = error
        # Without another token it may still be about what was asked for: the others were let in with this one.
        self._refusals.end_round(token, refused=any(isinstance(error, Unauthorized) for error in put_off.values()))
        return put_off, unanswered

    def _grow(self) -> None:
        """Take more at once again, slowly: what was too large costs minutes."""
        self._failures_in_a_row = 0
        self._successes += 1
        if self._successes >= SUCCESSES_BEFORE_MORE and self._size < BATCH_OPERATIONS:
            self._size, self._successes = min(BATCH_OPERATIONS, 2 * self._size), 0

    def _fail(self, error: DynamicsError, sent: list[int], pending: list[int]) -> None:
        """A batch failed as a whole."""
        if isinstance(error, ConnectionLost) and error.sent:
            # The service was there and broke off: that may be these reads' own fault.
            error = error.replacing(scope="stream")
        if error.scope == "run":
            raise error
        self._successes = 0
        self._failures_in_a_row += 1
        alone = len(sent) == 1 and self._failures_in_a_row < FAILURES_IN_A_ROW
        self._end(dict.fromkeys(sent if alone else pending, error.replacing(scope="stream")))

    def _settled(self, number: int, reply: Reply) -> DynamicsError | None:
        """Note what came of a read; returns why not, if it is put off."""
        error = self._refusal(number, reply)
        if error is None:
            self._ended[number] = self._response(number, reply.body, None)
        elif not error.repeatable or (error.repeat is Repeat.BRIEFLY and not self._reads[number][1].doubted):
            self._end({number: error})
        else:
            return error
        return None

    def _refusal(self, number: int, reply: Reply) -> DynamicsError | None:
        path, read = self._reads[number]
        if reply.status < BAD_REPLY:
            try:
                read.check(reply.body)
            except UnexpectedAnswer as unusable:
                return unusable.replacing(message=f"GET {RequestTarget.of(path)}: {unusable.message}")
            return None
        return self._refusals.refusal("GET", path, reply)

    def _without_reply(self, number: int) -> DynamicsError:
        path, _ = self._reads[number]
        return UnexpectedAnswer(f"The response to a batch holds no reply to GET {path}.", repeatable=True)

    def _end(self, errors: Mapping[int, DynamicsError]) -> None:
        self._ended.update((number, self._response(number, b"", error)) for number, error in errors.items())

    def _response(self, number: int, body: bytes, error: DynamicsError | None) -> BatchedResponse:
        path, _ = self._reads[number]
        return BatchedResponse(body, error, self._clock(), f"{self._root}/{path}")

    def _clock(self) -> datetime:
        """When the last response came, by the service's clock."""
        return self._moment or datetime.fromtimestamp(self._now(), timezone.utc)


class _Envelope:
    """One batch, which is cut in two as long as it is too much.

    Attributes:
        reads: What is in it.
        was_cut: Whether that is less than it was.
    """

    def __init__(self, exchange: Exchange, url: str, reads: Mapping[int, tuple[str, BatchedRead]]) -> None:
        self.reads = dict(reads)
        self.was_cut = False
        self._exchange = exchange
        self._url = url
        self._failed = False

    @property
    def _operations(self) -> list[Operation]:
        return [
            Operation(str(number), "GET", path, headers=read.headers) for number, (path, read) in self.reads.items()
        ]

    def request(self) -> Request:
        """What is sent."""
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Prefer": "odata.continue-on-error",
        }
        return self._exchange.request("POST", self._url, headers, encode_batch(self._operations))

    def replies(self, response: Response) -> tuple[datetime | None, dict[int, Reply | None]]:
        """The replies to its reads, and when they came by the service's clock."""
        body = as_utf8(response.body)
        try:
            replies = decode_batch(body, self._operations)
        except UnexpectedAnswer:
            replies = decode_batch(readable(body), self._operations)
        return served_at(response.headers), dict(zip(self.reads, replies, strict=True))

    def smaller(self, error: DynamicsError) -> Request | None:
        """After an error, half of it; None when it is to be sent as it was, or not at all."""
        if len(self.reads) == 1 or not self._is_too_much(error):
            return None
        kept = list(self.reads)[: len(self.reads) // 2]
        log.warning("%s Sending batches of %d reads.", error.sentence, len(kept))
        self.reads = {number: self.reads[number] for number in kept}
        self.was_cut, self._failed = True, False
        return self.request()

    def _is_too_much(self, error: DynamicsError) -> bool:
        """Whether to ask for less: at once when it took too long, else when it failed twice as it was."""
        if is_too_large(error):
            return True
        broke_off = isinstance(error, ConnectionLost) and error.sent
        if not (broke_off or isinstance(error, UnexpectedAnswer) or error.repeat is Repeat.BRIEFLY):
            return False
        again, self._failed = self._failed, True
        return again
