"""What their tests of payments prove, for payments to vendors and from customers alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.plain_http import ZERO

if TYPE_CHECKING:
    from conformance.plain_http import Api

NOBODY = "11111111-1111-1111-1111-111111111111"


@dataclass(frozen=True, slots=True)
class Side:
    """One side's sets and properties.

    Attributes:
        journals: The set of its payment journals; `GENERAL` is one of the demo company, balanced by cash.
        payments: The set of its payments.
        parties: Whom they are for.
        party: How the properties of a party begin.
        invoices: What they settle.
        foreign: The invoices of the other side.
    """

    journals: str
    payments: str
    parties: str
    party: str
    invoices: str
    foreign: str

    @property
    def id(self) -> str:
        return f"{self.party}Id"

    @property
    def number(self) -> str:
        return f"{self.party}Number"


VENDORS = Side("vendorPaymentJournals", "vendorPayments", "vendors", "vendor", "purchaseInvoices", "salesInvoices")
CUSTOMERS = Side(
    "customerPaymentJournals", "customerPayments", "customers", "customer", "salesInvoices", "purchaseInvoices"
)


def payments_path(api: Api, side: Side) -> str:
    return f"{side.journals}({api.id(side.journals, code='GENERAL')})/{side.payments}"


def empty(api: Api, side: Side) -> None:
    """Take away the payments of the demo company."""
    for payment in api.rows(payments_path(api, side)):
        api.delete(f"{side.payments}({payment['id']})")


def pay(api: Api, side: Side, **body: Any) -> dict[str, Any]:
    return api.post(payments_path(api, side), body)


def invoice(api: Api, invoices: str, *, posted: bool = True) -> dict[str, Any]:
    return next(row for row in api.rows(invoices) if (row["status"] != "Draft") == posted)


def check_created(api: Api, side: Side) -> None:
    """What is sent is kept; the invoice's id comes with its number, the balancing account from the journal."""
    owed = invoice(api, side.invoices)
    sent = {
        "lineNumber": 50000,
        "amount": 500.25 if side is VENDORS else -500.25,
        "description": "A payment",
        "postingDate": owed["postingDate"],
        side.number: owed[side.number],
        "appliesToInvoiceNumber": owed["number"],
    }
    created = pay(api, side, **sent)
    expected = {**sent, "amount": created["amount"], "appliesToInvoiceId": owed["id"]}
    assert float(created["amount"]) == sent["amount"]
    assert expected.items() <= created.items()
    assert expected.items() <= api.get(f"{side.payments}({created['id']})").items()


def check_document_number(api: Api, side: Side) -> None:
    """One without a document number gets one."""
    assert pay(api, side, lineNumber=70000)["documentNumber"] != ""


def check_created_for_invoice(api: Api, side: Side) -> None:
    """The invoice's number comes with its id."""
    owed = invoice(api, side.invoices)
    created = pay(api, side, **{side.number: owed[side.number], "appliesToInvoiceId": owed["id"]})
    assert (created["appliesToInvoiceId"], created["appliesToInvoiceNumber"]) == (owed["id"], owed["number"])


def check_other_ids(api: Api, side: Side) -> None:
    """What is no invoice of this side, posted, is refused: a party's id, another side's invoice, a draft, nothing."""
    path = payments_path(api, side)
    others = (
        api.rows(side.parties)[0]["id"],
        invoice(api, side.foreign)["id"],
        api.post(side.invoices, {side.number: api.rows(side.parties)[0]["number"]})["id"],
        NOBODY,
    )
    for other in others:
        assert api.refused("POST", path, {"appliesToInvoiceId": other})[0] == 400
    assert api.rows(path) == []


def check_read(api: Api, side: Side) -> None:
    """One is read below its journal, by its id."""
    created = pay(api, side, lineNumber=30000)
    read = api.get(f"{payments_path(api, side)}({created['id']})")
    assert (read["id"], read["lineNumber"]) == (created["id"], 30000)


