"""Which rows of a set are asked for, and how is that spelled as a filter?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dynamics_bc_client.odata.query import all_of, any_of

if TYPE_CHECKING:
    from tap_dynamics_bc.reads.spans import Span
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
class Before:
    """Rows of another condition that were changed before a moment.

    Attributes:
        condition: The other condition.
        name: The property of the set that is compared.
        stamp: The moment, as a stamp.
    """

    condition: Condition
    name: str
    stamp: str

    @property
    def filter(self) -> str:
        """As an OData filter."""
        return all_of(self.condition.filter, f"{self.name} lt {self.stamp}")


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


@dataclass(frozen=True, slots=True)
class Period:
    """What a report says of a period.

    Attributes:
        name: The property that the report is asked by.
        span: The period.
        of_a_moment: Whether the report tells how things stand at the period's end: then it is asked for that day.
    """

    name: str
    span: Span
    of_a_moment: bool = False

    @property
    def filter(self) -> str:
        """As an OData filter."""
        if self.of_a_moment:
            return f"{self.name} eq {self.span.last}"
        return f"{self.name} ge {self.span.first} and {self.name} le {self.span.last}"

    def __str__(self) -> str:
        return f"as of {self.span.last}" if self.of_a_moment else f"from {self.span}"
