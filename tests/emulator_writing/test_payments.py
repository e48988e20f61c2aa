"""Payments to vendors and from customers: what they are applied to, and what posting them settles."""

from __future__ import annotations

import pytest

ZERO = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def journal(api):
    """A payment journal of its own, balanced by cash."""
    cash = api.id("accounts", number="2910")
    return api.create("vendorPaymentJournals", {"code": "PAY", "balancingAccountId": cash})["id"]


@pytest.fixture
def posted(api, bill):
    """The bill, posted: 300.25 are owed to vendor 20000."""
    api.act(f"purchaseInvoices({bill['id']})")
    return api.read(f"purchaseInvoices({bill['id']})")


def pay(api, journal, **body):
    return api.create(
        f"vendorPaymentJournals({journal})/vendorPayments",
        {"documentNumber": "P-1", "postingDate": "2026-02-01", **body},
    )


def test_a_payment_journal_is_a_batch_that_journals_know_by_its_id(api, journal):
    assert api.read(f"journals({journal})")["templateDisplayName"] == "PAYMENT"
    assert [row["id"] for row in api.rows("vendorPaymentJournals", filter="code eq 'PAY'")] == [journal]
    assert api.rows("journals", filter="code eq 'PAY'") == []
    api.change(f"vendorPaymentJournals({journal})", {"displayName": "Mine"})
    assert api.read(f"journals({journal})")["displayName"] == "Mine"
    api.remove(f"vendorPaymentJournals({journal})")
    assert api.call("GET", f"journals({journal})").status_code == 404


def test_a_payment_keeps_what_was_sent(api, journal, posted):
    sent = {
        "vendorId": posted["vendorId"],
        "amount": 12.5,
        "externalDocumentNumber": "X-1",
        "description": "First",
        "comment": "c",
    }
    created = pay(api, journal, **sent)
    assert sent.items() <= created.items()
    assert (created["vendorNumber"], created["lineNumber"], created["journalDisplayName"]) == ("20000", 10000, "PAY")


def test_a_payment_without_a_document_number_gets_the_one_after_the_last(api, journal):
    pay(api, journal, vendorNumber="20000")
    second = api.create(f"vendorPaymentJournals({journal})/vendorPayments", {"vendorNumber": "20000"})
    assert second["documentNumber"] == "P-2"


def test_a_payment_inherits_the_vendors_dimensions(api, journal):
    payment = pay(api, journal, vendorNumber="20000")
    assert api.dimensions(f"vendorPayments({payment['id']})") == {"AREA": "40", "DEPARTMENT": "PURCHASING"}


def test_the_invoice_fills_number_and_vendor_and_no_amount(api, journal, posted):
    payment = pay(api, journal, appliesToInvoiceId=posted["id"])
    assert payment["appliesToInvoiceNumber"] == posted["number"]
    assert (payment["vendorNumber"], payment["amount"]) == ("20000", 0)
    by_number = pay(api, journal, appliesToInvoiceNumber=posted["number"])
    assert by_number["appliesToInvoiceId"] == posted["id"]


def test_a_vendor_that_was_sent_is_kept(api, journal, posted):
    assert pay(api, journal, vendorNumber="10000", appliesToInvoiceNumber=posted["number"])["vendorNumber"] == "10000"


def test_only_a_posted_purchase_invoice_can_be_paid(api, journal, bill):
    path = f"vendorPaymentJournals({journal})/vendorPayments"
    sales = next(row["id"] for row in api.rows("salesInvoices") if row["status"] != "Draft")
    for invoice in (bill["id"], sales, "11111111-1111-1111-1111-111111111111"):
        api.refused("POST", path, {"appliesToInvoiceId": invoice})


def test_pairs_that_disagree_are_refused(api, journal, posted):
    path = f"vendorPaymentJournals({journal})/vendorPayments"
    api.refused("POST", path, {"vendorId": posted["vendorId"], "vendorNumber": "10000"})
    api.refused("POST", path, {"vendorNumber": "NOPE"})
    other = next(row for row in api.rows("purchaseInvoices") if row["status"] != "Draft" and row["id"] != posted["id"])
    api.refused("POST", path, {"appliesToInvoiceId": posted["id"], "appliesToInvoiceNumber": other["number"]})


def test_an_unknown_invoice_number_is_kept_and_the_id_blanked(api, journal, posted):
    payment = pay(api, journal, appliesToInvoiceId=posted["id"])
    changed = api.change(f"vendorPayments({payment['id']})", {"appliesToInvoiceNumber": "RANDOM"})
    assert (changed["appliesToInvoiceNumber"], changed["appliesToInvoiceId"]) == ("RANDOM", ZERO)


def test_a_payment_is_changed_and_deleted(api, journal):
    payment = pay(api, journal, vendorNumber="20000", amount=5)
    path = f"vendorPayments({payment['id']})"
    assert api.change(path, {"amount": 7.005})["amount"] == 7.01
    api.refused("PATCH", path, {"journalId": api.id("vendorPaymentJournals", code="GENERAL")})
    api.remove(path)
    assert api.rows(f"vendorPaymentJournals({journal})/vendorPayments") == []


def test_payments_and_entries_share_the_line_numbers_of_their_batch(api, journal):
    pay(api, journal, vendorNumber="20000", amount=5)
    api.refused("POST", f"journals({journal})/journalLines", {"lineNumber": 10000}, "Internal_EntityWithSameKeyExists")
    assert api.create(f"journals({journal})/journalLines", {})["lineNumber"] == 20000


