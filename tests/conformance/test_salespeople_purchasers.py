"""Salespeople and purchasers."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Salesperson/Purch E2E"
SENT = {
    "code": "ADA",
    "displayName": "Ada Lovelace",
    "email": "a@b.com",
    "email2": "b@a.com",
    "phoneNo": "123456789",
    "jobTitle": "Sales",
    "commisionPercent": 5,
    "privacyBlocked": False,
    "blocked": False,
}


@pytest.mark.theirs("GetSalespersonPurchaser")
def test_a_salesperson_is_read(api):
    created = api.post("salespeoplePurchasers", SENT)
    assert SENT.items() <= api.get(f"salespeoplePurchasers({created['id']})").items()


@pytest.mark.theirs("CreateSalespersonPurchaser")
def test_a_salesperson_is_created(api):
    created = api.post("salespeoplePurchasers", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"salespeoplePurchasers({created['id']})").items()


@pytest.mark.theirs("ModifySalespersonPurchaserJobTitle")
def test_a_salesperson_is_changed(api):
    path = f"salespeoplePurchasers({api.post('salespeoplePurchasers', SENT)['id']})"
    wanted = SENT | {"jobTitle": "Head of sales"}
    assert wanted.items() <= api.patch(path, {"jobTitle": "Head of sales"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("DeleteSalespersonPurchaser")
def test_a_salesperson_is_deleted(api):
    path = f"salespeoplePurchasers({api.post('salespeoplePurchasers', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
