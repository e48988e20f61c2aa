"""What has a run done so far, by stream and company?

A part is one stream of one company, `(stream, company id)`. Threads report what they did to it, once a page, a request
or a chunk of records; whoever shows it takes a picture, which does not change any more. Requests belong to the part
that their thread works on, so nobody has to read a stream out of a URL.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

T = TypeVar("T")
Key = tuple[str, str | None]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dynamics_bc_client.exchange import RequestSummary


@dataclass(frozen=True, slots=True)
class PartPicture:
    """What was done for one stream of one company.

    Attributes:
        stream: The stream.
        company: Its company's name, or its id while no name is known; None for a stream of the environment.
        rows: Records read; None when the part was read for other streams' sake alone.
        outcomes: Records written, by what became of them.
        requests: Requests sent, repeated ones each time.
        response_bytes: Length of their unpacked answers.
        waited_seconds: What its threads waited, added up: for a place, because the service throttles or its limits are
            kept, and before a request was repeated.
        waiting: One of them is waiting now.
        seconds: How long it was worked on; not how long its pages waited to be written.
        running: It is being worked on.
        finished: Work on it is through. What is neither was fetched ahead.
    """

    stream: str
    company: str | None
    rows: int | None = None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    response_bytes: int = 0
    waited_seconds: float = 0.0
    waiting: bool = False
    seconds: float = 0.0
    running: bool = False
    finished: bool = False

    @property
    def records(self) -> int:
        """Records read or written."""
        return (self.rows or 0) + sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Picture:
    """A run at one moment.

    Attributes:
        seconds: Since the account was opened.
        parts: In the order in which they were begun.
        stream_seconds: How long each stream was worked on, in one company or several at once.
        requests: Of the parts, and those that belong to none: companies, metadata.
        response_bytes: Of all these requests.
        waited_seconds: Of all these requests.
        expected_streams: How many streams there are to be; None when nobody said.
    """

    seconds: float
    parts: tuple[PartPicture, ...] = ()
    stream_seconds: Mapping[str, float] = field(default_factory=dict)
    requests: int = 0
    response_bytes: int = 0
    waited_seconds: float = 0.0
    expected_streams: int | None = None

    @property
    def records(self) -> int:
        """Records read or written."""
        return sum(part.records for part in self.parts)

    @property
    def outcomes(self) -> Counter[str]:
        """What became of all records that were written."""
        return summed_outcomes(self.parts)

    @property
    def running(self) -> list[PartPicture]:
        """The parts that are being worked on."""
        return [part for part in self.parts if part.running]

    @property
    def finished(self) -> list[PartPicture]:
        """The parts that are through."""
        return [part for part in self.parts if part.finished]

    @property
    def ahead(self) -> list[PartPicture]:
        """The parts that were fetched, and have not had their turn."""
        return [part for part in self.parts if not part.running and not part.finished]

    def by_stream(self) -> dict[str, list[PartPicture]]:
        """The parts of each stream."""
        streams: dict[str, list[PartPicture]] = {}
        for part in self.parts:
            streams.setdefault(part.stream, []).append(part)
        return streams


def summed_outcomes(parts: Iterable[PartPicture]) -> Counter[str]:
    """The outcomes of several parts together."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.outcomes)
    return total


