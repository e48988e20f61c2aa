"""Would posting a draft book what the record says, and nothing else?

Values that were written and not kept are found by the look behind a write. Here is what nobody wrote: lines of somebody
else, discounts and meanings that the service fills in by itself, and the sum of it all. Pure.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kinds.facts import CENT
from target_dynamics_bc.wanted.unified.item_lines import TAX_AMOUNT, TAX_RATES
from target_dynamics_bc.writing.comparing import number_in
from target_dynamics_bc.writing.filled_in import meanings_filled_in
from target_dynamics_bc.writing.foreseeing import foreseen_amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_dynamics_bc.wanted.records import ResolvedLine, Row, WantedLine
    from target_dynamics_bc.writing.unit import Unit

FOREIGN_LINES = "foreign_lines"
_TOTAL = "totalAmountIncludingTax"
_DISCOUNT = "discountAmount"
_RATE = "taxPercent"
_FOLLOWS_FROM_TAX = frozenset({
    _RATE, "totalTaxAmount", "netTaxAmount", "amountIncludingTax", "netAmountIncludingTax", "totalAmountIncludingTax",
})  # fmt: skip
_NOT_POSTED = "so it is not posted"


def reasons_against_posting(
    unit: Unit, found: Row, rows: Sequence[Row | None], known: Mapping[str, str]
) -> tuple[Fault, ...]:
    """Why a draft is not to be posted: what it would book that the record does not say, or not book that it says.

    Args:
        unit: The record.
        found: The draft.
        rows: The row of each line of the record.
        known: Ids of further lines that an earlier version of the record brought, by the sender's id.
    """
    pairs = list(zip(unit.resolved.lines or (), rows, strict=False))
    return (
        *_unpostable(unit),
        *_foreign(unit, found, rows, known),
        *_other_total(unit, found),
        *(fault for line, row in pairs if row is not None for fault in _of_line(unit, found, line, row)),
        *_other_calculations(unit, found, rows),
        *_other_statements(unit, rows),
        *meanings_filled_in(unit, found, pairs),
    )


def _unpostable(unit: Unit) -> Iterator[Fault]:
    """Lines of the record that no posting through the API takes."""
    child = unit.kind.lines
    for line in unit.resolved.lines or () if child is not None else ():
        type_ = child.type_of(line.kind) if child is not None else None
        if type_ is not None and type_.unpostable and line.fields.get("quantity") != 0:
            number = line.fields.get(type_.number, "")
            message = f"{line.field} is for the {type_.words.lower()} {number}: {type_.unpostable}."
            yield Fault("plan", line.field, "unpostable_line", message)


def differing_amounts(unit: Unit, found: Row, rows: Sequence[Row | None]) -> list[str]:
    """Where a document that is posted comes to something else than the record says, in the words of messages."""
    pairs = zip(unit.resolved.lines or (), rows, strict=False)
    of_lines = (fault for line, row in pairs if row is not None for fault in _of_line(unit, found, line, row))
    names = [fault.field for fault in _other_total(unit, found)]
    return [*names, *dict.fromkeys(f"the amount of {fault.field}" for fault in of_lines)]


def _foreign(unit: Unit, found: Row, rows: Sequence[Row | None], known: Mapping[str, str]) -> Iterator[Fault]:
    if foreign := foreign_lines(unit, found, rows, known):
        number = found.get(unit.kind.number_property)
        message = (
            f"The draft {number} has lines that the record does not have ({foreign}), {_NOT_POSTED}; remove them in "
            "Business Central, or send them with the record."
        )
        yield Fault("plan", "", FOREIGN_LINES, message)


def _other_calculations(unit: Unit, found: Row, rows: Sequence[Row | None]) -> Iterator[Fault]:
    """Numbers that the record states, and that the service calculates from others.

    Where it taxes a line at another rate that is the fault, and not all that follows from it.
    """
    lines = [(line, row) for line, row in zip(unit.wanted.lines or (), rows, strict=False) if row is not None]
    rates = [fault for line, row in lines for fault in _other_rate(unit, found, line, row)]
    but = _FOLLOWS_FROM_TAX if rates else frozenset()
    yield from rates
    of_lines = ((f"{line.field}.", line.calculated, row) for line, row in lines)
    for prefix, stated, row in (("", unit.wanted.calculated, found), *of_lines):
        yield from _miscalculated(unit, prefix, {name: stated[name] for name in stated if name not in but}, row)


def _other_rate(unit: Unit, found: Row, line: WantedLine, row: Row) -> Iterator[Fault]:
    """Where a line is taxed at another rate than the record says, as in a copy from another company."""
    stated = line.calculated.get(_RATE)
    if stated is None or row.get(_RATE) is None or number_in(row, _RATE) == stated:
        return
    party = unit.kind.party.removesuffix("Id")
    name, code, number = f"{line.field}.{_RATE}", row.get("taxCode") or "", found.get(f"{party}Number")
    message = (
        f"{name} was sent as {stated.normalize():f}, and Business Central taxes the line at {number_in(row, _RATE):f}% "
        f'(taxCode "{code}", {party} {number}), {_NOT_POSTED}; send the taxCode that has this rate there, correct the '
        "rate in the VAT Posting Setup, or leave out the tax and what includes it."
    )
    yield Fault("plan", name, "amount_differs", message)


def _miscalculated(unit: Unit, prefix: str, stated: Mapping[str, Any], row: Row) -> Iterator[Fault]:
    for name, value in stated.items():
        if row.get(name) is not None and abs(number_in(row, name) - value) > _tolerance(unit):
            message = (
                f"{prefix}{unit.called(name)} was sent as {value:f}, and Business Central calculates {row[name]}, "
                f"{_NOT_POSTED}; correct it there, or send what it is to be."
            )
            yield Fault("plan", f"{prefix}{unit.called(name)}", "amount_differs", message)


def _other_statements(unit: Unit, rows: Sequence[Row | None]) -> Iterator[Fault]:
    """Amounts and taxes that lines of unified records state, and that Business Central calculates otherwise.

    Nothing says whether such an amount includes tax, or is less the discount: it may be any of what the line comes to.
    """
    lines = zip(unit.wanted.lines or (), unit.resolved.lines or (), rows, strict=False)
    for wanted, line, row in ((wanted, line, row) for wanted, line, row in lines if row is not None):
        for name, value in wanted.stated.items():
            amounts = _taxes_of(name, row) or _amounts_of(unit, line, row)
            if any(abs(amount - value) <= _tolerance(unit) for amount in amounts):
                continue
            field, comes = f"{wanted.field}.{name}", " or ".join(dict.fromkeys(f"{each:f}" for each in amounts))
            message = (
                f"{field} was sent as {value:f}, and Business Central calculates {comes}, {_NOT_POSTED}; correct it "
                "there, or send what it is to be."
            )
            yield Fault("plan", field, "amount_differs", message)


def _taxes_of(name: str, row: Row) -> list[Decimal]:
    """All that a line's tax, or its rate, may be called; nothing for what is neither."""
    if name in TAX_RATES:
        return [number_in(row, _RATE), number_in(row, _RATE) / 100]
    return [number_in(row, "totalTaxAmount")] if name == TAX_AMOUNT else []


