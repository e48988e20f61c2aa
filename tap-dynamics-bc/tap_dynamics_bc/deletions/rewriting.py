"""How are rows written that were read by their ids, and deletions, behind the records of a read?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_dynamics_bc.deletions.watching import Watch
from tap_dynamics_bc.pages.source_page import SourcePage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.means import Means
    from tap_dynamics_bc.records.emitting import Emitter


class Rewriter:
    """Writes rows of a family whole, and deletions.

    Args:
        means: What it takes.
        family: The family.

    Attributes:
        number: What the index knows these rows by.
        wrote_rows: Whether there were any.
    """

    def __init__(self, means: Means, family: Family) -> None:
        self.number = means.index.next_read()
        self.wrote_rows = False
        self._means = means
        self._family = family
        self._opened: tuple[Emitter, Watch] | None = None

    def write(self, rows: Iterable[bytes], served_at: datetime | None) -> None:
        """Write rows of the source, with all that comes with them.

        Args:
            rows: As they came.
            served_at: When.
        """
        body = b",".join(rows)
        if not body:
            return
        self.wrote_rows = True
        page = SourcePage(b'{"value":[%s]}' % body, served_at or self._means.started_at)
        page = self._means.complete(self._family.whole_read(), page)
        self._take(page.body, page.served_at)

    def delete(self, path: tuple[str, ...], record: bytes) -> None:
        """Write a deletion.

        Args:
            path: Of the place.
            record: A JSON object without its closing brace.
        """
        if self._opened is None:
            self._take(b'{"value":[]}', self._means.started_at)  # its records have a time of extraction, too
        emitter, _ = self._open()
        with self._means.output.undivided():
            emitter.delete(path, record)

    def end(self) -> dict[str, int]:
        """Write what is held back; the number of records that were written, by stream."""
        if self._opened is None:
            return {}
        emitter, _ = self._opened
        with self._means.output.undivided():
            emitter.end()
        return emitter.new_records()

    def _take(self, body: bytes, served_at: datetime) -> None:
        emitter, watch = self._open()
        with self._means.output.undivided(), self._means.output.held():
            try:
                emitter.take(body, served_at)
            finally:
                watch.end_page()

    def _open(self) -> tuple[Emitter, Watch]:
        if self._opened is None:
            watch = Watch(self._family.watched, ceiling=self._means.ceiling, put_down=self._put_down)
            self._opened = self._means.emitter(self._family.whole_read(), watch), watch
        return self._opened

    def _put_down(self, pages: Iterable[Any]) -> None:
        self._means.index.put_down(self.number, pages)