class Account:
    """Takes what the threads of a run report. Every call is one lock and a few additions.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._opened_at = clock()
        self._parts: dict[Key, _Part] = {}
        self._stream_watches: dict[str, _Watch] = {}
        self._of_no_part = _Traffic()
        self._company_names: dict[str, str] = {}
        self._own = _OfThread()
        self._expected_streams: int | None = None

    def expect(self, streams: int) -> None:
        """Say how many streams there are to be, so that it can be seen how far a run has come."""
        with self._lock:
            self._expected_streams = streams

    def name_companies(self, names: Mapping[str, str]) -> None:
        """Say what companies are called.

        Args:
            names: Id -> name.
        """
        with self._lock:
            self._company_names.update(names)

    @contextlib.contextmanager
    def fetching(self, stream: str, company_id: str | None) -> Iterator[None]:
        """Fetch for a part, ahead of those who work on it; requests that this thread sends meanwhile are the part's."""
        with self._occupied([(stream, company_id)], finishes=False):
            yield

    @contextlib.contextmanager
    def working_on(self, *parts: Key) -> Iterator[None]:
        """Work on parts and be through with them, for all that is known, when the block ends.

        Args:
            parts: Stream and company id of each. Requests that this thread sends meanwhile are those of the first.
        """
        with self._occupied(parts, finishes=True):
            yield

    def handing_over(self, function: Callable[[], T]) -> Callable[[], T]:
        """The function for another thread, whose requests meanwhile are those of the part that this one works on."""
        traffic = self._own.traffic

        def handed_over() -> T:
            self._own.traffic = traffic
            return function()

        return handed_over

    def add_rows(self, stream: str, company_id: str | None, count: int) -> None:
        """Records of a part were read.

        Args:
            stream: The stream.
            company_id: The company; None for a stream of the environment.
            count: How many; 0 says that the stream is wanted and had none.
        """
        with self._lock:
            part = self._part((stream, company_id))
            part.rows = (part.rows or 0) + count

    def add_outcomes(self, stream: str, company_id: str | None, counts: Mapping[str, int]) -> None:
        """Records of a part were written, or refused.

        Args:
            stream: The stream.
            company_id: The company; None when a record was refused before its company was known.
            counts: What became of them -> how many.
        """
        with self._lock:
            outcomes = self._part((stream, company_id)).outcomes
            for kind, count in counts.items():
                outcomes[kind] = outcomes.get(kind, 0) + count

    def add_request(self, summary: RequestSummary) -> None:
        """A request was sent, by this thread; may be a client's `on_request`."""
        traffic = self._own.traffic or self._of_no_part
        slept, self._own.slept_seconds = self._own.slept_seconds, 0.0
        with self._lock:
            traffic.requests += 1
            traffic.response_bytes += summary.response_bytes
            traffic.waited_seconds += max(0.0, summary.waited_seconds - slept)

    def sleeping(self, sleep: Callable[[float], None]) -> Callable[[float], None]:
        """A client's `sleep` that is seen while it lasts: a request is reported only after it has waited.

        Args:
            sleep: Waits a number of seconds.
        """

        def sleep_seen(seconds: float) -> None:
            traffic = self._own.traffic or self._of_no_part
            with self._lock:
                began = self._clock()
                traffic.sleeping.append(began)
            try:
                sleep(seconds)
            finally:
                with self._lock:
                    slept = self._clock() - began
                    traffic.sleeping.remove(began)
                    traffic.waited_seconds += slept
                self._own.slept_seconds += slept

        return sleep_seen

    def picture(self) -> Picture:
        """The run as it is now."""
        with self._lock:
            now = self._clock()
            traffic = [self._of_no_part, *(part.traffic for part in self._parts.values())]
            return Picture(
                seconds=now - self._opened_at,
                parts=tuple(part.picture(now, self._company_names) for part in self._parts.values()),
                stream_seconds={name: watch.seconds(now) for name, watch in self._stream_watches.items()},
                requests=sum(each.requests for each in traffic),
                response_bytes=sum(each.response_bytes for each in traffic),
                waited_seconds=sum(each.waited(now) for each in traffic),
                expected_streams=self._expected_streams,
            )

    @contextlib.contextmanager
    def _occupied(self, keys: Iterable[Key], *, finishes: bool) -> Iterator[None]:
        before = self._own.traffic
        with self._lock:
            now = self._clock()
            parts = [self._part(key) for key in keys]
            for part in parts:
                part.enter(now)
        self._own.traffic = parts[0].traffic if parts else before
        try:
            yield
        finally:
            self._own.traffic = before
            with self._lock:
                now = self._clock()
                for part in parts:
                    part.leave(now, finishes=finishes)

    def _part(self, key: Key) -> _Part:
        part = self._parts.get(key)
        if part is None:
            watch = self._stream_watches.setdefault(key[0], _Watch())
            part = self._parts[key] = _Part(*key, watch)
        return part


@dataclass(slots=True)
class _Watch:
    """Measures how long at least one of those who started it has not stopped it."""

    running: int = 0
    _started_at: float = 0.0
    _measured: float = 0.0

    def start(self, now: float) -> None:
        if not self.running:
            self._started_at = now
        self.running += 1

    def stop(self, now: float) -> None:
        self.running -= 1
        if not self.running:
            self._measured += now - self._started_at

    def seconds(self, now: float) -> float:
        return self._measured + (now - self._started_at if self.running else 0.0)


@dataclass(slots=True)
class _Traffic:
    requests: int = 0
    response_bytes: int = 0
    waited_seconds: float = 0.0
    sleeping: list[float] = field(default_factory=list)

    def waited(self, now: float) -> float:
        return self.waited_seconds + sum(now - began for began in self.sleeping)


class _OfThread(threading.local):
    """What an account knows of one thread: whose its requests are, and what of their waiting is counted already."""

    traffic: _Traffic | None = None
    slept_seconds: float = 0.0


@dataclass(slots=True)
class _Part:
    stream: str
    company_id: str | None
    stream_watch: _Watch
    watch: _Watch = field(default_factory=_Watch)
    traffic: _Traffic = field(default_factory=_Traffic)
    rows: int | None = None
    outcomes: dict[str, int] = field(default_factory=dict)
    finished: bool = False

    def enter(self, now: float) -> None:
        self.watch.start(now)
        self.stream_watch.start(now)
        self.finished = False

    def leave(self, now: float, *, finishes: bool) -> None:
        self.watch.stop(now)
        self.stream_watch.stop(now)
        self.finished = finishes

    def picture(self, now: float, company_names: Mapping[str, str]) -> PartPicture:
        company_id, running = self.company_id, bool(self.watch.running)
        # Records may get their outcome without work: those of a stream that nobody takes.
        finished = self.finished or bool(self.outcomes)
        return PartPicture(
            stream=self.stream,
            company=None if company_id is None else company_names.get(company_id, company_id),
            rows=self.rows,
            outcomes=dict(self.outcomes),
            requests=self.traffic.requests,
            response_bytes=self.traffic.response_bytes,
            waited_seconds=self.traffic.waited(now),
            waiting=bool(self.traffic.sleeping),
            seconds=self.watch.seconds(now),
            running=running,
            finished=finished and not running,
        )
