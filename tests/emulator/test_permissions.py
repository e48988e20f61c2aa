"""What a client may read, write and post: one gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.plain_api import Api

DENIED = (403, "Internal_ServerError")


def allow(api: Api, *permissions: dict[str, Any]) -> None:
    api.control("permissions", list(permissions))


def post(api: Api, path: str, body: Any = None) -> int:
    return api.session.post(f"{api.root}/{api.company}/{path}", json=body, timeout=60).status_code


def test_a_set_that_may_not_be_read_is_refused_with_the_table_that_is_missing(api: Api) -> None:
    allow(api, {"entity_set": "customers"})
    row = api.rows("customers")[0]["id"]
    for path in ("customers", f"customers({row})", "customers/$count"):
        status, code, message = api.refused(f"{api.company}/{path}")
        assert (status, code) == DENIED
        assert (
            message
            == "Sorry, the current permissions prevented the action. (TableData 18 Customer Read: Base Application)"
        )
    assert api.get(f"{api.company}/vendors").status_code == 200


@pytest.mark.parametrize(
    ("denied", "path"),
    [
        ("salesInvoiceLines", "salesInvoices?$expand=salesInvoiceLines&$top=1"),
        ("dimensionSetLines", "salesInvoices?$expand=dimensionSetLines&$top=1"),
        ("dimensionSetLines", "salesInvoices?$expand=salesInvoiceLines($expand=dimensionSetLines)&$top=1"),
    ],
)
def test_what_may_not_be_read_may_not_be_expanded(api: Api, denied: str, path: str) -> None:
    assert api.get(f"{api.company}/{path}").status_code == 200
    allow(api, {"entity_set": denied, "write": True})
    assert api.refused(f"{api.company}/{path}")[:2] == DENIED


def test_what_may_not_be_read_is_not_reached_through_a_row_either(api: Api) -> None:
    invoice = api.rows("salesInvoices")[0]["id"]
    allow(api, {"entity_set": "salesInvoiceLines"})
    assert api.refused(f"{api.company}/salesInvoices({invoice})/salesInvoiceLines")[:2] == DENIED


def test_a_permission_can_be_for_one_company(api: Api) -> None:
    first, second = (row["name"] for row in api.companies)
    allow(api, {"company": second, "entity_set": "items"})
    answers = {row["name"]: api.get(f"companies({row['id']})/items").status_code for row in api.companies}
    assert answers == {first: 200, second: 403}


def test_the_first_permission_that_speaks_of_a_place_decides(api: Api) -> None:
    company = api.company
    allow(api, {"entity_set": "items", "read": True, "write": True}, {})
    assert api.get(f"{company}/items").status_code == 200
    assert api.get(f"{company}/vendors").status_code == 403


def test_reading_writing_and_posting_are_rights_of_their_own(api: Api) -> None:
    draft = next(row["id"] for row in api.rows("purchaseInvoices") if row["status"] == "Draft")
    allow(api, {"entity_set": "purchaseInvoices", "read": True, "write": True}, {"entity_set": "vendors", "read": True})
    assert post(api, f"purchaseInvoices({draft})/Microsoft.NAV.post") == 403
    assert post(api, "vendors", {"displayName": "Nobody"}) == 403
    assert post(api, "purchaseInvoices", {"vendorNumber": "10000"}) == 201
    assert next(row for row in api.rows("purchaseInvoices") if row["id"] == draft)["status"] == "Draft"


def test_the_truth_is_told_whatever_a_client_may_read_and_a_reset_allows_everything(api: Api) -> None:
    allow(api, {})
    assert api.emulator.control.rows("CRONUS International Ltd.", "customers")
    assert api.get("companies").status_code == 403
    api.control("permissions", method="DELETE")
    assert api.get("companies").status_code == 200
    allow(api, {})
    api.emulator.control.reset()
    assert api.get("companies").status_code == 200
