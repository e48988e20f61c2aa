"""Payments to vendors."""

from __future__ import annotations

from decimal import Decimal

import pytest
from conformance import payments
from conformance.payments import VENDORS, pay, payments_path
from conformance.plain_http import ZERO

CODEUNIT = "APIV2 - Vendor Payments E2E"


@pytest.fixture(autouse=True)
def empty_journal(api):
    payments.empty(api, VENDORS)


@pytest.mark.theirs("TestCreateVendorPayment")
def test_a_payment_is_kept_as_it_was_sent(api):
    payments.check_created(api, VENDORS)


@pytest.mark.theirs("TestCreateVendorPaymentWithoutDocNo")
def test_a_document_number_is_filled_in(api):
    payments.check_document_number(api, VENDORS)


@pytest.mark.theirs("TestCreateVendorPaymentWithInvoiceId")
def test_the_number_comes_with_the_invoice(api):
    payments.check_created_for_invoice(api, VENDORS)


@pytest.mark.theirs("TestCreateVendorPaymentWithIdThatIsNotFromPurchaseInvoice")
def test_only_posted_invoices_of_this_side_are_settled(api):
    payments.check_other_ids(api, VENDORS)


@pytest.mark.theirs("TestGetVendorPayment")
def test_a_payment_is_read_below_its_journal(api):
    payments.check_read(api, VENDORS)


@pytest.mark.theirs("TestModifyVendorPayment")
def test_a_payment_is_changed_wholly(api):
    payments.check_changed(api, VENDORS)


@pytest.mark.theirs("TestModifyVendorPaymentWithRandomDocNo")
def test_an_unknown_number_is_kept_without_an_id(api):
    payments.check_unknown_invoice(api, VENDORS)


@pytest.mark.theirs("TestDeleteVendorPayment")
def test_a_deleted_payment_is_gone(api):
    payments.check_deleted(api, VENDORS)


@pytest.mark.theirs("TestVendorAutofillWhenGivingInvoiceNumber")
def test_the_invoice_says_whose_payment_it_is(api):
    payments.check_party_of_invoice(api, VENDORS)


@pytest.mark.theirs("TestVendorAutofillDoesNotOverwrite")
def test_whom_the_request_names_stays(api):
    payments.check_party_kept(api, VENDORS)


@pytest.mark.theirs("TestVendorNoAndIdSync")
def test_number_and_id_fill_each_other(api):
    payments.check_party_pair(api, VENDORS)


@pytest.mark.theirs("TestVendorNoAndIdSyncErrors")
def test_who_is_gone_cannot_be_named(api):
    payments.check_party_gone(api, VENDORS)


@pytest.mark.theirs("TestAppliesToInvoiceNoAndIdSync")
def test_number_and_id_of_the_invoice_fill_each_other(api):
    payments.check_invoice_pair(api, VENDORS)


@pytest.mark.theirs("TestAppliesToInvoiceNoAndIdSyncErrors")
def test_an_invoice_that_is_gone_cannot_be_named(api):
    payments.check_invoice_gone(api, VENDORS)


@pytest.mark.theirs("TestGetVendorPaymentWithoutInvoiceApplicationIsVisible")
def test_a_payment_that_settles_nothing_is_listed(api):
    created = pay(api, VENDORS, vendorNumber="20000", amount=5)
    assert [row["id"] for row in api.rows(payments_path(api, VENDORS))] == [created["id"]]


@pytest.mark.theirs("TestAppliesToInvoiceNumberEmptyForNonInvoiceApplication")
def test_the_invoice_number_is_blank_for_what_is_no_invoice(api):
    created = pay(api, VENDORS, vendorNumber="20000")
    entry = api.plant(
        "_vendorLedgerEntries",
        entryNumber=90001,
        vendorId=created["vendorId"],
        documentType="Credit_x0020_Memo",
        documentNumber="CM-TEST-01",
        documentId=ZERO,
        externalDocumentNumber="",
        description="Refund",
        postingDate="2026-01-01",
        dueDate="2026-01-01",
        amount=Decimal(50),
        remainingAmount=Decimal(50),
        open=True,
    )
    path = f"{payments_path(api, VENDORS)}({created['id']})"
    api.patch(f"{path}/applyVendorEntries({entry['id']})", {"applied": True})
    read = api.get(path)
    assert (read["lineNumber"], read["appliesToInvoiceNumber"]) == (created["lineNumber"], "")
