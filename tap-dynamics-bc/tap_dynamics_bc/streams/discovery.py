"""Which streams does an environment have, called as the service calls its entity sets, and on which ways do rows come?

Pure: metadata and the table of oddities in, streams out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.metadata import EntitySet, EntityType, Property
from tap_dynamics_bc.streams.description import Leg, Way, described
from tap_dynamics_bc.streams.entities import ENVIRONMENTS, Oddities, oddities
from tap_dynamics_bc.streams.routes import ENVIRONMENT_LIST, STANDARD
from tap_dynamics_bc.streams.tracking import tracking_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_client.odata.metadata import Metadata, Navigation
    from tap_dynamics_bc.streams.description import Stream
    from tap_dynamics_bc.streams.routes import Route


def describe_streams(metadata: Metadata, route: Route = STANDARD) -> dict[str, Stream]:
    """Every stream of a route by name: its entity sets, and with the standard API the tenant's list of environments.

    A set that the service refuses to list, and that no other set leads to, cannot be read and is left out. So are the
    companies of other routes than the standard one: they are the same.
    """
    in_company = company_sets(metadata, route)
    ways = _Ways(metadata, route, in_company)
    is_standard = route.name == STANDARD.name
    streams = [described(_ENVIRONMENTS, Oddities(), route=ENVIRONMENT_LIST, in_company=False)] if is_standard else []
    for name, entity_set in metadata.entity_sets.items():
        known = oddities(route, name)
        found = tuple(ways.to(name)) if known.through_parents else ()
        if (known.through_parents and not found) or (name == route.companies and not is_standard):
            continue
        streams.append(
            described(
                entity_set,
                known,
                route=route,
                in_company=name in in_company,
                ways=found,
                tracking=None if is_standard else tracking_of(_readable(entity_set)),
            )
        )
    return {stream.name: stream for stream in streams}


def company_sets(metadata: Metadata, route: Route = STANDARD) -> frozenset[str]:
    """The sets of a company: those that the type of a company leads to. All others are the environment's.

    Raises:
        UnexpectedAnswer: There are no companies in the metadata, so nothing tells what belongs to one.
    """
    companies = metadata.entity_sets.get(route.companies)
    if companies is None:
        raise UnexpectedAnswer(
            f'The metadata{f" of {route.name}" if route.name else ""} has no "{route.companies}", '
            "so it does not tell what belongs to a company.",
            scope="run" if route.name == STANDARD.name else "stream",
        )
    if route.is_web_services:
        # What is published is published in every company, and refused without one.
        return frozenset(metadata.entity_sets.keys() - {route.companies})
    leads_to = {name for each in companies.type.navigation.values() for name in (each.name, each.target_set)}
    return frozenset(name for name in metadata.entity_sets if name in leads_to)


def _readable(entity_set: EntitySet) -> Mapping[str, Property]:
    return {name: each for name, each in entity_set.type.properties.items() if not each.is_stream}


class _Ways:
    """The ways down from sets that can be listed.

    Args:
        metadata: All sets.
        route: Where they are.
        in_company: The names of those that belong to a company.
    """

    def __init__(self, metadata: Metadata, route: Route, in_company: frozenset[str]) -> None:
        self._oddities: Mapping[str, Oddities] = {name: oddities(route, name) for name in metadata.entity_sets}
        self._parents: dict[str, list[tuple[str, Navigation]]] = {}
        for parent, entity_set in metadata.entity_sets.items():
            # Of parents that nothing tells apart no bad one could be found, and no rows could be put below them.
            if parent in in_company and entity_set.type.key:
                for navigation in entity_set.type.navigation.values():
                    self._parents.setdefault(navigation.target_set or "", []).append((parent, navigation))

    def to(self, name: str, below: tuple[str, ...] = ()) -> Iterator[Way]:
        """All ways to a set; `below` are the sets that they go on to."""
        for parent, navigation in self._parents.get(name, ()):
            # Most navigations that lead to one row lead from a child to its parent.
            if parent in below or not (navigation.many or self._oddities[name].one_per_parent):
                continue
            leg = Leg(navigation.name, navigation.many, name)
            if self._oddities[parent].through_parents:
                yield from (Way(way.source, (*way.legs, leg)) for way in self.to(parent, (*below, name)))
            else:
                yield Way(parent, (leg,))


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
