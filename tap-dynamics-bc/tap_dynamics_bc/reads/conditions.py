"""Which rows of a set are asked for, and how is that spelled as a filter?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dynamics_bc_client.odata.query import any_of

if TYPE_CHECKING:
    from tap_dynamics_bc.streams.replication import Replication, Start


class Condition(Protocol):
    """Which rows are asked for."""

    @property
    def filter(self) -> str:
        """As an OData filter; empty for all rows. Several are joined by `odata.query.all_of`."""


@dataclass(frozen=True, slots=True)
class All:
    """All rows."""

    filter: str = ""


EVERYTHING = All()


@dataclass(frozen=True, slots=True)
class Since:
    """Rows that were changed since a start.

    Attributes:
        replication: How they are told.
        name: The property of the set that is compared.
        start: From where on.
    """

    replication: Replication
    name: str
    start: Start

    @property
    def filter(self) -> str:
        """As an OData filter."""
        return self.replication.lower_bound(self.name, self.start)


@dataclass(frozen=True, slots=True)
class Ids:
    """Rows by their ids.

    Attributes:
        name: The property that holds the id.
        values: At least one.
    """

    name: str
    values: tuple[str, ...]

    @property
    def filter(self) -> str:
        """As an OData filter."""
        return any_of(self.name, self.values)
