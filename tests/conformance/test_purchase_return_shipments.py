"""Purchase return shipments."""

from __future__ import annotations

from conformance import shown_documents as documents
from conformance.documents import shows

CODEUNIT = "APIV2 - Purch. Ret. Shpts. E2E"


@shows(
    TestGetPurchaseReturnShipments=documents.it_is_listed,
    TestExpandAttachments=documents.it_is_read_with_its_attachments,
    TestExpandDocumentAttachments=documents.it_is_read_with_its_document_attachments,
    TestExpandPdfDocument=documents.it_is_read_with_its_pdf,
)
def test_purchase_return_shipments(api, claim):
    claim(api, "purchaseReturnShipments")
