"""Every kind of the table is created, found again, changed, renamed, left as it was when refused, and removed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from dynamics_bc_client.transport import Request
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.writing import masters
from tests.target.at_the_desk import Target

# They have no number, or cannot be created.
OF_OTHER_TESTS = {"companyInformation", "timeRegistrationEntries", "purchaseOrders", "defaultDimensions"}
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


def document(kind: str, party: str, number: str, text: str, *, price: str = "unitPrice") -> Row:
    """A document with one line, whose price is the sender's before and after its change."""
    lines = kind.removesuffix("s") + "Lines"
    return Row(
        kind,
        {party: "20000", number: "K-1", lines: [{**LINE, price: 100}]},
        {text: MARK, lines: [{**MOVED, price: 100}]},
        (number, "K-1"),
        {text: MARK, "quantity": 3, price: 100},
    )


def coded(kind: str, name: str = "displayName", **more: Any) -> Row:
    return Row(kind, {"code": "K-1", name: "First", **more}, {name: MARK}, ("code", "K-1"))


def numbered(kind: str, name: str = "displayName", *, blocked: Any = None, **more: Any) -> Row:
    removal = ("delete", None) if blocked is None else ("block", {"blocked": blocked})
    return Row(kind, {"number": "K-1", name: "First", **more}, {name: MARK}, ("number", "K-1"), removal=removal)


ROWS = [
    numbered("customers", blocked="All"),
    numbered("vendors", blocked="All"),
    numbered("items", blocked=True, baseUnitOfMeasureCode="PCS", unitPrice=100),
    Row("itemVariants", {"itemNumber": "1896-S", "code": "K-1", "description": "First"}, {"description": MARK},
        ("code", "K-1")),
    coded("itemCategories"),
    coded("unitsOfMeasure"),
    coded("paymentTerms", dueDateCalculation="30D"),
    coded("paymentMethods"),
    coded("shipmentMethods"),
    coded("taxGroups"),
    coded("taxAreas"),
    coded("currencies"),
    coded("countriesRegions"),
    coded("locations"),
    coded("salespeoplePurchasers"),
    coded("customerReturnReasons", "description"),
    coded("disputeStatus"),
    numbered("bankAccounts", blocked=True),
    numbered("contacts"),
    numbered("employees", "givenName"),
    numbered("projects"),
    numbered("opportunities", "description"),
    coded("fixedAssetLocations"),
    numbered("fixedAssets", blocked=True),
    coded("journals"),
    coded("customerPaymentJournals"),
    coded("vendorPaymentJournals"),
    Row("purchaseInvoices",
        {"vendorNumber": "20000", "vendorInvoiceNumber": "K-1", "purchaseInvoiceLines": [{**LINE, "unitCost": 100}]},
        {"shipToName": MARK, "purchaseInvoiceLines": [{**MOVED, "unitCost": 100}]},
        ("vendorInvoiceNumber", "K-1"), {"shipToName": MARK, "quantity": 3, "unitCost": 100}),
    document("purchaseCreditMemos", "vendorNumber", "vendorCreditMemoNumber", "payToAddressLine1", price="unitCost"),
    document("salesQuotes", "customerNumber", "externalDocumentNumber", "shipToName"),
    document("salesOrders", "customerNumber", "externalDocumentNumber", "shipToName"),
    document("salesInvoices", "customerNumber", "externalDocumentNumber", "shipToName"),
    document("salesCreditMemos", "customerNumber", "externalDocumentNumber", "billToAddressLine1"),
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


def test_what_a_company_says_of_itself_is_changed_and_never_created_or_deleted(tmp_path):
    target = Target(tmp_path)

    def outcome(change, **settings):
        return target.write("companyInformation", {"city": "London", **change}, **settings)[0]

    assert outcome({"city": MARK}, dry_run=True)["outcome"] == "updated"
    assert outcome({"city": MARK})["outcome"] == "updated"
    assert target.row("companyInformation")["city"] == MARK
    assert outcome({"city": MARK})["outcome"] == "unchanged"
    (error,) = outcome({"_sdc_deleted_at": "2026-01-29T00:00:00Z"}, on_delete="delete")["errors"]
    assert error["code"] == "not_deletable"


def test_time_is_registered_once_for_a_person_a_day_and_a_project(tmp_path):
    target = Target(tmp_path)
    target.write("employees", {"number": "K-1", "givenName": "First"})
    time = {"employeeNumber": "K-1", "date": DAY, "quantity": 2}

    def outcome(**change):
        found = target.write("timeRegistrationEntries", {**time, **change}, on_delete="delete")[0]
        return found["outcome"], [(error["field"], error["code"]) for error in found["errors"]]

    assert outcome() == ("created", [])
    assert outcome() == ("unchanged", [])
    assert outcome(quantity=3) == ("updated", [])
    assert [row["quantity"] for row in target.rows("timeRegistrationEntries", employeeNumber="K-1")] == [3]
    assert outcome(_sdc_deleted_at="2026-01-29T00:00:00Z") == ("deleted", [])
    assert target.rows("timeRegistrationEntries", employeeNumber="K-1") == []


@pytest.mark.parametrize(
    ("stream", "record", "lacks"),
    [
        ("salesInvoices", {"externalDocumentNumber": "K-1"}, {"customerNumber"}),
        ("purchaseCreditMemos", {"vendorCreditMemoNumber": "K-1"}, {"vendorNumber"}),
        ("customerPayments", {"documentNumber": "K-1"}, {"customerId", "amount", "postingDate"}),
        ("timeRegistrationEntries", {"jobNumber": "PR00010"}, {"employeeId", "date", "quantity"}),
        ("itemVariants", {"itemNumber": "1896-S", "description": "x"}, {"code"}),
    ],
)  # fmt: skip
def test_what_a_new_record_lacks_is_named_before_it_is_sent(stream, record, lacks, tmp_path):
    (outcome,) = Target(tmp_path).write(stream, {"externalId": "E-1", **record}, payment_journal="GENERAL")
    assert {error["field"] for error in outcome["errors"]} == lacks
    assert {error["code"] for error in outcome["errors"]} == {"required"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.found[0] in {"code", "number"}], ids=lambda row: row.kind)
