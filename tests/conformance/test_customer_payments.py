"""Payments from customers."""

from __future__ import annotations

import pytest
from conformance import payments
from conformance.payments import CUSTOMERS

CODEUNIT = "APIV2 - Customer Payments E2E"


@pytest.fixture(autouse=True)
def empty_journal(api):
    payments.empty(api, CUSTOMERS)


@pytest.mark.theirs("TestCreateCustomerPayment")
def test_a_payment_is_kept_as_it_was_sent(api):
    payments.check_created(api, CUSTOMERS)


@pytest.mark.theirs("TestCreateCustomerPaymentWithoutDocNo")
def test_a_document_number_is_filled_in(api):
    payments.check_document_number(api, CUSTOMERS)


@pytest.mark.theirs("TestCreateCustomerPaymentWithInvoiceId")
def test_the_number_comes_with_the_invoice(api):
    payments.check_created_for_invoice(api, CUSTOMERS)


@pytest.mark.theirs("TestCreateCustomerPaymentWithIdThatIsNotFromSalesInvoice")
def test_only_posted_invoices_of_this_side_are_settled(api):
    payments.check_other_ids(api, CUSTOMERS)


@pytest.mark.theirs("TestGetCustomerPayment")
def test_a_payment_is_read_below_its_journal(api):
    payments.check_read(api, CUSTOMERS)


@pytest.mark.theirs("TestModifyCustomerPayment")
def test_a_payment_is_changed_wholly(api):
    payments.check_changed(api, CUSTOMERS)


@pytest.mark.theirs("TestModifyCustomerPaymentWithRandomDocNo")
def test_an_unknown_number_is_kept_without_an_id(api):
    payments.check_unknown_invoice(api, CUSTOMERS)


@pytest.mark.theirs("TestDeleteCustomerPayment")
def test_a_deleted_payment_is_gone(api):
    payments.check_deleted(api, CUSTOMERS)


@pytest.mark.theirs("TestCustomerAutofillWhenGivingInvoiceNumber")
def test_the_invoice_says_whose_payment_it_is(api):
    payments.check_party_of_invoice(api, CUSTOMERS)


@pytest.mark.theirs("TestCustomerAutofillDoesNotOverwrite")
def test_whom_the_request_names_stays(api):
    payments.check_party_kept(api, CUSTOMERS)


@pytest.mark.theirs("TestCustomerNoAndIdSync")
def test_number_and_id_fill_each_other(api):
    payments.check_party_pair(api, CUSTOMERS)


@pytest.mark.theirs("TestCustomerNoAndIdSyncErrors")
def test_who_is_gone_cannot_be_named(api):
    payments.check_party_gone(api, CUSTOMERS)


@pytest.mark.theirs("TestAppliesToInvoiceNoAndIdSync")
def test_number_and_id_of_the_invoice_fill_each_other(api):
    payments.check_invoice_pair(api, CUSTOMERS)


@pytest.mark.theirs("TestAppliesToInvoiceNoAndIdSyncErrors")
def test_an_invoice_that_is_gone_cannot_be_named(api):
    payments.check_invoice_gone(api, CUSTOMERS)
