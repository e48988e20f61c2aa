"""Posting a purchase invoice: what it checks, what stays, what it leaves in the ledgers."""

from __future__ import annotations

import pytest


def path_of(bill):
    return f"purchaseInvoices({bill['id']})"


def test_a_posted_invoice_keeps_its_id_and_gets_another_number_and_status(api, bill):
    api.act(path_of(bill))
    posted = api.read(path_of(bill))
    assert posted["status"] == "Open"
    assert posted["number"] != bill["number"]
    assert posted["vendorInvoiceNumber"] == "B-1"
    assert posted["totalAmountIncludingTax"] == 300.25
    assert [row["id"] for row in api.rows("purchaseInvoices", filter="vendorInvoiceNumber eq 'B-1'")] == [bill["id"]]


def test_lines_keep_their_ids_when_their_invoice_is_posted(api, bill):
    api.act(path_of(bill))
    lines = api.rows(f"{path_of(bill)}/purchaseInvoiceLines")
    assert [line["id"] for line in lines] == [line["id"] for line in bill["purchaseInvoiceLines"]]


def test_posting_writes_the_general_ledger(api, bill):
    api.act(path_of(bill))
    number = api.read(path_of(bill))["number"]
    assert api.ledger(number) == [("7110", 200.0), ("5630", 50.0), ("8210", 50.25), ("5410", -300.25)]
    entries = api.rows(
        "generalLedgerEntries", filter=f"documentNumber eq '{number}'", expand="dimensionSetLines,account"
    )
    assert {entry["documentType"] for entry in entries} == {"Invoice"}
    assert {entry["postingDate"] for entry in entries} == {"2026-01-10"}
    assert all(entry["account"]["number"] == entry["accountNumber"] for entry in entries)
    for entry in entries:
        found = {line["code"]: line["valueCode"] for line in entry["dimensionSetLines"]}
        assert found == {"AREA": "40", "DEPARTMENT": "PURCHASING"}


def test_the_accounts_of_a_posting_are_rows_of_the_set_up(api, bill):
    def edit(entity_set, account, **key):
        (row,) = (row for row in api.stored(entity_set) if key.items() <= row.items())
        api.emulator.control.edit(company=api.company, entity_set=entity_set, id=row["id"], set=account)

    edit(
        "_generalPostingSetup",
        {"purchaseAccount": "7210"},
        taxAreaCode="DOMESTIC",
        generalProductPostingGroupCode="",
    )
    edit("_partyPostingGroups", {"account": "5420"}, party="Vendor", taxAreaCode="DOMESTIC")
    edit("_vatPostingSetup", {"purchaseVatAccount": "5631"}, taxAreaCode="DOMESTIC", taxGroupCode="STANDARD")
    api.act(path_of(bill))
    number = api.read(path_of(bill))["number"]
    assert api.ledger(number) == [("7210", 200.0), ("5631", 50.0), ("8210", 50.25), ("5420", -300.25)]


def test_a_lines_own_dimension_reaches_its_entry(api, bill):
    paper = bill["purchaseInvoiceLines"][1]["id"]
    api.create(f"purchaseInvoiceLines({paper})/dimensionSetLines", {"code": "BUSINESSGROUP", "valueCode": "HOME"})
    api.act(path_of(bill))
    number = api.read(path_of(bill))["number"]
    entries = api.rows("generalLedgerEntries", filter=f"documentNumber eq '{number}'", expand="dimensionSetLines")
    with_group = [entry["accountNumber"] for entry in entries if "HOME" in str(entry["dimensionSetLines"])]
    assert with_group == ["8210"]


def test_entry_numbers_go_on_without_gaps(api, bill):
    last = max(row["entryNumber"] for row in api.stored("generalLedgerEntries"))
    api.act(path_of(bill))
    new = sorted(row["entryNumber"] for row in api.stored("generalLedgerEntries") if row["entryNumber"] > last)
    assert new == [last + 1, last + 2, last + 3, last + 4]


