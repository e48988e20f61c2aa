"""Sets, navigations and companies that vanish from discovery and come back: never a deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from emulator.in_process import json_of

from dynamics_bc_emulator.odata.vanished import Vanished

if TYPE_CHECKING:
    from emulator.in_process import Desk
    from emulator.plain_api import Api

NOT_FOUND = (404, "BadRequest_ResourceNotFound")


def vanish(desk: Desk, *sets: str, navigations: frozenset[tuple[str, str]] = frozenset()) -> None:
    desk.service.vanished = Vanished(frozenset(sets), navigations)


def metadata(desk: Desk) -> str:
    return str(desk.ask("GET", "/$metadata").body.decode())  # type: ignore[union-attr]


def listed(desk: Desk) -> set[str]:
    return {one["name"] for one in json_of(desk.ask("GET", "/"))["value"]}


def test_a_set_that_vanished_is_in_no_document_and_not_found(desk: Desk) -> None:
    whole, number = metadata(desk), len(desk.rows("vendors"))
    vanish(desk, "vendors")
    assert '"vendors"' not in metadata(desk)
    assert "vendors" not in listed(desk)
    row = desk.id("vendors", number="20000")
    for path in ("vendors", f"vendors({row})", "vendors/$count", f"vendors({row})/defaultDimensions"):
        assert desk.refused("GET", path)[:2] == NOT_FOUND
    assert desk.refused("POST", "vendors", {"displayName": "x"})[:2] == NOT_FOUND
    assert len(desk.rows("items")) > 0
    vanish(desk)
    assert metadata(desk) == whole
    assert len(desk.rows("vendors")) == number


def test_ways_to_a_set_vanish_with_it(desk: Desk) -> None:
    invoice = desk.company.find("salesInvoices")[0]["id"]
    vanish(desk, "salesInvoiceLines")
    assert desk.refused("GET", f"salesInvoices({invoice})/salesInvoiceLines")[:2] == NOT_FOUND
    status, code, message = desk.refused("GET", "salesInvoices", expand="salesInvoiceLines")
    assert (status, code) == (400, "BadRequest")
    assert message == "Could not find a property named 'salesInvoiceLines' on type 'Microsoft.NAV.salesInvoice'."
    assert desk.ask("GET", "salesInvoices", expand="dimensionSetLines", top=1).status == 200
    assert desk.ask("GET", "/companies", expand="items($top=1)").status == 200
    assert desk.ask("GET", "/companies", expand="salesInvoiceLines").status == 400


def test_a_way_can_vanish_alone(desk: Desk) -> None:
    invoice = desk.company.find("salesInvoices")[0]["id"]
    vanish(desk, navigations=frozenset((("salesInvoices", "dimensionSetLines"),)))
    assert desk.refused("GET", f"salesInvoices({invoice})/dimensionSetLines")[:2] == NOT_FOUND
    expand = "salesInvoiceLines($expand=dimensionSetLines)"
    assert desk.ask("GET", "salesInvoices", expand=expand, top=1).status == 200
    assert desk.ask("GET", "salesInvoices", expand="dimensionSetLines").status == 400


def test_operations_of_a_batch_miss_it_too(desk: Desk) -> None:
    vanish(desk, "vendors")
    operations = [{"id": "a", "method": "GET", "url": f"companies({desk.company.id})/vendors"}]
    (reply,) = json_of(desk.ask("POST", "$batch", {"requests": operations}))["responses"]
    assert reply["status"] == 404


def test_reports_are_made_of_what_vanished_as_before(desk: Desk) -> None:
    before = desk.rows("agedAccountsPayables")
    vanish(desk, "vendors", "generalLedgerEntries", "accounts")
    assert desk.rows("agedAccountsPayables") == before
    assert desk.rows("trialBalances")


# -- as a control ------------------------------------------------------------------------------------------------------


def test_the_replica_has_a_company_that_has_come_back(api: Api) -> None:
    api.control("switches", {"replica_lag_seconds": 1})
    assert len(api.ok("companies")["value"]) == 2
    api.control("vanish", {"company": api.companies[1]["name"]})
    assert len(api.ok("companies")["value"]) == 1
    api.control("vanish", method="DELETE")
    assert len(api.ok("companies")["value"]) == 2


def test_a_company_vanishes_and_comes_back_with_its_rows(api: Api) -> None:
    first, second = api.companies
    before = api.ok(f"companies({second['id']})/items")["value"]
    api.control("vanish", {"company": second["name"]})
    assert [row["name"] for row in api.ok("companies")["value"]] == [first["name"]]
    assert api.refused(f"companies({second['id']})/items")[:2] == (404, "Internal_CompanyNotFound")
    api.control("vanish", {"entity_set": "vendors"})
    assert api.get(f"companies({first['id']})/vendors").status_code == 404
    api.control("vanish", method="DELETE")
    assert [row["name"] for row in api.ok("companies")["value"]] == [first["name"], second["name"]]
    assert api.ok(f"companies({second['id']})/items")["value"] == before
    assert api.get(f"companies({first['id']})/vendors").status_code == 200


def test_a_set_of_a_custom_api_vanishes_too(api: Api) -> None:
    root = api.root.replace("api/v2.0", "api/contoso/demo/v1.0")
    path = f"{root}/{api.company}/loyalCustomers"
    api.control("vanish", {"entity_set": "loyalCustomers", "navigation": "loyalInvoices"})
    assert api.get(path, "$expand=loyalInvoices").status_code == 400
    api.control("vanish", {"entity_set": "loyalCustomers"})
    assert api.get(path).status_code == 404
    api.control("permissions", [{"entity_set": "stockItems"}])
    assert api.get(f"{root}/{api.company}/stockItems").status_code == 403


def test_a_reset_and_a_restore_offer_what_was_offered(api: Api) -> None:
    begun = api.control("snapshot")["snapshot"]
    api.control("vanish", [{"company": api.companies[1]["name"]}, {"entity_set": "vendors"}])
    away = api.control("snapshot")["snapshot"]

    def state() -> tuple[int, int]:
        return len(api.ok("companies")["value"]), api.get(f"{api.company}/vendors").status_code

    assert state() == (1, 404)
    api.emulator.control.reset()
    assert state() == (2, 200)
    api.control("restore", {"snapshot": away})
    assert state() == (1, 404)
    api.control("vanish", method="DELETE")
    assert state() == (2, 200)
    api.control("restore", {"snapshot": begun})
    assert state() == (2, 200)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "what vanishes is a company, or it is an entity_set"),
        ({"entity_set": "kustomers"}, "kustomers is missing or not there"),
        ({"entity_set": "vendors", "navigation": "nope"}, "nope is missing or not there"),
        ({"company": "Nobody"}, "The company 'Nobody' does not exist."),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, body: dict[str, Any], sentence: str) -> None:
    answer = requests.post(f"{api.emulator.url}/_emulator/vanish", json=body, timeout=60)
    assert answer.status_code in {400, 404}
    assert sentence in answer.json()["error"]
