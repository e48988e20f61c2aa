"""Would the service take a payment discount that the record does not speak of? Pure.

A payment that is applied to a document in time, and reaches what is left of it less the discount of its terms, closes
it and keeps the discount back (codeunit 12, Gen. Jnl.-Post Line); nobody asks. The terms are those of the invoice, or
of the vendor, because posted bills do not show theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_client.odata.values import ZERO_GUID
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.finding.precision import precision_of, rounded
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.kinds.facts import PAYMENT_TERMS
from target_dynamics_bc.wanted.records import BOOKED_CURRENCY
from target_dynamics_bc.writing.comparing import number_in
from target_dynamics_bc.writing.journals.date_formulas import last_day
from target_dynamics_bc.writing.journals.places import is_payment, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_client.odata.query import Query
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit

DISCOUNT = "discountAmount"
"""What a record in Business Central's own names calls the discount that its payment keeps back."""

_TERMS = "terms "
_SELECT = ("id", "code", "discountPercent", "discountDateCalculation")


def discount_looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked of the terms by which a discount may be taken."""
    if not is_payment(unit) or not unit.is_to_be_posted or unit.posted:
        return {}
    path = unit.path(PAYMENT_TERMS)
    ids = {terms for _, document in _documents(unit) if (terms := _terms_of(unit, document))}
    return {f"{_TERMS}{id_}": by_key(path, "id", id_, select=_SELECT) for id_ in sorted(ids)}


def untold_discounts(unit: Unit, answers: Answers) -> tuple[Fault, ...]:
    """Why a payment is not to be posted: it would get another discount than its record states."""
    stated, field = _stated(unit), unit.called(DISCOUNT)
    taken = [each for each in _discounts(unit, answers) if each.amount]
    if sum((each.amount for each in taken), Decimal(0)) == stated and len(taken) <= 1:
        return ()
    if not taken:
        message = (
            f"{field} is {stated.normalize():f}, and Business Central would take no discount: the payment is too late, "
            "or too small, or the terms grant none. Leave it out."
        )
        return (Fault("plan", field, "discount_differs", message),)
    several = len(_documents(unit)) > 1
    how = f"send {unit.kind.noun} of its own for it" if several else f"state it in {field}"
    return tuple(
        Fault(
            "plan",
            field,
            "discount_differs",
            f"Business Central would take a payment discount of {each.amount.normalize():f} on {each.document}, which "
            f"is granted until {each.until}, and the record does not say so; {how}, or post it later.",
        )
        for each in taken
    )


def discount_booked(unit: Unit, amounts: list[Decimal]) -> tuple[Fault, ...]:
    """What was booked beside a payment that is posted, where it is not the discount that its record states.

    Args:
        unit: The payment.
        amounts: What the general ledger debits under its number beside the payment itself.
    """
    stated, field = _stated(unit), unit.called(DISCOUNT)
    if (booked := sum(amounts, Decimal(0))) == stated:
        return ()
    message = (
        f"Business Central has booked {booked.normalize():f} beside the payment, a discount or a tolerance by the "
        f"terms of what it is applied to, and {field} states {stated.normalize():f}; correct it there."
    )
    return (Fault("post", field, "discount_differs", message),)


@dataclass(frozen=True, slots=True)
class _Discount:
    """What would be kept back of a document, which may be nothing, and until when."""

    document: str
    amount: Decimal
    until: str


def _discounts(unit: Unit, answers: Answers) -> Iterator[_Discount]:
    """What would be kept back of each document that the payment is for and whose terms grant a discount."""
    day = str(unit.resolved.fields.get("postingDate") or "")
    for paid, document in _documents(unit):
        terms = next(iter(answers.get(f"{_TERMS}{_terms_of(unit, document)}", ())), {})
        percent, formula = number_in(terms, "discountPercent"), str(terms.get("discountDateCalculation"))
        if not percent or paid is None:
            continue
        total = abs(number_in(document, "totalAmountIncludingTax"))
        discount = rounded(total * percent / 100, _smallest(unit))
        until = last_day(formula, date.fromisoformat(str(document["invoiceDate"])))
        # A formula that is not understood leads nowhere; it must not pass for a day that is over.
        is_taken = (until is None or day <= until.isoformat()) and paid >= total - discount
        shown = until.isoformat() if until is not None else f'the day of "{formula}"'
        yield _Discount(str(document.get("number")), discount if is_taken else Decimal(0), shown)


def _stated(unit: Unit) -> Decimal:
    """The discount that the record states, as the service keeps it; 0 for none."""
    return rounded(unit.wanted.discount or Decimal(0), _smallest(unit))


def _smallest(unit: Unit) -> Decimal:
    """The smallest amount of the currency that a payment is booked in."""
    return precision_of(unit.resolved.found.get(BOOKED_CURRENCY))


def _documents(unit: Unit) -> list[tuple[Decimal | None, Row]]:
    """What is paid of each document that the payment is for, and the document."""
    name, resolved = rules_of(unit).applies_to, unit.resolved
    if parts := resolved.applications:
        return [(Decimal(part.fields["amount"]), part.found[name]) for part in parts]
    amount, document = resolved.fields.get("amount"), resolved.found.get(name)
    return [] if document is None else [(None if amount is None else abs(Decimal(amount)), document)]


def _terms_of(unit: Unit, document: Row) -> str:
    """The id of the payment terms that a document has, or else whoever it is from; empty for none."""
    party = unit.resolved.found.get(rules_of(unit).party) or {}
    id_ = str(document.get("paymentTermsId") or party.get("paymentTermsId") or ZERO_GUID)
    return "" if id_ == ZERO_GUID else id_.lower()
