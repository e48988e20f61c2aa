"""Records in Business Central's own property names."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.waiting import Arrival, Spool
from target_dynamics_bc.wanted.streams import Dialects, map_record
from tests.target.at_the_desk import Target

ZERO = "00000000-0000-0000-0000-000000000000"


def mapped(stream, **record):
    return map_record(stream, standard_kinds().of_stream(stream), 1, record, ("class",), own=True)


@pytest.mark.parametrize(
    ("stream", "record", "own"),
    [
        ("customers", {"id": "1", "displayName": "A", "email": "e"}, True),
        ("Customers", {"id": "1", "companyName": "A", "email": "e"}, False),
        ("Vendors", {"id": "1", "number": "10"}, True),
        ("vendors", {"vendorNumber": "10", "vendorName": "A"}, False),
        ("purchaseInvoices", {"vendorNumber": "10", "vendorInvoiceNumber": "F"}, True),
        ("Bills", {"vendorNumber": "10", "billNumber": "F", "dueDate": "2026-01-28"}, False),
        (
            "vendorPayments",
            {"vendorNumber": "10", "amount": 1, "documentNumber": "P", "postingDate": "2026-01-28"},
            True,
        ),
        ("BillPayments", {"vendorNumber": "10", "amount": 1, "paymentNumber": "P"}, False),
        ("Customers", {"id": "1"}, False),
    ],
)
def test_a_stream_speaks_the_dialect_whose_names_it_uses(stream, record, own):
    dialects = Dialects(standard_kinds())
    dialects.settle(stream, record)
    assert dialects.is_own(stream, standard_kinds().of_stream(stream), {}) is own
    without_properties = Dialects(standard_kinds())
    without_properties.settle(stream, ())
    assert without_properties.is_own(stream, standard_kinds().of_stream(stream), record) is own


def test_the_senders_id_says_nothing_of_the_dialect(tmp_path):
    target = Target(tmp_path)
    (outcome,) = target.write("customers", {"externalId": "o-1", "displayName": "Own Ltd"})
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    assert len(target.rows("customers", displayName="Own Ltd")) == 1


@pytest.mark.fault("W19")
def test_a_column_that_a_record_has_besides_does_not_change_what_null_means(pipe, company):
    line = {"externalId": "1", "accountNumber": "8210", "amount": 5}
    bill = {
        "externalId": "b",
        "billNumber": "F-1",
        "vendorNumber": "20000",
        "dueDate": "2026-05-01",
        "expenses": [line],
    }
    id_ = pipe({"Bills": [bill]}).outcome("b")["id"]
    # More names of the service than of unified records.
    extra = {"id": id_, "billNumber": "F-2", "dueDate": None, "status": "x", "discountAmount": None, "purchaser": None}
    assert pipe({"Bills": [extra]}).kinds == ["updated"]
    assert company.row("purchaseInvoices", id=id_)["dueDate"] == "2026-05-01"


@pytest.mark.parametrize("first", [True, False])
def test_a_dialect_that_is_settled_holds_for_every_record_of_the_stream(pipe, company, first):
    """By the SCHEMA, or by the first record of a stream whose SCHEMA does not tell."""
    vendor = company.row("vendors", number="30000")
    one = {"externalId": "v", "vendorName": "First", "vendorNumber": "V-1"}
    other = {"id": vendor["id"], "email": None, "city": None, "phoneNumber": None, "displayName": "Own"}
    schema = {"properties": {} if first else {"vendorName": {}, "isActive": {}, "email": {}}}
    records = [one, other] if first else [other]
    lines = [{"type": "SCHEMA", "stream": "vendors", "schema": schema, "key_properties": []}]
    lines += [{"type": "RECORD", "stream": "vendors", "record": record} for record in records]
    pipe("".join(json.dumps(line) + "\n" for line in lines))
    after = company.row("vendors", number="30000")
    assert (after["email"], after["city"], after["displayName"]) == (
        vendor["email"],
        vendor["city"],
        vendor["displayName"],
    )


def test_records_keep_the_dialect_of_the_schema_that_they_came_behind():
    dialects = Dialects(standard_kinds())
    entity = standard_kinds().of_stream("vendors")
    dialects.settle("vendors", ("vendorName", "email"))
    assert not dialects.is_own("vendors", entity, {"displayName": "A"})
    dialects.settle("vendors", ("displayName", "email"))
    assert dialects.is_own("vendors", entity, {"vendorName": "A"})


def test_a_record_that_waits_keeps_its_dialect(tmp_path):
    spool = Spool(tmp_path)
    spool.add(Arrival("vendors", 1, {}, own=True))
    spool.add(Arrival("vendors", 2, {}))
    assert [arrival.own for arrival in spool.take()] == [True, False]


def test_null_means_blank_and_absent_means_untouched():
    wanted = mapped(
        "vendors", number="1", displayName="A", email=None, blocked=None, paymentTermsId=ZERO, currencyCode=None
    )
    assert wanted.fields == {
        "displayName": "A",
        "email": "",
        "blocked": "_x0020_",
        "paymentTermsId": ZERO,
        "currencyCode": "",
    }
    assert not wanted.references


def test_what_cannot_be_written_is_named():
    wanted = mapped(
        "customers", number="1", displayName="A", balanceDue=5, newField="x", company_id="c", lastModifiedDateTime="t"
    )
    assert wanted.left_out == ("balanceDue", "newField")


@pytest.mark.parametrize("status", [[], {}, ["Draft"]])
def test_a_status_that_is_no_text_is_nothing_to_stumble_over(status):
    """What cannot be hashed is compared all the same: such a document is no draft."""
    kind = standard_kinds()["purchaseInvoices"]
    line = {"lineType": "Account", "lineObjectNumber": "8210", "taxCode": "VAT20"}
    record = {"status": status, "purchaseInvoiceLines": [line]}
    wanted = map_record("purchaseInvoices", kind, 1, record, (), own=True)
    assert wanted.lines is not None
    assert [dict(each.fields).get("taxCode") for each in wanted.lines] == [None]


def test_lines_name_their_item_by_id_or_number():
    lines = [
        {"id": "l1", "lineType": "Item", "itemId": ZERO, "lineObjectNumber": "1900-S", "quantity": 2},
        {"lineType": "Comment", "description": "Hello"},
        {"accountId": "a", "unitCost": Decimal("1.5")},
        {"lineType": "Account"},
    ]
    wanted = mapped("purchaseInvoices", id="1", vendorId="v", invoiceDate="2026-01-28", purchaseInvoiceLines=lines)
    item, comment, account, empty = wanted.lines
    assert (comment.kind, comment.fields) == ("Comment", {"description": "Hello"})
    assert (item.references["itemId"].number, item.references["itemId"].id) == ("1900-S", None)
    assert (account.kind, account.references["accountId"].id) == ("Account", "a")
    assert not empty.references
    assert [fault.field for fault in wanted.faults] == ["purchaseInvoiceLines[3].accountId"]


def test_what_the_service_shows_can_be_sent_back_and_changes_nothing(pipe, company, emulator):
    shown = [dict(row) for row in company.rows("vendors")]
    customers = [dict(row) for row in company.rows("customers")]
    piped = pipe({"vendors": shown, "customers": customers}, store=None)
    assert set(piped.kinds) == {"unchanged"}


def test_a_row_that_was_edited_is_updated(pipe, company):
    row = {**company.row("vendors", number="30000"), "phoneNumber": "123", "city": None}
    assert pipe({"vendors": [row]}).kinds == ["updated"]
    after = company.row("vendors", number="30000")
    assert (after["phoneNumber"], after["city"], after["displayName"]) == ("123", "", row["displayName"])


def test_a_draft_bill_can_be_sent_back_with_its_lines(pipe, company):
    header = next(row for row in company.rows("purchaseInvoices") if row["status"] == "Draft")
    lines = company.lines(header["id"])
    assert pipe({"purchaseInvoices": [{**header, "purchaseInvoiceLines": lines}]}, store=None).kinds == ["unchanged"]
    changed = [{**lines[0], "unitCost": 12.5}, *lines[1:]]
    assert pipe({"purchaseInvoices": [{**header, "purchaseInvoiceLines": changed}]}, store=None).kinds == ["updated"]
    assert company.lines(header["id"])[0]["unitCost"] == 12.5
