"""Assembly orders."""

from __future__ import annotations

from conformance import shown_documents as documents
from conformance.documents import shows

CODEUNIT = "APIV2 - Assembly Orders E2E"


@shows(
    TestGetAssemblyOrders=documents.it_is_listed,
    TestGetAssemblyOrderById=documents.it_is_read_by_its_id,
    TestExpandDimensionSetLines=documents.it_is_read_with_its_dimensions,
    TestExpandAttachments=documents.it_is_read_with_its_attachments,
    TestExpandDocumentAttachments=documents.it_is_read_with_its_document_attachments,
    TestExpandPdfDocument=documents.it_is_read_with_its_pdf,
    TestExpandLines=documents.it_is_read_with_its_lines,
)
def test_assembly_orders(api, claim):
    claim(api, "assemblyOrders")