def test_posting_raises_the_vendors_balance_and_the_stock(api, bill):
    vendor, item = f"vendors({bill['vendorId']})", f"items({bill['purchaseInvoiceLines'][0]['itemId']})"
    before = api.read(vendor)["balance"], api.read(item)["inventory"]
    stamps = api.read(vendor)["lastModifiedDateTime"], api.read(item)["lastModifiedDateTime"]
    api.act(path_of(bill))
    assert api.read(vendor)["balance"] == pytest.approx(before[0] + 300.25)
    assert api.read(item)["inventory"] == before[1] + 2
    assert (api.read(vendor)["lastModifiedDateTime"], api.read(item)["lastModifiedDateTime"]) == stamps


def test_an_invoice_is_posted_once(api, bill):
    api.act(path_of(bill))
    ledger = api.stored("generalLedgerEntries")
    assert "draft" in api.refused("POST", f"{path_of(bill)}/Microsoft.NAV.post")
    assert api.stored("generalLedgerEntries") == ledger


def test_a_posted_invoice_and_its_lines_refuse_every_write(api, bill):
    line = bill["purchaseInvoiceLines"][0]["id"]
    api.act(path_of(bill))
    before = api.read(path_of(bill)), api.read(f"purchaseInvoiceLines({line})")
    api.refused("PATCH", path_of(bill), {"dueDate": "2026-12-31"})
    api.refused("PATCH", path_of(bill), {})
    api.refused("DELETE", path_of(bill))
    api.refused("POST", f"{path_of(bill)}/purchaseInvoiceLines", {"description": "x"})
    api.refused("PATCH", f"purchaseInvoiceLines({line})", {"description": "x"})
    api.refused("DELETE", f"purchaseInvoiceLines({line})")
    assert (api.read(path_of(bill)), api.read(f"purchaseInvoiceLines({line})")) == before


def test_an_invoice_without_amounts_has_nothing_to_post(api):
    comment = {"description": "only words"}
    empty = api.create(
        "purchaseInvoices", {"vendorNumber": "20000", "vendorInvoiceNumber": "X", "purchaseInvoiceLines": [comment]}
    )
    assert "nothing to post" in api.refused("POST", f"{path_of(empty)}/Microsoft.NAV.post")


def test_an_invoice_without_the_vendors_number_is_not_posted(api, bill):
    api.change(path_of(bill), {"vendorInvoiceNumber": ""})
    assert "Vendor Invoice No." in api.refused("POST", f"{path_of(bill)}/Microsoft.NAV.post")
    assert api.read(path_of(bill))["status"] == "Draft"


def test_a_vendors_invoice_number_is_posted_once(api, bill):
    line = {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 1}
    twin = {"vendorInvoiceNumber": "B-1", "purchaseInvoiceLines": [line]}
    same = api.create("purchaseInvoices", {"vendorNumber": "20000", **twin})
    other = api.create("purchaseInvoices", {"vendorNumber": "10000", **twin})
    api.act(path_of(bill))
    assert "already exists" in api.refused("POST", f"{path_of(same)}/Microsoft.NAV.post")
    api.act(path_of(other))


def test_a_date_outside_the_allowed_range_is_not_posted_on(api, bill):
    setup = api.rows("generalLedgerSetup")[0]["id"]
    api.emulator.control.edit(
        company=api.company, entity_set="generalLedgerSetup", id=setup, set={"allowPostingFrom": "2026-01-11"}
    )
    assert "posting date" in api.refused("POST", f"{path_of(bill)}/Microsoft.NAV.post")


def test_an_account_that_was_blocked_since_is_not_posted_to(api, bill):
    account = bill["purchaseInvoiceLines"][1]["accountId"]
    api.emulator.control.edit(company=api.company, entity_set="accounts", id=account, set={"blocked": True})
    before = api.stored("generalLedgerEntries"), api.stored("itemLedgerEntries")
    api.refused("POST", f"{path_of(bill)}/Microsoft.NAV.post", None, "Application_FieldValidationException")
    assert (api.stored("generalLedgerEntries"), api.stored("itemLedgerEntries")) == before


def test_a_mandatory_dimension_must_be_there_when_it_is_posted(api, bill):
    area = api.id("dimensions", code="AREA")
    api.remove(f"{path_of(bill)}/dimensionSetLines({area})")
    assert "AREA" in api.refused("POST", f"{path_of(bill)}/Microsoft.NAV.post")


