"""What a run with other settings makes of records that one before it has seen."""

from __future__ import annotations

import pytest

from tests.target.sent_records import small_bill


@pytest.mark.parametrize("state_format", ["singer", "hotglue"])
def test_a_dry_run_moves_no_bookmark(pipe, state_format):
    records = {"Vendors": [{"externalId": "v", "vendorName": "A"}]}
    assert pipe(records, dry_run=True, state_format=state_format).states == []
    assert pipe(records, state_format=state_format).states


def test_a_dry_run_foretells_what_refers_to_what_it_would_create(pipe, company):
    records = {
        "Vendors": [{"externalId": "v-new", "vendorName": "New Vendor"}],
        "Bills": [
            small_bill(vendorNumber=None, vendorName="New Vendor", isDraft=False),
            small_bill(externalId="b-2", vendorNumber=None, vendorExternalId="v-new"),
            small_bill(externalId="b-3", vendorNumber=None, vendorName="Nobody"),
        ],
        "BillPayments": [
            {"externalId": "p", "vendorName": "New Vendor", "billExternalId": "b-1", "amount": 5,
             "paymentDate": "2026-02-01"},
        ],
    }  # fmt: skip
    foretold = pipe(records, dry_run=True, payment_journal="cash")
    assert {each["external_id"]: each["outcome"] for each in foretold.outcomes} == {
        "v-new": "created", "b-1": "created", "b-2": "created", "b-3": "rejected", "p": "created",
    }  # fmt: skip
    assert not company.rows("vendors", displayName="New Vendor")


def test_a_draft_is_posted_once_the_settings_say_so(pipe, company):
    records = {"Bills": [small_bill(isDraft=False)]}
    assert pipe(records, posting="never").kinds == ["created"]
    assert pipe(records, posting="never").kinds == ["existing"]
    assert pipe(records).kinds == ["posted"]
    assert pipe(records).kinds == ["existing"]
    assert pipe(records, posting="never").kinds == ["existing"]
    assert company.row("purchaseInvoices", vendorInvoiceNumber="B-1")["status"] != "Draft"


def test_lines_that_were_kept_go_once_they_are_to_be_replaced(pipe, company):
    two = [{"externalId": str(n), "accountNumber": "8210", "amount": n} for n in (1, 2)]
    pipe({"Bills": [small_bill(expenses=two)]})
    one = {"Bills": [small_bill(expenses=two[:1])]}
    pipe(one, lines="keep")
    assert pipe(one, lines="keep").kinds == ["existing"]
    assert pipe(one).kinds == ["updated"]
    assert len(company.lines(company.row("purchaseInvoices", vendorInvoiceNumber="B-1")["id"])) == 1


def test_a_deletion_that_was_ignored_is_done_once_it_counts(pipe, company):
    pipe({"Vendors": [{"externalId": "v", "vendorName": "Leaving"}]})
    gone = {"Vendors": [{"externalId": "v", "_sdc_deleted_at": "2026-01-01"}]}
    assert pipe(gone, on_delete="ignore").kinds == ["unchanged"]
    assert pipe(gone, on_delete="ignore").kinds == ["existing"]
    assert pipe(gone, on_delete="delete").kinds == ["deleted"]
    assert not company.rows("vendors", displayName="Leaving")
