"""Which places of a source are watched in one company, and how are all of its rows read?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tap_dynamics_bc.deletions.watched import watched_place
from tap_dynamics_bc.reads.conditions import EVERYTHING, Before, Since
from tap_dynamics_bc.reads.plan import Advance, Read, Target, committed
from tap_dynamics_bc.streams.replication import FROM_THE_BEGINNING, earliest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.deletions.index import IndexPlace
    from tap_dynamics_bc.deletions.watched import Watched
    from tap_dynamics_bc.reads.conditions import Condition
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.streams.replication import Start


@dataclass(frozen=True)
class Family:
    """A source in one company, and all that is read with its rows.

    Attributes:
        place: The source's place, with everything below it.
        keys: The same, with nothing but keys.
        own_keys: The source alone, with nothing but keys.
        target: What is listed.
        watched: What is watched, by path; the source is always there.
        passed: The source where it is read only to pass its rows on; the source itself where it is nothing else.
        since: The start date of what is read for the first time, as a stamp; None for all rows.
        certain: The stamp before which entries of ledgers are read.
        page_rows: Rows of a page; None for the default.
    """

    place: Place
    keys: Place
    own_keys: Place
    target: Target
    watched: Mapping[tuple[str, ...], Watched]
    passed: Watched
    since: str | None
    certain: str
    page_rows: int | None

    @property
    def company(self) -> Company | None:
        """The company."""
        return self.target.company

    @property
    def source(self) -> Watched:
        """The source."""
        return self.watched[()]

    @property
    def emitted(self) -> list[Watched]:
        """What has records."""
        return [each for each in self.watched.values() if each.emitted]

    def below(self) -> Iterator[Watched]:
        """What comes with the source's rows."""
        return (each for path, each in self.watched.items() if path)

    def starts(self) -> dict[tuple[str, ...], Start]:
        """From where the rows of each place are known, by its path."""
        return {
            path: each.partition.replication.first(each.index.since if each.index.known else self.since)
            for path, each in self.watched.items()
        }

    def whole_read(self) -> Read:
        """A read of all known rows, whole."""
        advances = {path: Advance(self.watched[path].partition, start) for path, start in self.starts().items()}
        return Read(self.target, self.place, EVERYTHING, self._rows(self.place), advances)

    def keys_read(self, *, with_below: bool) -> Read:
        """A read of the keys of all known rows.

        Args:
            with_below: Also of the rows that come with the source's.
        """
        place = self.keys if with_below else self.own_keys
        read = replace(self.whole_read(), place=place, page_rows=self._rows(place), use="ids")
        return replace(read, condition=self.condition)

    @property
    def condition(self) -> Condition:
        """Which rows of the source are known."""
        tracking = self.place.stream.tracking
        start = earliest(self.starts()[path] for path, each in self.watched.items() if each.emitted)
        since = tracking.key is not None and start.at is not None
        condition: Condition = Since(tracking, str(tracking.key), start) if since else EVERYTHING
        return committed(self.place.stream, condition, self.certain)

    def _rows(self, place: Place) -> int:
        stream = place.stream
        return self.page_rows or (stream.expanded_page_rows if place.below else stream.page_rows)


def family_of(
    place: Place,
    keys: tuple[Place, Place],
    target: Target,
    index_place: Callable[..., IndexPlace],
    *,
    since: str | None,
    certain: str,
    page_rows: int | None,
) -> Family | None:
    """What is watched of a source in one company; None for nothing.

    Args:
        place: The source's place, with everything below it.
        keys: The same with nothing but keys, and the source alone: they are made once for all companies.
        target: What is listed.
        index_place: `Index.place`.
        since: The start date of what is read for the first time, as a stamp; None for all rows.
        certain: The stamp before which entries of ledgers are read.
        page_rows: Rows of a page; None for the default.
    """
    watched = watched_of(place, target.company, index_place)
    if not any(each.emitted for each in watched.values()):
        return None
    passed = watched_place(replace(place, selection=None), target.company, index_place)
    assert passed is not None  # a source always is
    return Family(place, *keys, target, watched, passed, since, certain, page_rows)


def watched_of(
    place: Place, company: Company | None, index_place: Callable[..., IndexPlace]
) -> dict[tuple[str, ...], Watched]:
    """What is watched of a place and below it, by path; the source is always there."""
    found = ((each.path, watched_place(each, company, index_place)) for each in place.walk() if not each.nested)
    return {path: each for path, each in found if each is not None}


def is_whole(read: Read) -> bool:
    """Whether a read, or the last of the windows that it was cut into, has brought all rows of its source."""
    condition = read.condition.condition if isinstance(read.condition, Before) else read.condition
    return not read.again and (condition is EVERYTHING or start_of(read).at is None)


def start_of(read: Read) -> Start:
    """From where on a read brings rows, whatever windows it was cut into."""
    return earliest(each.start for each in read.advances.values())


def is_first(read: Read, since: str | None) -> bool:
    """Whether a read begins where its streams begin."""
    return all(
        advance.start in (FROM_THE_BEGINNING, advance.partition.replication.first(since))
        for advance in read.advances.values()
    )
