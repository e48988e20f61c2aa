"""NaN, NaT and Infinity are no values: no text, no key, no blank and no zero, wherever they stand."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from target_dynamics_bc.json_lines import from_json, to_json_line
from target_dynamics_bc.wanted.missing import faults_of_numbers, without_missing
from tests.target.conftest import singer_lines

NAN = float("nan")


def bill(**more):
    return {
        "vendorNumber": "10000",
        "issueDate": "2026-01-31",
        "expenses": [{"accountNumber": "7150", "amount": 20, "description": NAN}],
        **more,
    }


@pytest.mark.fault("W1")
@pytest.mark.parametrize("missing", [NAN, Decimal("NaN"), Decimal("-NaN"), "nan", "NaN", " NaT ", "<NA>"])
def test_what_is_no_value_is_absent_at_any_depth(missing):
    record = {"a": missing, "b": [{"c": missing, "d": 1}, missing], "e": {"f": missing}}
    assert without_missing(record) == {"b": [{"d": 1}], "e": {}}


@pytest.mark.parametrize("value", ["Nan", "NAN", "Nancy", "Infinity", "", None, 0, False])
def test_a_value_that_only_looks_like_it_stays(value):
    record = {"a": value}
    assert without_missing(record) is record


@pytest.mark.fault("W1")
def test_infinity_is_a_fault_that_names_its_field():
    record = from_json('{"a": [{"b": Infinity}], "c": -Infinity, "d": 1e400, "e": "Infinity"}')
    assert [fault.field for fault in faults_of_numbers(record)] == ["a[0].b", "c"]


def test_infinity_is_read_again_as_it_was_written():
    assert to_json_line(from_json("[Infinity, -Infinity, NaN]")) == "[Infinity,-Infinity,NaN]\n"


@pytest.mark.fault("W1")
def test_two_bills_without_a_number_are_not_one_and_nothing_is_called_nan(pipe, company):
    records = {
        "Bills": [bill(billNumber=NAN), bill(billNumber=NAN, issueDate="2026-02-15")],
        "Vendors": [
            {
                "externalId": NAN,
                "vendorName": "First",
                "email": NAN,
                "addresses": [{"addressType": "shipping", "line1": "1 Mill Lane", "city": NAN}],
            },
            {"externalId": "v", "vendorName": "Second", "email": "NaN", "addresses": [{"line1": "x", "city": NAN}]},
        ],
    }
    piped = pipe(records)
    assert piped.kinds == ["rejected", "rejected", "rejected", "created"]
    assert {error["code"] for each in piped.outcomes for error in each["errors"]} == {"no_key"}
    row = company.row("vendors", displayName="Second")
    assert (row["email"], row["city"]) == ("", "")
    assert "nan" not in json.dumps([company.rows("vendors"), company.rows("purchaseInvoices")]).lower().split('"')


def test_in_the_services_names_it_blanks_nothing(pipe, company):
    row = company.row("vendors", number="30000")
    record = {"id": row["id"], "number": "30000", "displayName": "Changed", "phoneNumber": NAN, "city": NAN}
    assert pipe({"vendors": [record]}).kinds == ["updated"]
    after = company.row("vendors", number="30000")
    assert (after["displayName"], after["phoneNumber"], after["city"]) == (
        "Changed",
        row["phoneNumber"],
        row["city"],
    )


@pytest.mark.fault("P7")
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", '"NaN"'])
@pytest.mark.parametrize("name", ["unitCost", "quantity"])
def test_lines_that_come_in_pieces_are_never_booked_as_zero(pipe, company, name, value):
    id_ = "f0000000-0000-0000-0000-000000000009"
    header = {"id": id_, "vendorNumber": "10000", "vendorInvoiceNumber": "F-9", "invoiceDate": "2026-01-31"}
    line = {"id": f"{id_[:-1]}8", "documentId": id_, "lineType": "Account", "lineObjectNumber": "8210"}
    line |= {"quantity": 1, "unitCost": 5, name: "@"}
    text = singer_lines([("purchaseInvoices", header), ("purchaseInvoiceLines", line)]).replace('"@"', value)
    piped = pipe(text)
    assert piped.kinds == ["rejected"]
    assert [error["field"] for error in piped.outcomes[0]["errors"]] == [f"purchaseInvoiceLines[0].{name}"]
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="F-9")


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_a_record_that_waits_on_the_disk_keeps_what_it_is_rejected_for(pipe, tmp_path, value):
    payment = {
        "externalId": "p",
        "journalExternalId": "GENERAL",
        "paymentDate": "2026-02-10",
        "vendorExternalId": "v-late",
        "amount": "@",
    }
    vendor = {"externalId": "v-late", "vendorName": "Late"}
    text = singer_lines([("BillPayments", payment), ("Vendors", vendor)]).replace('"@"', value)
    piped = pipe(text)
    assert piped.kinds == ["rejected", "created"]
    assert {field for field, _ in piped.errors("p")} == {"amount"}
    dead = (tmp_path / "store" / "dead-letter.singer").read_text()
    assert '"amount":null' not in dead
    again = pipe(dead)
    assert {field for field, _ in again.errors("p")} == {"amount"}
