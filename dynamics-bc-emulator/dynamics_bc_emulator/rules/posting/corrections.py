"""How a posted document is canceled: by one of the opposite kind that takes back every amount and settles it.

An invoice is canceled by a credit memo, and that corrective credit memo by an invoice, after which the first invoice is
open again. The correcting document has the posting date, and with it the exchange rate, of what it corrects.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.document_status import follow_entry
from dynamics_bc_emulator.rules.order_quantities import expect_remainder
from dynamics_bc_emulator.rules.posting.booking import entry_of
from dynamics_bc_emulator.rules.posting.checks import check_correction
from dynamics_bc_emulator.rules.posting.copying import Way, copy_header, copy_lines, names_of
from dynamics_bc_emulator.rules.posting.document import document_of
from dynamics_bc_emulator.rules.posting.kinds import ORDER_KINDS, POSTING_KINDS
from dynamics_bc_emulator.rules.posting.posting import post_draft, require_posted
from dynamics_bc_emulator.rules.settlement import unapply_entries

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.posting.kinds import PostingKind


def cancel(company: Company, kind: PostingKind, header: Row) -> Row:
    """Cancel a posted document.

    Returns:
        The document, canceled.

    Raises:
        Refusal: It may not be canceled, or the correction cannot be posted; nothing is changed then.
    """
    require_posted(kind, header)
    if header["status"] == "Canceled":
        raise refused(f"The {kind.noun} cannot be canceled because it has already been canceled.")
    if kind.is_invoice:
        _check_invoice(company, kind, header)
    else:
        _check_credit_memo(kind, header)
    check_correction(document_of(company, kind, header, company.find(kind.lines, documentId=header["id"]), ""))
    try:
        correction = _correct(company, kind, header)
    except Refusal as refusal:
        raise refused(f"Canceling the {kind.noun} failed because of the following error: {refusal.message}") from None
    company.update(kind.headers, header["id"], {"_canceledBy": correction["id"]})
    follow_entry(company, kind.party, entry_of(company, kind.party, header))
    _give_back_to_order(company, kind, header)
    return company.get(kind.headers, header["id"]) or header


def corrective_draft(company: Company, kind: PostingKind, header: Row) -> Row:
    """A draft credit memo that takes back all of a posted invoice, for the client to change and post.

    Raises:
        Refusal: It is no posted invoice, or something is paid of it.
    """
    require_posted(kind, header)
    entry = entry_of(company, kind.party, header)
    if not entry["open"]:
        raise refused(f"The {kind.noun} is closed. The corrective credit memo will not be applied to the {kind.noun}.")
    if entry["remainingAmount"] != entry["amount"]:
        what = "The corrective credit memo may not be fully closed by the invoice."
        raise refused(f"The {kind.noun} is partially paid or credited. {what}")
    return _draft(company, kind, header, invoiceId=header["id"], invoiceNumber=header["number"])


def _check_invoice(company: Company, kind: PostingKind, header: Row) -> None:
    who = f"this posted {kind.party_side} {kind.noun}"
    if header.get("_corrects"):
        raise refused(f"You cannot cancel {who} because it represents a correction of a credit memo.")
    entry = entry_of(company, kind.party, header)
    if entry["remainingAmount"] != entry["amount"]:
        raise refused(f"You cannot cancel {who} because it is fully or partially paid.")


def _check_credit_memo(kind: PostingKind, header: Row) -> None:
    if not header.get("_corrects"):
        who = f"this posted {kind.party_side} {kind.noun}"
        raise refused(f"You cannot cancel {who} because it is not a corrective document.")


def _correct(company: Company, kind: PostingKind, header: Row) -> Row:
    """Post the correction; what a corrective document has settled is open again first, and no longer canceled."""
    if header.get("_corrects"):
        unapply_entries(company, kind.party, entry_of(company, kind.party, header))
        _restore(company, POSTING_KINDS[kind.opposite], header["_corrects"])
    opposite = POSTING_KINDS[kind.opposite]
    settles = header["id"] if entry_of(company, kind.party, header)["open"] else ""
    named = {"invoiceId": header["id"], "invoiceNumber": header["number"]} if kind.is_invoice and settles else {}
    draft = _draft(company, kind, header, _corrects=header["id"], _settles=settles, **named)
    return post_draft(company, opposite, draft["id"], as_it_is=True)


def _restore(company: Company, kind: PostingKind, header_id: str) -> None:
    header = company.update(kind.headers, header_id, {"_canceledBy": ""})
    follow_entry(company, kind.party, entry_of(company, kind.party, header))


def _draft(company: Company, kind: PostingKind, header: Row, **changes: object) -> Row:
    opposite = POSTING_KINDS[kind.opposite].document
    way = Way(names_of(kind.document), names_of(opposite))
    number = company.next_number(opposite.series)
    own = {"number": number, "status": "Draft", "_posted": False, "postingDate": header["postingDate"]}
    # The other party knows nothing of the correction: its own number stands for the one that they would give.
    reference = {POSTING_KINDS[kind.opposite].reference: number} if kind.document.is_purchase else {}
    draft = copy_header(company, way, header, **own, **reference, **changes)
    lines = company.find(kind.lines, documentId=header["id"])
    copy_lines(company, way, lines, draft, _terms)
    return draft


def _terms(line: Row) -> Row:
    """What a correction takes back of an item is worth, a piece, what it was."""
    if not line.get("_cost"):
        return {}
    return {"_correctedCost": {"itemId": line["itemId"], "each": abs(Decimal(line["_cost"]) / line["quantity"])}}


def _give_back_to_order(company: Company, kind: PostingKind, header: Row) -> None:
    """What a canceled invoice has posted of an order that is still there is to be posted again."""
    orders = next((order for order in ORDER_KINDS.values() if order.invoices == kind.headers), None)
    if orders is None:
        return
    for line in company.find(kind.lines, documentId=header["id"]):
        ordered = company.get(orders.document.lines, line.get("_orderLineId") or "")
        if ordered is not None:
            for name in (orders.delivered, "invoicedQuantity"):
                ordered[name] -= line["quantity"]
            expect_remainder(ordered)
            company.update(orders.document.lines, ordered["id"], ordered)
