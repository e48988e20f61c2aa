"""Balances, remaining amounts, stock and reports: sums over the ledgers, moved without a stamp."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from emulator.plain_api import bare

if TYPE_CHECKING:
    from emulator.plain_api import Api

MONTH_END = "2026-01-31"


def total(rows: list[dict[str, Any]], key: str, amount: str) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row[key]] += row[amount]
    return sums


def in_every_company(api: Api) -> list[str]:
    return [row["id"] for row in api.companies]


def test_debits_equal_credits(api: Api) -> None:
    for company in in_every_company(api):
        entries = api.rows("generalLedgerEntries", company)
        documents = total(entries, "documentNumber", "debitAmount")
        assert documents == total(entries, "documentNumber", "creditAmount")


def test_net_change_is_the_sum_of_the_entries(api: Api) -> None:
    for company in in_every_company(api):
        entries = api.rows("generalLedgerEntries", company)
        debited = total(entries, "accountNumber", "debitAmount")
        credited = total(entries, "accountNumber", "creditAmount")
        accounts = [row for row in api.rows("accounts", company) if row["accountType"] == "Posting"]
        for account in accounts:
            assert account["netChange"] == debited[account["number"]] - credited[account["number"]]
        assert any(account["netChange"] for account in accounts)


def test_inventory_is_the_sum_of_the_item_entries(api: Api) -> None:
    for company in in_every_company(api):
        stock = total(api.rows("itemLedgerEntries", company), "itemNumber", "quantity")
        assert {row["number"]: row["inventory"] for row in api.rows("items", company) if row["inventory"]} == {
            number: quantity for number, quantity in stock.items() if quantity
        }


def test_balances_are_what_open_invoices_leave(api: Api) -> None:
    for company in in_every_company(api):
        invoices = [row for row in api.rows("salesInvoices", company) if row["status"] == "Open"]
        owed = total(invoices, "customerId", "remainingAmount")
        assert {row["id"]: row["balanceDue"] for row in api.rows("customers", company) if row["balanceDue"]} == owed
        bills = [row for row in api.rows("purchaseInvoices", company) if row["status"] == "Open"]
        owing = total(bills, "vendorId", "totalAmountIncludingTax")
        assert {row["id"]: row["balance"] for row in api.rows("vendors", company) if row["balance"]} == owing


def test_a_draft_remains_whole_and_a_paid_invoice_not_at_all(api: Api) -> None:
    for row in api.rows("salesInvoices"):
        expected = row["totalAmountIncludingTax"] if row["status"] in {"Draft", "Open"} else 0
        assert row["remainingAmount"] == expected


def test_a_balance_is_due_only_from_its_date_on(api: Api) -> None:
    api.emulator.control.set_clock("2026-01-28T12:00:00Z")
    due = {row["id"]: row["balanceDue"] for row in api.rows("customers")}
    invoices = [row for row in api.rows("salesInvoices") if row["status"] == "Open" and row["dueDate"] <= "2026-01-28"]
    expected = total(invoices, "customerId", "remainingAmount")
    assert due == {number: expected.get(number, 0) for number in due}


def test_a_partial_payment_moves_the_remaining_amount_and_no_stamp(api: Api) -> None:
    company = api.companies[0]["id"]
    entry = next(row for row in api.rows("_customerLedgerEntries") if row["open"])
    path = f"{api.company}/salesInvoices({entry['documentId']})"
    before = api.ok(path)
    change = {"company": company, "entity_set": "_customerLedgerEntries", "id": entry["id"]}
    api.control("edit", {**change, "set": {"remainingAmount": 12.34}})
    after = api.ok(path)
    assert after["remainingAmount"] == Decimal("12.34")
    assert {**after, "remainingAmount": 0} == {**before, "remainingAmount": 0}


def test_document_totals_are_the_sums_of_their_lines(api: Api) -> None:
    for company in in_every_company(api):
        for name in ("salesInvoice", "purchaseInvoice", "salesOrder", "purchaseOrder", "salesQuote"):
            lines = total(api.rows(f"{name}Lines", company), "documentId", "amountIncludingTax")
            for header in api.rows(f"{name}s", company):
                assert header["totalAmountIncludingTax"] == lines[header["id"]], header["number"]


def test_the_balance_sheet_balances(api: Api) -> None:
    lines = {row["display"]: row["balance"] for row in api.ok(f"{api.company}/balanceSheets")["value"]}
    # The ledger books income and cost of past years to their own accounts: equity lacks them until a year is closed.
    income = total(
        [row for row in api.rows("accounts") if row["category"] not in {"Assets", "Liabilities", "Equity", "_x0020_"}],
        "accountType",
        "netChange",
    )["Posting"]
    assert lines["Total Assets"] == lines["Total Liabilities"] + lines["Total Equity"] - income


@pytest.mark.parametrize(
    "report", ["balanceSheets", "incomeStatements", "cashFlowStatements", "retainedEarningsStatements"]
)
def test_a_report_has_the_same_ids_for_every_period(api: Api, report: str) -> None:
    now = api.ok(f"{api.company}/{report}")["value"]
    then = api.ok(f"{api.company}/{report}", f"$filter=dateFilter eq {MONTH_END}")["value"]
    assert [row["id"] for row in now] == [row["id"] for row in then]
    assert {row["dateFilter"] for row in then} == {MONTH_END}
    assert [bare(row) for row in now] != [bare(row) for row in then]
    assert [row["lineNumber"] for row in now] == list(range(1, len(now) + 1))


def test_a_balance_sheet_is_of_one_day(api: Api) -> None:
    query = f"$filter=dateFilter ge 2026-01-01 and dateFilter le {MONTH_END}"
    assert api.refused(f"{api.company}/balanceSheets", query)[0] == 400


def test_an_income_statement_is_of_its_period_alone(api: Api) -> None:
    query = f"$filter=dateFilter ge 2026-01-01 and dateFilter le {MONTH_END}"
    lines = {row["display"]: row["netChange"] for row in api.ok(f"{api.company}/incomeStatements", query)["value"]}
    numbers = {row["number"] for row in api.rows("accounts") if row["category"] == "Income"}
    entries = [row for row in api.rows("generalLedgerEntries") if "2026-01-01" <= row["postingDate"] <= MONTH_END]
    income = sum(row["creditAmount"] - row["debitAmount"] for row in entries if row["accountNumber"] in numbers)
    assert lines["Total Income"] == income
    assert income


def test_a_trial_balance_has_text_for_amounts_and_one_row_per_account(api: Api) -> None:
    rows = api.ok(f"{api.company}/trialBalances")["value"]
    assert len(rows) == len(api.rows("accounts"))
    cash = next(row for row in rows if row["number"] == "2910")
    assert (cash["balanceAtDateDebit"], cash["balanceAtDateCredit"]) == ("0.00", "240,259.71")
    assert next(row for row in rows if row["accountType"] == "Heading")["totalDebit"] == ""


def test_aged_balances_add_up_and_end_in_a_total(api: Api) -> None:
    for name, key in (("agedAccountsReceivables", "customerId"), ("agedAccountsPayables", "vendorId")):
        rows = api.rows(name)
        columns = ("currentAmount", "period1Amount", "period2Amount", "period3Amount")
        assert all(row["balanceDue"] == sum(row[column] for column in columns) for row in rows)
        (whole,) = [row for row in rows if row[key] == "00000000-0000-0000-0000-000000000000"]
        assert whole["balanceDue"] == sum(row["balanceDue"] for row in rows if row is not whole) > 0
    customer = api.rows("customers")[0]
    one = api.ok(f"{api.company}/customers({customer['id']})/agedAccountsReceivable")
    assert one["customerNumber"] == customer["number"]


def test_sales_and_purchases_are_summed_over_the_period_asked_for(api: Api) -> None:
    for name, side, key, amount in (
        ("customerSales", "sales", "customerId", "totalSalesAmount"),
        ("vendorPurchases", "purchase", "vendorId", "totalPurchaseAmount"),
    ):
        posted = [row for row in api.rows(f"{side}Invoices") if row["status"] != "Draft"]
        memos = [row for row in api.rows(f"{side}CreditMemos") if row["status"] != "Draft"]
        posted += [{**row, "totalAmountExcludingTax": -row["totalAmountExcludingTax"]} for row in memos]
        assert {row[key]: row[amount] for row in api.rows(name) if row[amount]} == total(
            posted, key, "totalAmountExcludingTax"
        )
        query = f"$filter=dateFilter_FilterOnly ge 2026-01-01 and dateFilter_FilterOnly le {MONTH_END}"
        rows = api.ok(f"{api.company}/{name}", query)["value"]
        inside = [row for row in posted if "2026-01-01" <= row["postingDate"] <= MONTH_END]
        assert {row[key]: row[amount] for row in rows if row[amount]} == total(inside, key, "totalAmountExcludingTax")
        assert "@odata.etag" not in rows[0]
        assert api.refused(f"{api.company}/{name}({rows[0][key]})")[0] == 400
        number = key.replace("Id", "Number")
        keys = f"{key}={rows[0][key]},{number}='{rows[0][number]}',name='{rows[0]['name']}'"
        assert api.ok(f"{api.company}/{name}({keys})")[number] == rows[0][number]
