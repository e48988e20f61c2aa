"""What a write is about: a set, a row, its action or content, and the parent it was reached through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dynamics_bc_emulator.odata.addresses import Step, key_step
from dynamics_bc_emulator.refusals import (
    method_not_allowed,
    not_implemented,
    record_not_found,
    unknown_segment,
)
from dynamics_bc_emulator.rows.company import Company, addressed_company, find_company
from dynamics_bc_emulator.rows.links import Parent

if TYPE_CHECKING:
    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.rows.rows import Rows
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Row


@dataclass(frozen=True, slots=True)
class Target:
    """What a write is about.

    Attributes:
        address: Where the set or the row is read.
        id: The row's id; None for a set.
        row: The row, if it is there.
        parent: The row it was reached through.
        action: A bound action's name, without `Microsoft.NAV.`.
        stream: A stream property of the row.
    """

    company: Company
    entity_set: EntitySet
    address: Address
    id: str | None = None
    row: Row | None = None
    parent: Parent | None = None
    action: str | None = None
    stream: str | None = None

    @property
    def is_row(self) -> bool:
        """Whether one row is addressed."""
        return self.id is not None

    @property
    def rows(self) -> Rows:
        """Where the rows of its set are."""
        return _rows(self.address, self.entity_set)

    def existing_row(self) -> Row:
        """The row.

        Raises:
            Refusal: There is none.
        """
        if self.row is None:
            raise record_not_found(self.entity_set.table, f"Id='{self.id}'")
        return self.row


def find_target(service: Service, request: DataRequest, address: Address) -> Target:
    """Follow a write's address.

    Raises:
        Refusal: It leads nowhere, or to something that cannot be written.
    """
    company = Company(_company(service, request, address), service.store, service.clock)
    if not address.steps:
        raise method_not_allowed(address.route.companies)
    return _walk(company, address.in_company(company.id))


def _company(service: Service, request: DataRequest, address: Address) -> str:
    if address.company is not None:
        return addressed_company(service.store, address)
    first = address.steps[0].name if address.steps else ""
    if first == address.route.companies:
        raise method_not_allowed(first)
    if first.lower().startswith((address.route.companies, "subscriptions")):
        raise not_implemented(f"The emulator does not do writes of '{first}'.")
    return find_company(service.store, request)


def _walk(company: Company, address: Address) -> Target:
    first, *rest = address.steps
    entity_set = address.route.catalogue.sets.get(first.name)
    if entity_set is None or entity_set.tenant_wide:
        raise unknown_segment(first.name)
    target = _at(company, entity_set, address.to(), first, None)
    for number, step in enumerate(rest, start=1):
        is_last = number == len(rest)
        prefix = f"{address.route.catalogue.namespace}.".lower()
        if is_last and step.name.lower().startswith(prefix):
            return replace(target, action=step.name[len(prefix) :])
        spelling = target.entity_set.spelling(step.name)
        if is_last and spelling in target.entity_set.streams:
            return replace(target, stream=spelling)
        target = _navigate(target, step)
    return target


def _navigate(target: Target, step: Step) -> Target:
    navigation = target.entity_set.navigation.get(step.name)
    if navigation is None or not target.is_row:
        raise unknown_segment(step.name)
    parent = Parent(target.entity_set, target.existing_row(), navigation)
    entity_set = target.address.route.catalogue.sets[navigation.target]
    if navigation.many:
        return _at(target.company, entity_set, target.address, step, parent)
    row = _rows(target.address, entity_set).find(target.company, None, parent)
    row_id = str(row["id"] if row else parent.links().get("id", parent.row["id"]))
    address = target.address.to(*target.address.steps, Step(step.name))
    return Target(target.company, entity_set, address, row_id, row, parent)


def _at(company: Company, entity_set: EntitySet, above: Address, step: Step, parent: Parent | None) -> Target:
    if not step.has_key:
        return Target(company, entity_set, above.to(*above.steps, Step(step.name)), parent=parent)
    key = step.key_of(entity_set)
    row = _rows(above, entity_set).find(company, key, parent)
    address = above.to(*above.steps, key_step(entity_set, key))
    return Target(company, entity_set, address, key, row, parent)


def _rows(address: Address, entity_set: EntitySet) -> Rows:
    rows: Rows = address.route.rows[entity_set.name]
    return rows
