"""Shipment methods."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Shipment Methods E2E"
SENT = {"code": "CART", "displayName": "By cart"}


@pytest.mark.theirs("TestVerifyIDandLastDateModified")
def test_a_shipment_method_has_an_id_and_a_stamp(api):
    read = api.get(f"shipmentMethods({api.post('shipmentMethods', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetShipmentMethods")
def test_shipment_methods_are_listed_with_their_ids(api):
    created = {each: api.post("shipmentMethods", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("shipmentMethods")}.items()
