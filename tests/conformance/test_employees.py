"""Employees."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Employees E2E"
SENT = {
    "number": "GRAPHEMPLOYEE01",
    "givenName": "Ada",
    "surname": "Lovelace",
    "jobTitle": "Counter",
    "addressLine1": "Mill Lane 1",
    "city": "Hull",
    "country": "GB",
    "postalCode": "HU1 1AA",
    "mobilePhone": "123456789",
    "personalEmail": "a@b.com",
    "bankBranchNumber": "12",
    "bankAccountNumber": "3456",
    "iban": "GB33BUKB20201555555555",
}


@pytest.mark.theirs("TestGetEmployee")
def test_an_employee_is_read(api):
    created = api.post("employees", SENT)
    assert SENT.items() <= api.get(f"employees({created['id']})").items()


@pytest.mark.theirs("TestCreateEmployee")
def test_an_employee_is_created(api):
    created = api.post("employees", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"employees({created['id']})").items()


@pytest.mark.theirs("TestModifyEmployee")
def test_an_employee_is_changed(api):
    path = f"employees({api.post('employees', SENT)['id']})"
    wanted = SENT | {"jobTitle": "Head counter"}
    assert wanted.items() <= api.patch(path, {"jobTitle": "Head counter"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeleteEmployee")
def test_an_employee_is_deleted(api):
    path = f"employees({api.post('employees', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
