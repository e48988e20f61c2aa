"""The lines of purchase receipts."""

from __future__ import annotations

from conformance import delivered_documents as deliveries
from conformance.documents import shows

CODEUNIT = "APIV2 - Purch. Rcpt. Lines E2E"


@shows(
    TestGetLineDirectly=deliveries.a_line_is_read_by_its_id,
    TestGetReceiptLines=deliveries.lines_are_read_through_their_document,
    TestGetReceiptLinesDirectlyWithDocumentIdFilter=deliveries.lines_are_read_by_their_documents_id,
    TestExpandDimensions=deliveries.a_line_is_read_with_its_dimensions,
)
def test_purchase_receipt_lines(api, claim):
    claim(api, deliveries.RECEIPT)
