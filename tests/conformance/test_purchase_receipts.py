"""Purchase receipts."""

from __future__ import annotations

from conformance import delivered_documents as deliveries
from conformance.documents import shows

CODEUNIT = "APIV2 - Purchase Receipts E2E"


@shows(
    TestGetPurchaseReceipts=deliveries.two_are_listed,
    TestExpandDimensions=deliveries.one_is_read_with_its_dimensions,
)
def test_purchase_receipts(api, claim):
    claim(api, deliveries.RECEIPT)
