"""What is a stream, before anybody selects anything?

Everything about it is worked out once, when it is described; whoever plans, reads or writes asks no table any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.urls import keys_literal
from tap_dynamics_bc.streams.columns import (
    COMPANY_ID,
    COMPANY_NAME,
    DELETED_AT,
    PARENT_MODIFIED_AT,
    Column,
    parent_id,
)
from tap_dynamics_bc.streams.entities import DOCUMENT_PAGE_ROWS, EXPANDED_PAGE_ROWS, FLAT_PAGE_ROWS, Oddities
from tap_dynamics_bc.streams.replication import WHOLE, Moment, Replication
from tap_dynamics_bc.streams.routes import STANDARD, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.odata.metadata import EntitySet, Property
    from tap_dynamics_bc.streams.media import Media
    from tap_dynamics_bc.streams.reports import Report


@dataclass(frozen=True, slots=True)
class Leg:
    """One navigation property on the way from a source to rows that are read through it."""

    navigation: str
    many: bool
    entity_set: str


@dataclass(frozen=True, slots=True)
class Way:
    """A way on which rows reach a stream.

    Attributes:
        source: The entity set that is listed.
        legs: Navigation properties from there; the last one leads to the stream's own set.
    """

    source: str
    legs: tuple[Leg, ...]

    @property
    def parent_set(self) -> str:
        """The sets on the way without the stream's own: `salesInvoices/salesInvoiceLines`."""
        return "/".join([self.source, *(leg.entity_set for leg in self.legs[:-1])])


@dataclass(frozen=True, slots=True)
class Nested:
    """Rows of another entity set that a stream's records hold, under the name of the navigation property to them."""

    navigation: str
    many: bool
    stream: Stream


