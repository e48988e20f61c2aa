"""Documents of either side at a desk: how tests make them, act on them and read what they leave."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.rules.document_kinds import KIND_OF

if TYPE_CHECKING:
    from emulator.in_process import Desk

Fact = dict[str, Any]
PARTIES = {"sales": {"customerNumber": "10000"}, "purchase": {"vendorNumber": "20000"}}
REFERENCES = {"purchaseInvoices": "vendorInvoiceNumber", "purchaseCreditMemos": "vendorCreditMemoNumber"}


def side_of(entity_set: str) -> str:
    return "purchase" if entity_set.startswith("purchase") else "sales"


def item_line(desk: Desk, entity_set: str, quantity: Any = 3, price: Any = 100, **more: Any) -> Fact:
    """A line for the desk that the demo company stocks."""
    return {
        "itemId": desk.id("items", number="1896-S"),
        "quantity": quantity,
        KIND_OF[entity_set].price: price,
        **more,
    }


def account_line(desk: Desk, entity_set: str, price: Any = 50, number: str = "8210", **more: Any) -> Fact:
    return {
        "accountId": desk.id("accounts", number=number),
        "quantity": 1,
        KIND_OF[entity_set].price: price,
        **more,
    }


def draft(desk: Desk, entity_set: str, *lines: Fact, **header: Any) -> Fact:
    """A draft; with an item line, unless lines are given."""
    kind = KIND_OF[entity_set]
    reference = (
        {REFERENCES[entity_set]: f"X-{desk.company.store.count(desk.company.id, entity_set)}"}
        if entity_set in REFERENCES
        else {}
    )
    children = list(lines or (item_line(desk, entity_set),))
    body = {**PARTIES[side_of(entity_set)], "postingDate": "2026-01-10", **reference, **header}
    discount = body.pop("discountAmount", 0)
    row = desk.create(entity_set, {**body, kind.lines: children})
    if discount:
        row = desk.change(path_of(entity_set, row), {"discountAmount": discount})
    if entity_set == "purchaseOrders":
        desk.edit(entity_set, row["id"], _vendorInvoiceNumber=f"O-{row['number']}")
    return row


def posted(desk: Desk, entity_set: str, *lines: Fact, **header: Any) -> Fact:
    """A posted invoice or credit memo, as it is read."""
    row = draft(desk, entity_set, *lines, **header)
    desk.act(path_of(entity_set, row))
    return read(desk, entity_set, row)


def path_of(entity_set: str, row: Fact) -> str:
    return f"{entity_set}({row['id']})"


def read(desk: Desk, entity_set: str, row: Fact) -> Fact:
    fact: Fact = desk.read(path_of(entity_set, row))
    return fact


def lines_of(desk: Desk, entity_set: str, row: Fact) -> list[Fact]:
    return desk.rows(f"{path_of(entity_set, row)}/{KIND_OF[entity_set].lines}")


def led_to(desk: Desk, entity_set: str, row: Fact, action: str) -> tuple[str, Fact]:
    """Act, and read what the answer's `Location` names: its set and its row."""
    response = desk.ask("POST", f"{path_of(entity_set, row)}/Microsoft.NAV.{action}")
    assert response.status == 204, response
    assert not response.body
    address = response.headers["Location"].partition(f"companies({desk.company.id})/")[2]
    return address.partition("(")[0], desk.read(address)


def correction_of(desk: Desk, entity_set: str, row: Fact) -> Fact:
    """The posted document of the opposite kind that corrects one."""
    (found,) = desk.company.find(entity_set, _corrects=row["id"])
    return read(desk, entity_set, found)


def stock(desk: Desk, number: str = "1896-S") -> tuple[Decimal, Decimal]:
    """Pieces and cost of an item that its ledger entries add up to."""
    entries = desk.company.find("itemLedgerEntries", itemNumber=number)
    return (
        sum((Decimal(entry["quantity"]) for entry in entries), Decimal(0)),
        sum((Decimal(entry["costAmountActual"]) for entry in entries), Decimal(0)),
    )


def pay(desk: Desk, entity_set: str, row: Fact, amount: Any = None) -> None:
    """Pay a posted invoice, wholly or in part, from the cash account."""
    side = "vendor" if side_of(entity_set) == "purchase" else "customer"
    journal = desk.create(
        f"{side}PaymentJournals",
        {
            "code": f"P{desk.company.store.count(desk.company.id, 'journals')}",
            "balancingAccountId": desk.id("accounts", number="2910"),
        },
    )
    (owed,) = desk.company.find(f"_{side}LedgerEntries", documentId=row["id"])
    body = {
        "appliesToInvoiceId": row["id"],
        "documentNumber": f"PAY-{row['number']}",
        "postingDate": "2026-01-20",
        "amount": -owed["currencyRemaining"] if amount is None else amount,
    }
    desk.create(f"{side}PaymentJournals({journal['id']})/{side}Payments", body)
    desk.act(f"journals({journal['id']})")
