"""Documents printed as PDF. How often one was printed, no entity set shows."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - PDF Document E2E"
SALES, PURCHASES = {"customerNumber": "10000"}, {"vendorNumber": "10000"}


def theirs(**sets: str):
    return pytest.mark.parametrize(
        "entity_set", [pytest.param(each, marks=pytest.mark.theirs(name), id=each) for each, name in sets.items()]
    )


def draft(api, entity_set: str) -> str:
    body = SALES if entity_set.startswith("sales") else PURCHASES
    return f"{entity_set}({api.post(entity_set, body)['id']})"


def posted(api, entity_set: str) -> str:
    (row,) = api.rows(entity_set, top=1, filter="status ne 'Draft'")
    return f"{entity_set}({row['id']})"


def pdf(api, path: str) -> bytes:
    return api.content(f"{path}/pdfDocument/pdfDocumentContent")


@pytest.mark.theirs("TestGetPDFSalesInvoice")
def test_an_invoice_is_printed_before_and_after_it_is_posted(api):
    for path in (draft(api, "salesInvoices"), posted(api, "salesInvoices")):
        assert pdf(api, path).startswith(b"%PDF-")


@theirs(salesQuotes="TestGetPDFSalesQuote", salesOrders="TestGetPDFSalesOrder")
def test_a_draft_is_printed(api, entity_set):
    assert pdf(api, draft(api, entity_set)).startswith(b"%PDF-")


@theirs(purchaseInvoices="TestGetPDFPurchaseInvoice")
def test_only_a_posted_one_is_printed(api, entity_set):
    path = draft(api, entity_set)
    assert api.refused("GET", f"{path}/pdfDocument/pdfDocumentContent")[0] == 400
    assert pdf(api, posted(api, entity_set)).startswith(b"%PDF-")
