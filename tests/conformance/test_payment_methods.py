"""Payment methods."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Payment Methods E2E"
SENT = {"code": "BARTER", "displayName": "Barter"}


@pytest.mark.theirs("TestVerifyIDandLastModifiedDateTime")
def test_a_payment_method_has_an_id_and_a_stamp(api):
    read = api.get(f"paymentMethods({api.post('paymentMethods', SENT)['id']})")
    assert read["id"].strip("0-")
    assert read["lastModifiedDateTime"].startswith("2026")


@pytest.mark.theirs("TestGetPaymentMethods")
def test_payment_methods_are_listed_with_their_ids(api):
    created = {each: api.post("paymentMethods", SENT | {"code": each})["id"] for each in ("N1", "N2")}
    assert created.items() <= {row["code"]: row["id"] for row in api.rows("paymentMethods")}.items()


@pytest.mark.theirs("TestCreatePaymentMethods")
def test_a_payment_method_is_created(api):
    created = api.post("paymentMethods", SENT)
    assert SENT.items() <= created.items()
    assert SENT.items() <= api.get(f"paymentMethods({created['id']})").items()


@pytest.mark.theirs("TestModifyPaymentMethods")
def test_a_payment_method_is_changed(api):
    path = f"paymentMethods({api.post('paymentMethods', SENT)['id']})"
    wanted = SENT | {"displayName": "Other"}
    assert wanted.items() <= api.patch(path, {"displayName": "Other"}).items()
    assert wanted.items() <= api.get(path).items()


@pytest.mark.theirs("TestDeletePaymentMethods")
def test_a_payment_method_is_deleted(api):
    path = f"paymentMethods({api.post('paymentMethods', SENT)['id']})"
    answer = api.call("DELETE", path)
    assert (answer.status, answer.content) == (204, b"")
    assert not api.is_there(path)
