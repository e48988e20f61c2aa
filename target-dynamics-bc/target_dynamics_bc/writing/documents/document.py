"""What is there of a document, and which of its lines are the record's? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.aligning import Alignment, align
from target_dynamics_bc.writing.documents.marking import is_told
from target_dynamics_bc.writing.steps import Finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Address


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is there, beside the record that it is to be like.

    Attributes:
        unit: The record.
        row: The document, with its lines and dimensions.
        alignment: Which of its lines are which of the record's.
    """

    unit: Unit
    row: Row
    alignment: Alignment

    @staticmethod
    def of(unit: Unit, row: Row) -> Document:
        """A document, with its lines told apart."""
        child = unit.kind.lines
        if child is None:
            return Document(unit, row, Alignment((), ()))
        # Comments and other kinds that the record does not state in full are somebody else's.
        stated, once = unit.wanted.line_kinds, unit.wanted.line_kinds_once
        known = unit.known.lines if unit.known is not None else {}
        brought = {id_.lower() for id_ in known.values()}
        managed = [
            each
            for each in _lines(unit, row)
            if (each.get("lineType") in stated and not is_told(each))
            or (each.get("lineType") in once and str(each["id"]).lower() in brought)
        ]
        return Document(unit, row, align(unit.resolved.lines or (), managed, known, child))

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["id"])

    @property
    def number(self) -> str:
        """Its number; empty when it has none."""
        return self.unit.kind.number_of(self.row)

    @property
    def address(self) -> Address:
        """Where it is."""
        return self.unit.set_address.at(self.id)

    @property
    def lines(self) -> Sequence[Row]:
        """All lines that it has."""
        return _lines(self.unit, self.row)

    @property
    def pairs(self) -> Iterator[tuple[ResolvedLine, Row | None]]:
        """The lines of the record, each with its row; None for a new one."""
        return zip(self.unit.resolved.lines or (), self.alignment.rows, strict=bool(self.alignment.rows))

    def known_lines(self) -> dict[str, str]:
        """Ids of the lines that an earlier version of the record brought, and this one does not speak of."""
        known = self.unit.known.lines if self.unit.known is not None else {}
        if not known:
            return {}
        stated = self.unit.wanted.line_kinds | self.unit.wanted.line_kinds_once
        there = {str(row["id"]).lower() for row in self.lines if row.get("lineType") not in stated}
        return {external_id: id_ for external_id, id_ in known.items() if str(id_).lower() in there}

    def finish(self, *, draft: bool = False, posted: bool = False) -> Finish:
        """Nothing is left to do for it. Of lines that the record does not speak of, what is known stays known."""
        lines = {line.external_id: str(row["id"]) for line, row in self.pairs if line.external_id and row is not None}
        return Finish(self.id, self.number, lines={**self.known_lines(), **lines}, draft=draft, posted=posted)


def age_rank(unit: Unit, row: Row) -> tuple[int, str]:
    """How late a document was made: numbers of one series grow."""
    number = unit.kind.number_of(row)
    return len(number), number


def _lines(unit: Unit, row: Row) -> Sequence[Row]:
    return row.get(unit.kind.lines_name) or ()
