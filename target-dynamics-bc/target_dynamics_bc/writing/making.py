"""Which vendors, customers and items are made because a record names one that is not there?

Only those of the kinds that a setting names, only when nothing is to come that could bring them, and only for a record
that nothing else is wrong with. What is made has the number or the name that the record gives, and nothing more: the
rest is Business Central's own templates'.

The service finds names in exactly their case. So all names of a kind are read before the first of it is made: one that
differs in case or in blanks alone is that of something that is there, and the record means it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DuplicateKey, DynamicsError
from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.texts import same_name
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
        self._names: dict[tuple[str, str], dict[str, set[str]]] = {}

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
        """See to it that one is there, once; False where it is not."""
        kind, company_id = self._kinds[missing.kind], unit.books.id
        key = (company_id, missing.kind, missing.number.upper() or same_name(missing.name))
        if missing.name:
            alike = self._alike(company_id, kind, missing.name)
            if alike is None or len(alike) > 1:
                return False
            if alike:
                self._resolver.note_called(company_id, missing.kind, missing.name, next(iter(alike)))
                return True
        if key in self._made:
            return True
        name = (missing.name or missing.number)[: kind.length("displayName")]
        body = {"displayName": name}
        if missing.number:
            body = {kind.number_property: missing.number.upper(), **body}
        if self._dry_run:
            log.info("dry run: POST %s %s", Address(kind.entity_set).path(company_id), encode_json(body).decode())
            self._resolver.foretell_made(company_id, kind, body)
        elif not self._is_written(unit, kind, body):
            return False
        self._resolver.note_made(kind)
        self._made.add(key)
        if (names := self._names.get((company_id, missing.kind))) is not None:
            names.setdefault(same_name(name), set()).add(name)
        if missing.name:
            self._resolver.note_called(company_id, missing.kind, missing.name, name)
        return True

    def _alike(self, company_id: str, kind: Kind, name: str) -> set[str] | None:
        """The names that are there and differ from one in case and blanks alone; None where that cannot be known."""
        if (company_id, kind.entity_set) not in self._names:
            try:
                rows = self._service.names(company_id, kind.entity_set)
            except DynamicsError as error:
                if error.scope == "run":
                    raise
                log.warning("The names of %s cannot be read, so none is made: %s", kind.noun.many, error)
                return None
            names: dict[str, set[str]] = {}
            for each in rows:
                names.setdefault(same_name(each), set()).add(each)
            self._names[company_id, kind.entity_set] = names
        alike = self._names[company_id, kind.entity_set].get(same_name(name[: kind.length("displayName")]), set())
        if len(alike) > 1:
            spelled = ", ".join(f'"{each}"' for each in sorted(alike))
            log.warning('None of %s is made for the name "%s": several are called alike: %s.', kind.name, name, spelled)
        return alike

    def _is_written(self, unit: Unit, kind: Kind, body: dict[str, str]) -> bool:
        """Write one; False where the service refuses it."""
        error = self._service.discard(unit.books.id, Write("POST", Address(kind.entity_set), body))
        if error is not None and not isinstance(error, DuplicateKey):
            log.warning("The %s %s could not be made: %s", kind.noun.one, body["displayName"], error.message)
            return False
        log.info("The %s %s was made, because %s names it.", kind.noun.one, body["displayName"], unit.wanted.stream)
        return True


def _missing(unit: Unit) -> list[Missing]:
    missing = (fault.missing for fault in (*unit.wanted.faults, *unit.faults))
    return [each for each in dict.fromkeys(missing) if each is not None]
