"""How are several requests in flight at once, while one thread alone plans, remembers and settles?

Threads do nothing but wait for the service. What they bring back is taken up one by one, by the thread that sent them.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from target_dynamics_bc.writing.envelopes import Envelope, Queue

T = TypeVar("T")


class InFlight:
    """Carries requests, as many at once as the service takes.

    Args:
        at_once: How many.
        hand_over: Makes of a function one that does the same in another thread, for whoever counts requests.
    """

    def __init__(
        self, at_once: int, hand_over: Callable[[Callable[[], Any]], Callable[[], Any]] = lambda function: function
    ) -> None:
        self.at_once = at_once
        self._hand_over = hand_over
        self._pool: ThreadPoolExecutor | None = None

    def all_of(self, requests: Sequence[Callable[[], T]]) -> list[T]:
        """What each of these requests brings back, in their order; they touch nothing.

        Raises:
            Exception: The first that one of them raised, when all of them have ended.
        """
        if len(requests) == 1 or self.at_once == 1:
            return [request() for request in requests]
        futures = [self._submit(request) for request in requests]
        wait(futures)
        return [future.result() for future in futures]

    def each_of(
        self, queue: Queue, start: Callable[[Envelope], Callable[[], T]]
    ) -> Iterator[tuple[Envelope, Callable[[], T]]]:
        """Send what is in a queue.

        Args:
            queue: What is to be sent.
            start: Makes an envelope a request; it is called by this thread, just before that is sent.

        Yields:
            Each envelope when it has come back, and what gives, or raises, what it brought.

        Raises:
            BaseException: What `start` raised, when all that was in flight has come back.
        """
        flying: dict[Future[T], Envelope] = {}
        failure: BaseException | None = None
        try:
            while True:
                while failure is None and len(flying) < self.at_once:
                    envelope = queue.take(frozenset().union(*(each.touches for each in flying.values())))
                    if envelope is None:
                        break
                    try:
                        request = start(envelope)
                    except BaseException as error:  # noqa: BLE001 - raised below, when nothing is in flight any more
                        failure = error
                        break
                    if not flying and (not queue.parts or self.at_once == 1):
                        yield envelope, _once(request)
                    else:
                        flying[self._submit(request)] = envelope
                if not flying:
                    break
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    yield flying.pop(future), future.result
        finally:
            wait(flying)
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Let go of the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def _submit(self, request: Callable[[], T]) -> Future[T]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.at_once, "in-flight")
        return self._pool.submit(self._hand_over(request))


def _once(request: Callable[[], T]) -> Callable[[], T]:
    """What sends a request in this thread, and keeps what it brought."""
    future: Future[T] = Future()
    try:
        future.set_result(request())
    except BaseException as error:  # noqa: BLE001 - raised by whoever asks for the result
        future.set_exception(error)
    return future.result
