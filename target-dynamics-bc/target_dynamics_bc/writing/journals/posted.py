"""Does the general ledger hold this entry or payment already? Pure.

It is found by document number and posting date. The ledger names no party: of payments the description does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from dynamics_bc_client.odata.values import decode_enum
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.writing.comparing import number_in
from target_dynamics_bc.writing.journals.discounts import discount_booked
from target_dynamics_bc.writing.journals.lines import is_balanced
from target_dynamics_bc.writing.journals.places import is_payment, number_field, number_of, rules_of, wanted_lines
from target_dynamics_bc.writing.steps import Answers, Step, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_dynamics_bc.wanted.records import ResolvedLine, Row
    from target_dynamics_bc.writing.unit import Unit

PAID = "paid "
"""What the look for a document that a payment is for is called by; its place among them follows."""

Verdict = Literal["absent", "same", "differs", "unclear"]

_GL_ACCOUNT = "G/L Account"
_BLANK_TYPES = frozenset({"", " ", "_x0020_"})


def verdict_of(unit: Unit, answers: Answers) -> Verdict:
    """Whether the general ledger holds this entry or payment."""
    rows = _rows_of_kind(unit, answers)
    return _payment_verdict(unit, rows, answers) if is_payment(unit) else _entry_verdict(unit, rows)


def _rows_of_kind(unit: Unit, answers: Answers) -> list[Row]:
    """The rows of the general ledger with its number and date that are of its document type."""
    types = {rules_of(unit).document_type} if is_payment(unit) else _BLANK_TYPES
    return [row for row in answers.get("posted", ()) if str(row.get("documentType") or "") in types]


def _entry_verdict(unit: Unit, rows: Sequence[Row]) -> Verdict:
    """Posting may split an amount into net and tax, but debits stay the same in sum, and every account is there."""
    if not rows:
        return "absent"
    ids = {str(row["id"]).lower() for row in rows}
    if any(rival.posted and rival.id.lower() in ids for rival in unit.rivals):
        return "unclear"
    debits = sum((number_in(row, "debitAmount") for row in rows), Decimal(0))
    wanted = sum((_debit(line) for line in wanted_lines(unit)), Decimal(0))
    accounts = {str(row.get("accountId", "")).lower() for row in rows}
    # A bank, a customer and a vendor are booked on an account of their posting group, which nobody here knows.
    named = (str(line.fields["accountId"]).lower() for line in wanted_lines(unit) if _is_of_ledger(line))
    complete = all(account in accounts for account in named)
    return "same" if complete and debits == wanted else "differs"


def _debit(line: ResolvedLine) -> Decimal:
    """What a line debits: its account, or its balancing account if it has one."""
    amount = Decimal(line.fields["amount"])
    return abs(amount) if is_balanced(line) else max(amount, Decimal(0))


def _is_of_ledger(line: ResolvedLine) -> bool:
    """Whether a line names an account of the general ledger itself."""
    kind = decode_enum(str(line.fields.get("accountType") or "")).strip()
    return "accountId" in line.fields and kind in {"", _GL_ACCOUNT}


def _payment_verdict(unit: Unit, rows: Sequence[Row], answers: Answers) -> Verdict:
    """The general ledger names no party: a payment's description does, and the document says whether it is paid.

    Nor has it the amount of one in another currency than the local one: only its documents tell what has been paid.
    """
    fitting = _of_amount(unit, rows)
    party = str(unit.resolved.fields.get("description", "")).strip()
    by_name = [row for row in rows if str(row.get("description", "")).strip() == party]
    if not rows or _is_open(unit, answers):
        return "absent"
    if fitting and _unclaimed(unit, fitting) > 0:
        if not _is_in_local_currency(unit) and not _are_paid(unit, answers):
            return "unclear"
        return "same" if any(row in by_name for row in fitting) else "unclear"
    # One number may pay several bills of a vendor, if the sender tells its payments apart.
    differs = by_name and _unclaimed(unit, by_name) > 0 and unit.wanted.external_id is None
    return "differs" if differs and not fitting else "absent"


def paid_documents(unit: Unit) -> list[tuple[str, Decimal | None]]:
    """Ids of the documents that a payment is for, each with what is paid of it; None where that is left as it is."""
    name = rules_of(unit).applies_to
    if parts := unit.resolved.applications:
        return [(str(part.found[name]["id"]), Decimal(part.fields["amount"])) for part in parts]
    paid = unit.resolved.fields.get(name)
    return [(str(paid), _wanted_amount(unit))] if paid else []


def _is_open(unit: Unit, answers: Answers) -> bool:
    """A document that this payment would have closed is still open, so it was not this payment that was posted."""
    for place, (_, amount) in enumerate(paid_documents(unit)):
        row = next(iter(answers.get(f"{PAID}{place}", ())), None)
        if row is None or amount is None or row.get("status") != "Open":
            continue
        if amount >= number_in(row, "totalAmountIncludingTax") > 0:
            return True
    return False


def _are_paid(unit: Unit, answers: Answers) -> bool:
    """Whether the payment is for documents, and all of them are paid."""
    rows = [answers.get(f"{PAID}{place}", ()) for place, _ in enumerate(paid_documents(unit))]
    return bool(rows) and all(row.get("status") == "Paid" for of in rows for row in of)


def _is_in_local_currency(unit: Unit) -> bool:
    """Whether the ledger has the amount of a payment: it is booked in its party's currency."""
    rules, local = rules_of(unit), unit.books.local_currency.upper()
    found = [unit.resolved.found.get(name) for name in (rules.party, rules.applies_to)]
    codes = (str(row["currencyCode"] or local).upper() for row in found if row is not None and "currencyCode" in row)
    return next(codes, local) == local


