"""Which vendors, customers and items are made because a record names one that is not there?

Only those of the kinds that a setting names, only when nothing is to come that could bring them, and only for a record
that nothing else is wrong with. What is made has the number or the name that the record gives, and nothing more: the
rest is Business Central's own templates'.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DuplicateKey
from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.writing.steps import Address, Write

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from target_dynamics_bc.finding.resolving import Resolver
    from target_dynamics_bc.kept.faults import Missing
    from target_dynamics_bc.kinds.kind import Kind
    from target_dynamics_bc.writing.service import Service
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)


class Making:
    """Makes what records miss.

    Args:
        service: Writes.
        resolver: Is told of what is there now.
        kinds: The kinds that may be made.
        dry_run: Only say it.
    """

    def __init__(self, service: Service, resolver: Resolver, kinds: Collection[Kind], *, dry_run: bool) -> None:
        self._service = service
        self._resolver = resolver
        self._kinds = {kind.entity_set: kind for kind in kinds}
        self._dry_run = dry_run
        self._made: set[tuple[str, str, str]] = set()

    def make(self, units: Sequence[Unit]) -> list[Unit]:
        """Make what these records miss.

        Returns:
            The units for which something was made, which have to be resolved again.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        curable = (unit for unit in units if self._is_curable(unit))
        return [unit for unit in curable if all(self._make(unit, each) for each in _missing(unit))]

    def _is_curable(self, unit: Unit) -> bool:
        faults = (*unit.wanted.faults, *unit.faults)
        missing = [fault.missing for fault in faults]
        is_curable = bool(faults) and all(each is not None and each.kind in self._kinds for each in missing)
        return is_curable and not unit.work.lacks(unit)

    def _make(self, unit: Unit, missing: Missing) -> bool:
        """Make one, once; False where the service refuses it."""
        kind, company_id = self._kinds[missing.kind], unit.books.id
        key = (company_id, missing.kind, (missing.number or missing.name).upper())
        if key in self._made:
            return True
        name = missing.name or missing.number
        body = {"displayName": name[: kind.length("displayName")]}
        if missing.number:
            body = {kind.number_property: missing.number.upper(), **body}
        if self._dry_run:
            log.info("dry run: POST %s %s", Address(kind.entity_set).path(company_id), encode_json(body).decode())
            self._resolver.foretell_made(company_id, kind, body)
        else:
            error = self._service.discard(company_id, Write("POST", Address(kind.entity_set), body))
            if error is not None and not isinstance(error, DuplicateKey):
                log.warning("The %s %s could not be made: %s", kind.noun.one, name, error.message)
                return False
            log.info("The %s %s was made, because %s names it.", kind.noun.one, name, unit.wanted.stream)
        self._resolver.note_made(kind)
        self._made.add(key)
        return True


def _missing(unit: Unit) -> list[Missing]:
    missing = (fault.missing for fault in (*unit.wanted.faults, *unit.faults))
    return [each for each in dict.fromkeys(missing) if each is not None]
