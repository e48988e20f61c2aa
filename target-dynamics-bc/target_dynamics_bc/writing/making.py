"""Which vendors, customers and items are made because a record names one that is not there?

Only those of the kinds that a setting names, only when nothing is to come that could bring them, and only for a record
that nothing else is wrong with. What is made has the number or the name that the record gives, and nothing more: the
rest is Business Central's own templates'.

The service finds names in exactly their case. So all names of a kind are read before the first of it is made: one that
differs in case or in blanks alone is that of something that is there, and the record means it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DuplicateKey, DynamicsError
from dynamics_bc_client.odata.batch import encode_json
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.same_names import same_name
from target_dynamics_bc.writing.writes import Address, Write

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from target_dynamics_bc.finding.resolving import Resolver
    from target_dynamics_bc.kept.faults import Fault, Missing
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
        self._names: dict[tuple[str, str], dict[str, dict[str, list[str]]]] = {}
        self._why_not: dict[tuple[str, Missing], tuple[str, str]] = {}

    def make(self, units: Sequence[Unit]) -> list[Unit]:
        """Make what these records miss.

        Returns:
            The units for which something was made, which have to be resolved again.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        curable = (unit for unit in units if self._is_curable(unit))
        return [unit for unit in curable if all(self._make(unit, each) for each in _missing(unit))]

    def explained(self, unit: Unit) -> Unit:
        """The unit with faults that say why nothing was made of what it misses."""
        faults = tuple(self._explained(unit, fault) for fault in unit.faults)
        return unit if faults == unit.faults else unit.resolved_as(unit.resolved, faults)

    def _explained(self, unit: Unit, fault: Fault) -> Fault:
        why = self._why_not.get((unit.books.id, fault.missing)) if fault.missing is not None else None
        if why is None:
            return fault
        code, said = why
        return replace(
            fault, code=code or fault.code, message=said if code else f"{fault.message} {said}", missing=None
        )

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
            alike = self._alike(company_id, kind, missing)
            if alike is None:
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
        elif not self._is_written(unit, kind, body, missing):
            return False
        self._resolver.note_made(kind)
        self._made.add(key)
        if (names := self._names.get((company_id, missing.kind))) is not None:
            names.setdefault(same_name(name), {}).setdefault(name, []).append(missing.number)
        if missing.name:
            self._resolver.note_called(company_id, missing.kind, missing.name, name)
        return True

    def _alike(self, company_id: str, kind: Kind, missing: Missing) -> list[str] | None:
        """The name that is there and differs in case and blanks alone, if any; None where there are several.

        None as well where that cannot be known.
        """
        if (company_id, kind.entity_set) not in self._names:
            try:
                rows = self._service.questions.names(company_id, kind.entity_set, kind.number_property)
            except DynamicsError as error:
                if error.scope == "run":
                    raise
                said = f"None is made, because the names of {kind.noun.many} cannot be read: {error.message}"
                self._why_not[company_id, missing] = ("", said)
                return None
            names: dict[str, dict[str, list[str]]] = {}
            for each, number in rows:
                names.setdefault(same_name(each), {}).setdefault(each, []).append(number)
            self._names[company_id, kind.entity_set] = names
        name = missing.name[: kind.length("displayName")]
        alike = self._names[company_id, kind.entity_set].get(same_name(name), {})
        if len(alike) > 1:
            self._why_not[company_id, missing] = ("ambiguous", _several(kind, missing.name, alike))
            return None
        return list(alike)

    def _is_written(self, unit: Unit, kind: Kind, body: dict[str, str], missing: Missing) -> bool:
        """Write one; False where the service refuses it and, as a look shows, has not done it all the same."""
        write = Write("POST", Address(kind.entity_set), body)
        # One that is only named would be there twice if it was made and refused on its way.
        error = self._service.discard(unit.books.id, write, is_due=lambda _: self._is_there(unit, kind, body) is False)
        if error is not None and not isinstance(error, DuplicateKey) and not self._is_there(unit, kind, body):
            said = f"The {kind.noun.one} {body['displayName']} could not be made: {error.message}"
            self._why_not[unit.books.id, missing] = ("", said)
            return False
        log.info("The %s %s was made, because %s names it.", kind.noun.one, body["displayName"], unit.wanted.stream)
        return True

    def _is_there(self, unit: Unit, kind: Kind, body: dict[str, str]) -> bool | None:
        """Whether one is there that was refused, or not answered; none was there before. None where nobody knows."""
        name = kind.number_property if kind.number_property in body else "displayName"
        query = by_key(unit.path(kind.entity_set), name, body[name], select=("id", name))
        (rows,) = self._service.questions.look([query])
        return None if isinstance(rows, DynamicsError) else bool(rows)


def _several(kind: Kind, name: str, alike: Mapping[str, Sequence[str]]) -> str:
    """The sentence that several are called as a record says, but for case and blanks."""
    spelled = ", ".join(f'{number} "{each}"' for each, numbers in sorted(alike.items()) for number in sorted(numbers))
    return (
        f'Several {kind.noun.many} are called "{name}" but for case and blanks ({spelled}), so none is made and none '
        f"is chosen; name the one by its id or its {kind.number_property}."
    )


def _missing(unit: Unit) -> list[Missing]:
    missing = (fault.missing for fault in (*unit.wanted.faults, *unit.faults))
    return [each for each in dict.fromkeys(missing) if each is not None]
