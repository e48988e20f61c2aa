"""How are many runs tried at once, so that one that hangs or dies costs itself alone?

Each worker is a process that is handed one seed after the other. One that ends, or does not answer in time, is a
finding, and another takes its place.
"""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from campaign.kinds import KINDS
from campaign.patience import stretched
from campaign.trying import Tried, tried
from judged import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.process import BaseProcess

Task = tuple[str, int]
GRACE_SECONDS = 40.0
"""After the time of a run: its worker tries to break it off itself first."""


class Worker:
    """A process that tries one seed after the other."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=work, args=(theirs,))
        self._process.start()
        theirs.close()
        self.task: Task = ("", 0)
        self._ends_at = 0.0

    def give(self, task: Task) -> None:
        """Hand it a seed."""
        self.task, self._ends_at = task, time.monotonic() + stretched(KINDS[task[0]].seconds + GRACE_SECONDS)
        self.pipe.send(task)

    @property
    def is_overdue(self) -> bool:
        """Whether it should have answered long ago."""
        return time.monotonic() > self._ends_at

    def result(self) -> Tried:
        """What became of its seed, if it is there to say it."""
        try:
            told: Tried = self.pipe.recv()
        except EOFError:
            return self.failed("its process ended")
        return told

    def failed(self, why: str) -> Tried:
        """What is to be said of a seed whose worker does not."""
        kind = KINDS[self.task[0]]
        return Tried(kind.name, kind.side, self.task[1], 0, kind.seconds, (Finding("hangs", why),))

    def end(self) -> None:
        """Let it go, whatever it does."""
        self.pipe.close()
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def work(pipe: Connection) -> None:
    """Try what comes until nothing does."""
    while True:
        try:
            name, seed = pipe.recv()
        except EOFError:
            return
        pipe.send(tried(KINDS[name], seed))


def all_tried(tasks: Iterable[Task], processes: int, *, ends_at: float) -> Iterator[Tried]:
    """The results as they come; nothing is begun any more after a moment."""
    given = iter(tasks)
    busy: list[Worker] = []
    try:
        for _ in range(processes):
            _start(busy, Worker(), given, ends_at)
        while busy:
            ready = wait([worker.pipe for worker in busy], timeout=1)
            for worker in [each for each in busy if each.pipe in ready or each.is_overdue]:
                busy.remove(worker)
                result = worker.result() if worker.pipe in ready else worker.failed("its worker did not answer")
                yield result
                lives = worker.pipe in ready and not any(each.column == "hangs" for each in result.findings)
                if not lives:
                    worker.end()
                _start(busy, worker if lives else Worker(), given, ends_at)
    finally:
        for worker in busy:
            worker.end()


def _start(busy: list[Worker], worker: Worker, given: Iterator[Task], ends_at: float) -> None:
    task = next(given, None) if time.monotonic() < ends_at else None
    if task is None:
        worker.end()
        return
    worker.give(task)
    busy.append(worker)
