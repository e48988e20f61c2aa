"""What the path of a write addresses: a set, a row, its action or content, and the parent it was reached through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator import virtual
from dynamics_bc_emulator.companies import resolve_company
from dynamics_bc_emulator.errors import (
    method_not_allowed,
    not_implemented,
    query_syntax,
    record_not_found,
    unknown_segment,
)
from dynamics_bc_emulator.paths import parse_path
from dynamics_bc_emulator.rules.company import Company
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_emulator.catalogue import Catalogue, EntitySet, Navigation
    from dynamics_bc_emulator.handlers import Service
    from dynamics_bc_emulator.paths import Segment
    from dynamics_bc_emulator.requests import DataRequest
    from dynamics_bc_emulator.store import Row

_ACTION = "microsoft.nav."


@dataclass(frozen=True, slots=True)
class Parent:
    """The row that a child is written through."""

    entity_set: EntitySet
    row: Row
    navigation: Navigation

    def links(self) -> Row:
        """The values that make a child its child."""
        found: Row = {}
        for link in self.navigation.links:
            if link.target:
                found[link.target] = link.const if link.field is None else self.row[link.field]
        return found


@dataclass(frozen=True, slots=True)
class Target:
    """What a write is about.

    Attributes:
        path: The path of the set or row below the API root, as it can be read.
        id: The row's id; None for a set.
        row: The row, if it is a stored one that exists.
        parent: The row it was reached through.
        action: A bound action's name, without `Microsoft.NAV.`.
        stream: A stream property of the row.
    """

    company: Company
    entity_set: EntitySet
    path: str
    id: str | None = None
    row: Row | None = None
    parent: Parent | None = None
    action: str | None = None
    stream: str | None = None

    @property
    def is_row(self) -> bool:
        """Whether one row is addressed."""
        return self.id is not None

    def existing_row(self) -> Row:
        """The row; one that is made when it is read stands for itself by its id.

        Raises:
            ServiceFault: There is none.
        """
        if self.row is not None:
            return self.row
        if virtual.is_virtual(self.entity_set.name) and self.id is not None:
            return {"id": self.id}
        raise record_not_found(self.entity_set.table, f"Id='{self.id}'")

    def path_of(self, id: str) -> str:  # noqa: A002 - the property's name
        """The path of a row of the set: its own, or through the parent where a row has no path of its own."""
        if virtual.is_virtual(self.entity_set.name):
            return f"{self.path}({id})"
        return f"companies({self.company.id})/{self.entity_set.name}({id})"


def resolve_target(service: Service, request: DataRequest) -> Target:
    """Follow a write's path.

    Raises:
        ServiceFault: It leads nowhere, or to something that cannot be written.
    """
    segments = parse_path(request.url_path)
    first = segments[0]
    if first.name != "companies":
        raise not_implemented(f"The emulator does not do writes of '{first.name}'.")
    if len(segments) == 1 or first.key is None:
        raise method_not_allowed("companies")
    company = Company(resolve_company(service.store, first.key), service.store, service.clock)
    return _walk(service.catalogue, company, segments[1:])


def _walk(catalogue: Catalogue, company: Company, segments: Sequence[Segment]) -> Target:
    entity_set = catalogue.sets.get(segments[0].name)
    if entity_set is None or entity_set.tenant_wide:
        raise unknown_segment(segments[0].name)
    target = _at(company, entity_set, f"companies({company.id})/{entity_set.name}", segments[0], None)
    for number, segment in enumerate(segments[1:], start=1):
        last = number == len(segments) - 1
        if last and segment.name.lower().startswith(_ACTION):
            return Target(
                company,
                target.entity_set,
                target.path,
                target.id,
                target.row,
                target.parent,
                segment.name[len(_ACTION) :],
            )
        spelling = target.entity_set.spelling(segment.name)
        if last and spelling in target.entity_set.streams:
            return Target(
                company, target.entity_set, target.path, target.id, target.row, target.parent, stream=spelling
            )
        target = _navigate(catalogue, target, segment)
    return target


def _navigate(catalogue: Catalogue, target: Target, segment: Segment) -> Target:
    navigation = target.entity_set.navigation.get(segment.name)
    if navigation is None or not target.is_row:
        raise unknown_segment(segment.name)
    parent = Parent(target.entity_set, target.existing_row(), navigation)
    entity_set = catalogue.sets[navigation.target]
    path = f"{target.path}/{segment.name}"
    if navigation.many:
        return _at(target.company, entity_set, path, segment, parent)
    links = parent.links()
    row = None if virtual.is_virtual(entity_set.name) else target.company.first(entity_set.name, **links)
    return Target(
        target.company, entity_set, path, row["id"] if row else str(links.get("id", parent.row["id"])), row, parent
    )


def _at(company: Company, entity_set: EntitySet, path: str, segment: Segment, parent: Parent | None) -> Target:
    if segment.key is None:
        return Target(company, entity_set, path, parent=parent)
    if entity_set.key not in (("id",), ()):
        raise query_syntax()
    found = None if virtual.is_virtual(entity_set.name) else company.get(entity_set.name, segment.id)
    if (
        found is not None
        and parent is not None
        and any(found.get(name, value) != value for name, value in parent.links().items())
    ):
        found = None
    if segment.id == ZERO_GUID:
        found = None
    return Target(company, entity_set, f"{path}({segment.id})", segment.id, found, parent)
