"""The contacts of customers and vendors."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Contacts Inf. E2E"
NUMBER = {"customers": "10000", "vendors": "10000"}


def of_each(customer: str, vendor: str):
    return pytest.mark.parametrize(
        "parent",
        [
            pytest.param("customers", marks=pytest.mark.theirs(customer)),
            pytest.param("vendors", marks=pytest.mark.theirs(vendor)),
        ],
    )


@of_each("TestGetCustomerContactsInformation", "TestGetVendorContactsInformation")
def test_the_company_and_its_people_are_listed(api, parent):
    owner = api.id(parent, number=NUMBER[parent])
    listed = api.rows(f"{parent}({owner})/contactsInformation")
    assert {row["relatedId"] for row in listed} == {owner}
    assert sorted(row["contactType"] for row in listed) == ["Company", "Person"]


@of_each("TestGetCustomerContactInformation", "TestGetVendorContactInformation")
def test_one_of_them_leads_to_the_contact(api, parent):
    owner = api.id(parent, number=NUMBER[parent])
    listed = api.rows(f"{parent}({owner})/contactsInformation")[0]
    path = f"{parent}({owner})/contactsInformation({listed['contactId']})/contact"
    contact = api.get(path)
    assert (contact["id"], contact["number"]) == (listed["contactId"], listed["contactNumber"])
