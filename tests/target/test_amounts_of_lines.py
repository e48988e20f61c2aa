"""Which amounts and quantities must a line say, and which of them may not stand beside each other?"""

from __future__ import annotations

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.unified.mapping import map_unified
from tests.target.sent_records import small_bill


def test_a_new_line_needs_its_amount_or_quantity(pipe, company):
    item = company.rows("items")[0]["number"]
    piped = pipe(
        {
            "Bills": [
                small_bill(
                    expenses=[{"accountNumber": "8210", "amount": None}, {"accountNumber": "8210", "amount": 5}]
                ),
                small_bill(externalId="b-2", lineItems=[{"itemNumber": item, "unitPrice": 5}]),
            ]
        }
    )
    assert piped.errors("b-1") == {("expenses[0].amount", "required")}
    assert piped.errors("b-2") == {("lineItems[0].quantity", "required")}
    assert not company.rows("purchaseInvoices", vendorInvoiceNumber="B-1")


def test_a_known_line_without_an_amount_keeps_it(pipe, company):
    pipe({"Bills": [small_bill()]})
    changed = small_bill(expenses=[{"externalId": "1", "accountNumber": "8210", "description": "Said"}])
    assert pipe({"Bills": [changed]}).kinds == ["updated"]
    (line,) = company.lines(company.row("purchaseInvoices", vendorInvoiceNumber="B-1")["id"])
    assert (line["description"], line["unitCost"]) == ("Said", 5)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"debitAmount": 10, "creditAmount": 3}, "creditAmount"),
        ({"entryType": "Debit", "debitAmount": 0, "creditAmount": 10}, "creditAmount"),
        ({"entryType": "Credit", "debitAmount": 4, "creditAmount": 10}, "debitAmount"),
    ],
)
def test_amounts_of_an_entry_line_do_not_contradict_each_other(line, field):
    record = {"externalId": "j", "transactionDate": "2026-01-01", "lineItems": [{"accountNumber": "1", **line}]}
    wanted = map_unified("JournalEntries", standard_kinds().of_stream("JournalEntries"), 1, record, ())
    assert [(fault.field, fault.code) for fault in wanted.faults] == [(f"lineItems[0].{field}", "contradiction")]


@pytest.mark.parametrize("amount", [[], {}, [1]])
def test_an_amount_that_is_no_number_is_a_fault(amount):
    record = {"externalId": "p", "vendorNumber": "1", "paymentDate": "2026-01-01", "amount": amount}
    wanted = map_unified("BillPayments", standard_kinds().of_stream("BillPayments"), 1, record, ())
    assert [(fault.field, fault.code) for fault in wanted.faults] == [("amount", "no_number")]
