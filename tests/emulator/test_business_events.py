"""External business events: what raises them, what they carry, who is told and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import ROOT, json_of

from dynamics_bc_emulator.notifying.calling import Answer
from dynamics_bc_emulator.notifying.notifier import Notifier
from dynamics_bc_emulator.rows.business_events import load_events
from dynamics_bc_emulator.rows.permissions import user_id
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from emulator.in_process import Desk

URL = "http://127.0.0.1:9/events"
APP = "6f2c034f-5ebe-4eae-b34c-90a0d4e87687"
COMPANY = "CRONUS International Ltd."


@dataclass
class Told:
    """A desk whose events are told to one receiver."""

    desk: Desk
    answers: list[Answer | None] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.notifier = Notifier(self.desk.service, self.call)

    def call(self, url: str, body: bytes, _: dict[str, str], __: float) -> Answer | None:
        assert url == URL
        self.got.append(decode(body))
        return self.answers.pop(0) if self.answers else Answer(200)

    def subscribe(self, *names: str, **more: str) -> list[dict[str, Any]]:
        body = {"companyName": COMPANY, "appId": APP, "notificationUrl": URL, "clientState": "mine", **more}
        made = [self.desk.ask("POST", "/externaleventsubscriptions", {**body, "eventName": name}) for name in names]
        assert [one.status for one in made] == [201] * len(names), made
        return [json_of(one) for one in made]

    def names(self) -> list[str]:
        """Of the events that are told now."""
        self.got.clear()
        self.notifier.deliver()
        return [one["eventName"] for one in self.got]


@pytest.fixture
def told(desk: Desk) -> Told:
    return Told(desk)


def bill(desk: Desk) -> str:
    line = {"accountId": desk.id("accounts", number="8210"), "quantity": 1, "unitCost": 50}
    body = {"vendorNumber": "20000", "vendorInvoiceNumber": "E-1", "purchaseInvoiceLines": [line]}
    return str(desk.create("purchaseInvoices", body)["id"])


def ledger_entry(desk: Desk, entity_set: str, kind: str, **more: Any) -> dict[str, Any]:
    owner, party = ("customerId", "customers") if "customer" in entity_set else ("vendorId", "vendors")
    entry = {"documentType": kind, "documentId": "0d0c0000-0000-4000-8000-000000000001", "open": True, **more}
    amounts = {
        "amount": Decimal(10),
        "remainingAmount": Decimal(10),
        "dueDate": "2026-01-01",
        "postingDate": "2026-01-01",
    }
    return desk.company.insert(entity_set, {owner: desk.company.find(party)[0]["id"], **amounts, **entry})


def test_the_definitions_name_the_events_and_what_they_carry(desk: Desk) -> None:
    rows = desk.read("/externalbusinesseventdefinitions")["value"]
    assert len(rows) == 17
    row = next(one for one in rows if one["name"] == "PurchaseInvoicePosted")
    assert (row["appId"], row["eventVersion"], row["category"]) == (APP, "1.0", "Accounts Payable")
    assert decode(row["payload"])[:2] == [
        {"Index": 0, "Name": "PurchaseInvoiceAPIId", "Type": "Guid"},
        {"Index": 1, "Name": "PurchaseInvoiceSystemId", "Type": "Guid"},
    ]


def test_a_posted_bill_is_told_at_once_with_its_payload(told: Told) -> None:
    told.desk.principal = "ann@emulator.example"
    (made,) = told.subscribe("purchaseinvoiceposted")
    assert (made["eventName"], made["subscriptionState"]) == ("PurchaseInvoicePosted", "Active")
    posted = bill(told.desk)
    assert told.names() == []
    told.desk.act(f"purchaseInvoices({posted})")
    assert told.names() == ["PurchaseInvoicePosted"]
    (event,) = told.got
    payload = event.pop("payload")
    assert event == {
        "initiatingUserAADObjectId": user_id("ann@emulator.example"),
        "timestamp": "2026-03-01T08:00:00.0000000Z",
        "companyName": COMPANY,
        "companyId": told.desk.company.id,
        "eventName": "PurchaseInvoicePosted",
        "eventVersion": "1.0",
        "appId": APP,
        "clientState": "mine",
    }
    assert list(payload) == ["PurchaseInvoiceAPIId", "PurchaseInvoiceSystemId", "Url", "WebClientUrl"]
    assert payload["PurchaseInvoiceAPIId"] == posted != payload["PurchaseInvoiceSystemId"]
    assert payload["Url"] == f"{ROOT}/companies({told.desk.company.id})/purchaseInvoices({posted})"
    assert told.names() == []


@pytest.mark.parametrize(
    ("entity_set", "kind", "name"),
    [
        ("_customerLedgerEntries", "Invoice", "SalesInvoicePosted"),
        ("_customerLedgerEntries", "Credit_x0020_Memo", "SalesCreditMemoPosted"),
        ("_customerLedgerEntries", "Payment", "SalesPaymentPosted"),
        ("_vendorLedgerEntries", "Invoice", "PurchaseInvoicePosted"),
        ("_vendorLedgerEntries", "Credit_x0020_Memo", "PurchaseCreditMemoPosted"),
        ("_vendorLedgerEntries", "Payment", "PurchasePaymentPosted"),
    ],
)
def test_each_kind_of_ledger_entry_raises_its_event(told: Told, entity_set: str, kind: str, name: str) -> None:
    told.subscribe(*(event.name for event in load_events().events if "Limit" not in event.name))
    entry = ledger_entry(told.desk, entity_set, kind)
    assert told.names() == [name]
    told.desk.company.update(entity_set, entry["id"], {"open": False})
    assert told.names() == []


@pytest.mark.parametrize(
    ("entity_set", "name"), [("purchaseReceipts", "PurchaseReceiptPosted"), ("salesShipments", "SalesShipmentPosted")]
)
def test_a_new_receipt_or_shipment_raises_its_event(told: Told, entity_set: str, name: str) -> None:
    told.subscribe(name)
    row = told.desk.company.insert(entity_set, {"number": "E-1"})
    assert told.names() == [name]
    assert told.got[0]["payload"][name.replace("Posted", "Id")] == row["id"]


def test_a_customer_that_is_blocked_and_let_go_again_is_told(told: Told) -> None:
    told.subscribe("CustomerBlocked", "CustomerUnBlocked")
    path = f"customers({told.desk.id('customers', number='10000')})"
    told.desk.change(path, {"city": "Hull"})
    assert told.names() == []
    told.desk.change(path, {"blocked": "All"})
    assert told.names() == ["CustomerBlocked"]
    assert told.got[0]["payload"]["Blocked"] == "All"
    told.desk.change(path, {"blocked": "_x0020_"})
    assert told.names() == ["CustomerUnBlocked"]


def test_a_customer_that_owes_more_than_its_limit_is_told(told: Told) -> None:
    told.subscribe("SalesCreditLimitExceeded")
    customer = told.desk.company.find("customers")[0]["id"]
    ledger_entry(told.desk, "_customerLedgerEntries", "Invoice")
    assert told.names() == []
    told.desk.company.update("customers", customer, {"creditLimit": Decimal(1)})
    ledger_entry(told.desk, "_customerLedgerEntries", "Invoice")
    assert told.names() == ["SalesCreditLimitExceeded"]


def test_nothing_is_told_of_what_was_rolled_back_or_happened_elsewhere(told: Told) -> None:
    told.subscribe("PurchaseInvoicePosted")
    url = f"companies({told.desk.company.id})"
    operations = [
        {"method": "POST", "url": f"{url}/vendors", "body": {"nope": 1}},
        {"method": "POST", "url": f"{url}/purchaseInvoices({bill(told.desk)})/Microsoft.NAV.post"},
    ]
    told.desk.ask(
        "POST",
        "$batch",
        {"requests": operations},
        {"isolation": "snapshot", "prefer": "odata.continue-on-error"},
    )
    told.desk.service.store.insert(
        "10000000-0000-4000-8000-000000000009", "_vendorLedgerEntries", {"documentType": "Invoice"}
    )
    assert told.names() == []


def test_an_event_that_did_not_arrive_is_sent_again_and_given_up_alone(told: Told) -> None:
    told.subscribe("PurchaseInvoicePosted")
    told.answers = [None, Answer(200), Answer(404)]
    told.desk.act(f"purchaseInvoices({bill(told.desk)})")
    assert told.names() == ["PurchaseInvoicePosted"]
    assert told.names() == []
    told.desk.clock.advance(timedelta(minutes=1))
    assert told.names() == ["PurchaseInvoicePosted"]
    ledger_entry(told.desk, "_vendorLedgerEntries", "Invoice")
    assert told.names() == ["PurchaseInvoicePosted"]
    told.desk.clock.advance(timedelta(days=1))
    assert told.names() == []
    assert len(told.desk.read("/externaleventsubscriptions")["value"]) == 1


def test_a_subscription_is_changed_and_deleted(told: Told) -> None:
    (made,) = told.subscribe("PurchaseInvoicePosted")
    path = f"/externaleventsubscriptions({made['id']})"
    changed = json_of(told.desk.ask("PATCH", path, {"eventName": "PurchasePaymentPosted"}))
    assert (changed["eventName"], changed["companyName"]) == ("PurchasePaymentPosted", COMPANY)
    ledger_entry(told.desk, "_vendorLedgerEntries", "Payment")
    assert told.names() == ["PurchasePaymentPosted"]
    assert told.desk.ask("DELETE", path).status == 204
    ledger_entry(told.desk, "_vendorLedgerEntries", "Payment")
    assert told.names() == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"eventName": "Nothing"}, 400, "BadRequest"),
        ({"eventName": ""}, 400, "BadRequest_RequiredParamNotProvided"),
        ({"notificationUrl": "https://contoso.com"}, 400, "BadRequest"),
        ({"appId": "00000000-0000-4000-8000-000000000000"}, 400, "BadRequest"),
        ({"eventVersion": "2.0"}, 400, "BadRequest"),
        ({"companyName": "Nobody"}, 404, "Internal_CompanyNotFound"),
        ({"companyName": ""}, 404, "Internal_CompanyNotFound"),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused(told: Told, change: dict[str, str], status: int, code: str) -> None:
    body = {"companyName": COMPANY, "eventName": "SalesInvoicePosted", "appId": APP, "notificationUrl": URL, **change}
    assert told.desk.refused("POST", "/externaleventsubscriptions", body)[:2] == (status, code)
    assert told.desk.read("/externaleventsubscriptions")["value"] == []


def document(desk: Desk, entity_set: str, party: dict[str, Any], lines: str, line: dict[str, Any]) -> str:
    return str(desk.create(entity_set, {**party, lines: [{"itemId": desk.id("items", number="1896-S"), **line}]})["id"])


@pytest.mark.parametrize(
    ("entity_set", "action", "names"),
    [
        ("salesInvoices", "post", {"SalesInvoicePosted"}),
        ("salesCreditMemos", "post", {"SalesCreditMemoPosted"}),
        ("salesOrders", "shipAndInvoice", {"SalesInvoicePosted", "SalesShipmentPosted"}),
    ],
)
def test_posting_sales_raises_an_event_for_each_document(
    told: Told, entity_set: str, action: str, names: set[str]
) -> None:
    told.subscribe(*(event.name for event in load_events().events if "Limit" not in event.name))
    lines = f"{entity_set.removesuffix('s')}Lines"
    draft = document(told.desk, entity_set, {"customerNumber": "10000"}, lines, {"quantity": 1, "unitPrice": 10})
    told.desk.act(f"{entity_set}({draft})", action)
    assert set(told.names()) == names
    for event in told.got:
        url = event["payload"]["Url"].removeprefix(f"{ROOT}/companies({told.desk.company.id})/")
        assert told.desk.read(url)["number"]


def test_receiving_and_invoicing_raises_two_events(told: Told) -> None:
    told.subscribe("PurchaseInvoicePosted", "PurchaseReceiptPosted")
    line = {"quantity": 1, "directUnitCost": 10}
    order = document(told.desk, "purchaseOrders", {"vendorNumber": "20000"}, "purchaseOrderLines", line)
    told.desk.edit("purchaseOrders", order, _vendorInvoiceNumber="E-2")
    told.desk.act(f"purchaseOrders({order})", "receiveAndInvoice")
    assert sorted(told.names()) == ["PurchaseInvoicePosted", "PurchaseReceiptPosted"]
