"""What posting a purchase invoice checks and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.amounts import ZERO, to_cents
from dynamics_bc_emulator.rules.dimensions import check_posting_validation, dimensions_of
from dynamics_bc_emulator.rules.document_kinds import PURCHASE_INVOICE
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.documents import refresh_document
from dynamics_bc_emulator.rules.exchange import local_factor
from dynamics_bc_emulator.rules.item_entries import post_purchase
from dynamics_bc_emulator.rules.ledger import (
    Entry,
    PartyEntry,
    Voucher,
    apply_entries,
    check_posting_date,
    post_entries,
    post_party_entry,
)
from dynamics_bc_emulator.rules.parties import VENDOR
from dynamics_bc_emulator.rules.posting_setup import account_paid_from, control_account, purchase_account, tax_rate
from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_SET = PURCHASE_INVOICE.headers
_POSTED_SERIES = "P-INV+"


def post_purchase_invoice(draft: Draft, _body: Mapping[str, Any]) -> Row:
    """Post a draft.

    It gets its posted number and the status `Open`, keeps its id and its lines' ids, and the ledgers get their entries.

    Raises:
        Refusal: It is posted already, or one of the checks fails; nothing is changed then.
    """
    company, invoice_id = draft.company, draft.row["id"]
    if draft.row.get("_posted"):
        raise refused(f"The invoice {draft.row['number']} is posted already; only a draft can be posted.")
    refresh_document(company, PURCHASE_INVOICE, invoice_id)
    invoice = company.get(_SET, invoice_id) or draft.row
    lines = company.find(PURCHASE_INVOICE.lines, documentId=invoice_id)
    vendor = company.get("vendors", invoice["payToVendorId"])
    if vendor is None:
        raise refused(f"The Vendor {invoice['payToVendorNumber']} of invoice {invoice['number']} does not exist.")
    _check(company, invoice, lines, vendor)
    draft_number = invoice["number"]
    posted = {
        "number": company.next_number(_POSTED_SERIES),
        "status": "Open",
        "_posted": True,
        "_draftNumber": draft_number,
    }
    invoice = company.update(_SET, invoice_id, posted)
    _post_to_ledgers(company, invoice, lines, vendor)
    return company.get(_SET, invoice_id) or invoice


def _check(company: Company, invoice: Row, lines: list[Row], vendor: Row) -> None:
    if not any(line["lineType"] != "Comment" and line["quantity"] for line in lines):
        raise refused("There is nothing to post because the document does not contain a quantity or amount.")
    if not invoice["vendorInvoiceNumber"].strip():
        message = (
            "You need to enter the document number of the document from the vendor in the Vendor Invoice No. field"
        )
        raise refused(f"{message} of invoice {invoice['number']}.")
    if invoice["totalAmountIncludingTax"] < 0:
        raise refused("The total amount for the invoice must be 0 or greater.")
    _check_vendor_invoice_number(company, invoice)
    if invoice["postingDate"] == BLANK_DATE:
        raise Refusal(
            400,
            "Application_FieldValidationException",
            f"Posting Date must have a value in invoice {invoice['number']}.",
        )
    check_posting_date(company, invoice["postingDate"])
    if vendor["blocked"] == "All":
        raise refused(f"You cannot post this type of document when Vendor {vendor['number']} is blocked with type All.")
    check_posting_validation(company, dimensions_of(invoice), "Vendor", vendor["number"], vendor["id"])
    for line in lines:
        _check_line(company, line)


def _check_vendor_invoice_number(company: Company, invoice: Row) -> None:
    for entry in company.find(VENDOR.entries, vendorId=invoice["payToVendorId"]):
        if entry["documentType"] == "Invoice" and entry["externalDocumentNumber"] == invoice["vendorInvoiceNumber"]:
            message = (
                f"Purchase Invoice {invoice['vendorInvoiceNumber']} already exists for this vendor: "
                f"it is posted as {entry['documentNumber']}."
            )
            raise refused(message)


def _check_line(company: Company, line: Row) -> None:
    if line["lineType"] != "Comment" and line["quantity"] and not line["lineObjectNumber"]:
        raise refused(f"No. must have a value in line {line['sequence']}; it cannot be blank.")
    if line["lineType"] == "Account":
        check_account(company, line["lineObjectNumber"])
    elif line["lineType"] == "Item":
        item = company.get("items", line["itemId"])
        if item is None or item["blocked"]:
            raise refused(f"Blocked must be equal to 'No' in Item: No.={line['lineObjectNumber']}.")
        check_posting_validation(company, dimensions_of(line), "Item", item["number"], item["id"])


def _post_to_ledgers(company: Company, invoice: Row, lines: list[Row], vendor: Row) -> None:
    voucher = Voucher("Invoice", invoice["number"], invoice["postingDate"], f"Invoice {invoice['_draftNumber']}")
    dimensions = dimensions_of(invoice)
    area = str(vendor.get("_taxAreaCode") or "")
    factor = local_factor(company, invoice["currencyCode"], invoice["postingDate"])
    entries = [
        replace(entry, amount=to_cents(entry.amount * factor))
        for line in lines
        for entry in _line_entries(company, line, area)
    ]
    # What is owed is the sum of the converted entries, so that rounding leaves nothing over.
    total = sum((entry.amount for entry in entries), ZERO)
    payable = Entry(control_account(company, VENDOR, vendor), -total, dimensions)
    post_entries(company, [(voucher, entry) for entry in (*entries, payable)])
    owed = post_party_entry(
        company,
        VENDOR,
        voucher,
        PartyEntry(
            vendor["id"],
            -total,
            invoice["dueDate"],
            invoice["id"],
            invoice["vendorInvoiceNumber"],
            dimensions,
            invoice["currencyCode"],
        ),
    )
    for line in lines:
        item = company.get("items", line["itemId"]) if line["lineType"] == "Item" else None
        if item is not None and item["type"] == "Inventory" and line["quantity"]:
            post_purchase(company, item, invoice, line)
    _pay_at_once(company, invoice, vendor, owed)


def _line_entries(company: Company, line: Row, area: str) -> Iterator[Entry]:
    """A line's cost and its tax."""
    dimensions = dimensions_of(line)
    if line["lineType"] == "Account":
        yield Entry(line["lineObjectNumber"], line["netAmount"], dimensions)
    else:
        item = company.get("items", line["itemId"]) or {}
        account = purchase_account(company, area, item.get("generalProductPostingGroupCode", ""))
        yield Entry(account, line["netAmount"], dimensions)
    if line["netTaxAmount"]:
        yield Entry(tax_rate(company, area, line["taxCode"]).purchase_account, line["netTaxAmount"], dimensions)


def _pay_at_once(company: Company, invoice: Row, vendor: Row, owed: Row) -> None:
    """A payment method with a balancing account, such as cash, settles the invoice as it is posted."""
    method = company.get("paymentMethods", vendor["paymentMethodId"])
    account = account_paid_from(company, method) if method else None
    if account is None or not owed["amount"]:
        return
    voucher = Voucher("Payment", invoice["number"], invoice["postingDate"], f"Invoice {invoice['_draftNumber']}")
    paid = -Decimal(owed["amount"])
    dimensions = dimensions_of(invoice)
    sides = (Entry(control_account(company, VENDOR, vendor), paid, dimensions), Entry(account, -paid, dimensions))
    post_entries(company, [(voucher, entry) for entry in sides])
    payment = post_party_entry(company, VENDOR, voucher, PartyEntry(vendor["id"], paid, invoice["postingDate"]))
    apply_entries(company, VENDOR, payment, owed)