def test_a_number_of_any_kind_may_come_as_a_number(row, tmp_path):
    name = row.found[0]
    target = Target(tmp_path)
    assert target.write(row.kind, {**row.record, name: 77.0})[0]["number"] == "77"
    assert target.write(row.kind, {**row.record, name: "77"})[0]["outcome"] == "unchanged"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_what_nothing_reads_is_named_whatever_the_kind(row, tmp_path, caplog):
    with caplog.at_level("INFO"):
        Target(tmp_path).write(row.kind, {**row.record, "colour": "red"}, journal="DEFAULT", payment_journal="GENERAL")
    assert f"colour of {row.kind} cannot be written" in caplog.text


def _marked(change):
    return {name: value for name, value in change.items() if value == MARK}


def test_every_kind_of_the_table_has_a_row_here():
    assert {row.kind for row in ROWS} == {kind.name for kind in standard_kinds()} - OF_OTHER_TESTS


@pytest.mark.parametrize(
    "kind",
    [kind for kind in standard_kinds() if kind.number_property in {"number", "code"} and kind.work is masters],
    ids=lambda kind: kind.name,
)
def test_a_record_that_names_its_row_by_the_id_gives_it_another_number(kind, tmp_path):
    (row,) = [row for row in ROWS if row.kind == kind.name]
    target = Target(tmp_path)
    name = kind.number_property
    (created,) = target.write(kind.name, row.record)
    (renamed,) = target.write(kind.name, {**row.record, "id": created["id"], name: "K-2"})
    assert (renamed["outcome"], renamed["id"], renamed["errors"]) == ("updated", created["id"], [])
    assert target.row(kind.entity_set, id=created["id"])[name] == "K-2"


@pytest.mark.parametrize("row", ROWS, ids=[row.kind for row in ROWS])
def test_a_kind_is_created_found_changed_left_alone_and_removed(row, tmp_path):
    target, kind = Target(tmp_path), standard_kinds()[row.kind]
    name, value = row.found
    journals = {"journal": "DEFAULT", "payment_journal": "GENERAL"}

    def there():
        rows = target.rows(kind.entity_set, **{name: value})
        of_lines = kind.lines.facts.name if kind.lines is not None and kind.journal is None else ""
        lines = [each for row in rows for each in (target.rows(of_lines, documentId=row["id"]) if of_lines else ())]
        untold = {"lastModifiedDateTime", "_at"}
        return [{k: v for k, v in each.items() if k not in untold and k[0] != "_"} for each in (*rows, *lines)]

    def outcome(change=None, **settings):
        return target.write(row.kind, {**row.record, **(change or {})}, **{**journals, **settings})[0]

    assert outcome(dry_run=True)["outcome"] == "created"
    assert there() == []
    created = outcome()
    assert (created["outcome"], created["errors"]) == ("created", [])
    assert there()
    assert outcome()["outcome"] == "unchanged"
    before = there()
    assert outcome(row.change, around=refusing(MARK))["outcome"] == "rejected"
    assert there() == before
    changed = outcome(row.change)
    assert (changed["outcome"], changed["errors"]) == ("updated", [])
    for each, shown in {**row.shows, **_marked(row.change)}.items():
        assert shown in [one.get(each) for one in there()]
    on_delete, removed = row.removal
    deleted = outcome({**row.change, "_sdc_deleted_at": "2026-01-29T00:00:00Z"}, on_delete=on_delete)
    if isinstance(removed, str):
        assert [error["code"] for error in deleted["errors"]] == [removed]
    elif removed is None:
        assert (deleted["outcome"], there()) == ("deleted", [])
    else:
        assert deleted["outcome"] == "deleted"
        assert removed.items() <= there()[0].items()
