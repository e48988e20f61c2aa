"""What did the service fill in by itself that changes what a number of the record means?

A record that states a price and no currency, a quantity and no unit, or a vendor and nobody else who is paid, leaves
that to the cards of its vendor, customer or item. Where those say what anybody would assume (the company's currency,
the item's base unit, prices without tax, the vendor itself), nothing is to be asked. Otherwise nobody knows which one
the record means, and it is not posted.

Locations, payment terms, shipment methods and tax groups change no number of the record: they are compared where it
states them, and are the service's where it does not. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.wanted.reading import truth_of
from target_dynamics_bc.writing.comparing import is_blank, number_in, same_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit

FILLED_IN = "filled_in"
_CURRENCY = "currencyCode"
_GROSS = "pricesIncludeTax"
_UNIT = "unitOfMeasureId"
_PAYERS = {"vendorId": ("payToVendorId", "pay-to"), "customerId": ("billToCustomerId", "bill-to")}
"""By a document's party, the property of who pays or is paid for it, and what that one is called."""


def meanings_filled_in(unit: Unit, found: Row, pairs: Iterable[tuple[ResolvedLine, Row | None]]) -> tuple[Fault, ...]:
    """A fault for each number whose meaning the record leaves open, and that means something unusual there.

    Args:
        unit: The record.
        found: The draft.
        pairs: Each line of the record with its row.
    """
    child = unit.kind.lines
    of_payer = tuple(_payer(unit, found))
    lines = [(line, row) for line, row in pairs if row is not None]
    if child is None or not lines:
        return of_payer
    has_prices = any(line.fields.get(name) is not None for line, _ in lines for name in child.recalculated)
    of_header = [*_currency(unit, found), *_tax(unit, found)] if has_prices else []
    of_lines = (fault for line, row in lines for fault in (*_unit_of_measure(line, row), *_invoiced(line, row)))
    return (*of_payer, *of_header, *of_lines)


def _payer(unit: Unit, found: Row) -> Iterator[Fault]:
    """Whose account it would be booked on, where the card of the record's party says somebody else."""
    party = unit.kind.party
    payer, role = _PAYERS.get(party, ("", ""))
    number = f"{payer.removesuffix('Id')}Number"
    theirs, own = found.get(payer), found.get(party)
    if not payer or is_blank(theirs) or is_blank(own) or same_id(theirs, own):
        return
    if not {payer, number} & (unit.resolved.fields.keys() | unit.wanted.references.keys()):
        whose = party.removesuffix("Id")
        yield _fault(
            unit.called(number),
            f"The record states no {unit.called(number)}, and Business Central would book it on the account of the "
            f"{whose} {found.get(number)}, the {role} {whose} of {found.get(f'{whose}Number')}",
        )


def _currency(unit: Unit, found: Row) -> Iterator[Fault]:
    local, theirs = unit.books.local_currency, str(found.get(_CURRENCY) or "")
    if _CURRENCY in unit.resolved.fields or not local or theirs.upper() in {"", local.upper()}:
        return
    yield _fault(
        unit.called(_CURRENCY),
        f"The record states no currency, and Business Central would book its amounts in {theirs}, which is the "
        f"{unit.kind.party.removesuffix('Id')}'s, not in {local}",
    )


def _tax(unit: Unit, found: Row) -> Iterator[Fault]:
    """A total that the record states is compared anyway, and tells gross from net."""
    is_stated = _GROSS in unit.resolved.fields or truth_of(unit.wanted.record.get(_GROSS)) is not None
    is_stated = is_stated or unit.wanted.total is not None
    if found.get(_GROSS) is True and not is_stated:
        yield _fault(
            unit.called(_GROSS),
            "The record does not say whether its prices include tax, and Business Central takes them as if they did",
        )


def _unit_of_measure(line: ResolvedLine, row: Row) -> Iterator[Fault]:
    base = (line.found.get("itemId") or {}).get("baseUnitOfMeasureId")
    if _UNIT in line.fields or is_blank(base) or is_blank(row.get(_UNIT)) or same_id(base, row.get(_UNIT)):
        return
    yield _fault(
        f"{line.field}.unitOfMeasureCode",
        f"{line.field} states no unit of measure, and Business Central would book a quantity of {row.get('quantity')} "
        f"{row.get('unitOfMeasureCode')}, which is not the item's base unit",
    )


def _invoiced(line: ResolvedLine, row: Row) -> Iterator[Fault]:
    """Of an order, what is to be invoiced may be less than the line: what somebody set, or what set-up leaves blank."""
    if not {"invoiceQuantity", "invoicedQuantity"} <= row.keys() or "invoiceQuantity" in line.fields:
        return
    wanted, then = number_in(row, "quantity"), number_in(row, "invoiceQuantity") + number_in(row, "invoicedQuantity")
    if then != wanted:
        yield _fault(
            f"{line.field}.quantity",
            f"Of {line.field}, Business Central would invoice {then:f} of {wanted:f}",
        )


def _fault(field: str, what: str) -> Fault:
    return Fault("plan", field, FILLED_IN, f"{what}, so it is not posted; send what is meant, or set it there.")
