"""What is read, in which order: the places of all sources, in all companies, from their bookmarks on?

Pure, and linear in what comes out: what a place asks for is worked out once, however many companies it is read in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from dynamics_bc_client.odata.query import Query, all_of
from tap_dynamics_bc.reads.bookmarks import Partition
from tap_dynamics_bc.reads.conditions import EVERYTHING, Before, Condition, Period, Since
from tap_dynamics_bc.streams.entities import is_ledger
from tap_dynamics_bc.streams.replication import WHOLE, Start, earliest
from tap_dynamics_bc.streams.reports import LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.reads.places import Place
    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.routes import Route

Use: TypeAlias = Literal["records", "ids", "count"]
"""What the pages of a read are for."""


@dataclass(frozen=True, slots=True)
class Target:
    """One entity set of one company, or of the environment, as a route has it."""

    route: Route
    entity_set: str
    company: Company | None

    @property
    def path(self) -> str:
        """Below the root of the standard API, or a whole URL of the same host."""
        return self.route.path(self.entity_set, self.company)


@dataclass(frozen=True, slots=True)
class Advance:
    """A bookmark that a read moves when it is through.

    Attributes:
        partition: Whose bookmark it is.
        start: From where the partition is read; the read itself may start before.
        until: The bookmark itself, of a read that holds everything before it; None for that of the rows.
        held: Whether the bookmark stays, because another read has rows that lie before it.
    """

    partition: Partition
    start: Start
    until: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a source.

    Attributes:
        target: What is listed.
        place: What is wanted of it and of what is below it.
        condition: Which rows are asked for.
        page_rows: Rows of a page.
        advances: The bookmarks that it moves, by the path of the place whose records they count.
        use: What its pages are for.
        usual_page_rows: Rows of a page as it was planned, where it begins with fewer that worked; None otherwise.
        more: Whether it is a part of a read, and another part follows.
        again: Whether its rows were read before, and come again because values of theirs change without a stamp.
    """

    target: Target
    place: Place
    condition: Condition
    page_rows: int
    advances: dict[tuple[str, ...], Advance]
    use: Use = "records"
    usual_page_rows: int | None = None
    more: bool = False
    again: bool = False

    def query(self, place: Place, condition: Condition | None = None) -> Query:
        """What one of the place's requests asks for, by the read's condition or by another one."""
        filter_ = all_of((condition or self.condition).filter, place.filter)
        language = LANGUAGE if isinstance(self.condition, Period) else ""
        return Query(self.target.path, place.select, place.expansions, filter_, language=language)

    @property
    def key(self) -> str | None:
        """The property that tells the source's rows apart; None when there is none."""
        key = self.place.stream.entity_set.type.key
        return key[0] if key else None


@dataclass(frozen=True, slots=True)
class Split:
    """A source's place, and what it is split into.

    Rows with a stamp of their own change without their parent, so all parents have to be read for them. Where that is
    more than the source itself needs, the two are read apart, and only the keys of the parents are read again.

    Attributes:
        whole: Everything.
        following: The source and what is found again by its stamp; None when nothing of that is wanted.
        apart: The source's keys, and what has stamps of its own below them; None when there is nothing like that.
    """

    whole: Place
    following: Place | None
    apart: Place | None

    @classmethod
    def of(cls, whole: Place) -> Split:
        """How a place is split."""
        apart = tuple(place for place in whole.below if any(each.stream.stamp for each in place.walk()))
        following = replace(whole, below=tuple(place for place in whole.below if place not in apart))
        wanted = following.selection is not None or bool(following.below)
        return cls(whole, following if wanted else None, replace(whole, selection=None, below=apart) if apart else None)


def plan_reads(
    sources: Iterable[Place],
    companies: Sequence[Company],
    start_of: Callable[[Partition], Start],
    *,
    page_rows: int | None = None,
    periods_of: Callable[[Stream], Sequence[Period]] = lambda _: (),
    certain: str | None = None,
) -> Iterator[Read]:
    """The reads of all sources, each in all companies, in the order in which they are to be written.

    Rows are asked for from the lowest start of the streams that they feed.

    Args:
        sources: Their places.
        companies: What is read of companies is read in these.
        start_of: The start of a partition.
        page_rows: Rows of a page; None for the default of each place.
        periods_of: What a report is read for, one read each; nothing for a stream that is read as it is.
        certain: The stamp before which entries of ledgers are read; None for all of them.
    """
    for source in sources:
        periods = periods_of(source.stream)
        split = Split.of(source)
        of_companies: Sequence[Company | None] = companies if source.stream.in_company else [None]
        for company in of_companies:
            for place, condition, advances in _of_company(split, company, start_of):
                stream = place.stream
                rows = stream.expanded_page_rows if place.below else stream.page_rows
                target = Target(stream.route, stream.entity_set.name, company)
                if certain is not None:
                    condition = committed(stream, condition, certain)  # noqa: PLW2901 - the same rows but the last
                for each in periods or (condition,):
                    yield Read(target, place, each, page_rows or rows, advances)


_Planned: TypeAlias = "tuple[Place, Condition, dict[tuple[str, ...], Advance]]"


def _of_company(split: Split, company: Company | None, start_of: Callable[[Partition], Start]) -> Iterator[_Planned]:
    """One read, or two when most of the source's rows need not be read again."""

    def advances(place: Place) -> dict[tuple[str, ...], Advance]:
        found = ((each.path, partition_of(each, company)) for each in place.walk() if each.selection is not None)
        return {path: Advance(partition, start_of(partition)) for path, partition in found}

    if split.following is None:
        yield split.whole, EVERYTHING, advances(split.whole)
        return
    following = advances(split.following)
    condition = _since(split.whole, following)
    if split.apart is None:
        yield split.whole, condition, following
    elif condition is EVERYTHING:
        yield split.whole, EVERYTHING, advances(split.whole)
    else:
        yield split.following, condition, following
        yield split.apart, EVERYTHING, advances(split.apart)


def _since(place: Place, advances: dict[tuple[str, ...], Advance]) -> Condition:
    """The condition that all these partitions are read by; everything where the source has no stamp to ask for."""
    tracking = place.stream.tracking
    start = earliest(each.start for each in advances.values())
    return EVERYTHING if tracking.key is None or start.at is None else Since(tracking, tracking.key, start)


def committed(stream: Stream, condition: Condition, certain: str) -> Condition:
    """The condition without entries of a ledger whose posting may still be rolled back.

    Args:
        stream: The source's.
        condition: The condition.
        certain: The stamp before which entries are certain.
    """
    tracking = stream.tracking
    if tracking.key is None or tracking.kind != "moment" or not is_ledger(stream.entity_set.name):
        return condition
    return Before(condition, tracking.key, certain)


def partition_of(place: Place, company: Company | None) -> Partition:
    """The bookmark of a place's rows."""
    replication = place.selection.replication if place.selection is not None else WHOLE
    company_id = None if company is None else company.id
    return Partition(place.stream.name, replication, company_id, place.parent_set, " / ".join(place.filters))