def _amounts_of(unit: Unit, line: ResolvedLine, row: Row) -> list[Decimal]:
    """All that may be called the amount of a line: with and without tax, and before its discount."""
    amounts = [number_in(row, name) for name in ("amountExcludingTax", "amountIncludingTax")]
    before = foreseen_amount(unit.kind.lines, {**line.fields, _DISCOUNT: 0}) if unit.kind.lines is not None else None
    return amounts if before is None else [*amounts, before]


def _tolerance(unit: Unit) -> Decimal:
    return max(unit.rules.total_tolerance, CENT)


def _other_total(unit: Unit, found: Row) -> Iterator[Fault]:
    total, stated = found.get(_TOTAL), unit.wanted.total
    if stated is not None and total is not None and abs(Decimal(str(total)) - stated) > unit.rules.total_tolerance:
        message = (
            f"Business Central calculates a total of {total}, the record says {stated}; the {unit.kind.noun.one} stays "
            "a draft."
        )
        yield Fault("plan", unit.called(_TOTAL), "total_differs", message)


def _of_line(unit: Unit, found: Row, line: ResolvedLine, row: Row) -> Iterator[Fault]:
    child = unit.kind.lines
    foreseen = foreseen_amount(child, line.fields) if child is not None else None
    if foreseen is None:
        return
    name = "amountIncludingTax" if found.get("pricesIncludeTax") else "amountExcludingTax"
    if row.get(name) is not None and abs(number_in(row, name) - foreseen) > _tolerance(unit):
        discount = f", with a discount of {row[_DISCOUNT]}" if row.get(_DISCOUNT) else ""
        message = (
            f"{line.field} comes to {foreseen.normalize():f} by what was sent, and to {row[name]} in Business Central"
            f"{discount}, {_NOT_POSTED}; correct it there, or send what it is to be."
        )
        yield Fault("plan", line.field, "amount_differs", message)
    shared = number_in(row, "invoiceDiscountAllocation")
    if shared and _DISCOUNT not in unit.resolved.fields and "discountPercent" not in unit.resolved.fields:
        message = (
            f"{line.field} has a share of {shared} in an invoice discount that the record does not have, "
            f"{_NOT_POSTED}; remove it in Business Central, or send the discount with the record."
        )
        yield Fault("plan", line.field, "discount_differs", message)


def foreign_lines(unit: Unit, found: Row, rows: Sequence[Row | None], known: Mapping[str, str]) -> str:
    """The lines with an amount that are not of the record, in words; empty when there are none.

    A record that does not speak of lines means the document as it stands, unless it has just made it.
    """
    if unit.resolved.lines is None and not (unit.created or unit.interrupted):
        return ""
    ours = {str(row["id"]).lower() for row in rows if row is not None}
    ours |= {id_.lower() for id_ in known.values()}
    there = found.get(unit.kind.lines_name) or ()
    foreign = [row for row in there if str(row["id"]).lower() not in ours and _has_amount(unit, row)]
    return ", ".join(f'"{row.get("description") or row.get("lineObjectNumber") or row["id"]}"' for row in foreign)


def _has_amount(unit: Unit, row: Row) -> bool:
    """Whether a line changes the total: it has a price and a quantity, or an amount."""
    child = unit.kind.lines
    type_ = child.type_of(str(row.get("lineType"))) if child is not None else None
    if child is None or (type_ is not None and not type_.object):
        return False
    prices = [number_in(row, name) for name in child.prices]
    quantity = number_in(row, "quantity")
    amounts = [number_in(row, name) for name in ("amountExcludingTax", "netAmount")]
    return any(quantity * price for price in prices) or any(amounts)
