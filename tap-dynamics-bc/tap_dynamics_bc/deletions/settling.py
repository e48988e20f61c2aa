"""What follows when a read is through: which known rows did not come, which of them are gone, and who is told?

Gone is a row of a source when the service, asked for it by its id, says that there is no such row, or when nobody could
say and a later run misses it again. A refusal never makes a row gone. What came with a source's row before, and did not
come with it now, is gone without being asked for: the page that brought the row has said it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import Forbidden, Unauthorized
from dynamics_bc_client.odata.query import stamp_literal
from tap_dynamics_bc.deletions.families import asked, is_whole
from tap_dynamics_bc.deletions.identity import canonical_id
from tap_dynamics_bc.deletions.index import Known
from tap_dynamics_bc.deletions.watching import Watch
from tap_dynamics_bc.pages.by_ids import read_by_ids
from tap_dynamics_bc.pages.source_page import LeftOut, SourcePage
from tap_dynamics_bc.reads.conditions import Since
from tap_dynamics_bc.streams.stamps import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from tap_dynamics_bc.deletions.families import Family
    from tap_dynamics_bc.deletions.index import Index, Sweep
    from tap_dynamics_bc.deletions.limits import Limits
    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.failures import Failures
    from tap_dynamics_bc.reads.bookmarks import Bookmarks
    from tap_dynamics_bc.reads.plan import Read
    from tap_dynamics_bc.records.emitting import Emitter
    from tap_dynamics_bc.records.output import MessageWriter

log = logging.getLogger(__name__)

_NOTHING = b'{"value":[]}'

IDS_AT_ONCE = 500
"""Rows that are asked for by their ids and held in memory at once."""

MOST_MISSING = 1_000_000
"""Rows that a person may have confirmed to be gone at once."""

GENERATION = "generation"
"""What the state keeps about a partition: up to which generation of the index it was written."""


@dataclass(frozen=True)
class Means:
    """What settling takes.

    Attributes:
        emitter: Makes an emitter for a read, with a watch.
        complete: Adds to a page what is known of the files of its rows.
    """

    client: Client
    index: Index
    bookmarks: Bookmarks
    output: MessageWriter
    failures: Failures
    limits: Limits
    ceiling: str
    run_id: str
    started_at: datetime
    emitter: Callable[[Read, Watch], Emitter]
    complete: Callable[[Read, SourcePage], SourcePage]


@dataclass
class Missing:
    """What became of rows of a source that were missed.

    Attributes:
        gone: There is no such row any more.
        undecided: Nobody knows, or nobody may decide.
        refused: Whether there were too many to ask for.
        healed: How many were there, and were written again.
    """

    gone: list[Known] = field(default_factory=list)
    undecided: list[Known] = field(default_factory=list)
    refused: bool = False
    healed: int = 0


class Settling:
    """What follows from one read of a family.

    Args:
        means: What it takes.
        family: The family.
    """

    def __init__(self, means: Means, family: Family) -> None:
        self._means = means
        self._index = means.index
        self._family = family
        self._number = self._index.next_read()
        self._healer: Emitter | None = None
        self._healer_watch: Watch | None = None
        self._served_at = means.started_at
        self.new: dict[str, int] = {}

    # --- records ------------------------------------------------------------------------------------------------------

    def records_read(
        self, read: Read, watched: Mapping[tuple[str, ...], Watched], number: int, left_out: Sequence[LeftOut]
    ) -> None:
        """All pages of a read of records have been written.

        Args:
            read: The read.
            watched: What was watched of it.
            number: What the index knows the read by.
            left_out: What the service could not give.
        """
        self._index.merge(number)
        source = watched[()]
        for each in watched.values():
            self._bury_again(each)
        missing = self._judge(source, self._candidates(read, source, number), came=self._came(source, number))
        self._lose(source, missing.gone)
        for each in watched.values():
            if each.place.path and each.emitted:
                self._lose_left_behind(each, source, number, left_out)
        self._index.merge(self._number)
        for each in self._family.below():
            if each.emitted and missing.healed:
                self._lose_left_behind(each, self._family.source, self._number, ())
        for each in watched.values():
            self._remember(each)
        self._index.forget_read(number)
        self._index.forget_read(self._number)

    def _candidates(self, read: Read, source: Watched, number: int) -> Iterator[Known]:
        """Rows of the source that should have come with a read and did not, each once."""
        met: set[str] = set()
        condition = asked(read.condition)
        found: list[Iterator[Known]] = []
        if is_whole(read):
            found.append(self._index.not_seen(source.number, number))
        elif isinstance(condition, Since) and condition.replication.kind == "moment":
            start = order(str(condition.start.at))
            found.append(self._index.recent_not_seen(source.number, number, start))
        generation = self._generation(source)
        if source.emitted and source.index.generation > generation:
            found.append(self._index.unsure(source.number, number, generation))
        for each in found:
            for known in each:
                if known.key not in met:
                    met.add(known.key)
                    yield known

    def _came(self, source: Watched, number: int) -> bool:
        return self._index.brought(source.number, number)

    def _generation(self, watched: Watched) -> int:
        return int(self._means.bookmarks.remembered(watched.partition, GENERATION) or 0)

    # --- sweeps -------------------------------------------------------------------------------------------------------

    def swept(self, sweep: Sweep, read: Read, left_out: Sequence[LeftOut], served_at: datetime) -> None:
        """All ids of a source have been seen.

        Args:
            sweep: What was seen.
            read: The read of the ids.
            left_out: What the service could not give.
            served_at: When the last of it was served.
        """
        self._served_at = served_at
        source = self._family.source
        missing_keys, unknown_keys = self._differences(source, sweep)
        judged = self._judge(
            source,
            (known for key in missing_keys for known in self._index.find(source.number, key)),
            came=sweep.has_any(source.number),
        )
        heal = set(unknown_keys) if source.emitted else set()
        swept_below = {place.path for place in read.place.walk() if place.path}
        for each in self._family.below():
            if each.emitted and each.place.path in swept_below:
                heal |= self._sweep_below(each, sweep, source, left_out)
        self._heal_unknown(source, heal)
        self._lose(source, judged.gone)
        self._index.merge(self._number)
        for each in self._family.below():
            if each.emitted and (heal or judged.healed):
                self._lose_left_behind(each, source, self._number, ())
        for each in self._family.watched.values():
            self._remember(each)
        self._index.forget_read(self._number)

    def _differences(self, watched: Watched, sweep: Sweep) -> tuple[list[str], list[str]]:
        """Keys that the index knows and the sweep did not see, and the other way round."""
        return differences(self._index.sorted_keys([watched.number]), sweep.sorted_keys([watched.number]))

    def _sweep_below(self, watched: Watched, sweep: Sweep, source: Watched, left_out: Sequence[LeftOut]) -> set[str]:
        """Rows that came with the source's: those that did not come with it are gone; the roots of unknown ones."""
        missing_keys, unknown_keys = self._differences(watched, sweep)
        excluded = _roots_left_out(left_out, watched.place.path)
        if excluded is None:
            return set()
        missing = [known for key in missing_keys for known in self._index.find(watched.number, key)]
        gone = [
            each
            for each in missing
            if each.root is not None and each.root not in excluded and sweep.has(source.number, each.root)
        ]
        self._lose_if_few(watched, gone)
        roots = {sweep.root_of(watched.number, key) for key in unknown_keys}
        return {each for each in roots if each is not None}

    def _heal_unknown(self, source: Watched, keys: Iterable[str]) -> None:
        """Read rows by id that the index does not know, and write them."""
        for some in _chunks(keys):
            ids = {each_id: key for key in some if (each_id := source.id_of(Known(key))) is not None}
            found = read_by_ids(self._means.client, self._family.target, self._family.place.asked(), ids)
            self._write(found.rows.values(), found.served_at)

    # --- rows of a source ---------------------------------------------------------------------------------------------

    def _judge(self, source: Watched, candidates: Iterator[Known], *, came: bool) -> Missing:
        """What became of rows of a source that did not come."""
        missing = list(islice(candidates, MOST_MISSING))
        judged = Missing()
        if not missing:
            return judged
        known = self._index.count(source.number)
        refusal = self._means.limits.refusal(source.place.stream.name, len(missing), known if came else len(missing))
        if refusal is not None:
            self._refuse(source, refusal)
            judged.refused = True
            return judged
        for some in _chunks(missing):
            self._ask_for(source, some, judged)
        return judged

    def _ask_for(self, source: Watched, missing: Sequence[Known], judged: Missing) -> None:
        ids = {source.id_of(each): each for each in missing}
        nameless = ids.pop(None, None)
        undecided: dict[str, Any] = {} if nameless is None else {each.key: None for each in missing}
        if ids:
            found = read_by_ids(
                self._means.client, self._family.target, self._family.place.asked(), [str(each) for each in ids]
            )
            self._served_at = found.served_at or self._served_at
            self._write(found.rows.values(), found.served_at)
            judged.healed += len(found.rows)
            judged.gone += [ids[each] for each in found.gone]
            undecided |= {ids[each].key: error for each, error in found.undecided.items()}
        open_questions = {key for key, error in undecided.items() if not isinstance(error, Forbidden | Unauthorized)}
        before = self._index.missed_before(source.number, open_questions, self._means.run_id)
        judged.gone += [each for each in missing if each.key in before]
        judged.undecided += [each for each in missing if each.key in undecided and each.key not in before]

    def _write(self, rows: Iterable[bytes], served_at: datetime | None) -> None:
        """Write rows that were read by their ids, with all that comes with them."""
        page = SourcePage(b'{"value":[%s]}' % b",".join(rows), served_at or self._means.started_at)
        if page.body != _NOTHING:
            page = self._means.complete(self._family.whole_read(), page)
        if self._healer is None or self._healer_watch is None:
            self._healer_watch = Watch(self._family.watched, ceiling=self._means.ceiling, put_down=self._put_down)
            self._healer = self._means.emitter(self._family.whole_read(), self._healer_watch)
        with self._means.output.undivided(), self._means.output.held():
            try:
                self._healer.take(page.body, page.served_at)
            finally:
                self._healer_watch.end_page()

    def _put_down(self, pages: Iterable[Any]) -> None:
        self._index.put_down(self._number, pages)

    # --- deletions ----------------------------------------------------------------------------------------------------

    def _lose(self, source: Watched, gone: Sequence[Known]) -> None:
        """Rows of the source are gone, and with them all that came with them."""
        if not gone:
            return
        for each in self._family.below():
            if each.emitted:
                children = [child for root in gone for child in self._index.of_root(each.number, root.key)]
                self._bury(each, children)
        for place in {place.number: place for place in (source, self._family.source, self._family.passed)}.values():
            self._bury(place, [known for root in gone for known in self._index.find(place.number, root.key)])

    def _lose_left_behind(self, watched: Watched, source: Watched, number: int, left_out: Sequence[LeftOut]) -> None:
        """Rows that came with a row of the source before, and not with it now."""
        excluded = _roots_left_out(left_out, watched.place.path)
        if excluded is None:
            return
        left = self._index.left_behind(watched.number, source.number, number)
        self._lose_if_few(watched, [each for each in left if each.root not in excluded])

    def _lose_if_few(self, watched: Watched, gone: Sequence[Known]) -> None:
        if not gone:
            return
        refusal = self._means.limits.refusal(watched.place.stream.name, len(gone), self._index.count(watched.number))
        if refusal is not None:
            self._refuse(watched, refusal)
        else:
            self._bury(watched, gone)

    def _bury(self, watched: Watched, gone: Sequence[Known]) -> None:
        """Write deletions, and forget the rows."""
        if not gone:
            return
        deleted_at = stamp_literal(self._served_at)
        self._index.bury(watched.number, gone, deleted_at)
        if watched.emitted:
            self._emit(watched, ((each, deleted_at) for each in gone))

    def _bury_again(self, watched: Watched) -> None:
        """Deletions that may never have arrived are written again."""
        if watched.emitted:
            again = self._index.buried_since(watched.number, self._generation(watched))
            self._emit(watched, again)

    def _emit(self, watched: Watched, gone: Iterable[tuple[Known, str]]) -> None:
        for known, deleted_at in gone:
            record = watched.deletion(known, self._family.company, deleted_at)
            with self._means.output.undivided():
                self._deleter().delete(watched.place.path, record)

    def _deleter(self) -> Emitter:
        if self._healer is None:
            self._write((), None)
        assert self._healer is not None
        return self._healer

    def _refuse(self, watched: Watched, refusal: str) -> None:
        company = self._family.company
        named = watched.place.stream.name if company is None else f'{watched.place.stream.name} of "{company.name}"'
        self._means.failures.note(f"the deletions of {named}", refusal)

    def _remember(self, watched: Watched) -> None:
        if not watched.emitted:
            return
        if not watched.index.known:
            self._index.note_known(watched.number, self._family.since)
        self._index.forget_recent(watched.number, order(self._means.ceiling))
        self._means.bookmarks.remember(watched.partition, GENERATION, self._index.generation)

    def end(self) -> dict[str, int]:
        """Write what is held back; the number of records that were written, by stream."""
        if self._healer is None:
            return {}
        with self._means.output.undivided():
            self._healer.end()
        return self._healer.new_records()


def differences(known: Iterator[str], seen: Iterator[str]) -> tuple[list[str], list[str]]:
    """What only the first and what only the second of two ordered lists holds; the lists themselves are not held."""
    missing: list[str] = []
    unknown: list[str] = []
    one, other = next(known, None), next(seen, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one < other):
            missing.append(str(one))
            one = next(known, None)
        elif one is None or other < one:
            unknown.append(other)
            other = next(seen, None)
        else:
            one, other = next(known, None), next(seen, None)
    return missing, unknown


def _roots_left_out(left_out: Sequence[LeftOut], path: tuple[str, ...]) -> set[str] | None:
    """Rows of the source of which the service could not give what is at a path, or above it; None for all of them."""
    found = {each.id for each in left_out if path[: len(each.path)] == each.path}
    return None if None in found else {canonical_id([each]) for each in found if each is not None}


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(items)
    while some := list(islice(rest, IDS_AT_ONCE)):
        yield some
