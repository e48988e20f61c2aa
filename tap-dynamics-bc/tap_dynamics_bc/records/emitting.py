"""What becomes of the pages of a read whose rows are records?

An emitter takes the pages of one read and hands their rows to the writers of their streams, each row with what the tap
adds to it, and what was expanded with it behind it. It knows the highest stamp at each place, which the bookmarks of
the read move to once all of it has been written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import msgspec
from msgspec import UNSET, Raw

from dynamics_bc_client.errors import UnexpectedAnswer
from dynamics_bc_client.odata.values import BLANK_STAMP
from tap_dynamics_bc.reads.conditions import EVERYTHING, Period
from tap_dynamics_bc.records.amounts import to_number
from tap_dynamics_bc.streams.replication import FROM_THE_BEGINNING, Start
from tap_dynamics_bc.streams.stamps import is_blank, to_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from dynamics_bc_client.companies import Company
    from tap_dynamics_bc.pages.source_page import LeftOut
    from tap_dynamics_bc.reads.conditions import Condition
    from tap_dynamics_bc.reads.plan import Advance
    from tap_dynamics_bc.records.encoding import Step
    from tap_dynamics_bc.records.writers import RecordWriter
    from tap_dynamics_bc.streams.columns import Column, Origin
    from tap_dynamics_bc.streams.replication import Value

_ENCODER = msgspec.json.Encoder()
_NOTHING: Mapping[str, Value] = {"moment": "", "day": "", "count": -1, "nothing": ""}
"""What is lower than every value, by the kind of a replication."""


Note: TypeAlias = "Callable[[Any, Any, Raw | None, bool], None]"
"""Is told of a row, what it is found again by, its parent's id, and whether it is emitted."""


class Watch(Protocol):
    """Whoever is told of all rows."""

    def note_of(self, step: Step) -> Note | None:
        """What is told of the rows of a step; None for nothing."""


class Emitter:
    """Writes the records of one read.

    Args:
        steps: The places of its pages, compiled.
        company: The company that is read; None for a set of the environment.
        advances: From where each place's stream is read, by the place's path.
        writer_of: Where the records of a stream go, by its name; asked for places whose stream is selected.
        condition: Which rows the read asks for.
        watch: Is told of the rows of each step; None when nobody watches.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        company: Company | None,
        advances: Mapping[tuple[str, ...], Advance],
        writer_of: Callable[[str], RecordWriter],
        condition: Condition = EVERYTHING,
        watch: Watch | None = None,
    ) -> None:
        self._outlets: list[_Outlet] = []
        for step in steps:
            selected = step.place.selection is not None
            writer = writer_of(step.place.stream.name) if selected else None
            advance = advances.get(step.place.path)
            start = FROM_THE_BEGINNING if advance is None else advance.start
            self._outlets.append(_Outlet(step, writer, start, _told(company, condition)))
            self._outlets[-1].note = None if watch is None else watch.note_of(step)
        for outlet in self._outlets:
            outlet.below = [(branch.attribute, branch.many, self._outlets[branch.step]) for branch in outlet.step.below]

    @property
    def streams(self) -> list[str]:
        """The streams whose records it writes, each once."""
        return list(dict.fromkeys(outlet.stream for outlet in self._outlets if outlet.writer is not None))

    def take(self, body: bytes, served_at: datetime) -> None:
        """Write the records of a page.

        Raises:
            UnexpectedAnswer: The page does not fit its metadata.
        """
        for outlet in self._outlets:
            if outlet.writer is not None:
                outlet.writer.turn_page(served_at)
        source = self._outlets[0]
        decode = source.step.decode
        try:
            for row in _PAGE.decode(body).value:
                _take(source, decode(row), None, None)
        except ArithmeticError as error:
            raise UnexpectedAnswer(f"A row of {source.stream} has a number that is too large for any.") from error
        except msgspec.MsgspecError as error:
            raise UnexpectedAnswer(f"The rows do not fit the metadata of {source.stream}: {error}.") from error

    def delete(self, path: tuple[str, ...], beginning: bytes) -> None:
        """Write the deletion of a row at a place.

        Args:
            path: The place's.
            beginning: The record, as a JSON object without its closing brace.
        """
        outlet = next(outlet for outlet in self._outlets if outlet.step.place.path == path)
        if outlet.writer is not None:
            outlet.writer.write(beginning, _NO_ROW)

    def settle(self, left_out: Sequence[LeftOut]) -> None:
        """Nothing follows from the pages of a read but their records."""

    def end(self) -> None:
        """Write what is held back: nothing more comes."""
        for outlet in self._outlets:
            if outlet.writer is not None:
                outlet.writer.end()

    def new_records(self) -> dict[str, int]:
        """Records written since the last time, by stream; a stream that is written and had none counts zero."""
        new: dict[str, int] = {}
        for outlet in self._outlets:
            if outlet.writer is not None:
                count = outlet.writer.count
                new[outlet.stream] = new.get(outlet.stream, 0) + count - outlet.told
                outlet.told = count
        return new

    def highest(self, path: tuple[str, ...]) -> Value | None:
        """The highest value that rows at a place are found again by, or of their parents; None before the first."""
        outlet = next(outlet for outlet in self._outlets if outlet.step.place.path == path)
        if outlet.highest == _NOTHING[outlet.step.kind]:
            return None
        return f"{outlet.highest}Z" if isinstance(outlet.highest, str) and outlet.step.kind != "day" else outlet.highest


class _Outlet:
    """What one step's rows go through in one read.

    Attributes:
        step: The step.
        stream: The stream they belong to.
        writer: Where its records go; None when the stream is not selected.
        start: From where the stream is read; None when every row is taken.
        highest: The highest value so far that rows are found again by, a moment without its `Z`.
        told: Records that were reported.
        below: The expansions: where a row holds them, whether they are many, and where they go.
        note: Is told of every row; None when nobody watches.
        by_moment: Whether rows are found again by a moment.
    """

    __slots__ = (
        "beginning",
        "below",
        "by_moment",
        "highest",
        "note",
        "parents",
        "replication",
        "start",
        "step",
        "stream",
        "told",
        "writer",
    )

    def __init__(
        self, step: Step, writer: RecordWriter | None, start: Start, told: Mapping[Origin, str | None]
    ) -> None:
        self.step = step
        self.stream = step.place.stream.name
        self.writer = writer
        self.highest: Any = _NOTHING[step.kind]
        self.told = 0
        self.below: list[tuple[str, bool, _Outlet]] = []
        self.note: Note | None = None
        self.by_moment = step.kind == "moment"
        selection = step.place.selection
        self.replication = selection.replication if selection is not None else None
        self.start = None if start.at is None else start
        self.beginning, self.parents = _members(step.columns, told)

    def takes(self, value: Value | None) -> bool:
        """Whether a row with that value belongs to the stream's read."""
        return self.start is None or self.replication is None or self.replication.takes(self.start, value)


