"""What a new line of a journal takes from its batch and from its neighbours: place, date, document number.

The rules are those of codeunit 5469 (Library API - General Journal) and of `SetUpNewLine` of table 81.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.rules.draft import DuplicateKey
from dynamics_bc_emulator.rules.journal_entries import JournalLine
from dynamics_bc_emulator.rules.journal_line_sets import LINE_SETS, is_empty, journal_lines
from dynamics_bc_emulator.rules.journal_templates import incremented
from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_STEP = 10_000
_Lines = list[tuple[str, "Row"]]


def take_place(draft: Draft, journal: Row) -> None:
    """Give a new line its number, and the date and document number of its neighbour, where it has none.

    The neighbour is the next line, or the last one if there is no later line.
    """
    row, lines = draft.row, journal_lines(draft.company, journal["id"])
    later = [line for line in lines if row["lineNumber"] and line[1]["lineNumber"] > row["lineNumber"]]
    neighbour = next(iter(later or lines[-1:]), None)
    if not row["lineNumber"]:
        row["lineNumber"] = (lines[-1][1]["lineNumber"] if lines else 0) + _STEP
    if row["postingDate"] == BLANK_DATE:
        row["postingDate"] = neighbour[1]["postingDate"] if neighbour else draft.company.today
    if row["documentNumber"]:
        return
    if neighbour is None:
        row["documentNumber"] = draft.company.peek_number(journal.get("_numberSeries", ""))
    else:
        row["documentNumber"] = _document_number(draft.company, journal, row, neighbour, None if later else lines)


def _document_number(
    company: Company, journal: Row, row: Row, neighbour: tuple[str, Row], before: _Lines | None
) -> str:
    """The neighbour's number; the next one after a document that balances, or for another external number.

    Args:
        company: Whose journal.
        journal: The batch.
        row: The new line.
        neighbour: Whose number it is.
        before: All lines, if the new one comes last.
    """
    number = str(neighbour[1]["documentNumber"])
    if before is not None and not is_empty(*neighbour) and not _balance(company, journal, before):
        return incremented(number)
    differs = row.get("externalDocumentNumber", "") != neighbour[1].get("externalDocumentNumber", "")
    return incremented(number) if differs else number


def _balance(company: Company, journal: Row, lines: _Lines) -> object:
    return sum((JournalLine(company, journal, entity_set, row).balance[0] for entity_set, row in lines), ZERO)


def check_line_number(draft: Draft) -> None:
    """A line number is used once in a batch, by entries and payments together."""
    for entity_set in LINE_SETS:
        for other in draft.company.find(entity_set, journalId=draft.row["journalId"]):
            if other["lineNumber"] == draft.row["lineNumber"] and other["id"] != draft.row.get("id"):
                raise DuplicateKey("Gen. Journal Line", f"Line No.='{draft.row['lineNumber']}'")
