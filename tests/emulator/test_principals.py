"""Applications and users: who signs in, who may do what, whose limits are whose."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import requests
from emulator.in_process import json_of
from emulator.plain_api import Api, sign_in, token

from dynamics_bc_emulator.http.throttling import Throttle, Throttles
from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rows.permissions import Permission
from dynamics_bc_emulator.rows.tables import known_tables, tables_of

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.driver import BusinessCentral

SECOND = {"client_id": "5ec0d000-0000-4000-8000-000000000002", "client_secret": "another"}
READER, WRITER = "reader", "writer"
PREVENTED = "Sorry, the current permissions prevented the action. "


def grant(desk: Desk, *permissions: Permission) -> None:
    desk.service.gate.grant(permissions)


def for_set(entity_set: str | None, *rights: str, **more: Any) -> Permission:
    return Permission(None, entity_set, frozenset(rights), **more)


def refusal(desk: Desk, method: str, path: str, body: Any = None) -> str:
    status, code, message = desk.refused(method, path, body)
    assert (status, code) == (403, "Internal_ServerError")
    return message.removeprefix(PREVENTED)


# -- who may do what ---------------------------------------------------------------------------------------------------


def test_a_permission_is_for_whom_it_names_and_for_everybody_if_it_names_nobody(desk: Desk) -> None:
    grant(desk, for_set("vendors", principal=READER), for_set("items"))
    for desk.principal, statuses in ((READER, (403, 403)), (WRITER, (200, 403)), ("", (200, 403))):
        assert (desk.ask("GET", "vendors").status, desk.ask("GET", "items").status) == statuses


@pytest.mark.parametrize(
    ("method", "body", "missing", "word"),
    [
        ("GET", None, "read", "Read"),
        ("POST", {"displayName": "New"}, "insert", "Insert"),
        ("PATCH", {"city": "Hull"}, "modify", "Modify"),
        ("DELETE", None, "delete", "Delete"),
    ],
)
def test_each_right_is_a_letter_of_its_own(desk: Desk, method: str, body: Any, missing: str, word: str) -> None:
    made = desk.create("vendors", {"displayName": "Leaves soon"})["id"]
    path = "vendors" if method in {"GET", "POST"} else f"vendors({made})"
    rights = {"read", "insert", "modify", "delete"}
    grant(desk, for_set("vendors", *(rights - {missing})))
    assert refusal(desk, method, path, body) == f"(TableData 23 Vendor {word}: Base Application)"
    grant(desk, for_set("vendors", *rights))
    assert desk.ask(method, path, body).status < 300


def test_a_report_is_closed_with_the_ledger_behind_it(desk: Desk) -> None:
    grant(desk, for_set(None, table="G/L Entry"))
    assert refusal(desk, "GET", "balanceSheets") == "(TableData 17 G/L Entry Read: Base Application)"
    assert refusal(desk, "GET", "generalLedgerEntries") == "(TableData 17 G/L Entry Read: Base Application)"
    assert desk.ask("GET", "accounts").status == 200
    grant(desk, for_set(None, table="Cust. Ledger Entry"))
    assert "21 Cust. Ledger Entry" in refusal(desk, "GET", "agedAccountsReceivables")
    assert desk.ask("GET", "agedAccountsPayables").status == 200


def test_a_set_is_read_if_each_of_its_tables_may_be(desk: Desk) -> None:
    grant(desk, for_set(None, "read", table="Customer"), for_set("customerSales"))
    assert "Customer + Cust. Ledger Entry" in refusal(desk, "GET", "customerSales")
    assert desk.ask("GET", "customers").status == 200


def test_an_action_has_permissions_of_its_own(desk: Desk) -> None:
    draft = next(row["id"] for row in desk.company.find("purchaseInvoices", status="Draft"))
    post = f"purchaseInvoices({draft})/Microsoft.NAV.post"
    grant(desk, for_set("purchaseInvoices", action="post"))
    assert "Modify" in refusal(desk, "POST", post)
    assert desk.ask("PATCH", f"purchaseInvoices({draft})", {"vendorInvoiceNumber": "P-1"}).status == 200
    grant(desk, for_set("purchaseInvoices", "post", action="post"), for_set("purchaseInvoices", "read"))
    desk.act(f"purchaseInvoices({draft})")
    assert desk.company.get("purchaseInvoices", draft)["status"] == "Open"  # type: ignore[index]


def test_children_of_a_new_record_need_their_own_permission(desk: Desk) -> None:
    before = desk.company.store.count(desk.company.id, "purchaseInvoices")
    grant(desk, for_set("purchaseInvoiceLines", "read"))
    body = {"vendorNumber": "10000", "purchaseInvoiceLines": [{"description": "x"}]}
    assert "Insert" in refusal(desk, "POST", "purchaseInvoices", body)
    assert desk.company.store.count(desk.company.id, "purchaseInvoices") == before


def test_a_missing_permission_can_look_like_a_bad_token(desk: Desk) -> None:
    grant(desk, for_set("items", status=401))
    assert desk.refused("GET", "items") == (
        401,
        "Authentication_InvalidCredentials",
        "The server has rejected the client credentials.",
    )


def test_operations_of_a_batch_are_who_sends_it(desk: Desk) -> None:
    grant(desk, for_set("items", principal=READER))
    operations = [{"id": "a", "method": "GET", "url": f"companies({desk.company.id})/items"}]
    for desk.principal, status in ((READER, 403), (WRITER, 200)):
        (reply,) = json_of(desk.ask("POST", "$batch", {"requests": operations}))["responses"]
        assert reply["status"] == status


def test_every_table_behind_a_set_is_known_by_its_number() -> None:
    sets = load_catalogue().sets.values()
    unknown = {table for each in sets for table in tables_of(each)[1:]} - known_tables()
    assert not unknown


# -- who signs in ------------------------------------------------------------------------------------------------------


def api_of(emulator: BusinessCentral, **changes: str) -> Api:
    api = sign_in(emulator)
    api.session.headers["Authorization"] = f"Bearer {token(emulator, **changes).json()['access_token']}"
    return api


def test_each_application_signs_in_with_its_own_secret_and_has_its_own_rights(
    business_central: BusinessCentral,
) -> None:
    control = business_central.control
    assert token(business_central, **SECOND).json()["error"] == "unauthorized_client"
    listed = control.call("POST", "principals", [SECOND])
    assert [one.get("client_id", one.get("user")) for one in listed] == [
        business_central.client_id,
        SECOND["client_id"],
        "admin@emulator.example",
    ]
    assert "another" not in str(listed)
    assert token(business_central, **{**SECOND, "client_secret": "guessed"}).json()["error"] == "invalid_client"
    control.permissions([{"principal": SECOND["client_id"], "entity_set": "items"}])
    first, second = sign_in(business_central), api_of(business_central, **SECOND)
    assert first.get(f"{first.company}/items").status_code == 200
    assert control.requests()[-1]["principal"] == business_central.client_id
    assert second.get(f"{first.company}/items").status_code == 403
    control.reset()
    assert token(business_central, **SECOND).json()["error"] == "unauthorized_client"


def test_a_user_who_lent_an_application_a_scope_has_the_users_rights(business_central: BusinessCentral) -> None:
    control = business_central.control
    control.permissions([{"principal": "ann@emulator.example", "entity_set": "items"}])
    lent = control.call("POST", "refresh_token", {"user": "ann@emulator.example"})["refresh_token"]
    granted = {"grant_type": "refresh_token", "refresh_token": lent}
    ann, other = api_of(business_central, **granted), sign_in(business_central)
    assert ann.get(f"{ann.company}/items").status_code == 403
    assert other.get(f"{other.company}/items").status_code == 200
    again = token(business_central, **granted).json()["refresh_token"]
    kept = api_of(business_central, grant_type="refresh_token", refresh_token=again)
    assert kept.get(f"{ann.company}/items").status_code == 403


def test_an_application_that_is_not_in_the_environment_gets_tokens_and_no_data(
    business_central: BusinessCentral,
) -> None:
    business_central.control.call("POST", "principals", {**SECOND, "in_environment": False})
    stranger = api_of(business_central, **SECOND)
    status, code, message = stranger.refused("companies")
    assert (status, code) == (401, "Authentication_InvalidCredentials")
    assert message == "Web service call failed because user could not be authenticated or authorized."
    business_central.control.call("POST", "principals", {"client_id": SECOND["client_id"]})
    assert stranger.get("companies").status_code == 200


@pytest.mark.parametrize(
    ("control", "body", "sentence"),
    [
        ("principals", [{}], "a principal has a client_id, or it has a user"),
        ("principals", [{"client_id": "new"}], "a new application needs a client_secret or a certificate"),
        ("principals", [{"client_id": 5}], "client_id of a principal is text, not 5"),
        ("principals", [{"client_id": "c", "certificate": "?"}], "certificate of a principal: a certificate is PEM"),
        ("principals", [{"client_id": "c", "certificate": "AAAA"}], "there is no RSA key in the certificate"),
        ("permissions", [{"table": "Kustomer"}], "there is no table 'Kustomer'"),
        ("permissions", [{"status": 404}], "status of a permission is 401 or 403, not 404"),
        ("refresh_token", {"client_id": "nobody"}, "nobody is missing or not there"),
    ],
)
def test_what_makes_no_sense_is_refused(
    business_central: BusinessCentral, control: str, body: object, sentence: str
) -> None:
    answer = requests.post(f"{business_central.url}/_emulator/{control}", json=body, timeout=60)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


# -- whose limits ------------------------------------------------------------------------------------------------------


def test_every_principal_has_a_window_of_its_own() -> None:
    throttles = Throttles(requests_per_window=2, concurrent=1)
    throttles.of("a").count(2)
    throttles.of("b").count(2)
    for name in "ab":
        with pytest.raises(Refusal, match="Too many requests"):
            throttles.of(name).count()
    throttles.reset()
    throttles.of("a").count(2)


def test_every_principal_has_slots_of_its_own() -> None:
    throttles = Throttles(requests_per_window=100, concurrent=1)

    async def both() -> str:
        async with throttles.of("a").slot(), throttles.of("b").slot():
            return "at once"

    assert asyncio.run(asyncio.wait_for(both(), 5)) == "at once"


def test_who_waits_too_long_in_the_queue_is_given_up_with_503_and_leaves_its_place() -> None:
    throttle = Throttle(100, 1, queue_seconds=0.01)

    async def wait() -> int:
        async with throttle.slot():
            with pytest.raises(Refusal, match="waited too long") as given_up:
                async with throttle.slot():
                    pytest.fail("there was no room")
        async with throttle.slot():
            return given_up.value.status

    assert asyncio.run(wait()) == 503
