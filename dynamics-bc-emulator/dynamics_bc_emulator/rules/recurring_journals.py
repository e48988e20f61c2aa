"""What is particular to the lines of a recurring journal: which are due, what is reversed, what the next period finds.

The API shows neither a line's method nor its frequency: they are the internal `_recurringMethod` (`Fixed`, `Variable`,
`Reversing Fixed`, `Reversing Variable`) and `_recurringFrequency`, a date formula.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from dynamics_bc_emulator.date_formulas import date_after
from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.amounts import ZERO
from dynamics_bc_emulator.rules.journal_entries import JournalLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_METHODS = frozenset({"Fixed", "Variable", "Reversing Fixed", "Reversing Variable"})


def due_lines(company: Company, lines: Sequence[JournalLine]) -> list[JournalLine]:
    """The lines of a recurring journal that are posted today, with their texts filled in; those without an amount wait.

    Raises:
        Refusal: A line has no method or no frequency, or a balancing account.
    """
    for line in lines:
        if line.own_number:
            _check(line)
    due = [line for line in lines if line.row["postingDate"] <= company.today]
    return [_with_texts(line) for line in due if line.amount or not line.own_number]


def reversed_lines(lines: Sequence[JournalLine]) -> list[JournalLine]:
    """What is posted with the other sign on the day after, for the methods that reverse."""
    return [_changed(line, _reversal(line.row)) for line in lines if _method(line).startswith("Reversing")]


def move_on(company: Company, lines: Sequence[JournalLine]) -> None:
    """Give the posted lines the date of the next period; the amount of a variable one is gone."""
    for line in lines:
        stored = line.row["_stored"]
        start = date.fromisoformat(stored["postingDate"])
        changes: Row = {"postingDate": date_after(stored["_recurringFrequency"], start).isoformat()}
        if _method(line).endswith("Variable"):
            changes["amount"] = ZERO
        company.update(line.entity_set, stored["id"], changes)


def _check(line: JournalLine) -> None:
    for caption, value in (
        ("Recurring Method", _method(line) if _method(line) in _METHODS else ""),
        ("Recurring Frequency", line.row.get("_recurringFrequency", "")),
    ):
        if not value:
            message = f"{caption} must have a value in Gen. Journal Line: Line No.={line.row['lineNumber']}."
            raise Refusal(400, "Application_FieldValidationException", message)
    if line.balancing_number:
        raise refused("Bal. Account No. cannot be specified when using recurring journals.")


def _method(line: JournalLine) -> str:
    return str(line.row.get("_recurringMethod", ""))


def _with_texts(line: JournalLine) -> JournalLine:
    """The line with the day, week, month and year of its date in its texts: `%1`, `%2`, `%3`, `%4` and `%6`."""
    day = date.fromisoformat(line.row["postingDate"])
    texts = dict(_texts(day))
    changes: Row = {"_stored": line.row}
    for name in ("documentNumber", "description"):
        text = str(line.row[name])
        for sign, value in texts.items():
            text = text.replace(sign, value)
        changes[name] = text
    return _changed(line, changes)


def _texts(day: date) -> Iterator[tuple[str, str]]:
    yield "%1", str(day.day)
    yield "%2", str(day.isocalendar().week)
    yield "%3", str(day.month)
    yield "%4", f"{day:%B}"
    yield "%6", str(day.year)


def _reversal(row: Row) -> Row:
    day = date.fromisoformat(row["postingDate"]) + timedelta(days=1)
    return {"amount": -row["amount"], "postingDate": day.isoformat()}


def _changed(line: JournalLine, changes: Row) -> JournalLine:
    return JournalLine(line.company, line.journal, line.entity_set, {**line.row, **changes})
