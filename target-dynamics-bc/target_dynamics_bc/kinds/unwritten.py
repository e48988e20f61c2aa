"""Why can a record not be written to an entity set of the standard API, and what is the way instead?

The table of the documents, over every set of both releases. Whether a set can be written is the tenant's own word; why
not is known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Entity sets that are not written as streams of their own.

    Attributes:
        sets: A pattern that their whole names match.
        why: Why, and what to send instead.
        has_rights: The service would take a write to them; it is not the way.
    """

    sets: str
    why: str
    has_rights: bool = False


_BY_HAND = "Business Central lets nobody write it through the API; change it there"
UNWRITTEN = (
    Unwritten(
        "(sales|purchase)(Invoice|Order|CreditMemo)Lines|salesQuoteLines",
        "a line is written with its document: send the document's stream too, whose id its documentId holds",
        has_rights=True,
    ),
    Unwritten(
        "dimensionSetLines",
        "the dimensions of a document, a line or an entry are written with it: send its stream too, or its dimensions",
        has_rights=True,
    ),
    Unwritten(
        "attachments|documentAttachments",
        "a file is sent with the record that it belongs to, in its attachments",
        has_rights=True,
    ),
    Unwritten("pictures", "a picture is sent with the record that it belongs to, as its picture", has_rights=True),
    Unwritten("pdfDocument", "Business Central makes it when it is read"),
    Unwritten(
        "applyVendorEntries",
        "which bills a payment settles is said in the payment: send BillPayments with bills, or vendorPayments",
        has_rights=True,
    ),
    Unwritten(
        "subscriptions|externaleventsubscriptions",
        "it belongs to the environment and to no company; whoever receives notifications makes it",
        has_rights=True,
    ),
    Unwritten(
        "companies",
        "it belongs to the environment: companies are made in Business Central or by its automation API",
        has_rights=True,
    ),
    Unwritten(
        "apicategoryroutes|entityDefinitions|externalbusinesseventdefinitions", "it says what the environment offers"
    ),
    Unwritten("generalLedgerEntries", "entries come of posting: send journal entries or documents"),
    Unwritten("itemLedgerEntries", "entries come of posting: send documents with lines for items"),
    Unwritten("(sales|purchase)(Quote|Order|ReturnOrder|BlanketOrder)Archive(s|Lines)", "Business Central keeps it"),
    Unwritten(
        "salesShipment(s|Lines)", "it comes of posting a sales order: send salesOrders with the action shipAndInvoice"
    ),
    Unwritten(
        "purchaseReceipt(s|Lines)",
        "it comes of posting a purchase order: send purchaseOrders with the action receiveAndInvoice",
    ),
    Unwritten(
        "posted(?!Approval).*|return(Receipts|Shipments)|purchaseReturnShipments",
        "it comes of posting in Business Central",
    ),
    Unwritten("transfer(Shipment|Receipt)(s|Lines)", "it comes of posting a transfer order in Business Central"),
    Unwritten(
        "(transfer|assembly|blanketSales|blanketPurchase|salesReturn|purchaseReturn|physicalInventory)Order(s|Lines)|"
        "inventory(Receipt|Shipment)(s|Lines)|physicalInventoryRecording(s|Lines)|purchaseQuote(s|Lines)",
        _BY_HAND,
    ),
    Unwritten(
        "aged.*|balanceSheets|cashFlowStatements|incomeStatements|retainedEarningsStatements|trialBalances|"
        "customerSales|vendorPurchases|customerFinancialDetails",
        "Business Central calculates it from its entries",
    ),
    Unwritten(
        "accounts|accountingPeriods|currencyExchangeRates|dimensions|dimensionValues|generalLedgerSetup|"
        "generalProductPostingGroups|inventoryPostingGroups",
        f"it is set-up: {_BY_HAND}",
    ),
    Unwritten("contactsInformation", "it shows the contacts of a customer, vendor or bank account: send contacts"),
    Unwritten("(postedA|a)pproval.*|workflow.*", "it is what people decide and set up in Business Central"),
    Unwritten(
        "jobQueue(Log)?Entries",
        "it is scheduled in Business Central",
    ),
)
"""The first that matches says why."""


def why_not(entity_set: str, *, is_writable: bool) -> str:
    """Why records of a set are not written as a stream of their own; empty where they can be, or it is not known.

    Args:
        entity_set: A set of the standard API, in any case.
        is_writable: The tenant allows to insert or change its rows.
    """
    found = next((each for each in UNWRITTEN if re.fullmatch(each.sets, entity_set, re.IGNORECASE)), None)
    return "" if found is None or (is_writable and not found.has_rights) else found.why