def _unclaimed(unit: Unit, rows: Sequence[Row]) -> int:
    """How many posted payments these rows are, beyond those that are known to be others of the sender's."""
    sides = [sum(bool(number_in(row, name)) for row in rows) for name in ("debitAmount", "creditAmount")]
    ids = {str(row["id"]).lower() for row in rows}
    return max(sides) - sum(rival.posted and rival.id.lower() in ids for rival in unit.rivals)


def posted_otherwise(unit: Unit, verdict: Verdict) -> Step:
    """Why what the general ledger holds is not this one, or nobody can tell."""
    number, day = number_of(unit), unit.resolved.fields.get("postingDate")
    if verdict == "unclear" and not is_payment(unit):
        message = (
            f"The general ledger has an entry {number} of {day} that was posted for another externalId, so nobody can "
            "tell whether this one is there too; give it a number of its own."
        )
        return refuse(number_field(unit), "posted_unclear", message)
    if verdict == "unclear":
        noun = unit.kind.noun.one
        what = "with this amount, and does not say whose it is"
        if not _is_in_local_currency(unit):
            what = "whose amount it shows in the local currency alone, so nobody can tell whether it is this one"
        message = (
            f"The general ledger has a {noun} {number} of {day} {what}; give the {noun} a number of its own if it is "
            "another one."
        )
        return refuse(number_field(unit), "posted_unclear", message)
    message = (
        f"{number} of {day} was posted before with other amounts, accounts or date; what is posted cannot be changed. "
        "Send a correcting entry with a number of its own."
    )
    return refuse("", "posted_differs", message)


def set_meanwhile(unit: Unit, answers: Answers) -> tuple[Fault, ...]:
    """What of a posting of this run is not as it was compared: somebody changed it between the last look and that.

    Lines that were added under another number do not show.
    """
    rows = _rows_of_kind(unit, answers)
    if "posted" in answers and not _is_booked(unit, rows, answers):
        message = (
            f"The {unit.kind.noun.one} was posted as {number_of(unit)} with other values than the record's, which "
            "somebody set at that very moment; correct it in Business Central."
        )
        return (Fault("post", "", "posted_differs", message),)
    if not is_payment(unit) or unit.rivals or not _is_in_local_currency(unit):
        return ()  # rows of other payments, and gains and losses of a currency, have the number as well
    amount = _wanted_amount(unit)
    beside = [debit for row in rows if (debit := number_in(row, "debitAmount")) and debit != amount]
    return discount_booked(unit, beside)


def _is_booked(unit: Unit, rows: Sequence[Row], answers: Answers) -> bool:
    if not is_payment(unit):
        return _entry_verdict(unit, rows) in {"same", "unclear"}
    return bool(_of_amount(unit, rows)) and not _is_open(unit, answers)


def posted_row(unit: Unit, rows: Sequence[Row]) -> Row | None:
    """The row of the general ledger that this payment is known by from now on; none that another is known by."""
    if not is_payment(unit):
        return next(iter(rows), None)
    taken = {rival.id.lower() for rival in unit.rivals if rival.posted}
    own = unit.known.id if unit.known is not None and unit.known.posted else None
    free = [row for row in _of_amount(unit, rows) if str(row["id"]).lower() not in taken]
    # A payment has two rows; those of one side count them.
    debits = [row for row in free if number_in(row, "debitAmount")]
    candidates = [*(row for row in free if str(row["id"]) == own), *debits, *free, *rows]
    return next(iter(candidates), None)


def _of_amount(unit: Unit, rows: Sequence[Row]) -> list[Row]:
    """The rows with the payment's amount; all of them where the ledger does not have it."""
    amount = _wanted_amount(unit)
    if amount is None or not _is_in_local_currency(unit):
        return list(rows)
    return [row for row in rows if amount in {number_in(row, "debitAmount"), number_in(row, "creditAmount")}]


def _wanted_amount(unit: Unit) -> Decimal | None:
    """Of a payment; None when the record leaves it as it is."""
    amount = unit.resolved.fields.get("amount")
    return None if amount is None else abs(Decimal(amount))