def test_a_vendor_that_pays_cash_is_paid_at_once(api):
    vendor = api.create("vendors", {"displayName": "Cash", "paymentMethodId": api.id("paymentMethods", code="CASH")})
    line = {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 10}
    body = {"vendorId": vendor["id"], "vendorInvoiceNumber": "C-1", "purchaseInvoiceLines": [line]}
    created = api.create("purchaseInvoices", body)
    api.act(path_of(created))
    posted = api.read(path_of(created))
    assert posted["status"] == "Paid"
    assert api.read(f"vendors({vendor['id']})")["balance"] == 0
    assert api.ledger(posted["number"])[2:] == [("5410", 10.0), ("2910", -10.0)]


def test_net_changes_of_accounts_follow_what_is_posted(api, bill):
    account = f"accounts({bill['purchaseInvoiceLines'][1]['accountId']})"
    before = api.read(account)["netChange"]
    api.act(path_of(bill))
    assert api.read(account)["netChange"] == pytest.approx(before + 50.25)


def test_an_invoice_in_a_foreign_currency_is_posted_in_the_local_one(api):
    rate = max(
        (row for row in api.rows("currencyExchangeRates") if row["currencyCode"] == "EUR"),
        key=lambda row: row["startingDate"],
    )
    line = {"accountId": api.id("accounts", number="8210"), "quantity": 1, "unitCost": 1000}
    body = {
        "vendorNumber": "20000",
        "vendorInvoiceNumber": "E-1",
        "currencyCode": "EUR",
        "purchaseInvoiceLines": [line],
    }
    created = api.create("purchaseInvoices", body)
    api.act(path_of(created))
    posted = api.read(path_of(created))
    assert posted["totalAmountIncludingTax"] == 1000
    local = round(1000 * rate["relationalExchangeRateAmount"] / rate["exchangeRateAmount"], 2)
    assert api.ledger(posted["number"]) == [("8210", local), ("5410", -local)]


def test_a_number_of_the_demo_companys_own_invoices_is_taken_too(api, bill):
    other = next(
        row for row in api.rows("purchaseInvoices", filter="vendorNumber eq '20000'") if row["status"] == "Paid"
    )
    api.change(path_of(bill), {"vendorInvoiceNumber": other["vendorInvoiceNumber"]})
    assert "already exists" in api.refused("POST", f"{path_of(bill)}/Microsoft.NAV.post")


def test_the_other_companys_invoices_are_posted_in_its_own_books(api):
    mine = api.stored("generalLedgerEntries")
    other = next(row["id"] for row in api.emulator.control.companies() if row["id"] != api.company)
    api.company, company = other, api.company
    vendor = api.rows("vendors")[0]
    line = {"itemId": api.rows("items", filter="type eq 'Inventory'")[0]["id"], "quantity": 2, "unitCost": 10}
    body = {"vendorId": vendor["id"], "vendorInvoiceNumber": "O-1", "purchaseInvoiceLines": [line]}
    created = api.create("purchaseInvoices", body)
    api.act(path_of(created))
    number = api.read(path_of(created))["number"]
    assert api.ledger(number) == [("7110", 20), ("5630", 5), ("5410", -25)]
    api.company = company
    assert api.stored("generalLedgerEntries") == mine


@pytest.mark.parametrize(("switch", "status"), [("ignore", 204), ("check", 409)])
def test_whether_a_posting_looks_at_the_version_that_it_is_meant_for_is_a_switch(api, bill, switch, status):
    api.emulator.control.switches(if_match_on_actions=switch)
    seen = api.read(path_of(bill))["@odata.etag"]
    api.change(path_of(bill), {"dueDate": "2026-09-01"})
    answer = api.call("POST", f"{path_of(bill)}/Microsoft.NAV.post", headers={"If-Match": seen})
    assert answer.status_code == status
    again = api.call("POST", f"{path_of(bill)}/Microsoft.NAV.post", headers={"If-Match": "*"})
    assert again.status_code == (400 if switch == "ignore" else 204)
