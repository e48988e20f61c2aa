"""What becomes of the pages of a read where rows that are gone are looked for: records, ids, or a count?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_dynamics_bc.deletions.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    import msgspec

    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.index import Index
    from tap_dynamics_bc.deletions.page_keys import PageKeys
    from tap_dynamics_bc.deletions.settling import Settling
    from tap_dynamics_bc.pages.source_page import LeftOut, SourcePage
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.records.emitting import Emitter
    from tap_dynamics_bc.records.output import MessageWriter
    from tap_dynamics_bc.streams.replication import Value


class WatchedRecords:
    """Writes the records of a read, and notes their keys before any of them leaves the process.

    Args:
        emitter: Writes them.
        watch: Notes them.
        output: Where they go.
        settle: Does what follows when all pages have come.
        settling: What that is done by.
    """

    def __init__(
        self,
        emitter: Emitter,
        watch: Watch,
        output: MessageWriter,
        settle: Callable[[Sequence[LeftOut]], None],
        settling: Settling,
    ) -> None:
        self._emitter = emitter
        self._watch = watch
        self._output = output
        self._settle = settle
        self._settling = settling
        self._more: dict[str, int] = {}

    @property
    def streams(self) -> list[str]:
        """The streams whose records it writes."""
        return self._emitter.streams

    def take(self, body: bytes, served_at: datetime) -> None:
        """Write the records of a page."""
        with self._output.held():
            try:
                self._emitter.take(body, served_at)
            finally:
                self._watch.end_page()

    def settle(self, left_out: Sequence[LeftOut]) -> None:
        """Look for what did not come."""
        self._settle(left_out)

    def end(self) -> None:
        """Write what is held back."""
        self._emitter.end()
        self._more = self._settling.end()

    def new_records(self) -> dict[str, int]:
        """Records written since the last time, by stream."""
        new = self._emitter.new_records()
        more, self._more = self._more, {}
        return {stream: new.get(stream, 0) + more.get(stream, 0) for stream in {**new, **more}}

    def highest(self, path: tuple[str, ...]) -> Value | None:
        """The highest value of the replication key at a place."""
        return self._emitter.highest(path)


class _Silent:
    """Takes records that nobody wants."""

    count = 0

    def turn_page(self, served_at: datetime) -> None:
        """Nobody asks."""

    def write(self, beginning: bytes, row: msgspec.Struct) -> None:
        """Nobody reads."""

    def end(self) -> None:
        """Nothing is held back."""


class SeenIds:
    """Compares the ids of a source with the index.

    Args:
        index: The index.
        family: The source.
        read: The read of the ids.
        settling: Does what follows.
        emitter: Makes what reads the pages, with writers of its own.
        ceiling: Rows of this moment or later are going to be read again.
        done: Called when all has been compared.
    """

    def __init__(
        self,
        index: Index,
        family: Family,
        read: Read,
        settling: Settling,
        *,
        emitter: Callable[[Read, Watch, Callable[[str], _Silent]], Emitter],
        ceiling: str,
        done: Callable[[], None],
    ) -> None:
        self._read = read
        self._settling = settling
        self._done = done
        self._sweep = index.sweep()
        self._watch = Watch(family.watched, ceiling=ceiling, put_down=self._see)
        self._emitter = emitter(read, self._watch, lambda _: _Silent())
        self._served_at: datetime | None = None
        self._family = family
        self._more: dict[str, int] = {}

    def _see(self, pages: Iterable[PageKeys]) -> None:
        self._sweep.add(pages)

    @property
    def streams(self) -> list[str]:
        """The streams whose deletions it may write."""
        return [each.place.stream.name for each in self._family.emitted]

    def take(self, body: bytes, served_at: datetime) -> None:
        """See the ids of a page."""
        self._emitter.take(body, served_at)
        self._watch.end_page()
        self._served_at = served_at

    def settle(self, left_out: Sequence[LeftOut]) -> None:
        """Look for what was not seen."""
        if self._served_at is not None:
            self._settling.swept(self._sweep, self._read, left_out, self._served_at)
            self._done()
        self._sweep.close()

    def end(self) -> None:
        """Write what is held back."""
        self._more = self._settling.end()

    def new_records(self) -> dict[str, int]:
        """Records written since the last time, by stream."""
        more, self._more = self._more, {}
        return more

    def highest(self, path: tuple[str, ...]) -> Value | None:  # noqa: ARG002 - as of records
        """Ids move no bookmark."""
        return None


class Counted:
    """Compares the number of rows of a source with the index, and has its ids read where it differs.

    Args:
        known: How many rows the index knows of those that were counted.
        agree: Is told that it is the same, and when it was counted.
        sweep: Makes the comparison of ids.
        pages: The pages of ids, asked for when they are taken.
    """

    def __init__(
        self,
        streams: list[str],
        known: Callable[[], int],
        agree: Callable[[int, datetime], None],
        sweep: Callable[[], SeenIds],
        pages: Callable[[], Iterator[SourcePage]],
    ) -> None:
        self.streams = streams
        self._known = known
        self._agree = agree
        self._make_sweep = sweep
        self._pages = pages
        self._count = 0
        self._served_at: datetime | None = None
        self._sweep: SeenIds | None = None

    def take(self, body: bytes, served_at: datetime) -> None:
        """Take the number."""
        self._count, self._served_at = int(body), served_at

    def settle(self, left_out: Sequence[LeftOut]) -> None:  # noqa: ARG002 - as of records
        """Read the ids if the number is another one."""
        assert self._served_at is not None
        if self._count == self._known():
            self._agree(self._count, self._served_at)
            return
        self._sweep = self._make_sweep()
        found: list[LeftOut] = []
        for page in self._pages():
            self._sweep.take(page.body, page.served_at)
            found.extend(page.left_out)
        self._sweep.settle(found)

    def end(self) -> None:
        """Write what is held back."""
        if self._sweep is not None:
            self._sweep.end()

    def new_records(self) -> dict[str, int]:
        """Records written since the last time, by stream."""
        return {} if self._sweep is None else self._sweep.new_records()

    def highest(self, path: tuple[str, ...]) -> Value | None:  # noqa: ARG002 - as of records
        """A number moves no bookmark."""
        return None
