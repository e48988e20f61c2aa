"""Webhooks: the handshake, what is told and when, how often it is tried, and what ends a subscription."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from emulator.in_process import json_of

from dynamics_bc_emulator.notifying.calling import Answer, is_on_this_machine, shakes_hands
from dynamics_bc_emulator.notifying.notifications import Change, Pending
from dynamics_bc_emulator.notifying.notifier import Notifier
from dynamics_bc_emulator.notifying.retrying import wait_after
from dynamics_bc_emulator.rows.permissions import Permission
from dynamics_bc_emulator.values import decode

if TYPE_CHECKING:
    from emulator.in_process import Desk

URL = "http://127.0.0.1:9/hook"
OK = Answer(200)


@dataclass
class Receiver:
    """Answers calls as it is told, and keeps what it got."""

    answers: list[Answer | None] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(self, url: str, body: bytes, headers: dict[str, str], _: float) -> Answer | None:
        assert headers["Content-Type"] == "application/json"
        self.got.append((url, decode(body)))
        return self.answers.pop(0) if self.answers else OK

    @property
    def last(self) -> list[dict[str, Any]]:
        """The notifications of the last letter."""
        value: list[dict[str, Any]] = self.got[-1][1]["value"]
        return value


@dataclass
class Feed:
    """A desk with a receiver."""

    desk: Desk
    receiver: Receiver
    notifier: Notifier

    def subscribe(self, entity_set: str = "vendors", **more: str) -> dict[str, Any]:
        resource = f"/api/v2.0/companies({self.desk.company.id})/{entity_set}"
        body = {"notificationUrl": URL, "resource": resource, "clientState": "mine", **more}
        response = self.desk.ask("POST", "/subscriptions", body)
        assert response.status == 201, response
        row: dict[str, Any] = json_of(response)
        return row

    def after(self, seconds: float) -> int:
        """Let time pass and deliver; how many letters went out."""
        self.desk.clock.advance(timedelta(seconds=seconds))
        return self.notifier.deliver()

    def subscriptions(self) -> list[str]:
        return [row["subscriptionId"] for row in self.desk.read("/subscriptions")["value"]]


@pytest.fixture
def feed(desk: Desk) -> Feed:
    receiver = Receiver()
    desk.handshake = lambda _: True
    return Feed(desk, receiver, Notifier(desk.service, receiver.call))


def types(receiver: Receiver) -> list[tuple[str, str]]:
    return [(one["resource"].rpartition("/")[2].partition("(")[0], one["changeType"]) for one in receiver.last]


# -- subscribing -------------------------------------------------------------------------------------------------------


def test_a_subscription_has_an_id_an_etag_three_days_and_who_made_it(feed: Feed) -> None:
    feed.desk.principal = "ann@emulator.example"
    made = feed.subscribe()
    assert made["@odata.etag"].startswith('W/"')
    assert len(made["subscriptionId"]) == 32
    assert (made["clientState"], made["notificationUrl"]) == ("mine", URL)
    assert (made["lastModifiedDateTime"], made["expirationDateTime"]) == (
        "2026-03-01T08:00:00Z",
        "2026-03-04T08:00:00Z",
    )
    assert made["userId"] == made["systemCreatedBy"] != "00000000-0000-0000-0000-000000000000"
    other = feed.desk
    other.principal = "bob@emulator.example"
    assert feed.subscribe("items")["userId"] != made["userId"]
    assert feed.subscriptions() == sorted(feed.subscriptions())
    read = json_of(other.ask("GET", f"/subscriptions('{made['subscriptionId']}')"))
    assert read["resource"] == made["resource"]


def test_a_receiver_that_does_not_confirm_gets_no_subscription(feed: Feed) -> None:
    feed.desk.handshake = lambda _: False
    resource = f"companies({feed.desk.company.id})/vendors"
    status, code, message = feed.desk.refused("POST", "/subscriptions", {"notificationUrl": URL, "resource": resource})
    assert (status, code) == (400, "BadRequest")
    assert "did not return the validation token" in message
    assert feed.subscriptions() == []


def test_a_handshake_is_the_token_in_the_body_with_200() -> None:
    def echoing(status: int, says: str) -> bool:
        asked: list[str] = []

        def call(url: str, *_: Any) -> Answer:
            asked.append(url)
            token = dict(parse_qsl(urlsplit(url).query))["validationToken"]
            return Answer(status, says.replace("TOKEN", token).encode())

        confirmed = shakes_hands(f"{URL}?code=1", "a b/c", call)
        assert asked == [f"{URL}?code=1&validationToken=a%20b%2Fc"]
        return confirmed

    assert echoing(200, "TOKEN")
    assert echoing(200, '"TOKEN"')
    assert not echoing(202, "TOKEN")
    assert not echoing(200, "hello")
    assert not shakes_hands(URL, "t", lambda *_: None)


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:80/x", True),
        ("http://localhost/x?y=1", True),
        ("http://[::1]:8/x", True),
        ("http://127.9.9.9/x", True),
        ("https://127.0.0.1/x", False),
        ("http://example.com/x", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://localhost:port/", False),
        ("ftp://localhost/", False),
        ("hello", False),
    ],
)
def test_nobody_is_called_but_this_machine(url: str, is_here: bool) -> None:
    assert is_on_this_machine(url) is is_here


@pytest.mark.parametrize(
    ("change", "status", "code", "sentence"),
    [
        ({"notificationUrl": ""}, 400, "BadRequest_RequiredParamNotProvided", "'notificationUrl' must not be blank"),
        ({"resource": ""}, 400, "BadRequest_RequiredParamNotProvided", "'resource' must not be blank"),
        ({"notificationUrl": "https://contoso.com/x"}, 400, "BadRequest", "on this machine alone"),
        ({"clientState": "x" * 2049}, 400, "Application_StringExceededLength", "is 2049"),
        ({"nope": "x"}, 400, "BadRequest", "Could not find a property named 'nope'"),
        ({"clientState": 5}, 400, "BadRequest", "clientState"),
        ({"resource": "/api/v2.0/companies"}, 400, "BadRequest", "is not an entity set of a company"),
        ({"resource": "companies(%s)/kustomers"}, 404, "BadRequest_ResourceNotFound", "kustomers"),
        ({"resource": "companies(%s)/salesInvoiceLines"}, 400, "BadRequest", "does not support webhooks"),
        ({"resource": "companies(%s)/customerSales"}, 400, "BadRequest", "does not support webhooks"),
        ({"resource": "companies(%s)/jobQueueEntries"}, 400, "BadRequest", "does not support webhooks"),
        ({"resource": "/api/contoso/demo/v1.0/companies(%s)/vendors"}, 400, "BadRequest", "subscribe at its own API"),
        ({"resource": "companies(10000000-0000-4000-8000-000000000009)/vendors"}, 404, "Internal_CompanyNotFound", ""),
    ],
)
def test_what_cannot_be_watched_is_refused(
    feed: Feed, change: dict[str, Any], status: int, code: str, sentence: str
) -> None:
    company = feed.desk.company.id
    body = {"notificationUrl": URL, "resource": f"companies({company})/vendors", **change}
    body["resource"] = body["resource"].replace("%s", company)
    answer = feed.desk.refused("POST", "/subscriptions", body)
    assert answer[:2] == (status, code)
    assert sentence in answer[2]
    assert feed.subscriptions() == []


@pytest.mark.parametrize(
    "spelling",
    [
        "companies({})/vendors",
        "api/v2.0/companies({})/vendors",
        "/api/v2.0/companies({})/vendors",
        "https://api.businesscentral.dynamics.com/v2.0/x/Production/api/v2.0/companies({})/vendors",
    ],
)
def test_a_resource_may_be_spelled_in_part_or_as_a_whole(feed: Feed, spelling: str) -> None:
    feed.subscribe(resource=spelling.format(feed.desk.company.id))
    feed.desk.create("vendors", {"number": "N-1", "displayName": "x"})
    assert feed.after(30) == 1


CONTOSO = "api/contoso/demo/v1.0"


def test_a_custom_api_is_subscribed_to_at_its_own_root_and_told_of_in_its_own_words(feed: Feed) -> None:
    customer = feed.desk.id("customers", number="10000")
    feed.desk.api = CONTOSO
    made = feed.subscribe(resource=f"/{CONTOSO}/companies({feed.desk.company.id})/loyalCustomers")
    assert feed.subscriptions() == [made["subscriptionId"]]
    feed.desk.api = "api/v2.0"
    assert feed.subscriptions() == [made["subscriptionId"]]
    feed.desk.change(f"customers({customer})", {"city": "Hull"})
    assert feed.after(30) == 1
    assert (
        feed.receiver.last[0]["resource"] == f"{CONTOSO}/companies({feed.desk.company.id})/loyalCustomers({customer})"
    )


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        ("companies({})/customerTurnovers", "does not support webhooks"),
        ("companies({})/priceLines", "does not support webhooks"),
        ("/api/v2.0/companies({})/customers", "subscribe at its own API"),
        ("companies({})/customers", "customers"),
    ],
)
def test_queries_rows_without_an_id_and_other_apis_are_not_watched_there(
    feed: Feed, resource: str, sentence: str
) -> None:
    feed.desk.api = CONTOSO
    body = {"notificationUrl": URL, "resource": resource.format(feed.desk.company.id)}
    assert sentence in feed.desk.refused("POST", "/subscriptions", body)[2]


def test_two_hundred_subscriptions_are_the_most_and_expired_ones_do_not_count(feed: Feed) -> None:
    rows = [
        {"subscriptionId": f"s{number:03d}", "notificationUrl": URL, "resource": "x", "expirationDateTime": until}
        for number, until in enumerate(["2026-03-02T00:00:00Z"] * 199 + ["2026-02-01T00:00:00Z"])
    ]
    feed.desk.service.store.insert_many("", "subscriptions", rows)
    feed.subscribe()
    body = {"notificationUrl": URL, "resource": f"companies({feed.desk.company.id})/items"}
    status, code, message = feed.desk.refused("POST", "/subscriptions", body)
    assert (status, code) == (400, "Application_DialogException")
    assert "200" in message


def test_a_renewal_needs_its_etag_shakes_hands_again_and_lives_three_days_more(feed: Feed) -> None:
    made = feed.subscribe()
    path = f"/subscriptions('{made['subscriptionId']}')"
    feed.desk.clock.advance(timedelta(days=2))
    assert feed.desk.refused("PATCH", path, {}, {"if-match": ""})[:2] == (400, "BadRequest_InvalidToken")
    assert feed.desk.refused("PATCH", path, {}, {"if-match": 'W/"stale"'})[:2] == (409, "Request_EntityChanged")
    asked: list[str] = []
    feed.desk.handshake = lambda url: not asked.append(url)
    renewed = json_of(feed.desk.ask("PATCH", path, {"clientState": "new"}, {"if-match": made["@odata.etag"]}))
    assert asked == [URL]
    assert (renewed["expirationDateTime"], renewed["clientState"]) == ("2026-03-06T08:00:00Z", "new")
    assert renewed["resource"] == made["resource"]
    feed.desk.handshake = lambda _: False
    assert feed.desk.refused("PATCH", path, {})[0] == 400


def test_a_subscription_is_deleted_and_not_told_any_more(feed: Feed) -> None:
    path = f"/subscriptions('{feed.subscribe()['subscriptionId']}')"
    feed.desk.create("vendors", {"displayName": "x"})
    assert feed.desk.refused("DELETE", path, None, {"if-match": ""})[:2] == (400, "BadRequest_InvalidToken")
    assert feed.desk.ask("DELETE", path).status == 204
    assert feed.desk.refused("DELETE", path)[0] == 404
    assert feed.after(60) == 0


def test_subscriptions_are_rows_that_permissions_speak_of(feed: Feed) -> None:
    feed.desk.service.gate.grant([Permission(None, "subscriptions", frozenset(("read",)))])
    assert feed.desk.refused("POST", "/subscriptions", {})[0] == 403


# -- what is told ------------------------------------------------------------------------------------------------------


def test_changes_are_told_half_a_minute_after_the_first_in_one_letter(feed: Feed) -> None:
    made = feed.subscribe()
    vendor = feed.desk.create("vendors", {"number": "N-1", "displayName": "x"})["id"]
    feed.desk.clock.advance(timedelta(seconds=20))
    feed.desk.change(f"vendors({vendor})", {"city": "Hull"})
    assert feed.after(9) == 0
    assert feed.after(1) == 1
    (url, body) = feed.receiver.got[0]
    path = f"api/v2.0/companies({feed.desk.company.id})/vendors({vendor})"
    told = {"subscriptionId": made["subscriptionId"], "clientState": "mine", "resource": path}
    told["expirationDateTime"] = "2026-03-04T08:00:00Z"
    assert url == URL
    assert body == {
        "value": [
            {**told, "changeType": "created", "lastModifiedDateTime": "2026-03-01T08:00:00Z"},
            {**told, "changeType": "updated", "lastModifiedDateTime": "2026-03-01T08:00:20Z"},
        ]
    }
    assert feed.after(3600) == 0


def test_updates_of_one_row_are_one_and_a_deletion_is_told(feed: Feed) -> None:
    vendor = feed.desk.create("vendors", {"displayName": "x"})["id"]
    feed.subscribe()
    for city in ("Hull", "York"):
        feed.desk.clock.advance(timedelta(seconds=5))
        feed.desk.change(f"vendors({vendor})", {"city": city})
    feed.after(25)
    assert [(one["changeType"], one["lastModifiedDateTime"]) for one in feed.receiver.last] == [
        ("updated", "2026-03-01T08:00:10Z")
    ]
    feed.desk.remove(f"vendors({vendor})")
    feed.after(30)
    assert types(feed.receiver) == [("vendors", "deleted")]


def test_subscriptions_of_one_receiver_share_a_letter_and_others_have_their_own(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.subscribe("customers")
    feed.subscribe("vendors", notificationUrl=f"{URL}/other")
    feed.desk.create("customers", {"displayName": "x"})
    feed.desk.create("vendors", {"displayName": "x"})
    assert feed.after(30) == 2
    assert sorted((url, len(body["value"])) for url, body in feed.receiver.got) == [(URL, 2), (f"{URL}/other", 1)]


def test_what_is_not_watched_or_is_another_company_s_is_not_told(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.desk.create("customers", {"displayName": "x"})
    feed.desk.service.store.insert("10000000-0000-4000-8000-000000000009", "vendors", {"number": "1"})
    assert feed.after(60) == 0


def test_nothing_is_told_of_what_was_rolled_back(feed: Feed) -> None:
    feed.subscribe("vendors")
    url = f"companies({feed.desk.company.id})/vendors"
    operations = [{"method": "POST", "url": url, "body": body} for body in ({"displayName": "x"}, {"nope": 1})]
    feed.desk.ask("POST", "$batch", {"requests": operations}, {"isolation": "snapshot"})
    assert feed.desk.ask("POST", "vendors", {"displayName": "x", "currencyCode": "NOPE"}).status == 400
    assert feed.after(60) == 0


def test_a_line_that_changes_is_told_of_its_document(feed: Feed) -> None:
    lines = [{"description": "a"}, {"description": "b"}]
    bill = feed.desk.create("purchaseInvoices", {"vendorNumber": "10000", "purchaseInvoiceLines": lines})["id"]
    feed.subscribe("purchaseInvoices")
    (line, other) = feed.desk.company.find("purchaseInvoiceLines", documentId=bill)
    feed.desk.change(f"purchaseInvoiceLines({line['id']})", {"description": "c"})
    feed.after(30)
    assert types(feed.receiver) == [("purchaseInvoices", "updated")]
    assert feed.receiver.last[0]["resource"].endswith(f"({bill})")
    feed.desk.remove(f"purchaseInvoiceLines({other['id']})")
    feed.after(30)
    assert types(feed.receiver) == [("purchaseInvoices", "updated")]
    # Even where the document itself is left alone.
    feed.desk.edit("purchaseInvoiceLines", line["id"], description="d")
    assert feed.after(30) == 1
    feed.desk.company.delete("purchaseInvoiceLines", line["id"])
    assert feed.after(30) == 1
    assert types(feed.receiver) == [("purchaseInvoices", "updated")]


def test_more_than_a_thousand_changes_are_one_of_the_collection(feed: Feed) -> None:
    feed.subscribe("items")
    for number in range(1001):
        feed.desk.company.insert("items", {"number": f"C-{number}"})
        if number == 0:
            feed.desk.clock.advance(timedelta(seconds=1))
    feed.after(30)
    (told,) = feed.receiver.last
    assert (told["changeType"], told["lastModifiedDateTime"]) == ("collection", "2026-03-01T08:00:01Z")
    path = f"api/v2.0/companies({feed.desk.company.id})/items"
    # Fifty milliseconds before the first change.
    assert told["resource"] == f"{path}?$filter=lastModifiedDateTime%20gt%202026-03-01T07:59:59.95Z"


def test_a_thousand_changes_are_told_one_by_one() -> None:
    pending = Pending()
    for number in range(1000):
        pending.add(Change(str(number), "created", number + 1))
    assert (len(pending.changes), pending.is_collection) == (1000, False)
    pending.add(Change("0", "updated", 1001))
    assert pending.is_collection


def test_a_collection_with_a_deletion_has_no_filter(feed: Feed) -> None:
    feed.subscribe("items")
    row = feed.desk.company.insert("items", {"number": "GONE"})
    feed.desk.company.delete("items", row["id"])
    for number in range(1000):
        feed.desk.company.insert("items", {"number": f"C-{number}"})
    feed.after(30)
    (told,) = feed.receiver.last
    assert told["resource"] == f"api/v2.0/companies({feed.desk.company.id})/items"


def test_an_expired_subscription_is_told_nothing_and_goes(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.desk.clock.advance(timedelta(days=3))
    feed.desk.create("vendors", {"displayName": "x"})
    assert feed.after(30) == 0
    assert feed.subscriptions() == []


# -- how often it is tried ---------------------------------------------------------------------------------------------


def minutes(answer: Answer | None) -> list[float | None]:
    waits = [wait_after(attempts, answer) for attempts in range(1, 7)]
    return [wait.total_seconds() / 60 if wait else None for wait in waits]


@pytest.mark.parametrize("answer", [None, Answer(408), Answer(429), Answer(500), Answer(503), Answer(599)])
def test_the_waits_grow_and_the_sixth_failure_is_the_last(answer: Answer | None) -> None:
    assert minutes(answer) == [1, 1, 10, 100, 1000, None]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 600])
def test_a_rejection_is_final(status: int) -> None:
    assert minutes(Answer(status)) == [None] * 6


def test_what_did_not_arrive_is_sent_again_with_what_came_since(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.receiver.answers = [None, Answer(503), OK]
    feed.desk.create("vendors", {"number": "N-1", "displayName": "x"})
    assert feed.after(30) == 1
    assert feed.after(59) == 0
    assert feed.after(1) == 1
    assert feed.after(60) == 1
    assert [len(body["value"]) for _, body in feed.receiver.got] == [1, 1, 1]
    assert feed.after(10_000) == 0
    feed.receiver.answers = [Answer(500), OK]
    feed.desk.create("vendors", {"number": "N-2", "displayName": "x"})
    feed.after(30)
    feed.desk.create("vendors", {"number": "N-3", "displayName": "x"})
    feed.after(30)
    assert types(feed.receiver) == [("vendors", "created")] * 2


def test_what_happens_while_a_letter_is_on_its_way_is_told_by_the_next(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.desk.create("vendors", {"number": "N-1", "displayName": "x"})
    feed.receiver.answers = [Answer(500)]
    call = feed.receiver.call

    def busy(*asked: Any) -> Answer | None:
        feed.notifier.call = call
        feed.desk.create("vendors", {"number": "N-2", "displayName": "x"})
        return call(*asked)

    feed.notifier.call = busy
    feed.after(30)
    assert len(feed.receiver.last) == 1
    feed.after(60)
    assert len(feed.receiver.last) == 2
    assert feed.after(3600) == 0


def test_who_is_sent_along_with_others_has_not_used_up_an_attempt(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.subscribe("customers")
    feed.receiver.answers = [None] * 10
    feed.desk.create("vendors", {"displayName": "x"})
    feed.after(30)
    feed.after(10)
    feed.desk.create("customers", {"displayName": "x"})
    # The customers are due, the vendors go with them; then the vendors are due for the second time, and once more.
    assert [feed.after(seconds) for seconds in (30, 19, 1)] == [1, 0, 1]
    assert [feed.after(seconds) for seconds in (39, 1, 19, 1)] == [0, 1, 0, 1]


def test_a_receiver_that_is_away_for_too_long_loses_its_subscription(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.desk.service.store.update_at(
        "", "subscriptions", feed.subscriptions()[0], {"expirationDateTime": "2027-01-01T00:00:00Z"}, 0
    )
    feed.receiver.answers = [None] * 6
    feed.desk.create("vendors", {"displayName": "x"})
    letters = [feed.after(seconds) for seconds in (30, 60, 60, 600, 6000, 60_000)]
    assert letters == [1] * 6
    assert feed.subscriptions() == []
    assert feed.after(1_000_000) == 0


def test_a_rejected_letter_ends_every_subscription_in_it(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.subscribe("customers")
    other = feed.subscribe("vendors", notificationUrl=f"{URL}/other")["subscriptionId"]
    feed.desk.create("vendors", {"displayName": "x"})
    feed.desk.create("customers", {"displayName": "x"})
    feed.receiver.answers = [Answer(404), OK]
    feed.after(30)
    assert feed.subscriptions() == [other]


def test_without_subscriptions_nothing_waits(feed: Feed) -> None:
    feed.desk.create("vendors", {"displayName": "x"})
    assert feed.notifier.due() is None


def test_after_a_reset_nothing_is_left_to_tell(feed: Feed) -> None:
    feed.subscribe("vendors")
    feed.desk.create("vendors", {"displayName": "x"})
    feed.desk.service.store.delete("", "subscriptions", feed.subscriptions()[0])
    feed.notifier.forget()
    assert feed.after(60) == 0
