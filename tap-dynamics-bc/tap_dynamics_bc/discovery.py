"""Which streams does an environment have, and from where is each of them read?

Pure: metadata and the table in, descriptions of streams out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Property
from tap_dynamics_bc.entities import (
    COMPANIES,
    DOCUMENT_PAGE_ROWS,
    ENVIRONMENTS,
    EXPANDED_PAGE_ROWS,
    FLAT_PAGE_ROWS,
    Entity,
    entity,
)
from tap_dynamics_bc.schemas import COMPANY_ID, COMPANY_NAME, PARENT_MODIFIED_AT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_client.odata.metadata import Metadata, Navigation


@dataclass(frozen=True, slots=True)
class Step:
    """One navigation property on the way from a source to rows that are read through it."""

    navigation: str
    many: bool
    entity_set: str


@dataclass(frozen=True, slots=True)
class FeedPath:
    """A way on which rows reach a stream.

    Attributes:
        source: The entity set that is listed.
        steps: Navigation properties from there; the last one leads to the stream's own set.
    """

    source: str
    steps: tuple[Step, ...]

    @property
    def parent_set(self) -> str:
        """The sets on the way without the stream's own: `salesInvoices/salesInvoiceLines`."""
        return "/".join([self.source, *(step.entity_set for step in self.steps[:-1])])


@dataclass(frozen=True, slots=True)
class Nested:
    """Rows of another entity that a stream's records hold, under the name of the navigation property to them."""

    navigation: str
    many: bool
    stream: StreamDescription


@dataclass(frozen=True)
class StreamDescription:
    """A stream, before anybody selected anything.

    Attributes:
        entity_set: The set that its rows belong to, as the metadata has it.
        row: What the table says about it.
        in_company: Whether its rows belong to a company, and not to the environment.
        feeds: The ways to it through parents that are streams; empty for a set that is listed.
        given_name: Its name, where it is not the entity set's.
        given_keys: Its key properties, where they are not made by the rules of this tap.
        nested: What its records hold of other entities.
        lost: Navigation properties to what they should hold and the metadata does not have.
        listed: What is listed for this stream alone, when its rows come with parents that are not streams.
    """

    entity_set: EntitySet
    row: Entity
    in_company: bool = True
    feeds: tuple[FeedPath, ...] = ()
    given_name: str = ""
    given_keys: tuple[str, ...] = ()
    nested: tuple[Nested, ...] = ()
    lost: tuple[str, ...] = ()
    listed: Listed | None = None

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.given_name or self.entity_set.name

    @cached_property
    def properties(self) -> Mapping[str, Property]:
        """What a record can hold of the entity: files are not in rows."""
        return {name: each for name, each in self.entity_set.type.properties.items() if not each.is_stream}

    @cached_property
    def own_keys(self) -> tuple[str, ...]:
        """The key properties without the company; none when one of them is missing: the rest tells nothing."""
        key = self.given_keys or self.row.keys or self.entity_set.type.key
        return key if {*self.properties, self.row.parent_id}.issuperset(key) else ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The stream's key properties; none when nothing tells its rows apart."""
        with_company = self.in_company and not self.given_keys and self.own_keys
        return (COMPANY_ID, *self.own_keys) if with_company else self.own_keys

    @property
    def stamp(self) -> str | None:
        """The property that tells when a row was changed; None without one."""
        return self.row.stamp if self.row.stamp in self.properties and self.in_company else None

    @property
    def replication_key(self) -> str | None:
        """A row's own stamp, else its parent's: a row without one is found again when its parent was changed.

        None where nothing tells rows apart: what is read again could not take the place of what was read before.
        """
        if not self.own_keys:
            return None
        return self.stamp or (PARENT_MODIFIED_AT if self.row.through_parents else None)

    @property
    def added(self) -> tuple[str, ...]:
        """The properties that the tap adds."""
        company = (COMPANY_ID, COMPANY_NAME) if self.in_company else ()
        parent = (PARENT_MODIFIED_AT,) if self.row.through_parents else ()
        return (*company, *parent, self.row.parent_id) if self.row.parent_id else (*company, *parent)

    @property
    def columns(self) -> tuple[str, ...]:
        """All names that a record can have."""
        return (*self.added, *self.properties, *(each.navigation for each in self.nested))

    @cached_property
    def page_rows(self) -> int:
        """Rows to ask for in one page, without expansions."""
        return DOCUMENT_PAGE_ROWS if _is_document(self.entity_set) else FLAT_PAGE_ROWS

    @property
    def expanded_page_rows(self) -> int:
        """Rows to ask for in one page with expansions."""
        return EXPANDED_PAGE_ROWS


