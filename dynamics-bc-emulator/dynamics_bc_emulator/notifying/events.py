"""External business events: what has happened in a company, told with its payload as soon as it is committed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from dynamics_bc_emulator.notifying.letters import Letter
from dynamics_bc_emulator.notifying.retrying import has_arrived, wait_after
from dynamics_bc_emulator.rows.business_events import load_events
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from dynamics_bc_emulator.notifying.calling import Answer
    from dynamics_bc_emulator.rows.commits import Commit
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Row

SUBSCRIPTIONS = "externaleventsubscriptions"
_IDS = uuid.UUID("0b5e55e0-0000-4000-8000-000000000000")


@dataclass(frozen=True, slots=True)
class _Raised:
    """An event that a committed row raises.

    Attributes:
        entity_set: The set of the record that it is about.
        of: The row's property with that record's id.
        page: The number of the page that shows it to people.
    """

    name: str
    entity_set: str
    of: str
    page: int


# By set and document type of a new ledger entry.
_BY_ENTRY = {
    ("_customerLedgerEntries", "Invoice"): _Raised("SalesInvoicePosted", "salesInvoices", "documentId", 132),
    ("_customerLedgerEntries", "Credit_x0020_Memo"): _Raised(
        "SalesCreditMemoPosted", "salesCreditMemos", "documentId", 134
    ),
    ("_customerLedgerEntries", "Payment"): _Raised("SalesPaymentPosted", "customers", "customerId", 21),
    ("_vendorLedgerEntries", "Invoice"): _Raised("PurchaseInvoicePosted", "purchaseInvoices", "documentId", 138),
    ("_vendorLedgerEntries", "Credit_x0020_Memo"): _Raised(
        "PurchaseCreditMemoPosted", "purchaseCreditMemos", "documentId", 140
    ),
    ("_vendorLedgerEntries", "Payment"): _Raised("PurchasePaymentPosted", "vendors", "vendorId", 26),
}
# By set of a new document.
_BY_DOCUMENT = {
    "purchaseReceipts": _Raised("PurchaseReceiptPosted", "purchaseReceipts", "id", 136),
    "salesShipments": _Raised("SalesShipmentPosted", "salesShipments", "id", 130),
}
_OVER_LIMIT = _Raised("SalesCreditLimitExceeded", "customers", "customerId", 21)
_BLOCKED = _Raised("CustomerBlocked", "customers", "id", 21)
_UNBLOCKED = _Raised("CustomerUnBlocked", "customers", "id", 21)
_NOT_BLOCKED = "_x0020_"


@dataclass(slots=True)
class _Waiting:
    """A letter that has to be sent, with how often that was tried in vain."""

    subscription: Row
    body: bytes
    due: datetime
    attempts: int = 0


class BusinessEvents:
    """The subscriptions of a service to business events."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._by_event: dict[tuple[str, str], list[Row]] = {}
        self._blocked: dict[str, str] = {}
        self._waiting: list[_Waiting] = []
        self._reload = True

    def forget(self) -> None:
        """Look again which subscriptions there are; what they had to be told is lost."""
        self._waiting.clear()
        self._reload = True

    def on_commit(self, commit: Commit) -> None:
        """Raise what a committed row stands for, if somebody wants to know."""
        if commit.entity_set == SUBSCRIPTIONS and not commit.company:
            self._reload = True
            # What customers were like before they change.
            self._load()
            return
        if self._reload:
            self._load()
        if not self._by_event:
            return
        row = self._service.store.get(commit.company, commit.entity_set, commit.id)
        for raised in self._raised(commit, row) if row else ():
            for subscription in self._by_event.get((commit.company, raised.name.lower()), ()):
                body = self._body(subscription, raised, row or {})
                self._waiting.append(_Waiting(subscription, body, self._service.clock()))

    def due(self) -> datetime | None:
        """When something has to be sent; None if nothing has."""
        return min((one.due for one in self._waiting), default=None)

    def letters(self, now: datetime) -> list[Letter]:
        """What has to be sent by now, one letter for each event."""
        due = [one for one in self._waiting if one.due <= now]
        self._waiting = [one for one in self._waiting if one.due > now]
        return [self._letter(one) for one in due]

    def _letter(self, waiting: _Waiting) -> Letter:
        def answered(answer: Answer | None, at: datetime) -> None:
            waiting.attempts += 1
            wait = None if has_arrived(answer) else wait_after(waiting.attempts, answer)
            if wait is not None:
                waiting.due = at + wait
                self._waiting.append(waiting)

        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return Letter(waiting.subscription["notificationUrl"], waiting.body, headers, answered)

    def _load(self) -> None:
        self._reload = False
        self._by_event = {}
        for row in self._service.store.find("", SUBSCRIPTIONS):
            self._by_event.setdefault((row["companyId"], row["eventName"].lower()), []).append(row)
        self._blocked = {
            row["id"]: row["blocked"]
            for company in {company for company, _ in self._by_event}
            for row in self._service.store.find(company, "customers")
        }

    def _raised(self, commit: Commit, row: Row) -> Iterator[_Raised]:
        if commit.entity_set == "customers":
            yield from self._blocking(row)
        if commit.what != "added":
            return
        known = _BY_DOCUMENT.get(commit.entity_set) or _BY_ENTRY.get((commit.entity_set, row.get("documentType", "")))
        if known:
            yield known
        if commit.entity_set == "_customerLedgerEntries" and self._is_over_limit(commit.company, row["customerId"]):
            yield _OVER_LIMIT

    def _blocking(self, row: Row) -> Iterator[_Raised]:
        before, now = self._blocked.get(row["id"], _NOT_BLOCKED), row["blocked"]
        self._blocked[row["id"]] = now
        if before != now:
            yield _UNBLOCKED if now == _NOT_BLOCKED else _BLOCKED

    def _is_over_limit(self, company: str, customer: str) -> bool:
        store = self._service.store
        limit = (store.get(company, "customers", customer) or {}).get("creditLimit", 0)
        entries = store.find(company, "_customerLedgerEntries", customerId=customer)
        return bool(limit > 0 and sum(entry["remainingAmount"] for entry in entries) > limit)

    def _body(self, subscription: Row, raised: _Raised, row: Row) -> bytes:
        moment = self._service.clock()
        return encode(
            {
                "initiatingUserAADObjectId": self._service.acting_user,
                "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0Z",
                "companyName": subscription["companyName"],
                "companyId": subscription["companyId"],
                "eventName": subscription["eventName"],
                "eventVersion": subscription["eventVersion"],
                "payload": _payload(subscription, raised, row),
                "appId": subscription["appId"],
                "clientState": subscription["clientState"],
            }
        )


def _payload(subscription: Row, raised: _Raised, row: Row) -> dict[str, Any]:
    """The event's parameters: the record, where it is read, where people see it."""
    event = load_events().named(raised.name)
    assert event is not None
    id_, root = str(row[raised.of]), str(subscription.get("_root", ""))
    page = f"{root.partition('/api/')[0]}?company={quote(subscription['companyName'])}&page={raised.page}&id={id_}"
    values = {
        "Url": f"{root}/companies({subscription['companyId']})/{raised.entity_set}({id_})",
        "WebClientUrl": page,
        "Blocked": "" if row.get("blocked") == _NOT_BLOCKED else row.get("blocked", ""),
    }
    # A posted document has a SystemId beside the id that its draft had and the API keeps.
    return {
        name: values[name] if name in values else str(uuid.uuid5(_IDS, id_)) if name.endswith("SystemId") else id_
        for name, _ in event.payload
    }
