"""What an API does not offer for the moment: sets and navigations that vanish from discovery and come back.

Pages vanish for hours and come back (microsoft/AL #8283, #7515): they are missing from the service document and from
`$metadata`, and what asks for them is not found.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.options import parse_options
from dynamics_bc_emulator.refusals import unknown_segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.addresses import Address
    from dynamics_bc_emulator.odata.catalogue import Catalogue, EntitySet
    from dynamics_bc_emulator.odata.requests import DataRequest
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.switches import Switches


@dataclass(frozen=True)
class Vanished:
    """What is away.

    Attributes:
        sets: Names of entity sets.
        navigations: Set and navigation.
        companies: Companies that are away, by id, with their rows as they lay.
    """

    sets: frozenset[str] = frozenset()
    navigations: frozenset[tuple[str, str]] = frozenset()
    companies: Mapping[str, Any] = field(default_factory=dict)
    _left: dict[str, Route[Any]] = field(default_factory=dict, repr=False, compare=False)

    def seen(self, address: Address, request: DataRequest, switches: Switches) -> Address:
        """An address as it can be asked for now.

        Raises:
            Refusal: It leads to, or expands, what is away.
        """
        if not (self.sets or self.navigations):
            return address
        left = self._left.get(address.route.prefix)
        if left is None:
            catalogue = self._without(address.route.catalogue)
            left = self._left[address.route.prefix] = replace(address.route, catalogue=catalogue)
        first = address.steps[0].name if address.steps else "$metadata"
        known = address.route.catalogue.sets.get(first)
        if address.company is None and (known is None or known.kind == "definitions"):
            return replace(address, route=left)
        self._check(address, left.catalogue, request, switches)
        return address

    def _without(self, catalogue: Catalogue) -> Catalogue:
        kept = {name: self._led(each) for name, each in catalogue.sets.items() if name not in self.sets}
        return replace(catalogue, sets=kept)

    def _led(self, entity_set: EntitySet) -> EntitySet:
        kept = {
            name: each
            for name, each in entity_set.navigation.items()
            if each.target not in self.sets and (entity_set.name, name) not in self.navigations
        }
        return replace(entity_set, navigation=kept)

    @staticmethod
    def _check(address: Address, left: Catalogue, request: DataRequest, switches: Switches) -> None:
        known: EntitySet | None = None
        for step in address.steps:
            if known is None:
                known = left.sets.get(step.name)
                if known is None and step.name in address.route.catalogue.sets:
                    raise unknown_segment(step.name)
            elif step.name in address.route.catalogue.sets[known.name].navigation:
                navigation = known.navigation.get(step.name)
                if navigation is None:
                    raise unknown_segment(step.name)
                known = left.sets[navigation.target]
        if known is not None and any(name.lower() == "$expand" for name in request.query):
            parse_options(request.query, known, left, switches)
