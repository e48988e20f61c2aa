"""What is said of a document or a line that is refused: the sentences of the API app and of the tables behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

ITEM_MISSING = "Item does not exist."
ACCOUNT_MISSING = "Account does not exist."
ITEM_AND_ACCOUNT = 'Both "itemId" and "accountId" are specified. Specify only one of them.'
DOCUMENT_CHANGED = 'The value for "documentId" cannot be modified.'
OBJECT_CHANGED = 'The value for "lineObjectNumber" cannot be modified.'
UNIT_WITHOUT_ITEM = "Unit of Measure can be set only for lines with type Item."
NO_DOCUMENT = "You must specify a document id to get the lines."
NOTHING_TO_DISCOUNT = (
    "Cannot apply an invoice discount because the document does not include lines where the Allow Invoice Disc. field "
    "is selected. To add a discount, specify a line discount in the Line Discount % field for the relevant lines, or "
    "add a line of type Item where the Allow Invoice Disc. field is selected."
)
UNKNOWN_DOCUMENT = "No document with the specified ID exists."
_ROLES = {"sellTo": "sell-to", "billTo": "bill-to", "buyFrom": "buy-from", "payTo": "pay-to"}
_SEQUENCE_TAKEN = {
    "purchaseInvoices": "You cannot insert a line with a duplicate sequence number.",
    "purchaseCreditMemos": "You cannot insert the line because  line already exists.",
}


def no_party(kind: DocumentKind) -> str:
    """Of a new document for nobody."""
    id_name = "vendorID" if kind.headers == "purchaseInvoices" else kind.party.id_name
    return f'A "{kind.party.number_name}" or a "{id_name}" must be provided.'


def unknown_party(kind: DocumentKind) -> str:
    """Of a vendor or customer that is not there."""
    if kind.headers == "purchaseInvoices":
        return "The vendor cannot be found."
    return f"The {_ROLES[kind.party.address]} {kind.party.name} cannot be found."


def unknown_payer(kind: DocumentKind) -> str:
    """Of a payer that is not there."""
    return f"The {_ROLES[kind.party.payer]} {kind.party.name} cannot be found."


def other_party(kind: DocumentKind) -> str:
    """Of an id and a number of two vendors or customers."""
    return _mismatch(kind, kind.party.address)


def other_payer(kind: DocumentKind) -> str:
    """Of an id and a number of two payers."""
    return _mismatch(kind, kind.party.payer)


def _mismatch(kind: DocumentKind, prefix: str) -> str:
    one = "a" if kind.headers == "purchaseCreditMemos" else "a specific"
    return f"The {_ROLES[prefix]} {kind.party.name} values do not match to {one} {kind.party.caption}."


def posted(headers: str) -> str:
    """Of a change of what is posted.

    Args:
        headers: The document's entity set.
    """
    noun = "credit memo" if headers.endswith("CreditMemos") else "invoice"
    return f"The {noun} has been posted and can no longer be modified."


def discount_too_large(base: Decimal) -> str:
    """Of an invoice discount beyond what it is taken of."""
    return f"The maximum Invoice Discount Amount that you can apply is {base.normalize():,f}."


def sequence_changed(kind: DocumentKind) -> str:
    """Of a line that is moved."""
    name = '"sequence"' if kind.lines == "salesInvoiceLines" else "sequence"
    return f"The value for {name} cannot be modified. Delete and insert the line again."


def sequence_taken(kind: DocumentKind) -> str:
    """Of a new line where another one is."""
    return _SEQUENCE_TAKEN.get(kind.headers, "You cannot insert a line because a line already exists.")
