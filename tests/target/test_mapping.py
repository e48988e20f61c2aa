"""Unified records become what the target wants to write."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_dynamics_bc.identity import derived_id, hash_of, journal_code
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.keys import identity_of_unified
from target_dynamics_bc.wanted.unified.mapping import map_unified

PREFIXES = ("class", "department")


def mapped(stream, record):
    entity = standard_kinds().of_stream(stream)
    assert entity is not None
    return map_unified(stream, entity, 1, record, PREFIXES)


def codes(wanted):
    return {(fault.field, fault.code) for fault in wanted.faults}


# --- customers and vendors ---


def test_streams_answer_in_any_case():
    assert (
        standard_kinds().of_stream("BILLS")
        is standard_kinds().of_stream("purchaseInvoices")
        is standard_kinds().of_stream("Purchaseinvoices")
    )
    assert standard_kinds().of_stream("Invoices") is None


def test_a_shipping_address_and_an_unknown_phone_are_preferred():
    wanted = mapped(
        "Customers",
        {
            "externalId": "1",
            "companyName": "A",
            "addresses": [
                {"addressType": "billing", "city": "X"},
                {"addressType": "Shipping", "city": "Y", "country": "gb"},
            ],
            "phoneNumbers": [{"type": "mobile", "phoneNumber": "1"}, {"type": "unknown", "phoneNumber": "2"}],
        },
    )
    assert wanted.fields == {"displayName": "A", "phoneNumber": "2", "city": "Y"}
    assert wanted.references["country"].number == "gb"


def test_what_a_record_does_not_say_is_not_written():
    wanted = mapped("Customers", {"externalId": "1", "addresses": [{"line1": "S", "city": None}], "isPerson": None})
    assert wanted.fields == {"addressLine1": "S"}


@pytest.mark.parametrize(("active", "blocked"), [(True, "_x0020_"), (False, "All")])
def test_active_becomes_blocked(active, blocked):
    assert mapped("Vendors", {"isActive": active}).fields == {"blocked": blocked}


def test_a_payment_method_may_be_an_id_a_code_or_a_name():
    reference = mapped("Vendors", {"paymentMethod": " Bank Transfer "}).references["paymentMethodId"]
    assert (reference.id, reference.number, reference.name) == ("Bank Transfer",) * 3


def test_too_long_texts_are_named_one_by_one():
    wanted = mapped("Vendors", {"vendorName": "v" * 101, "email": "e" * 81})
    assert codes(wanted) == {("vendorName", "too_long"), ("email", "too_long")}


# --- bills ---


def test_a_bill_has_item_lines_and_account_lines():
    wanted = mapped(
        "Bills",
        {
            "externalId": "b",
            "billNumber": "F 1",
            "vendorNumber": "10000",
            "lineItems": [{"itemNumber": "1896-S", "quantity": "2", "unitPrice": Decimal("506.60"), "discount": 1}],
            "expenses": [{"accountNumber": "8210", "amount": 5}],
        },
    )
    item, expense = wanted.lines
    assert (item.kind, item.fields) == ("Item", {"quantity": 2, "unitCost": Decimal("506.60"), "discountAmount": 1})
    assert (expense.kind, expense.fields) == ("Account", {"quantity": 1, "unitCost": 5})
    assert wanted.fields == {"vendorInvoiceNumber": "F 1", "pricesIncludeTax": False}
    assert wanted.line_kinds == {"Item", "Account"}
    assert not wanted.faults


def test_lines_that_a_record_does_not_speak_of_are_not_its_business():
    assert mapped("Bills", {"id": "x", "lineItems": []}).line_kinds == {"Item"}
    assert mapped("Bills", {"id": "x", "lineItems": None}).lines is None


def test_a_bill_without_a_number_goes_by_the_senders_id():
    wanted = mapped("Bills", {"externalId": "b-1", "vendorName": "V"})
    assert wanted.fields["vendorInvoiceNumber"] == "B-1"
    assert wanted.assumed == {"vendorInvoiceNumber", "pricesIncludeTax"}


def test_all_faults_of_a_bill_are_named():
    wanted = mapped(
        "Bills",
        {
            "billNumber": "B" * 36,
            "issueDate": "12/01/2026",
            "lineItems": [{"quantity": "many"}, "no object"],
            "expenses": [{"amount": True}],
        },
    )
    assert codes(wanted) == {
        ("vendorId", "required"),
        ("billNumber", "too_long"),
        ("issueDate", "no_date"),
        ("lineItems[0].itemId", "required"),
        ("lineItems[0].quantity", "no_number"),
        ("lineItems[1]", "wrong_type"),
        ("expenses[0].accountId", "required"),
        ("expenses[0].amount", "no_number"),
    }


def test_a_moment_is_the_day_it_is_written_with():
    assert mapped("Bills", {"id": "x", "issueDate": "2026-01-28T23:30:00+05:00"}).fields["invoiceDate"] == "2026-01-28"


# --- entries ---


def entry(*lines, **more):
    return mapped(
        "JournalEntries",
        {"journalEntryNumber": "j1", "transactionDate": "2026-01-28", "lineItems": list(lines), **more},
    )


def test_debits_are_positive_and_credits_negative():
    wanted = entry(
        {"accountNumber": "1", "entryType": "Debit", "debitAmount": 5, "creditAmount": 0},
        {"accountNumber": "2", "entryType": "CREDIT", "creditAmount": "5"},
        {"accountNumber": "3", "creditAmount": 7},
    )
    assert [line.fields["amount"] for line in wanted.lines] == [5, -5, -7]
    assert {line.fields["documentNumber"] for line in wanted.lines} == {"J1"}
    assert not wanted.faults


def test_an_entry_without_amounts_and_accounts_says_so_for_each_line():
    wanted = entry({"entryType": "Debit"}, {"entryType": "Half", "accountName": "x"})
    assert codes(wanted) == {
        ("lineItems[0].accountId", "required"),
        ("lineItems[0].debitAmount", "required"),
        ("lineItems[1].entryType", "unknown_value"),
    }


def test_an_amount_that_cannot_be_read_is_not_called_missing_besides():
    wanted = entry({"accountNumber": "1", "debitAmount": "5,00"}, {"accountNumber": "2", "creditAmount": 5})
    assert codes(wanted) == {("lineItems[0].debitAmount", "no_number")}


# --- identities ---


def test_the_senders_id_goes_before_a_natural_key():
    entity = standard_kinds().of_stream("Bills")
    record = {"billNumber": "1", "vendorNumber": "10000"}
    assert identity_of_unified(entity.unified, record, "x") == "external:x"
    later = {**record, "dueDate": "2026-01-28"}
    assert identity_of_unified(entity.unified, record, None) == identity_of_unified(entity.unified, later, None)
    assert identity_of_unified(entity.unified, {"billNumber": "1"}, None) is None


def test_derived_ids_are_the_same_everywhere_and_differ_by_company():
    assert derived_id("C1", "vendors", "external", "7") == derived_id("c1", "vendors", "external", "7")
    assert derived_id("c1", "vendors", "external", "7") != derived_id("c2", "vendors", "external", "7")


@given(st.uuids())
def test_a_batch_code_fits_and_is_a_code(batch_id):
    code = journal_code(str(batch_id))
    assert len(code) == 10
    assert code == code.strip().upper()


# --- properties ---

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=8,
)
FIELDS = (
    "externalId",
    "id",
    "vendorNumber",
    "customerNumber",
    "companyName",
    "billNumber",
    "issueDate",
    "lineItems",
    "expenses",
    "addresses",
    "phoneNumbers",
    "currency",
    "isDraft",
    "isPerson",
    "dimensions",
    "className",
    "departmentId",
    "amount",
    "paymentDate",
    "journalEntryNumber",
    "transactionDate",
    "paymentMethod",
    "email",
    "transactionNumber",
    "totalAmount",
)


@given(
    st.sampled_from([kind for kind in standard_kinds() if kind.unified]),
    st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8),
)
def test_whatever_comes_is_mapped_or_has_faults_with_a_field(entity, record):
    wanted = map_unified(entity.unified.streams[0], entity, 1, record, PREFIXES)
    assert wanted.hash == hash_of(record)
    assert all(fault.message and fault.stage == "map" for fault in wanted.faults)
    assert all(value is not None for value in wanted.fields.values())


@given(st.lists(st.decimals(min_value=-(10**9), max_value=10**9, places=4), min_size=1, max_size=20))
def test_amounts_keep_their_sum_exactly(amounts):
    lines = [
        {
            "accountNumber": "1",
            "entryType": "Debit" if amount >= 0 else "Credit",
            "debitAmount": abs(amount),
            "creditAmount": abs(amount),
        }
        for amount in amounts
    ]
    wanted = entry(*lines)
    assert sum(line.fields["amount"] for line in wanted.lines) == sum(amounts)
