"""Notifications as a receiver of this machine gets them from a running emulator."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.plain_api import Api

RUNTIME = "api/microsoft/runtime"


class Receiver:
    """A web hook: confirms, keeps what it is told, and answers with the statuses that it is given."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        self.confirms = True
        self.arrived = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = parse_qs(urlsplit(self.path).query).get("validationToken")
                if token:
                    self._answer(200, token[0] if receiver.confirms else "no")
                    return
                receiver.told.append(decode(body))
                self._answer(receiver.statuses.pop(0) if receiver.statuses else 200, "")
                receiver.arrived.set()

            def _answer(self, status: int, text: str) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> dict[str, Any]:
        """What is told next."""
        assert self.arrived.wait(5), "nothing was told"
        self.arrived.clear()
        return self.told[-1]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


def subscribe(api: Api, receiver: Receiver, entity_set: str = "vendors") -> Any:
    body = {"notificationUrl": receiver.url, "resource": f"{api.company}/{entity_set}", "clientState": "mine"}
    return api.session.post(f"{api.root}/subscriptions", json=body, timeout=10)


def create_vendor(api: Api, number: str) -> None:
    body = {"number": number, "displayName": number}
    assert api.session.post(f"{api.root}/{api.company}/vendors", json=body, timeout=10).status_code == 201


def test_a_receiver_confirms_and_is_told_when_the_clock_says_so(api: Api, receiver: Receiver) -> None:
    made = subscribe(api, receiver)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"{api.root}/subscriptions('{made.json()['subscriptionId']}')"
    create_vendor(api, "H-1")
    time.sleep(0.04)
    assert receiver.told == []
    api.emulator.control.advance("PT30S")
    (told,) = receiver.next()["value"]
    assert (told["changeType"], told["clientState"]) == ("created", "mine")
    assert api.ok(told["resource"].removeprefix("api/v2.0/"))["number"] == "H-1"


def answered(api: Api, number: int) -> list[int | None]:
    """What receivers have answered, once there are so many answers."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        sent = api.control("notifications", method="GET")["sent"]
        if len(sent) >= number:
            return [one["status"] for one in sent]
        time.sleep(0.01)
    pytest.fail("it was not sent")


def test_a_receiver_that_was_away_is_tried_again_after_a_minute(api: Api, receiver: Receiver) -> None:
    receiver.statuses = [503]
    subscribe(api, receiver)
    create_vendor(api, "H-1")
    api.emulator.control.advance("PT30S")
    assert answered(api, 1) == [503]
    api.emulator.control.advance("PT60S")
    assert answered(api, 2) == [503, 200]
    assert receiver.told[0] == receiver.told[1]
    assert api.control("notifications", method="GET")["due"] is None


def test_a_receiver_that_is_gone_is_tried_again_too(api: Api, receiver: Receiver) -> None:
    subscribe(api, receiver)
    receiver.server.shutdown()
    receiver.server.server_close()
    create_vendor(api, "H-1")
    api.emulator.control.advance("PT30S")
    assert answered(api, 1) == [None]
    assert api.control("notifications", method="GET")["due"] is not None


def test_a_receiver_that_rejects_loses_its_subscription(api: Api, receiver: Receiver) -> None:
    receiver.statuses = [410]
    subscribe(api, receiver)
    create_vendor(api, "H-1")
    api.emulator.control.advance("PT30S")
    assert answered(api, 1) == [410]
    assert api.ok("subscriptions")["value"] == []


def test_a_receiver_that_does_not_confirm_is_refused_and_a_renewal_asks_again(api: Api, receiver: Receiver) -> None:
    made = subscribe(api, receiver).json()
    receiver.confirms = False
    assert subscribe(api, receiver).status_code == 400
    url = f"{api.root}/subscriptions('{made['subscriptionId']}')"
    token = {"If-Match": made["@odata.etag"]}
    assert api.session.patch(url, json={}, headers=token, timeout=10).status_code == 400
    receiver.confirms = True
    assert api.session.patch(url, json={}, headers=token, timeout=10).status_code == 200
    assert len(api.ok("subscriptions")["value"]) == 1
    assert api.session.delete(url, headers={"If-Match": "*"}, timeout=10).status_code == 204


def test_a_receiver_may_ask_the_service_while_it_is_asked_to_confirm(api: Api, receiver: Receiver) -> None:
    seen: list[int] = []
    confirm = receiver.server.RequestHandlerClass.do_POST

    def ask_first(handler: Any) -> None:
        seen.append(api.get("companies").status_code)
        confirm(handler)

    receiver.server.RequestHandlerClass.do_POST = ask_first  # type: ignore[attr-defined]
    assert subscribe(api, receiver).status_code == 201
    assert seen == [200]


def test_a_reset_forgets_subscriptions_and_what_they_had_to_be_told(api: Api, receiver: Receiver) -> None:
    subscribe(api, receiver)
    create_vendor(api, "H-1")
    api.emulator.control.reset()
    api.emulator.control.advance("PT60S")
    assert api.ok("subscriptions")["value"] == []
    time.sleep(0.04)
    assert receiver.told == []


def test_a_restore_brings_subscriptions_back(api: Api, receiver: Receiver) -> None:
    subscribe(api, receiver)
    known = api.control("snapshot")["snapshot"]
    api.emulator.control.reset()
    api.control("restore", {"snapshot": known})
    create_vendor(api, "H-1")
    api.emulator.control.advance("PT30S")
    assert [one["changeType"] for one in receiver.next()["value"]] == ["created"]


def test_a_subscription_of_a_batch_is_confirmed_too(api: Api, receiver: Receiver) -> None:
    body = {"notificationUrl": receiver.url, "resource": f"{api.company}/items"}
    operations = [{"id": "a", "method": "POST", "url": "subscriptions", "body": body}]
    answer = api.session.post(f"{api.root}/$batch", json={"requests": operations}, timeout=10)
    assert [one["status"] for one in answer.json()["responses"]] == [201]


def test_business_events_are_subscribed_to_at_the_runtime_api(api: Api, receiver: Receiver) -> None:
    root = api.root.replace("api/v2.0", f"{RUNTIME}/v1.0")
    name = next(
        row["name"] for row in api.ok(f"{root}/externalbusinesseventdefinitions")["value"] if "Blocked" in row["name"]
    )
    assert name == "CustomerBlocked"
    body = {"companyName": api.companies[0]["name"], "eventName": name, "notificationUrl": receiver.url}
    assert api.session.post(f"{root}/externaleventsubscriptions", json=body, timeout=10).status_code == 201
    customer = f"{api.root}/{api.company}/customers({api.rows('customers')[0]['id']})"
    changed = api.session.patch(customer, json={"blocked": "All"}, headers={"If-Match": "*"}, timeout=10)
    assert changed.status_code == 200
    told = receiver.next()
    assert (told["eventName"], told["companyName"]) == (name, body["companyName"])


def test_the_runtime_api_lists_what_can_be_watched(api: Api) -> None:
    root = api.root.replace("api/v2.0", f"{RUNTIME}/beta")
    listed = {row["resource"] for row in api.ok(f"{root}/{api.company}/webhookSupportedResources")["value"]}
    assert {"v2.0/customers", "v2.0/generalLedgerEntries", "v2.0/salesOrders", "v2.0/vendors"} <= listed
    assert "contoso/demo/v1.0/loyalCustomers" in listed
    assert not any(one.startswith("ODataV4") for one in listed)
    assert not listed & {"v2.0/salesOrderLines", "v2.0/jobQueueEntries", "v2.0/customerSales", "v2.0/companies"}