@dataclass(frozen=True, slots=True)
class Listed:
    """A set that is listed for one stream alone, and the navigation property from there to the stream's rows."""

    parent: Stream
    navigation: str


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of Business Central's records.

    Attributes:
        name: As catalog, messages and state have it.
        entity_set: The set that its rows belong to, as the metadata has it.
        route: Where that set is.
        in_company: Whether its rows belong to a company, and not to the environment.
        columns: What the tap adds to its rows, first in a record.
        properties: What a record can hold of the set, in the metadata's order: files are not in rows.
        hidden: Properties that are called like a column that the tap adds, and cannot be in a record beside it.
        nested: What records hold of other sets.
        lost: Navigation properties to what they should hold and the metadata does not have.
        own_keys: The key properties without the company; none when nothing tells rows apart.
        keys: The key properties.
        tracking: How changed rows are found by a property of their own.
        replication: How changed rows are found again: by that, or by the row they were read through.
        ways: The ways to it through parents that are streams; empty for a set that is listed.
        by_parent: Whether each kind of parent has a bookmark of its own.
        listed: What is listed for this stream alone, when its rows come with parents that are not streams.
        page_rows: Rows to ask for in one page, without expansions.
        expanded_page_rows: Rows to ask for in one page with expansions.
        selected: Whether it is selected when nobody says otherwise.
        reason: Why it is not.
        report: How it is asked for a period, for a report that is read by periods; None for all others.
        media: Its files, if they are downloaded.
    """

    name: str
    entity_set: EntitySet
    route: Route
    in_company: bool
    columns: tuple[Column, ...]
    properties: Mapping[str, Property]
    hidden: tuple[str, ...]
    nested: tuple[Nested, ...]
    lost: tuple[str, ...]
    own_keys: tuple[str, ...]
    keys: tuple[str, ...]
    tracking: Replication
    replication: Replication
    ways: tuple[Way, ...]
    by_parent: bool
    listed: Listed | None
    page_rows: int
    expanded_page_rows: int
    selected: bool
    reason: str
    report: Report | None = None
    media: Media | None = None

    @property
    def is_rendered(self) -> bool:
        """Whether its rows are made by the tap and only their files are asked for."""
        return self.media is not None and self.media.is_rendered

    @property
    def stamp(self) -> str | None:
        """The property that tells when a row was changed, or which number it has; None without one."""
        return self.tracking.key

    @property
    def carried(self) -> frozenset[str]:
        """The names that every record has, selected or not."""
        looked_at = self.media.looked_at if self.media is not None else ()
        own = {*self.keys, self.stamp, self.replication.key, *looked_at, DELETED_AT.name}
        return frozenset(name for name in own if name is not None)

    def row_id(self, values: Mapping[str, str | int]) -> str:
        """What a row is asked for by, as `row_path` takes it: its key as text, of several parts as a path has them."""
        key = self.entity_set.type.key
        return str(values[key[0]]) if len(key) == 1 else keys_literal(self._typed(values))

    def row_path(self, set_path: str, row_id: str) -> str:
        """The path of a row below its set."""
        key = self.entity_set.type.key
        return f"{set_path}({keys_literal(self._typed({key[0]: row_id})) if len(key) == 1 else row_id})"

    def _typed(self, values: Mapping[str, str | int]) -> dict[str, tuple[str, str | int]]:
        properties = self.entity_set.type.properties
        return {name: (properties[name].type, values[name]) for name in self.entity_set.type.key if name in values}

    @property
    def column_names(self) -> tuple[str, ...]:
        """All names that a record can have."""
        added = (column.name for column in self.columns)
        return (*added, *self.properties, *(each.navigation for each in self.nested))


def described(
    entity_set: EntitySet,
    oddities: Oddities,
    *,
    name: str = "",
    route: Route = STANDARD,
    in_company: bool = True,
    keys: tuple[str, ...] = (),
    ways: tuple[Way, ...] = (),
    nested: tuple[Nested, ...] = (),
    lost: tuple[str, ...] = (),
    listed: Listed | None = None,
    tracking: Replication | None = None,
) -> Stream:
    """A stream, everything about it worked out.

    Args:
        entity_set: The set that its rows belong to.
        oddities: What there is to know about the set.
        name: Its name, where it is not the entity set's.
        route: Where the set is.
        in_company: Whether its rows belong to a company.
        keys: Its key properties, where they are not made by the rules of this tap.
        ways: The ways to it through parents.
        nested: What its records hold of other sets.
        lost: What they should hold and the metadata does not have.
        listed: What is listed for it alone.
        tracking: How changed rows are found by a property of their own, where the table does not say.
    """
    columns = _columns(oddities, in_company=in_company)
    taken = {DELETED_AT.name, *(column.name for column in columns)}.difference(entity_set.type.key)
    plain = {each.name: each for each in entity_set.type.properties.values() if not each.is_stream}
    properties = {name: each for name, each in plain.items() if name not in taken}
    whole = _whole(
        keys or _key(entity_set, oddities, route),
        {*properties, oddities.parent_id, *((COMPANY_ID.name,) if in_company else ())},
    )
    own_keys = tuple(key for key in whole if key != COMPANY_ID.name or key in properties)
    tracking = tracking or _tracking(oddities, properties, in_company=in_company)
    return Stream(
        name=name or f"{route.prefix}{entity_set.name}",
        entity_set=entity_set,
        route=route,
        in_company=in_company,
        columns=columns,
        properties=properties,
        hidden=tuple(name for name in plain if name in taken),
        nested=nested,
        lost=lost,
        own_keys=own_keys,
        keys=(COMPANY_ID.name, *own_keys) if own_keys and in_company and not keys else whole,
        tracking=tracking,
        replication=_replication(tracking, through_parents=oddities.through_parents) if own_keys else WHOLE,
        ways=ways,
        by_parent=oddities.by_parent,
        listed=listed,
        page_rows=DOCUMENT_PAGE_ROWS if _is_document(entity_set) else FLAT_PAGE_ROWS,
        expanded_page_rows=EXPANDED_PAGE_ROWS,
        selected=oddities.selected,
        reason=oddities.reason,
    )


def _key(entity_set: EntitySet, oddities: Oddities, route: Route) -> tuple[str, ...]:
    """What the table says goes before the metadata of the standard API; of others it is for want of a key there."""
    published = entity_set.type.key
    return oddities.keys or published if route.name == STANDARD.name else published or oddities.keys


def _whole(keys: tuple[str, ...], known: set[str]) -> tuple[str, ...]:
    """The key, or none when a part of it is missing: the rest tells nothing apart."""
    return keys if known.issuperset(keys) else ()


def _tracking(oddities: Oddities, properties: Mapping[str, Property], *, in_company: bool) -> Replication:
    return Moment(oddities.stamp) if in_company and oddities.stamp in properties else WHOLE


def _replication(tracking: Replication, *, through_parents: bool) -> Replication:
    """By a row's own stamp, else by its parent's: a row without one is found again when its parent was changed."""
    if tracking is not WHOLE:
        return tracking
    return Moment(PARENT_MODIFIED_AT.name) if through_parents else WHOLE


def _columns(oddities: Oddities, *, in_company: bool) -> tuple[Column, ...]:
    company = (COMPANY_ID, COMPANY_NAME) if in_company else ()
    parent = (PARENT_MODIFIED_AT,) if oddities.through_parents else ()
    return (*company, *parent, *([parent_id(oddities.parent_id)] if oddities.parent_id else []))


def _is_document(entity_set: EntitySet) -> bool:
    """Documents, posted or not, are what can be printed."""
    return "pdfDocument" in entity_set.type.navigation
