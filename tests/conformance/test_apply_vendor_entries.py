"""Open entries of a payment's vendor, and applying the payment to them."""

from __future__ import annotations

import pytest

CODEUNIT = "APIV2 - Apply Vendor Ent. E2E"


def payment(api, **body):
    journal = api.id("vendorPaymentJournals", code="GENERAL")
    for left in api.rows(f"vendorPaymentJournals({journal})/vendorPayments"):
        api.delete(f"vendorPayments({left['id']})")
    created = api.post(f"vendorPaymentJournals({journal})/vendorPayments", body)
    return created, f"vendorPaymentJournals({journal})/vendorPayments({created['id']})/applyVendorEntries"


@pytest.fixture
def bill(api):
    """The only bill of a new vendor, posted."""
    vendor = api.post("vendors", {"displayName": "Once"})
    lines = [{"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 120}]
    body = {"vendorId": vendor["id"], "vendorInvoiceNumber": "ONCE-1", "purchaseInvoiceLines": lines}
    created = api.post("purchaseInvoices", body)
    api.act(f"purchaseInvoices({created['id']})", "post")
    return api.get(f"purchaseInvoices({created['id']})")


@pytest.mark.theirs("TestGetApplyVendorEntriesReturnsOpenEntries")
def test_the_open_entries_of_the_vendor_are_listed(api, bill):
    _, entries = payment(api, vendorNumber=bill["vendorNumber"])
    (entry,) = api.rows(entries)
    assert (entry["documentNumber"], entry["vendorNumber"]) == (bill["number"], bill["vendorNumber"])
    assert (entry["remainingAmount"], entry["applied"]) == (-120, False)


@pytest.mark.theirs("TestGetApplyVendorEntriesFailsWhenNoVendor")
def test_a_payment_without_a_vendor_has_no_entries(api):
    _, entries = payment(api)
    status, _, message = api.refused("GET", entries)
    assert status == 400
    assert "The Vendor does not exist" in message


@pytest.mark.theirs("TestApplyVendorEntryAppliesPayment")
def test_a_payment_is_applied_to_an_entry(api, bill):
    created, entries = payment(api, vendorNumber=bill["vendorNumber"], postingDate=bill["postingDate"])
    (entry,) = api.rows(entries)
    applied = api.patch(f"{entries}({entry['id']})", {"applied": True})
    assert (applied["applied"], applied["appliesToId"]) == (True, created["documentNumber"])
    api.act(f"journals({created['journalId']})", "post")
    assert api.get(f"purchaseInvoices({bill['id']})")["status"] == "Paid"
