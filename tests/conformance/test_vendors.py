"""Vendors."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Vendors E2E"
SIMPLE = {
    "number": "GRAPHVENDOR00001",
    "displayName": "Mill",
    "addressLine1": "",
    "addressLine2": "",
    "city": "",
    "state": "",
    "country": "",
    "postalCode": "",
}


@pytest.mark.theirs("TestGetSimpleVendor")
def test_a_vendor_is_read(api):
    created = api.post("vendors", SIMPLE)
    assert SIMPLE.items() <= api.get(f"vendors({created['id']})").items()


@pytest.mark.theirs("TestCreateSimpleVendor")
def test_a_vendor_is_created(api):
    created = api.post("vendors", SIMPLE)
    assert SIMPLE.items() <= created.items()
    assert api.get(f"vendors({created['id']})")["id"] == created["id"]


@pytest.mark.theirs("TestModifyVendor")
def test_a_vendor_is_changed(api):
    path = f"vendors({api.post('vendors', SIMPLE)['id']})"
    wanted = SIMPLE | {"displayName": "Mill & Son"}
    assert wanted.items() <= api.patch(path, wanted).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteVendor")
def test_a_vendor_is_deleted(api):
    path = f"vendors({api.post('vendors', SIMPLE)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)


@pytest.mark.theirs("TestCreateVendorWithTemplate")
def test_a_template_gives_the_payment_terms_by_the_payment_method(api):
    method = api.post("paymentMethods", {"code": "BARTER"})["id"]
    terms = api.post("paymentTerms", {"code": "NET7"})["id"]
    api.plant("_templateSelectionRules", entitySet="vendors", property="paymentMethodId", value=method, template="FAR")
    api.plant("_templateLines", template="FAR", property="paymentTermsId", value=terms)
    created = api.post("vendors", SIMPLE | {"paymentMethodId": method})
    assert (SIMPLE | {"paymentTermsId": terms}).items() <= api.get(f"vendors({created['id']})").items()
