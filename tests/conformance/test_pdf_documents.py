"""Documents printed as PDF. How often one was printed, no entity set shows."""

from __future__ import annotations

import pytest
from conformance.places import PLACES

CODEUNIT = "APIV2 - PDF Document E2E"


def theirs(**kinds: str):
    return pytest.mark.parametrize(
        "kind", [pytest.param(kind, marks=pytest.mark.theirs(name), id=kind) for kind, name in kinds.items()]
    )


def path(api, kind: str) -> str:
    return f"{PLACES[kind].entity_set}({PLACES[kind].row(api)})"


def pdf(api, path: str) -> bytes:
    return api.content(f"{path}/pdfDocument/pdfDocumentContent")


@pytest.mark.theirs("TestGetPDFSalesInvoice")
def test_an_invoice_is_printed_before_and_after_it_is_posted(api):
    for kind in ("DraftInvoice", "PostedInvoice"):
        assert pdf(api, path(api, kind)).startswith(b"%PDF-")


@theirs(Quote="TestGetPDFSalesQuote", DraftOrder="TestGetPDFSalesOrder")
def test_a_draft_is_printed(api, kind):
    assert pdf(api, path(api, kind)).startswith(b"%PDF-")


@theirs(
    PostedCreditMemo="TestGetPDFSalesCreditMemo",
    PostedPurchaseInvoice="TestGetPDFPurchaseInvoice",
    PostedPurchaseCreditMemo="TestGetPDFPurchaseCreditMemo",
)
def test_only_a_posted_one_is_printed(api, kind):
    place = PLACES[kind]
    draft = f"{place.entity_set}({api.post(place.entity_set, place.body)['id']})"
    assert api.refused("GET", f"{draft}/pdfDocument/pdfDocumentContent")[0] == 400
    assert pdf(api, path(api, kind)).startswith(b"%PDF-")
