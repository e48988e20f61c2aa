"""Where is a large set cut, so that its rows can be read side by side and be gone on with where a run was killed?

A window is a stretch of stamps; together they hold every row that had a stamp when they were counted, and each row in
exactly one of them. A row that is changed meanwhile gets a stamp of now and so moves to the last window, which has no
end; if that was read already, the next run reads it, because no bookmark of this run passes the run's own ceiling.

The borders are found by counting. A stretch that holds too many rows is cut into equal pieces, all of which are counted
in one go, and those of them that still do are cut again. Rows of one and the same stamp, or of none, cannot be cut
that way: they are cut by the number of the entry where a set has one, and are one window otherwise. No bookmark can
stand between them, so only the last of them moves it.

Pure: whoever plans windows hands in who counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from dynamics_bc_client.odata.query import all_of, stamp_literal
from dynamics_bc_client.odata.values import BLANK_STAMP
from tap_dynamics_bc.streams.stamps import to_stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_dynamics_bc.streams.replication import Start

Count: TypeAlias = "Callable[[Sequence[str]], Sequence[int]]"
"""How many rows each of some filters has."""

LARGE_ROWS = 100_000
"""A set with fewer rows is read in one go: a handful of pages, which take less time than to look for borders."""

MOST_WINDOWS = 250
COUNTS_AT_ONCE = 240
FIRST_PIECES = 32

FIRST_YEAR = datetime(2010, 1, 1, tzinfo=timezone.utc)
"""No row is older, but for those that have no stamp: before it no borders are looked for."""

HIGHEST_NUMBER = 2**31
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Values of one property, from one on and before another, as whole numbers: of milliseconds, or as they are.

    Attributes:
        name: The property.
        first: The first of them; None for no lower end.
        end: The first behind them; None for no upper end.
        is_moment: Whether the numbers are milliseconds since 1970.
    """

    name: str
    first: int | None
    end: int | None
    is_moment: bool = True

    @property
    def filter(self) -> str:
        """As an OData filter. Without a lower end rows that have no stamp belong to it, too."""
        if self.first is None and self.end is not None and self.is_moment:
            return f"{self.name} lt {self._literal(self.end)} or {self.name} eq {BLANK_STAMP}"
        lower = "" if self.first is None else f"{self.name} ge {self._literal(self.first)}"
        upper = "" if self.end is None else f"{self.name} lt {self._literal(self.end)}"
        return all_of(lower, upper)

    def pieces(self, number: int) -> list[Stretch]:
        """The stretch in about as many equal pieces."""
        assert self.first is not None
        assert self.end is not None
        width = self.end - self.first
        number = min(number, width)
        borders = [self.first + width * place // number for place in range(number + 1)]
        return [replace(self, first=one, end=other) for one, other in pairwise(borders)]

    @property
    def can_be_cut(self) -> bool:
        """Whether there is more than one value in it, and both ends are known."""
        return self.first is not None and self.end is not None and self.end - self.first > 1

    def _literal(self, value: int) -> str:
        return _stamp(value) if self.is_moment else str(value)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a set.

    Attributes:
        filter: Which rows it holds.
        until: The bookmark once it and all before it were written, as a stamp; None for that of its rows.
        held: Whether the bookmark has to wait for the next window.
    """

    filter: str
    until: str | None = None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Cuttable:
    """A set that may be cut.

    Attributes:
        filter: Which rows are read of it; empty for all.
        stamp: The property that holds their stamp.
        start: From where on they are read.
        before: The stamp before which they are read; None for no end.
        number: The property that holds the number of an entry; None without one.
        page_rows: Rows of a page: a window should be one of them.
    """

    filter: str
    stamp: str
    start: Start
    before: str | None
    number: str | None
    page_rows: int

    def stretches(self, ceiling: str) -> list[Stretch]:
        """What the set is cut into first: pieces that borders are looked for in, and what is around them."""
        end = _milliseconds(ceiling)
        begins = self.start.at is not None
        first = _milliseconds(str(self.start.at)) if begins else _milliseconds(stamp_literal(FIRST_YEAR))
        if end <= first:
            return []
        last = Stretch(self.stamp, end, None if self.before is None else _milliseconds(self.before))
        pieces = Stretch(self.stamp, first, end).pieces(FIRST_PIECES)
        return [*([] if begins else [Stretch(self.stamp, None, first)]), *pieces, last]


def cut(found: Cuttable, ceiling: str, count: Count) -> list[Window]:
    """The windows of a set; none where it is not worth it, or not possible.

    Args:
        found: What is read of it.
        ceiling: The stamp that no bookmark may pass: there are no borders behind it.
        count: Counts the rows of filters.
    """
    stretches = found.stretches(ceiling)
    blank = [f"{found.stamp} eq {BLANK_STAMP}"] if found.start.with_blank else []
    total, *rows = count([found.filter, *blank, *(stretch.filter for stretch in stretches)]) if stretches else (0,)
    if total < LARGE_ROWS or sum(rows) != total:
        # In a set that has rows with no value at all, these would be in no window.
        return []
    cutter = _Cutter(count, found.number, max(found.page_rows, -(-total // MOST_WINDOWS)))
    blank_rows = rows.pop(0) if blank else 0
    windows = list(cutter.of_one_stamp(blank[0], blank_rows, str(found.start.at))) if blank_rows else []
    pieces = [_Piece(stretch, held) for stretch, held in zip(stretches, rows, strict=True)]
    *groups, last = cutter.groups([*cutter.finer(pieces[:-1])], pieces[-1])
    for group in groups:
        stretch = replace(group[0].stretch, end=group[-1].stretch.end)
        assert stretch.end is not None
        windows += cutter.of_one_stamp(stretch.filter, sum(piece.rows for piece in group), _stamp(stretch.end))
    return [*windows, Window(replace(last[0].stretch, end=last[-1].stretch.end).filter)]


@dataclass(frozen=True, slots=True)
class _Piece:
    stretch: Stretch
    rows: int


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Cuts stretches until each holds as many rows as are wanted, or cannot be cut."""

    count: Count
    number: str | None
    wanted: int

    def finer(self, pieces: list[_Piece]) -> list[_Piece]:
        """The pieces, those that hold too many rows cut."""
        while True:
            cuts: dict[int, list[Stretch]] = {}
            room = COUNTS_AT_ONCE
            for piece in pieces:
                if room > 1 and piece.rows > self.wanted and piece.stretch.can_be_cut:
                    # Half as large as is wanted: two of them make a window that is nearly full.
                    number = min(max(2, 2 * piece.rows // self.wanted + 1), COUNTS_AT_ONCE)
                    cuts[id(piece)] = piece.stretch.pieces(number)
                    room -= number
            if not cuts:
                return pieces
            # The last piece of each has what the others leave.
            rows = iter(self.count([stretch.filter for stretches in cuts.values() for stretch in stretches[:-1]]))
            pieces = [finer for piece in pieces for finer in _counted(piece, cuts.get(id(piece)), rows)]

    def groups(self, pieces: Iterable[_Piece], last: _Piece | None = None) -> Iterator[list[_Piece]]:
        """Neighbours that fit into one window together; the last piece, if there is one, stands alone."""
        group: list[_Piece] = []
        rows = 0
        for piece in [*pieces, *([last] if last else [])]:
            if rows and (rows + piece.rows > self.wanted or piece is last):
                yield group
                group, rows = [], 0
            group.append(piece)
            rows += piece.rows
        yield group

    def of_one_stamp(self, filter_: str, rows: int, until: str) -> Iterator[Window]:
        """The windows of rows that no bookmark can stand between; one if they fit, or nothing else tells them apart."""
        if self.number is None or rows <= self.wanted:
            yield Window(filter_, until)
            return
        numbers = Stretch(self.number, 0, HIGHEST_NUMBER, is_moment=False)
        among = replace(self, count=lambda filters: self.count([all_of(filter_, each) for each in filters]))
        borders = [group[-1].stretch.end for group in among.groups(among.finer([_Piece(numbers, rows)]))][:-1]
        # Numbers below and above all that are expected belong to the first window and the last.
        for first, end in zip([None, *borders], [*borders, None], strict=True):
            stretch = replace(numbers, first=first, end=end)
            yield Window(all_of(filter_, stretch.filter), None if end else until, held=end is not None)


def _counted(piece: _Piece, stretches: list[Stretch] | None, counts: Iterator[int]) -> Iterator[_Piece]:
    if stretches is None:
        yield piece
        return
    left = piece.rows
    for stretch in stretches[:-1]:
        rows = next(counts)
        left -= rows
        yield _Piece(stretch, rows)
    yield _Piece(stretches[-1], max(left, 0))


def _milliseconds(stamp: str) -> int:
    return (datetime.fromisoformat(to_stamp(stamp).replace("Z", "+00:00")) - _EPOCH) // _MILLISECOND


def _stamp(milliseconds: int) -> str:
    return stamp_literal(_EPOCH + milliseconds * _MILLISECOND)
