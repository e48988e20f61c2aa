"""Locations."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Locations E2E"
SENT = {
    "code": "MILL",
    "displayName": "Mill",
    "contact": "Ada",
    "addressLine1": "Mill Lane 1",
    "addressLine2": "2nd floor",
    "city": "Hull",
    "state": "Y",
    "country": "GB",
    "postalCode": "HU1 1AA",
    "phoneNumber": "123456789",
    "email": "a@b.com",
    "website": "example.com",
}


@pytest.mark.theirs("TestGetLocation")
def test_a_location_is_read(api):
    created = api.post("locations", SENT)
    assert SENT.items() <= api.get(f"locations({created['id']})").items()


@pytest.mark.theirs("TestCreateLocation")
def test_a_location_is_created(api):
    created = api.post("locations", SENT)
    assert SENT.items() <= created.items()
    assert api.is_there(f"locations({created['id']})")


@pytest.mark.theirs("TestCreateSalesOrderLineWithLocation")
def test_a_line_of_an_order_has_a_location(api):
    location = api.post("locations", SENT)["id"]
    order = api.post("salesOrders", {"customerNumber": "10000"})["id"]
    item = api.post("items", {"number": "GRAPHITEM00001"})["id"]
    line = {"lineType": "Item", "itemId": item, "quantity": 3, "locationId": location}
    created = api.post(f"salesOrders({order})/salesOrderLines", line)
    assert api.get(f"salesOrderLines({created['id']})")["locationId"] == location


@pytest.mark.theirs("TestModifyLocationWithAddress")
def test_an_address_is_changed(api):
    path = f"locations({api.post('locations', SENT)['id']})"
    wanted = SENT | {"addressLine1": "Quay 1", "city": "York"}
    assert wanted.items() <= api.patch(path, wanted).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteLocation")
def test_a_location_is_deleted(api):
    path = f"locations({api.post('locations', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