def check_changed(api: Api, side: Side) -> None:
    """Everything about one can be changed, its place too."""
    created = pay(api, side)
    owed = invoice(api, side.invoices)
    changes = {
        "lineNumber": 90000,
        "amount": 12,
        "description": "Changed",
        "postingDate": owed["postingDate"],
        side.number: owed[side.number],
        "appliesToInvoiceNumber": owed["number"],
    }
    changed = api.patch(f"{payments_path(api, side)}({created['id']})", changes)
    assert changes.items() <= changed.items()
    assert changed["id"] == created["id"]


def check_unknown_invoice(api: Api, side: Side) -> None:
    """A number that is no invoice's is kept, and the id is blank."""
    owed = invoice(api, side.invoices)
    created = pay(api, side, **{side.number: owed[side.number], "appliesToInvoiceNumber": owed["number"]})
    changed = api.patch(f"{payments_path(api, side)}({created['id']})", {"appliesToInvoiceNumber": "NOBODY-S"})
    assert (changed["appliesToInvoiceNumber"], changed["appliesToInvoiceId"]) == ("NOBODY-S", ZERO)


def check_deleted(api: Api, side: Side) -> None:
    """One that is deleted is gone."""
    created = pay(api, side)
    api.delete(f"{payments_path(api, side)}({created['id']})")
    assert api.rows(payments_path(api, side)) == []
    assert not api.is_there(f"{side.payments}({created['id']})")


def check_party_of_invoice(api: Api, side: Side) -> None:
    """Whose payment it is comes from the invoice."""
    owed = invoice(api, side.invoices)
    created = pay(api, side, lineNumber=20000, appliesToInvoiceNumber=owed["number"])
    assert (created["lineNumber"], created["appliesToInvoiceNumber"]) == (20000, owed["number"])
    assert (created[side.number], created[side.id]) == (owed[side.number], owed[side.id])


def check_party_kept(api: Api, side: Side) -> None:
    """Whom the request names stays, whosever invoice it is."""
    owed = invoice(api, side.invoices)
    other = next(row["number"] for row in api.rows(side.parties) if row["number"] != owed[side.number])
    created = pay(api, side, **{side.number: other, "appliesToInvoiceNumber": owed["number"]})
    assert (created[side.number], created["appliesToInvoiceNumber"]) == (other, owed["number"])


def check_party_pair(api: Api, side: Side) -> None:
    """Number and id of the party fill each other, or agree."""
    party = api.rows(side.parties)[0]
    number, guid = {side.number: party["number"]}, {side.id: party["id"]}
    for body in (number, guid, {**number, **guid}):
        assert {**number, **guid}.items() <= pay(api, side, **body).items()


def check_party_gone(api: Api, side: Side) -> None:
    """A party that is gone cannot be named, by number or by id."""
    gone = api.post(side.parties, {"displayName": "Gone"})
    api.delete(f"{side.parties}({gone['id']})")
    for body in ({side.number: gone["number"]}, {side.id: gone["id"]}):
        assert api.refused("POST", payments_path(api, side), body)[0] == 400
    assert api.rows(payments_path(api, side)) == []


def check_invoice_pair(api: Api, side: Side) -> None:
    """Number and id of the invoice fill each other, or agree."""
    owed = invoice(api, side.invoices)
    number, guid = {"appliesToInvoiceNumber": owed["number"]}, {"appliesToInvoiceId": owed["id"]}
    for body in (number, guid, {**number, **guid}):
        created = pay(api, side, **body)
        assert {**number, **guid, side.number: owed[side.number]}.items() <= created.items()


def check_invoice_gone(api: Api, side: Side) -> None:
    """An invoice that is gone cannot be named by its id."""
    owed = invoice(api, side.invoices)
    api.desk.company.delete(side.invoices, owed["id"])
    assert api.refused("POST", payments_path(api, side), {"appliesToInvoiceId": owed["id"]})[0] == 400
