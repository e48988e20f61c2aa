"""Customers."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Customers E2E"
SIMPLE = {"number": "GRAPHCUSTOMER0001", "displayName": "Shop"}
ADDRESS = {
    "addressLine1": '"The Mill" 12æ åø',
    "addressLine2": "2nd floor",
    "city": "Hull",
    "state": "Y",
    "country": "GB",
}


@pytest.mark.theirs("TestGetSimpleCustomer")
def test_a_customer_is_read(api):
    created = api.post("customers", SIMPLE)
    assert SIMPLE.items() <= api.get(f"customers({created['id']})").items()


@pytest.mark.theirs("TestGetCustomerWithAddressAndSpecialCharacters")
def test_an_address_keeps_its_marks(api):
    created = api.post("customers", SIMPLE | ADDRESS)
    assert ADDRESS.items() <= api.get(f"customers({created['id']})").items()


@pytest.mark.theirs("TestCreateDetailedCustomer")
def test_a_customer_is_created_with_all_its_details(api):
    sent = {
        **SIMPLE,
        **ADDRESS,
        "postalCode": "HU1 1AA",
        "phoneNumber": "123456789",
        "email": "a@b.com",
        "website": "microsoft.com",
        "taxLiable": True,
        "taxAreaId": api.post("taxAreas", {"code": "NEAR", "displayName": "Near"})["id"],
        "currencyCode": api.post("currencies", {"code": "ZZC"})["code"],
        "paymentTermsId": api.post("paymentTerms", {"code": "NET7"})["id"],
        "shipmentMethodId": api.post("shipmentMethods", {"code": "CART"})["id"],
        "paymentMethodId": api.post("paymentMethods", {"code": "BARTER"})["id"],
        "blocked": "All",
    }
    created = api.post("customers", sent)
    assert sent.items() <= created.items()
    assert sent.items() <= api.get(f"customers({created['id']})").items()


@pytest.mark.theirs("TestDeleteCustomer")
def test_a_customer_is_deleted(api):
    path = f"customers({api.post('customers', SIMPLE)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)


@pytest.mark.theirs("TestModifyCustomer")
def test_a_customer_is_changed(api):
    path = f"customers({api.post('customers', SIMPLE)['id']})"
    wanted = SIMPLE | {"displayName": "Shop & Son"}
    assert wanted.items() <= api.patch(path, wanted).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestModifyCustomerWithAddress")
def test_an_address_is_changed(api):
    path = f"customers({api.post('customers', SIMPLE | ADDRESS)['id']})"
    wanted = ADDRESS | {"addressLine1": "Quay 1", "city": "York"}
    assert wanted.items() <= api.patch(path, wanted).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestCreateCustomerWithTemplate")
def test_a_template_gives_the_city_by_the_country(api):
    api.plant("_templateSelectionRules", entitySet="customers", property="country", value="ZW", template="FAR")
    api.plant("_templateLines", template="FAR", property="city", value="Harare")
    created = api.post("customers", SIMPLE | {"country": "ZW"})
    assert created["city"] == "Harare"
    assert api.get(f"customers({created['id']})")["city"] == "Harare"
