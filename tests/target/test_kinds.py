"""Every kind of the table is created, found again, changed, left as it was when refused, and removed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from dynamics_bc_client.transport import Request
from target_dynamics_bc.kinds.standard import standard_kinds

DAY = "2026-01-28"
MARK = "Marked"
LINE = {"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2}
# A location makes the service take the price from the item's card, so what was sent is written again behind it.
MOVED = {**LINE, "quantity": 3, "locationCode": "EAST"}
SIDE = {"accountNumber": "8210", "description": "First"}


@dataclass(frozen=True)
class Row:
    """One kind.

    Attributes:
        kind: Its name, in Business Central's own names.
        record: What creates one.
        change: What changes it; it holds the text of `MARK`.
        found: Property and value that find it.
        shows: What its rows show after the change, by property of the record or of its lines.
        removal: The setting `on_delete`, and what the row shows then; None for a row that is gone, and a fault's code
            for one that cannot be removed.
    """

    kind: str
    record: dict[str, Any]
    change: dict[str, Any]
    found: tuple[str, str]
    shows: dict[str, Any] = field(default_factory=dict)
    removal: tuple[str, dict[str, Any] | str | None] = ("delete", None)


def payment(party: str) -> dict[str, Any]:
    return {party: "20000", "documentNumber": "K-1", "postingDate": DAY, "amount": 5, "description": "First"}


NAMED, CHANGED = {"number": "K-1", "displayName": "First"}, {"displayName": MARK}
ROWS = [
    Row("customers", NAMED, CHANGED, ("number", "K-1"), CHANGED, ("block", {"blocked": "All"})),
    Row("vendors", NAMED, CHANGED, ("number", "K-1"), CHANGED, ("block", {"blocked": "All"})),
    Row("items", {**NAMED, "baseUnitOfMeasureCode": "PCS", "unitPrice": 100}, CHANGED, ("number", "K-1"),
        {**CHANGED, "unitPrice": 100}, ("block", {"blocked": True})),
    Row("paymentTerms", {"code": "K-1", "displayName": "First", "dueDateCalculation": "30D"}, CHANGED, ("code", "K-1"),
        CHANGED),
    Row("purchaseInvoices",
        {"vendorNumber": "20000", "vendorInvoiceNumber": "K-1", "purchaseInvoiceLines": [{**LINE, "unitCost": 100}]},
        {"shipToName": MARK, "purchaseInvoiceLines": [{**MOVED, "unitCost": 100}]},
        ("vendorInvoiceNumber", "K-1"), {"shipToName": MARK, "quantity": 3, "unitCost": 100}),
    Row("salesOrders",
        {"customerNumber": "20000", "externalDocumentNumber": "K-1", "salesOrderLines": [{**LINE, "unitPrice": 100}]},
        {"shipToName": MARK, "salesOrderLines": [{**MOVED, "unitPrice": 100}]},
        ("externalDocumentNumber", "K-1"), {"shipToName": MARK, "quantity": 3, "unitPrice": 100}),
    Row("vendorPayments", payment("vendorNumber"), {"description": MARK}, ("documentNumber", "K-1"),
        {"description": MARK}, ("block", "not_blockable")),
    Row("customerPayments", payment("customerNumber"), {"description": MARK}, ("documentNumber", "K-1"),
        {"description": MARK}, ("block", "not_blockable")),
    Row("generalJournalLines",
        {"documentNumber": "K-1", "postingDate": DAY,
         "journalLines": [{**SIDE, "amount": 5}, {**SIDE, "amount": -5}]},
        {"journalLines": [{**SIDE, "amount": 5, "description": MARK}, {**SIDE, "amount": -5}]},
        ("documentNumber", "K-1"), {"description": MARK}, ("block", "not_blockable")),
]  # fmt: skip


def refusing(mark):
    """A service that refuses each write whose body holds the mark, by breaking it on the way."""

    def broken(operation):
        return {**operation, "body": {"x": 1}} if mark in json.dumps(operation.get("body")) else operation

    def around(request, send):
        if mark.encode() not in (request.body or b""):
            return send(request)
        content = json.loads(request.body)
        content = {"requests": [broken(each) for each in content["requests"]]} if "requests" in content else {"x": 1}
        return send(Request(request.method, request.url, request.headers, json.dumps(content).encode()))

    return around


def test_every_kind_of_the_table_has_a_row_here():
    assert {row.kind for row in ROWS} == {kind.name for kind in standard_kinds()}


@pytest.mark.parametrize("row", ROWS, ids=[row.kind for row in ROWS])
def test_a_kind_is_created_found_changed_left_alone_and_removed(row, pipe, company):
    kind = standard_kinds()[row.kind]
    name, value = row.found
    journals = {"journal": "DEFAULT", "payment_journal": "GENERAL"}

    def there():
        rows = company.rows(kind.entity_set, **{name: value})
        of_lines = kind.lines.facts.name if kind.lines is not None and kind.journal is None else ""
        lines = [each for row in rows for each in (company.rows(of_lines, documentId=row["id"]) if of_lines else ())]
        untold = {"lastModifiedDateTime", "_at"}
        return [{k: v for k, v in each.items() if k not in untold and k[0] != "_"} for each in (*rows, *lines)]

    def outcome(**change):
        settings = {**journals, **change.pop("settings", {})}
        return pipe({row.kind: [{**row.record, **change}]}, **settings).outcomes[0]

    assert outcome(settings={"dry_run": True})["outcome"] == "created"
    assert there() == []
    created = outcome()
    assert (created["outcome"], created["errors"]) == ("created", [])
    assert there()
    assert outcome(settings={"store": None})["outcome"] == "unchanged"
    before = there()
    refused = outcome(**row.change, settings={"around": refusing(MARK)})
    assert refused["outcome"] == "rejected"
    assert there() == before
    changed = outcome(**row.change)
    assert (changed["outcome"], changed["errors"]) == ("updated", [])
    for each, shown in row.shows.items():
        assert shown in [one.get(each) for one in there()]
    on_delete, removed = row.removal
    deleted = outcome(**row.change, _sdc_deleted_at="2026-01-29T00:00:00Z", settings={"on_delete": on_delete})
    if isinstance(removed, str):
        assert [error["code"] for error in deleted["errors"]] == [removed]
    elif removed is None:
        assert (deleted["outcome"], there()) == ("deleted", [])
    else:
        assert deleted["outcome"] == "deleted"
        assert removed.items() <= there()[0].items()