def _take(outlet: _Outlet, row: Any, parent_stamp: str | None, parent_id: Raw | None) -> None:
    """Write one row, and what was expanded with it behind it."""
    step = outlet.step
    stamp: Any = None
    if step.stamp is not None:
        stamp = getattr(row, step.stamp) or None  # null, or not sent
        if stamp is not None:
            mark = stamp
            if outlet.by_moment:
                if stamp[-1] != "Z":
                    stamp = _in_utc(outlet, stamp)
                    setattr(row, step.stamp, stamp)
                mark = stamp[:-1]
            if mark > outlet.highest:  # noqa: PLR1730 - of every row
                outlet.highest = mark
    expansions: list[tuple[Any, bool, _Outlet]] = []
    if outlet.below:
        expansions = [(getattr(row, attribute), many, below) for attribute, many, below in outlet.below]
        for attribute, _, _ in outlet.below:
            setattr(row, attribute, UNSET)
    writer = outlet.writer
    wanted = writer is not None and (outlet.start is None or outlet.takes(stamp if step.stamp else parent_stamp))
    if outlet.note is not None:
        outlet.note(row, stamp, parent_id, wanted)
    if wanted:
        for attribute, blank in step.blanks:
            if getattr(row, attribute) == blank:
                setattr(row, attribute, None)
        for attribute, texts in step.enums:
            setattr(row, attribute, texts[getattr(row, attribute)])
        for attribute in step.amounts:
            setattr(row, attribute, to_number(getattr(row, attribute)))
        beginning = outlet.beginning
        for head, of in outlet.parents:
            beginning += head + _ENCODER.encode(parent_stamp if of == "parent.stamp" else parent_id)
        writer.write(beginning, row)  # type: ignore[union-attr]
    if not expansions:
        return
    row_id = None if step.key is None else getattr(row, step.key)
    for rows, many, below in expansions:
        _take_all(below, rows if many else (rows,), stamp or parent_stamp, row_id)


def _in_utc(outlet: _Outlet, stamp: str) -> str:
    if is_blank(stamp):
        return BLANK_STAMP  # east of Greenwich it would be a moment before the year 1
    try:
        return to_stamp(stamp)
    except ValueError as error:
        raise UnexpectedAnswer(f"{outlet.step.place.stream.stamp} of {outlet.stream} {error}") from error


def _take_all(outlet: _Outlet, rows: Any, parent_stamp: str | None, parent_id: Raw | None) -> None:
    """Write the rows of one expansion."""
    if outlet.step.stamp is None and parent_stamp is not None and parent_stamp[:-1] > outlet.highest:
        # Also of a parent without rows: the next read may start behind it.
        outlet.highest = parent_stamp[:-1]
    if rows is None or rows is UNSET:
        return
    for row in rows:
        if row is not None and row is not UNSET:
            _take(outlet, row, parent_stamp, parent_id)


def _told(company: Company | None, condition: Condition) -> dict[Origin, str | None]:
    """What all records of a read are told alike."""
    told: dict[Origin, str | None] = {"deleted_at": None}
    if company is not None:
        told |= {"company.id": company.id, "company.name": company.name}
    if isinstance(condition, Period):
        told |= {"period.start": condition.span.first.isoformat(), "period.end": condition.span.last.isoformat()}
    return told


def _members(
    columns: Sequence[Column], told: Mapping[Origin, str | None]
) -> tuple[bytes, tuple[tuple[bytes, Origin], ...]]:
    """What all records begin with, as a JSON object that goes on (empty for nothing); and what differs by parent."""
    beginning = b""
    parents: list[tuple[bytes, Origin]] = []
    for column in columns:
        head = b'%s"%s":' % (b"," if beginning or parents else b"{", column.name.encode())
        if column.of in told:
            beginning += head + _ENCODER.encode(told[column.of])
        else:
            parents.append((head, column.of))
    return beginning, tuple(parents)


class _NoRow(msgspec.Struct):
    pass


_NO_ROW = _NoRow()


class _Page(msgspec.Struct):
    value: list[Raw]


_PAGE = msgspec.json.Decoder(_Page)
