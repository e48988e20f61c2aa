"""What reading code needs to know of one request: where the rows are, of which company, and how links to them begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.rows.permissions import Principal

if TYPE_CHECKING:
    from datetime import datetime

    from dynamics_bc_emulator.odata.catalogue import Catalogue, EntitySet
    from dynamics_bc_emulator.odata.routes import Route
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Store

_EVERYBODY = Principal()


@dataclass(frozen=True, slots=True)
class View:
    """One company as one request sees it.

    Attributes:
        route: The API that it asks.
        company: The company's id, empty for what hangs under the service root.
        root: The API root as the client spelled it.
        principal: Who looks.
    """

    service: Service
    route: Route[Any]
    store: Store
    company: str
    root: str
    principal: Principal = _EVERYBODY

    @property
    def catalogue(self) -> Catalogue:
        """What the API offers."""
        return self.route.catalogue

    @property
    def now(self) -> datetime:
        """The emulator's time."""
        return self.service.clock()

    @property
    def today(self) -> str:
        """The emulator's date, as a property of type Edm.Date spells it."""
        return f"{self.now:%Y-%m-%d}"

    @property
    def url(self) -> str:
        """Where the company's sets are."""
        return f"{self.root}/{self.route.companies}({self.company})" if self.company else self.root

    def set(self, name: str) -> EntitySet:
        """An entity set of the catalogue."""
        return self.catalogue.sets[name]