def test_a_full_payment_closes_the_invoice(api, journal, posted):
    before = api.read(f"vendors({posted['vendorId']})")["balance"]
    pay(api, journal, appliesToInvoiceId=posted["id"], amount=300.25)
    api.emulator.control.advance("PT1M")
    api.act(f"journals({journal})")
    closed = api.read(f"purchaseInvoices({posted['id']})")
    assert closed["status"] == "Paid"
    assert closed["lastModifiedDateTime"] > posted["lastModifiedDateTime"]
    (left,) = api.rows(f"vendorPaymentJournals({journal})/vendorPayments")
    assert (left["vendorNumber"], left["amount"], left["documentNumber"]) == ("", 0, "P-2")
    assert api.ledger("P-1") == [("5410", 300.25), ("2910", -300.25)]
    assert {row["documentType"] for row in api.rows("generalLedgerEntries", filter="documentNumber eq 'P-1'")} == {
        "Payment"
    }
    assert api.read(f"vendors({posted['vendorId']})")["balance"] == pytest.approx(before - 300.25)


def test_a_part_payment_leaves_the_invoice_open_and_its_stamp_alone(api, journal, posted):
    pay(api, journal, appliesToInvoiceId=posted["id"], amount=100)
    api.act(f"journals({journal})")
    assert api.read(f"purchaseInvoices({posted['id']})") == posted
    pay(api, journal, appliesToInvoiceId=posted["id"], amount=200.25, documentNumber="P-2")
    api.act(f"journals({journal})")
    assert api.read(f"purchaseInvoices({posted['id']})")["status"] == "Paid"


def test_a_closed_invoice_takes_no_payment(api, journal, posted):
    pay(api, journal, appliesToInvoiceId=posted["id"], amount=300.25)
    api.act(f"journals({journal})")
    pay(api, journal, appliesToInvoiceId=posted["id"], amount=5, documentNumber="P-2")
    assert "closed" in api.refused("POST", f"journals({journal})/Microsoft.NAV.post")
    assert api.ledger("P-2") == []


def test_another_vendors_invoice_is_not_paid(api, journal, posted):
    pay(api, journal, vendorNumber="10000", appliesToInvoiceId=posted["id"], amount=5)
    before = api.stored("generalLedgerEntries")
    assert "has no posted invoice" in api.refused("POST", f"journals({journal})/Microsoft.NAV.post")
    assert api.stored("generalLedgerEntries") == before


def test_a_payment_without_an_invoice_lowers_the_balance(api, journal, posted):
    before = api.read(f"vendors({posted['vendorId']})")["balance"]
    pay(api, journal, vendorNumber="20000", amount=50)
    api.act(f"journals({journal})")
    assert api.read(f"vendors({posted['vendorId']})")["balance"] == pytest.approx(before - 50)
    assert api.read(f"purchaseInvoices({posted['id']})")["status"] == "Open"


def test_a_vendor_blocked_for_payment_is_not_paid(api, journal, posted):
    pay(api, journal, appliesToInvoiceId=posted["id"], amount=300.25)
    api.change(f"vendors({posted['vendorId']})", {"blocked": "Payment"})
    assert "blocked" in api.refused("POST", f"journals({journal})/Microsoft.NAV.post")


def test_an_open_entry_is_chosen_for_a_payment_and_settled(api, journal, posted):
    payment = pay(api, journal, vendorNumber="20000")
    path = f"vendorPayments({payment['id']})/applyVendorEntries"
    entry = next(row for row in api.rows(path) if row["documentNumber"] == posted["number"])
    assert entry["applied"] is False
    assert api.change(f"{path}({entry['id']})", {})["applied"] is True
    assert api.read(f"vendorPayments({payment['id']})")["amount"] == 300.25
    api.act(f"journals({journal})")
    assert api.read(f"purchaseInvoices({posted['id']})")["status"] == "Paid"


def test_a_customers_payment_closes_the_sales_invoice(api):
    cash = api.id("accounts", number="2910")
    journal = api.create("customerPaymentJournals", {"code": "IN", "balancingAccountId": cash})["id"]
    invoice = next(row for row in api.rows("salesInvoices") if row["status"] == "Open")
    body = {"appliesToInvoiceId": invoice["id"], "documentNumber": "R-1", "amount": -invoice["remainingAmount"]}
    payment = api.create(f"customerPaymentJournals({journal})/customerPayments", body)
    assert payment["customerNumber"] == invoice["customerNumber"]
    api.act(f"journals({journal})")
    paid = api.read(f"salesInvoices({invoice['id']})")
    assert (paid["status"], paid["remainingAmount"]) == ("Paid", 0)
    assert {amount for _, amount in api.ledger("R-1")} == {invoice["remainingAmount"], -invoice["remainingAmount"]}


def test_a_payments_dimensions_reach_its_entries(api, journal, posted):
    payment = pay(api, journal, appliesToInvoiceId=posted["id"], amount=300.25)
    api.create(f"vendorPayments({payment['id']})/dimensionSetLines", {"code": "BUSINESSGROUP", "valueCode": "HOME"})
    api.act(f"journals({journal})")
    entries = api.rows("generalLedgerEntries", filter="documentNumber eq 'P-1'", expand="dimensionSetLines")
    for found in entries:
        codes = {line["code"]: line["valueCode"] for line in found["dimensionSetLines"]}
        assert codes == {"AREA": "40", "DEPARTMENT": "PURCHASING", "BUSINESSGROUP": "HOME"}