@dataclass(frozen=True, slots=True)
class Listed:
    """A set that is listed for one stream alone, and the navigation property from there to the stream's rows."""

    parent: StreamDescription
    navigation: str


def describe_streams(metadata: Metadata) -> dict[str, StreamDescription]:
    """Every stream of an environment by name: its entity sets, and its list of environments.

    A set that the service refuses to list, and that no other set leads to, cannot be read and is left out.
    """
    sets, in_company = metadata.entity_sets, company_sets(metadata)
    described = {ENVIRONMENTS: StreamDescription(_ENVIRONMENTS, Entity(), in_company=False)}
    for name, entity_set in sets.items():
        row = entity(name)
        feeds = tuple(_feeds(sets, in_company, name, ())) if row.through_parents else ()
        if feeds or not row.through_parents:
            described[name] = StreamDescription(entity_set, row, name in in_company, feeds)
    return described


def company_sets(metadata: Metadata) -> frozenset[str]:
    """The sets of a company: those that the type of a company leads to. All others are the environment's.

    Raises:
        UnexpectedAnswer: There are no companies in the metadata, so nothing tells what belongs to one.
    """
    companies = metadata.entity_sets.get(COMPANIES)
    if companies is None:
        raise UnexpectedAnswer(
            f'The metadata has no "{COMPANIES}", so it does not tell which entity sets belong to a company.',
            scope="run",
        )
    leads_to = {name for each in companies.type.navigation.values() for name in (each.name, each.target_set)}
    return frozenset(name for name in metadata.entity_sets if name in leads_to)


def _feeds(
    sets: Mapping[str, EntitySet], in_company: frozenset[str], name: str, below: tuple[str, ...]
) -> Iterator[FeedPath]:
    """All ways from a set that can be listed down to the set `name`."""
    for parent, parent_set in sets.items():
        row = entity(parent)
        # Of parents that nothing tells apart no bad one could be found, and no rows could be put below them.
        if parent not in in_company or parent in below or not parent_set.type.key:
            continue
        for navigation in parent_set.type.navigation.values():
            if not _leads_down(navigation, name):
                continue
            step = Step(navigation.name, navigation.many, name)
            if row.through_parents:
                paths = _feeds(sets, in_company, parent, (*below, name))
                yield from (FeedPath(path.source, (*path.steps, step)) for path in paths)
            else:
                yield FeedPath(parent, (step,))


def _leads_down(navigation: Navigation, name: str) -> bool:
    """Whether a navigation leads to children: most of those that lead to one row lead from a child to its parent."""
    return navigation.target_set == name and (navigation.many or entity(name).one_per_parent)


def _is_document(entity_set: EntitySet) -> bool:
    """Documents, posted or not, are what can be printed."""
    return "pdfDocument" in entity_set.type.navigation


_ENVIRONMENTS = EntitySet(
    ENVIRONMENTS,
    EntityType(
        "environment",
        ("aadTenantId", "name"),
        {
            name: Property(name, "Edm.String")
            for name in (
                "aadTenantId",
                "name",
                "type",
                "applicationFamily",
                "countryCode",
                "webServiceUrl",
                "webClientLoginUrl",
                "ringName",
            )
        },
        {},
    ),
)
"""The list of environments is no OData: its document has no metadata."""
