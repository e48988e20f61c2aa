"""Contacts."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Contacts E2E"
ADDRESS = {
    "addressLine1": '"The Mill" 12æ åø',
    "addressLine2": "2nd floor",
    "city": "Hull",
    "state": "Y",
    "country": "GB",
}
MILL = {"displayName": "Mill", "type": "Company"}


@pytest.mark.theirs("TestGetSimpleContact")
def test_a_contact_is_read(api):
    created = api.post("contacts", MILL)
    read = api.get(f"contacts({created['id']})")
    assert (read["number"], read["displayName"], read["companyName"]) == (created["number"], "Mill", "Mill")
    assert read["contactBusinessRelation"] == "None"


@pytest.mark.theirs("TestGetContactWithAddressAndSpecialCharacters")
def test_an_address_keeps_its_marks(api):
    created = api.post("contacts", MILL | ADDRESS)
    assert ADDRESS.items() <= api.get(f"contacts({created['id']})").items()


@pytest.mark.theirs("TestCreateDetailedContact")
def test_a_contact_is_created_with_all_its_details(api):
    sent = {
        "number": "GC001",
        "displayName": "Ada Lovelace",
        **ADDRESS,
        "postalCode": "HU1 1AA",
        "phoneNumber": "123456789",
        "mobilePhoneNumber": "987654321",
        "email": "a@b.com",
        "website": "example.com",
        "type": "Person",
        "searchName": "ADA",
        "privacyBlocked": False,
    }
    created = api.post("contacts", sent)
    assert sent.items() <= api.get(f"contacts({created['id']})").items()


@pytest.mark.theirs("TestModifyContactWithAddress")
def test_an_address_is_changed(api):
    path = f"contacts({api.post('contacts', MILL | ADDRESS)['id']})"
    wanted = ADDRESS | {"addressLine1": "Quay 1", "city": "York"}
    assert wanted.items() <= api.patch(path, wanted).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteContact")
def test_a_contact_is_deleted(api):
    path = f"contacts({api.post('contacts', MILL)['id']})"
    api.delete(path)
    assert not api.is_there(path)
