"""Blanket sales orders."""

from __future__ import annotations

from conformance import shown_documents as documents
from conformance.documents import shows

CODEUNIT = "APIV2 - Bl. Sales Orders E2E"


@shows(
    TestGetBlanketSalesOrders=documents.it_is_listed,
    TestGetBlanketSalesOrderById=documents.it_is_read_by_its_id,
    TestExpandDimensionSetLines=documents.it_is_read_with_its_dimensions,
    TestExpandAttachments=documents.it_is_read_with_its_attachments,
    TestExpandDocumentAttachments=documents.it_is_read_with_its_document_attachments,
    TestExpandPdfDocument=documents.it_is_read_with_its_pdf,
    TestExpandLines=documents.it_is_read_with_its_lines,
)
def test_blanket_sales_orders(api, claim):
    claim(api, "blanketSalesOrders")
