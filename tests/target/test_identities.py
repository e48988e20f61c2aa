"""What the memory knows records by: what a release wrote, later ones have to write, or a store would be no memory."""

from __future__ import annotations

from decimal import Decimal

import pytest

from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.streams import map_record
from tests.target.at_the_desk import Target

DAY = "2026-01-28"
UNIFIED = [
    ("Customers", {"id": "aa-1", "customerNumber": "c1"}, 'natural:["id", "AA-1"]'),
    ("Customers", {"customerNumber": " c1 ", "companyName": "Å"}, 'natural:["customerNumber", "C1"]'),
    ("Customers", {"customerNumber": "c1", "externalId": "S-1"}, "external:S-1"),
    ("Vendors", {"vendorNumber": 10000}, 'natural:["vendorNumber", "10000"]'),
    ("Bills", {"id": "bb-1", "billNumber": "r1", "vendorNumber": "v1"}, 'natural:["id", "BB-1"]'),
    (
        "Bills",
        {"billNumber": "r1", "vendorNumber": "v1", "transactionNumber": "108"},
        'natural:["billNumber", "R1", "V1"]',
    ),
    (
        "Bills",
        {"billNumber": "r1", "vendorName": "Fabrikam", "vendorExternalId": "x"},
        'natural:["billNumber", "R1", "X"]',
    ),
    ("Bills", {"transactionNumber": "108", "vendorNumber": "v1"}, 'natural:["transactionNumber", "108"]'),
    ("Bills", {"billNumber": "r1"}, None),
    (
        "BillPayments",
        {
            "paymentNumber": "p1",
            "paymentDate": DAY,
            "vendorNumber": "v1",
            "journalExternalId": "pay",
            "billNumber": "r1",
            "amount": 1,
        },
        'natural:["paymentNumber", "P1", "PAY", "2026-01-28", "V1", "R1"]',
    ),
    (
        "BillPayments",
        {"paymentNumber": "p1", "paymentDate": DAY},
        'natural:["paymentNumber", "P1", "", "2026-01-28", "", ""]',
    ),
    ("BillPayments", {"paymentNumber": "p1"}, None),
    (
        "JournalEntries",
        {"journalEntryNumber": "j1", "transactionDate": DAY},
        'natural:["journalEntryNumber", "J1", "2026-01-28"]',
    ),
]
OWN = [
    ("customers", {"id": "aa-1", "number": "c1"}, "own:AA-1"),
    ("customers", {"number": "c1"}, "number:C1"),
    ("customers", {"number": "c1", "externalId": "S-1"}, "external:S-1"),
    ("vendors", {"displayName": "x"}, None),
    ("purchaseInvoices", {"id": "bb-1", "number": "108"}, "own:BB-1"),
    ("purchaseInvoices", {"number": "108a"}, "number:108A"),
    ("vendorPayments", {"id": "cc-1", "documentNumber": "p1"}, "external:cc-1"),
    (
        "vendorPayments",
        {
            "documentNumber": "p1",
            "postingDate": DAY,
            "journalDisplayName": "pay",
            "vendorNumber": "v1",
            "vendorId": "dd",
            "appliesToInvoiceNumber": "1080",
        },
        "own:P1:2026-01-28::PAY:V1:1080",
    ),
    ("vendorPayments", {"documentNumber": "p1"}, "own:P1:::::"),
    ("vendorPayments", {"postingDate": DAY}, None),
    (
        "generalJournalLines",
        {
            "documentNumber": "j1",
            "postingDate": DAY,
            "journalId": "ee",
            "journalDisplayName": "default",
            "id": "ff",
        },
        "own:J1:2026-01-28:EE:DEFAULT",
    ),
    ("journalLines", {"documentNumber": "j1", "externalId": "s"}, "external:s"),
]


@pytest.mark.parametrize(
    ("stream", "record", "identity", "own"),
    [*((*each, False) for each in UNIFIED), *((*each, True) for each in OWN)],
)
def test_identities_are_those_that_the_release_before_wrote_into_stores(stream, record, identity, own):
    kind = standard_kinds().of_stream(stream)
    assert map_record(stream, kind, 1, record, (), own=own).identity == identity


@pytest.mark.fault("W20")
def test_a_bill_in_own_names_without_an_id_is_known_by_its_vendor_and_the_vendors_number():
    kind = standard_kinds().of_stream("purchaseInvoices")
    record = {"vendorInvoiceNumber": "r1", "vendorNumber": "v1"}
    identity = map_record("purchaseInvoices", kind, 1, record, (), own=True).identity
    assert identity == 'natural:["vendorInvoiceNumber", "R1", "V1"]'
    of_another = map_record("purchaseInvoices", kind, 1, {**record, "vendorNumber": "v2"}, (), own=True).identity
    assert of_another != identity
    assert map_record("purchaseInvoices", kind, 1, {"vendorInvoiceNumber": "r1"}, (), own=True).identity is None


@pytest.mark.fault("W9")
@pytest.mark.parametrize("number", [10000, 10000.0, Decimal("1E+4")])
def test_a_whole_number_is_the_same_however_it_is_spelled(number):
    kind = standard_kinds().of_stream("Vendors")
    wanted = map_record("Vendors", kind, 1, {"vendorNumber": number}, (), own=False)
    assert (wanted.number, wanted.identity) == ("10000", 'natural:["vendorNumber", "10000"]')


def test_a_vendor_that_somebody_has_renumbered_is_known_by_its_id_and_not_made_again(tmp_path):
    """It was there before us, so its id is none of ours: only the memory has it."""
    target = Target(tmp_path)
    vendor = target.desk.create("vendors", {"number": "V-1", "displayName": "Old"})
    record = {"externalId": "v1", "vendorNumber": "V-1", "vendorName": "Old"}
    target.write("Vendors", {**record, "email": "a@example.com"}, remember=True)
    target.desk.edit("vendors", vendor["id"], number="V-9")
    (outcome,) = target.write("Vendors", {**record, "vendorName": "New"}, remember=True)
    assert outcome["id"].lower() == vendor["id"].lower(), outcome
    assert target.rows("vendors", number="V-1") == []
