"""How is a row found again that was changed since it was read, and what does a bookmark hold for that?

`Moment` finds rows by their stamp, or by that of the row they were read through. `Whole` finds none again: all is
read in every run. Whoever reads asks these values and knows nothing of stamps: a replication by an entry's number needs
the same answers (format, order, filter, cap) and no other place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from dynamics_bc_client.odata.values import BLANK_STAMP
from tap_dynamics_bc.streams.stamps import is_blank, order, to_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Start:
    """From where a partition is read.

    Attributes:
        at: Rows at or after this value of the replication key; None for all rows.
        with_blank: Whether also rows that never had one.
    """

    at: str | None = None
    with_blank: bool = False


FROM_THE_BEGINNING = Start()


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything is read in every run; there is no bookmark."""

    key: None = None


WHOLE = Whole()


@dataclass(frozen=True, slots=True)
class Moment:
    """Rows are found again by the moment they were changed at, in UTC.

    Attributes:
        key: The property of records that holds the moment: the stream's replication key.
    """

    key: str

    def bookmark(self, value: Any) -> str:
        """A value of the replication key as bookmarks hold it.

        Raises:
            ValueError: It is no moment.
        """
        if not isinstance(value, str):
            raise ValueError(f"must be text, not {value!r}.")  # noqa: TRY004 - a value is wrong
        return to_stamp(value)

    def lower_bound(self, name: str, start: Start) -> str:
        """The OData filter over a property of the service from a start on; empty for all rows."""
        if start.at is None:
            return ""
        since = f"{name} ge {start.at}"
        return f"{since} or {name} eq {BLANK_STAMP}" if start.with_blank else since

    def takes(self, start: Start, value: str | None) -> bool:
        """Whether a row of that moment belongs to a read; a row without any always does."""
        if start.at is None or not value:
            return True
        if is_blank(value):
            return start.with_blank
        return order(value) >= order(start.at)

    def cap(self, highest: str | None, ceiling: str) -> str | None:
        """The bookmark after a read: the highest moment that arrived, but not past the ceiling; None for none.

        Raises:
            ValueError: The highest is no moment.
        """
        if not highest or is_blank(highest):
            return None
        return min(self.bookmark(highest), ceiling)


Replication: TypeAlias = Moment | Whole


def earliest(starts: Iterable[Start]) -> Start:
    """The start that covers all of them."""
    given = list(starts)
    values = [start.at for start in given if start.at is not None]
    if len(values) < len(given) or not values:
        return FROM_THE_BEGINNING
    return Start(min(values), with_blank=any(start.with_blank for start in given))
