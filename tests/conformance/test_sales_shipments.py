"""Sales shipments."""

from __future__ import annotations

from conformance import delivered_documents as deliveries
from conformance.documents import shows

CODEUNIT = "APIV2 - Sales Shipments E2E"


@shows(
    TestGetSalesShipments=deliveries.two_are_listed,
    TestExpandDimensions=deliveries.one_is_read_with_its_dimensions,
)
def test_sales_shipments(api, claim):
    claim(api, deliveries.SHIPMENT)
