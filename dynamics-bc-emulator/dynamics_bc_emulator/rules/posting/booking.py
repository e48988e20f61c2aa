"""What posting a document leaves in the ledgers: the one engine for every kind, either side, either sign."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.costs import cost_entries
from dynamics_bc_emulator.rules.dimensions import dimensions_of
from dynamics_bc_emulator.rules.document_status import follow_entry
from dynamics_bc_emulator.rules.item_entries import Movement, post_movement, value_movement
from dynamics_bc_emulator.rules.ledger import Entry, PartyEntry, Voucher, post_entries, post_party_entry
from dynamics_bc_emulator.rules.payment_discounts import possible_discount
from dynamics_bc_emulator.rules.posting.entries import trade_entries
from dynamics_bc_emulator.rules.posting_setup import account_paid_from, control_account
from dynamics_bc_emulator.rules.settlement import apply_entries
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.parties import Party
    from dynamics_bc_emulator.rules.posting.document import Document


def book(document: Document) -> None:
    """Write what a document comes to into the ledgers, and settle what it is to settle.

    Its header has its posted number already; its status follows from its entry.

    Raises:
        Refusal: The set-up lacks an account, or what it is to settle cannot be settled.
    """
    entries = trade_entries(document)
    owed = -sum((entry.amount for entry in entries), ZERO)
    dimensions = dimensions_of(document.header)
    control = Entry(control_account(document.company, document.kind.party, document.payer), owed, dimensions)
    voucher = _voucher(document, document.kind.ledger_type)
    post_entries(document.company, [(voucher, entry) for entry in (*entries, control)])
    in_currency = -document.kind.sign * sum((Decimal(line["netAmountIncludingTax"]) for line in document.lines), ZERO)
    entry = _post_party_entry(document, voucher, owed, in_currency)
    for line in document.counted_lines:
        _move_stock(document, line)
    follow_entry(document.company, document.kind.party, entry)
    settled = _entry_to_settle(document)
    if settled is not None:
        apply_entries(document.company, document.kind.party, entry, settled)
    elif entry["open"]:
        method = document.company.get("paymentMethods", document.payer["paymentMethodId"])
        account = account_paid_from(document.company, method) if method else None
        if account is not None:
            settle_at_once(document, entry, account)


def entry_of(company: Company, party: Party, header: Row) -> Row:
    """The ledger entry that a posted document made."""
    entries = company.find(party.entries, documentNumber=header["number"])
    return next(entry for entry in entries if entry["documentId"] == header["id"])


def _voucher(document: Document, document_type: str) -> Voucher:
    header = document.header
    return Voucher(document_type, header["number"], header["postingDate"], document.title)


def _post_party_entry(document: Document, voucher: Voucher, amount: Decimal, in_currency: Decimal) -> Row:
    header, kind = document.header, document.kind
    terms = header.get("paymentTermsId") or header.get("_paymentTermsId") or document.payer["paymentTermsId"]
    is_invoice = kind.ledger_type == "Invoice"
    discount = possible_discount(document.company, terms, header[kind.document.date], in_currency, invoice=is_invoice)
    entry = PartyEntry(
        document.payer["id"],
        amount,
        header["dueDate"] if "dueDate" in header else header["postingDate"],
        header["id"],
        header.get(kind.reference, ""),
        dimensions_of(header),
        header["currencyCode"],
        in_currency,
        *discount,
    )
    return post_party_entry(document.company, kind.party, voucher, entry)


def _move_stock(document: Document, line: Row) -> None:
    """Move the stock of an item that has one, or say what goods are worth that an order has moved already."""
    company, kind = document.company, document.kind
    item = company.get("items", line["itemId"]) if line["lineType"] == "Item" else None
    if item is None or item["type"] != "Inventory" or not line["quantity"]:
        return
    quantity = kind.sign * Decimal(line["quantity"])
    amount = kind.sign * to_cents(Decimal(line["netAmount"]) * document.factor)
    cost = _cost(document, line, item, amount)
    sales = ZERO if kind.document.is_purchase else -amount
    company.update(kind.lines, line["id"], {"_cost": cost}, touch=False)
    is_sale = not kind.document.is_purchase
    costs = cost_entries(company, item, cost, dimensions_of(line), is_sale=is_sale)
    post_entries(company, [(_voucher(document, kind.ledger_type), entry) for entry in costs])
    if "_orderLineId" in line:
        value_movement(company, item["number"], line["_orderLineId"], cost, sales)
        return
    movement = Movement(
        entry_type="Purchase" if kind.document.is_purchase else "Sale",
        source_type=kind.party.caption,
        source_number=document.party["number"],
        document_type=kind.item_type,
        document_number=document.header["number"],
        posting_date=document.header["postingDate"],
        quantity=quantity,
        cost=cost,
        sales=sales,
        line_id=line["id"],
    )
    post_movement(company, item, movement)


def _cost(document: Document, line: Row, item: Row, amount: Decimal) -> Decimal:
    """What a movement costs: the price of what is bought, the card's cost of what is sold.

    What a correction takes back is worth what it was.
    """
    corrected = line.get("_correctedCost") or {}
    is_correction = corrected.get("itemId") == item["id"]
    if document.kind.document.is_purchase and not is_correction:
        return amount
    each = Decimal(corrected["each"] if is_correction else item["unitCost"])
    return to_cents(document.kind.sign * Decimal(line["quantity"]) * each)


def _entry_to_settle(document: Document) -> Row | None:
    """The entry of the posted document that this one names, or corrects."""
    company, party = document.company, document.kind.party
    named = document.header.get("_settles") or document.header.get("invoiceId", ZERO_GUID)
    if named == ZERO_GUID:
        return None
    entries = company.find(party.entries, documentId=named, **{party.id_name: document.payer["id"]})
    if not entries:
        who = f"{party.caption} {document.payer['number']}"
        raise refused(f"{who} has no posted document {named} that {document.title} could be applied to.")
    return entries[0]


def settle_at_once(document: Document, owed: Row, account: str) -> None:
    """Settle a document as it is posted, as a payment method with a balancing account, such as cash, does.

    Args:
        document: What is posted.
        owed: Its ledger entry.
        account: The balancing account.
    """
    company, kind, payer = document.company, document.kind, document.payer
    voucher = _voucher(document, kind.settlement_type)
    paid, dimensions = -Decimal(owed["amount"]), dimensions_of(document.header)
    sides = (Entry(control_account(company, kind.party, payer), paid, dimensions), Entry(account, -paid, dimensions))
    post_entries(company, [(voucher, side) for side in sides])
    in_currency = -Decimal(owed["currencyAmount"])
    entry = PartyEntry(
        payer["id"],
        paid,
        document.header["postingDate"],
        dimensions=dimensions,
        currency_code=document.header["currencyCode"],
        currency_amount=in_currency,
    )
    apply_entries(company, kind.party, post_party_entry(company, kind.party, voucher, entry), owed)
