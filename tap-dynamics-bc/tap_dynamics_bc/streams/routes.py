"""Where does the service keep an entity set, and how is that written as a path?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.targets import WEB_SERVICES
from dynamics_bc_client.odata.urls import company_path, join, web_service_path

if TYPE_CHECKING:
    from dynamics_bc_client.companies import Company


@dataclass(frozen=True, slots=True)
class Route:
    """One of the ways into an environment, with metadata and a spelling of its own.

    Attributes:
        name: How the service lists it (`publisher/group/version`), or `ODataV4`; empty for the standard API.
        prefix: What the names of its streams begin with.
        root: Its whole URL; empty for the standard API, below whose root paths stand as they are.
    """

    name: str
    prefix: str = ""
    root: str = ""

    @property
    def is_web_services(self) -> bool:
        """Whether it is that of the published web services: companies go by their names there."""
        return self.name == WEB_SERVICES

    @property
    def companies(self) -> str:
        """The entity set of the companies."""
        return "Company" if self.is_web_services else "companies"

    def path(self, entity_set: str, company: Company | None) -> str:
        """An entity set of one company, or of the environment: below the standard root, or a whole URL."""
        path = entity_set
        if company is not None:
            by_name = self.is_web_services
            path = web_service_path(company.name, path) if by_name else company_path(company.id, path)
        return join(self.root, path) if self.root else path


STANDARD = Route("")

ENVIRONMENT_LIST = Route("environments")
"""The list of a tenant's environments: no OData, without metadata, and in no company."""

WEB_SERVICES_PREFIX = f"{WEB_SERVICES}_"
"""What the names of streams of published web services begin with."""
