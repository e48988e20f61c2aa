"""What cannot travel from one company to another through the API, and why?

The table of the documents. A test copies a company into an empty one and finds nothing rejected but this.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stay:
    """Something that stays behind.

    Attributes:
        what: What it is.
        why: Why it cannot travel.
        stream: The stream whose records are rejected for it; empty where nothing comes through the pipe.
        code: The code of the fault that they have.
    """

    what: str
    why: str
    stream: str = ""
    code: str = ""


STAYS = (
    Stay("Accounts, dimensions and their values, posting groups, number series", "the API lets nobody write them"),
    Stay("Ledger entries and balances", "they come of posting; what is posted arrives as a draft"),
    Stay("The numbers of documents", "the other company's number series gives them"),
    Stay("Subscriptions and webhooks", "they belong to the environment and to no company"),
    Stay(
        "Payments of posted customer invoices",
        "the invoice is a draft in the other company, and only a posted one is paid",
        "customerPayments",
        "not_found",
    ),
    Stay("Payments of posted bills", "as before", "vendorPayments", "not_found"),
    Stay("Payments of posted bills that have arrived as drafts", "as before", "vendorPayments", "not_posted"),
    Stay(
        "Credit memos of posted customer invoices",
        "the invoice that they correct is not posted in the other company",
        "salesCreditMemos",
        "not_found",
    ),
    Stay("Credit memos of posted bills", "as before", "purchaseCreditMemos", "not_found"),
    Stay(
        "Journal batches that balance on a bank account",
        "a new batch balances on accounts of the general ledger alone",
        "journals",
        "not_found",
    ),
    Stay("Payment batches that balance on a bank account", "as before", "vendorPaymentJournals", "not_found"),
    Stay(
        "Resources and charges that lines of orders are for",
        "the API neither lists nor writes them; an order arrives where the other company has the same numbers",
        "purchaseOrders",
        "Application_DialogException",
    ),
    Stay(
        "Documents without a number of the other party's",
        "nothing finds them again but a memory: set store_path",
        "salesInvoices",
        "no_key",
    ),
)
