"""Archived sales orders."""

from __future__ import annotations

from conformance import shown_documents as documents
from conformance.documents import shows

CODEUNIT = "APIV2 - Sales Ord. Arch. E2E"


@shows(
    TestGetSalesOrderArchives=documents.it_is_listed,
    TestExpandDimensionSetLines=documents.it_is_read_with_its_dimensions,
    TestExpandAttachments=documents.it_is_read_with_its_attachments,
    TestExpandDocumentAttachments=documents.it_is_read_with_its_document_attachments,
)
def test_sales_order_archives(api, claim):
    claim(api, "salesOrderArchives")
