"""How is a row found again that was changed since it was read, and what does a bookmark hold for that?

Each way to find changed rows is a value with the same answers, so that whoever plans, reads or keeps bookmarks asks
it and knows of no other:

- `Moment` by the stamp of a row, or by that of the row it was read through;
- `Day` by a date;
- `RowVersion` by the database's count of changes, `Number` by the number of an entry;
- `Whole` finds none again: all is read in every run.

A count is given out when a row is written and is seen when that is committed, up to half an hour later: a lower one may
appear after a higher one. The service does not publish the lowest count that is still to come
(`Database.MinimumActiveRowVersion` is for extensions only). So the highest count of a read becomes the bookmark of a
later run, one that begins at least the look-back after that read: by then everything up to it is there, and that run
has read it. A read from a bookmark on brings the row that has it, unless that was deleted. When it brings none, the
count may have been set back (an environment that was restored counts on from an earlier day), and everything is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias

from dynamics_bc_client.odata.values import BLANK_DATE, BLANK_STAMP
from tap_dynamics_bc.streams.stamps import is_blank, order, to_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

Value: TypeAlias = str | int
"""What a bookmark holds: a moment or a date as text, or a count."""

Kind: TypeAlias = Literal["moment", "day", "count", "nothing"]
"""What the values are that rows are found by."""

# The earliest and the latest place on Earth are 26 hours apart, and which of them a date was written at nobody tells.
_DAYS_APART = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Start:
    """From where a partition is read.

    Attributes:
        at: Rows at or after this value of the replication key; None for all rows.
        with_blank: Whether also rows that never had one.
    """

    at: Value | None = None
    with_blank: bool = False


FROM_THE_BEGINNING = Start()


@dataclass(frozen=True, slots=True)
class Seen:
    """The highest count of an earlier read, which rows below it may still follow.

    Attributes:
        value: The count.
        at: When the last page of that read was served, as a stamp.
    """

    value: int
    at: str


class Replication(Protocol):
    """One way to find changed rows again."""

    @property
    def kind(self) -> Kind:
        """What the values are."""

    @property
    def key(self) -> str | None:
        """The property of records that holds them: the stream's replication key; None without one."""

    def first(self, start_date: str | None) -> Start:
        """From where a partition without a bookmark is read, by the setting `start_date`, a stamp."""

    def bookmark(self, value: Any) -> Value:
        """A value of the replication key as bookmarks hold it.

        Raises:
            ValueError: It is none.
        """

    def lower_bound(self, name: str, start: Start) -> str:
        """The OData filter over a property of the service from a start on; empty for all rows."""

    def takes(self, start: Start, value: Value | None) -> bool:
        """Whether a row with that value belongs to a read; a row without any always does."""

    def cap(self, highest: Value | None, ceiling: str, seen: Seen | None = None) -> Value | None:
        """The bookmark after a read; None for none.

        Args:
            highest: The highest value that arrived.
            ceiling: The moment that no bookmark of the run may pass: its start less the look-back, as a stamp.
            seen: The highest count of an earlier read, as far as it is no bookmark yet.

        Raises:
            ValueError: The highest is no value of the replication key.
        """

    def remaining(self, highest: Value | None, ceiling: str, at: str, seen: Seen | None = None) -> Seen | None:
        """What is to be remembered until a later run makes a bookmark of it; None for nothing.

        Args:
            highest: As for `cap`.
            ceiling: As for `cap`.
            at: When the last page of the read was served, as a stamp.
            seen: As for `cap`.
        """

    def went_back(self, bookmark: Value, highest: Value | None) -> bool:
        """Whether what a read from a bookmark on brought tells that the values do not grow any more."""


class _Grows:
    """Of values that nobody sets back."""

    __slots__ = ()

    def remaining(self, highest: Value | None, ceiling: str, at: str, seen: Seen | None = None) -> None:  # noqa: ARG002 - as `Replication`
        """Nothing is to be remembered."""
        return

    def went_back(self, bookmark: Value, highest: Value | None) -> bool:  # noqa: ARG002 - as `Replication`
        """Never."""
        return False


