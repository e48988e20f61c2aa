"""Where does the service keep an entity set, and how is that written as a path?"""

from __future__ import annotations

from dataclasses import dataclass

from dynamics_bc_client.odata.urls import company_path


@dataclass(frozen=True, slots=True)
class Route:
    """One of the ways into an environment, with metadata and a spelling of its own.

    Attributes:
        name: How the service lists it (`publisher/group/version`); empty for the standard API.
        prefix: What the names of its streams begin with.
    """

    name: str
    prefix: str = ""

    def path(self, entity_set: str, company_id: str | None) -> str:
        """The path of an entity set of one company, or of the environment."""
        return entity_set if company_id is None else company_path(company_id, entity_set)


STANDARD = Route("")

ENVIRONMENT_LIST = Route("environments")
"""The list of a tenant's environments: no OData, without metadata, and in no company."""