@dataclass(frozen=True, slots=True)
class Whole(_Grows):
    """Everything is read in every run; there is no bookmark."""

    kind: ClassVar[Kind] = "nothing"
    key: None = None

    def first(self, start_date: str | None) -> Start:  # noqa: ARG002 - as `Replication`
        """Everything."""
        return FROM_THE_BEGINNING

    def bookmark(self, value: Any) -> Value:
        """There is none.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"must not be there, but is {json.dumps(value, default=str)}.")

    def lower_bound(self, name: str, start: Start) -> str:  # noqa: ARG002 - as `Replication`
        """No filter."""
        return ""

    def takes(self, start: Start, value: Value | None) -> bool:  # noqa: ARG002 - as `Replication`
        """Every row."""
        return True

    def cap(self, highest: Value | None, ceiling: str, seen: Seen | None = None) -> None:  # noqa: ARG002 - as `Replication`
        """No bookmark."""
        return


WHOLE = Whole()


@dataclass(frozen=True, slots=True)
class Moment(_Grows):
    """Rows are found again by the moment they were changed at, in UTC.

    Attributes:
        key: The property of records that holds the moment.
    """

    kind: ClassVar[Kind] = "moment"
    key: str

    def first(self, start_date: str | None) -> Start:
        """Since that date, with the rows that were never stamped."""
        return Start(start_date, with_blank=True) if start_date else FROM_THE_BEGINNING

    def bookmark(self, value: Any) -> str:
        """A stamp in the fixed format.

        Raises:
            ValueError: It is no moment.
        """
        return to_stamp(_text(value))

    def lower_bound(self, name: str, start: Start) -> str:
        """Rows at that moment, too: several may share it."""
        return _since(name, start, BLANK_STAMP)

    def takes(self, start: Start, value: Value | None) -> bool:
        """Whether the moment is not before the start."""
        if start.at is None or not value:
            return True
        if is_blank(str(value)):
            return start.with_blank
        return order(str(value)) >= order(str(start.at))

    def cap(self, highest: Value | None, ceiling: str, seen: Seen | None = None) -> str | None:  # noqa: ARG002 - as `Replication`
        """The highest moment, but not past the ceiling.

        Where no row has one, the ceiling itself: all of them were read, and whoever touches one gives it a stamp.
        Without any row there is no bookmark: reading nothing again costs nothing, and what arrives there later may
        bring old stamps (a company that was copied, rows that a permission hid).
        """
        if not highest:
            return None
        return ceiling if is_blank(str(highest)) else min(self.bookmark(highest), ceiling)


@dataclass(frozen=True, slots=True)
class Day(_Grows):
    """Rows are found again by a date, in whatever place of the world it was written.

    Attributes:
        key: The property of records that holds the date.
    """

    kind: ClassVar[Kind] = "day"
    key: str

    def first(self, start_date: str | None) -> Start:
        """Since that day, with the rows that have no date."""
        return Start(start_date[:10], with_blank=True) if start_date else FROM_THE_BEGINNING

    def bookmark(self, value: Any) -> str:
        """A date.

        Raises:
            ValueError: It is none.
        """
        return to_stamp(_text(value))[:10]

    def lower_bound(self, name: str, start: Start) -> str:
        """Rows of that day, too."""
        return _since(name, start, BLANK_DATE)

    def takes(self, start: Start, value: Value | None) -> bool:
        """Whether the day is not before the start."""
        if start.at is None or not value:
            return True
        if is_blank(str(value)):
            return start.with_blank
        return str(value)[:10] >= str(start.at)

    def cap(self, highest: Value | None, ceiling: str, seen: Seen | None = None) -> str | None:  # noqa: ARG002 - as `Replication`
        """The highest day, but none that may still go on somewhere: dates may also lie in the future.

        Where no row has one, the last day that is over everywhere, as for moments.
        """
        if not highest:
            return None
        over = (date.fromisoformat(ceiling[:10]) - _DAYS_APART).isoformat()
        return over if is_blank(str(highest)) else min(self.bookmark(highest), over)


@dataclass(frozen=True, slots=True)
class Count:
    """Rows are found again by a number that grows.

    Attributes:
        key: The property of records that holds it.
    """

    kind: ClassVar[Kind] = "count"
    key: str

    def first(self, start_date: str | None) -> Start:  # noqa: ARG002 - as `Replication`
        """Everything: no number tells of a date."""
        return FROM_THE_BEGINNING

    def bookmark(self, value: Any) -> int:
        """A whole number.

        Raises:
            ValueError: It is none.
        """
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be a whole number, not {json.dumps(value, default=str)}.")  # noqa: TRY004 - a value is wrong
        return value

    def lower_bound(self, name: str, start: Start) -> str:
        """Rows from that number on: also the one that has it, which tells that the count goes on."""
        return "" if start.at is None else f"{name} ge {start.at}"

    def takes(self, start: Start, value: Value | None) -> bool:
        """Whether the number is not before the start."""
        return start.at is None or value is None or int(value) >= int(start.at)

    def cap(self, highest: Value | None, ceiling: str, seen: Seen | None = None) -> int | None:
        """The highest number of an earlier read, once everything below it must have been there for this one."""
        return (
            min(seen.value, int(highest)) if seen is not None and seen.at <= ceiling and highest is not None else None
        )

    def remaining(self, highest: Value | None, ceiling: str, at: str, seen: Seen | None = None) -> Seen | None:
        """The highest number of this read; that of an earlier one as long as it waits."""
        if seen is not None and seen.at > ceiling:
            return seen
        return None if highest is None else Seen(self.bookmark(highest), at)

    def went_back(self, bookmark: Value, highest: Value | None) -> bool:
        """Whether no row has the bookmark or a higher number: its row was deleted, or the count was set back."""
        return highest is None or int(highest) < int(bookmark)


@dataclass(frozen=True, slots=True)
class RowVersion(Count):
    """Rows are found again by the database's count of changes: every change gives a row a new one of its own."""


@dataclass(frozen=True, slots=True)
class Number(Count):
    """New rows are found by their number; changes of rows that have theirs are not."""


def earliest(starts: Iterable[Start]) -> Start:
    """The start that covers all of them."""
    given = list(starts)
    values = [start.at for start in given if start.at is not None]
    if len(values) < len(given) or not values:
        return FROM_THE_BEGINNING
    return Start(min(values, key=order_of), with_blank=any(start.with_blank for start in given))


def order_of(value: Value) -> tuple[int, str]:
    """What bookmarks of one stream compare by: numbers as numbers, texts as texts."""
    return (value, "") if isinstance(value, int) else (0, value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {json.dumps(value, default=str)}.")  # noqa: TRY004 - a value is wrong
    return value


def _since(name: str, start: Start, blank: str) -> str:
    if start.at is None:
        return ""
    since = f"{name} ge {start.at}"
    return f"{since} or {name} eq {blank}" if start.with_blank else since
