"""What posting looks up and writes: rates, accounts, currencies, entries, settlements."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rules.exchange import local_factor
from dynamics_bc_emulator.rules.item_entries import on_hand, post_adjustment
from dynamics_bc_emulator.rules.ledger import (
    Entry,
    PartyEntry,
    Voucher,
    check_posting_date,
    invoice_entry,
    next_entry_number,
    post_entries,
    post_party_entry,
)
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR
from dynamics_bc_emulator.rules.posting_setup import (
    TaxRate,
    account_paid_from,
    bank_ledger_account,
    control_account,
    discount_account,
    exchange_account,
    tax_rate,
    trading_account,
)
from dynamics_bc_emulator.rules.settlement import apply_entries
from dynamics_bc_emulator.stamps import ZERO_GUID

D = Decimal
VOUCHER = Voucher("Invoice", "V-1", "2026-01-10", "words")


@pytest.fixture
def company(desk):
    return desk.company


@pytest.mark.parametrize(
    ("area", "group", "rate"),
    [
        ("DOMESTIC", "STANDARD", TaxRate(D(25), "5610", "5630")),
        ("DOMESTIC", "REDUCED", TaxRate(D(10), "5611", "5631")),
        ("DOMESTIC", "NO VAT", TaxRate(D(0), "5610", "5630")),
        ("EXPORT", "STANDARD", TaxRate(D(0), "5610", "5630")),
        # Reverse charge: the buyer owes the tax, the invoice shows none.
        ("EU", "STANDARD", TaxRate(D(0), "5610", "5630", D(25), "5620")),
        ("EU", "REDUCED", TaxRate(D(0), "5611", "5631", D(10), "5621")),
        ("", "STANDARD", TaxRate(D(0), "5610", "5630")),
        ("DOMESTIC", "", TaxRate(D(0))),
        ("NOWHERE", "", TaxRate(D(0))),
    ],
)
def test_a_rate_is_that_of_the_set_up_for_area_and_group(company, area, group, rate):
    assert tax_rate(company, area, group) == rate


@pytest.mark.parametrize(
    ("area", "group", "code"),
    [
        ("DOMESTIC", "NOPE", "Internal_InvalidTableRelation"),
        ("NOWHERE", "STANDARD", "Application_DialogException"),
        ("DOMESTIC", "FULL NORM", "Application_DialogException"),
    ],
)
def test_a_group_that_is_unknown_or_not_set_up_is_refused(company, area, group, code):
    with pytest.raises(Refusal) as caught:
        tax_rate(company, area, group)
    assert (caught.value.status, caught.value.code) == (400, code)


@pytest.mark.parametrize(
    ("area", "group", "account"),
    [
        ("DOMESTIC", "", "7110"),
        ("DOMESTIC", "RAW MAT", "7210"),
        ("DOMESTIC", "RETAIL", "7110"),
        ("EU", "RETAIL", "7120"),
        ("EU", "RAW MAT", "7220"),
        ("EXPORT", "", "7130"),
        ("NOWHERE", "RETAIL", "7110"),
        ("NOWHERE", "RAW MAT", "7210"),
        ("", "", "7110"),
    ],
)
def test_what_is_bought_goes_to_the_account_of_area_and_product_group(company, area, group, account):
    assert trading_account(company, "purchaseAccount", area, group) == account


@pytest.mark.parametrize(
    ("column", "area", "group", "account"),
    [
        ("salesAccount", "DOMESTIC", "RETAIL", "6110"),
        ("salesAccount", "EU", "RAW MAT", "6220"),
        ("salesCreditMemoAccount", "EXPORT", "", "6130"),
        ("purchaseCreditMemoAccount", "DOMESTIC", "RAW MAT", "7210"),
        ("salesDiscountAccount", "DOMESTIC", "", "6910"),
        ("purchaseDiscountAccount", "EU", "RAW MAT", "7240"),
    ],
)
def test_every_column_of_the_set_up_has_its_accounts(company, column, area, group, account):
    assert trading_account(company, column, area, group) == account


def test_a_set_up_without_an_account_refuses_a_trade_and_posts_no_discount_apart(company):
    for row in company.find("_generalPostingSetup"):
        company.update("_generalPostingSetup", row["id"], {"salesAccount": "", "salesDiscountAccount": ""})
    assert discount_account(company, "salesDiscountAccount", "DOMESTIC", "") == ""
    with pytest.raises(Refusal, match="General Posting Setup does not exist"):
        trading_account(company, "salesAccount", "DOMESTIC", "")


@pytest.mark.parametrize(
    ("party", "area", "account"),
    [
        (VENDOR, "DOMESTIC", "5410"),
        (VENDOR, "EU", "5420"),
        (VENDOR, "", "5420"),
        (CUSTOMER, "DOMESTIC", "2310"),
        (CUSTOMER, "EXPORT", "2320"),
        (CUSTOMER, None, "2320"),
    ],
)
def test_what_is_owed_goes_to_the_account_of_party_and_area(company, party, area, account):
    assert control_account(company, party, {"_taxAreaCode": area}) == account


@pytest.mark.parametrize(("number", "account"), [("CHECKING", "2920"), ("SAVINGS", "2940")])
def test_a_bank_account_has_its_ledger_account(company, number, account):
    assert bank_ledger_account(company, number) == account


def test_a_new_bank_account_has_no_posting_group_and_is_not_posted_to_until_it_has(company):
    company.insert("bankAccounts", {"number": "NEW"})
    with pytest.raises(Refusal, match=r"Bank Acc\. Posting Group must have a value") as caught:
        bank_ledger_account(company, "NEW")
    assert caught.value.code == "Application_FieldValidationException"
    company.insert("_bankPostingGroups", {"bankAccountNumber": "NEW", "account": "2930"})
    assert bank_ledger_account(company, "NEW") == "2930"


def test_a_bank_account_that_is_unknown_or_blocked_is_refused(company):
    with pytest.raises(Refusal, match="does not exist"):
        bank_ledger_account(company, "NOPE")
    company.insert("bankAccounts", {"number": "NEW", "blocked": True})
    with pytest.raises(Refusal, match="Blocked must be equal to 'No'"):
        bank_ledger_account(company, "NEW")


@pytest.mark.parametrize(
    ("entity_set", "look_up", "sentence"),
    [
        (
            "_generalPostingSetup",
            lambda company: trading_account(company, "purchaseAccount", "EU", "RETAIL"),
            "General Posting Setup",
        ),
        ("_partyPostingGroups", lambda company: control_account(company, VENDOR, {}), "Vendor Posting Group"),
        ("_currencyAccounts", lambda company: exchange_account(company, "EUR", gain=True), "Currency"),
    ],
)
def test_an_account_that_nothing_is_set_up_for_is_refused_by_the_name_of_its_set_up(
    company, entity_set, look_up, sentence
):
    for row in company.find(entity_set):
        company.delete(entity_set, row["id"])
    with pytest.raises(Refusal, match=f"The {sentence} does not exist"):
        look_up(company)


@pytest.mark.parametrize(("code", "account"), [("CASH", "2910"), ("BANK", None)])
def test_cash_alone_pays_at_once(company, code, account):
    assert account_paid_from(company, {"code": code}) == account


RATES = [("2026-01-01", 100, 80), ("2026-02-01", 100, 90), ("2026-03-01", 1, 2)]


@pytest.mark.parametrize(
    ("code", "day", "factor"),
    [
        ("", "2026-01-15", "1"),
        ("GBP", "1900-01-01", "1"),
        ("ZZZ", "2026-01-01", "0.8"),
        ("ZZZ", "2026-01-31", "0.8"),
        ("ZZZ", "2026-02-01", "0.9"),
        ("ZZZ", "2026-12-31", "2"),
    ],
)
def test_a_rate_holds_from_its_day_until_the_next(company, code, day, factor):
    for starting, amount, relational in RATES[::-1]:
        row = {"currencyCode": "ZZZ", "startingDate": starting}
        company.insert(
            "currencyExchangeRates",
            {**row, "exchangeRateAmount": D(amount), "relationalExchangeRateAmount": D(relational)},
        )
    assert local_factor(company, code, day) == D(factor)


def test_before_its_first_rate_a_currency_is_worth_nothing_that_could_be_posted(company):
    with pytest.raises(Refusal, match=r"within the filter: Currency Code: ZZZ, Starting Date: \.\.2026-01-01"):
        local_factor(company, "ZZZ", "2026-01-01")


def entries_of(company, number="V-1"):
    return company.find("generalLedgerEntries", documentNumber=number)


def test_entries_are_numbered_on_and_an_entry_of_nothing_is_left_out(company):
    last = next_entry_number(company, "generalLedgerEntries") - 1
    sides = [Entry("8210", D(10), {"AREA": "30"}), Entry("8110", D(0)), Entry("2910", D(-10))]
    post_entries(company, [(VOUCHER, side) for side in sides])
    found = [
        (row["entryNumber"], row["accountNumber"], row["debitAmount"], row["creditAmount"], row["_dimensions"])
        for row in entries_of(company)
    ]
    assert found == [(last + 1, "8210", 10, 0, {"AREA": "30"}), (last + 2, "2910", 0, 10, {})]
    first = entries_of(company)[0]
    shared = {
        "documentType": "Invoice",
        "postingDate": "2026-01-10",
        "description": "words",
        "accountId": company.first("accounts", number="8210")["id"],
    }
    assert shared.items() <= first.items()
    assert next_entry_number(company, "generalLedgerEntries") == last + 3


@pytest.mark.parametrize(
    ("sides", "sentence"),
    [
        ([("8210", "10"), ("2910", "-9.99")], "out of balance by 0.01"),
        ([("8210", "10")], "out of balance by 10"),
        ([("8210", "10"), ("NOPE", "-10")], "The G/L Account NOPE of the posting set-up does not exist"),
        ([("8210", "10"), ("8110", "-10")], "Blocked must be equal to 'No' in G/L Account: No.=8110"),
    ],
)
def test_entries_that_do_not_balance_or_have_no_account_are_refused(company, sides, sentence):
    company.update("accounts", company.first("accounts", number="8110")["id"], {"blocked": True})
    with pytest.raises(Refusal, match=sentence):
        post_entries(company, [(VOUCHER, Entry(number, D(amount))) for number, amount in sides])


@pytest.mark.parametrize(
    ("start", "end", "day", "allowed"),
    [
        ("0001-01-01", "0001-01-01", "1999-01-01", True),
        ("2026-01-10", "0001-01-01", "2026-01-09", False),
        ("2026-01-10", "0001-01-01", "2026-01-10", True),
        ("0001-01-01", "2026-01-10", "2026-01-10", True),
        ("0001-01-01", "2026-01-10", "2026-01-11", False),
        ("2026-01-10", "2026-01-10", "2026-01-10", True),
    ],
)
def test_posting_is_allowed_within_the_range_of_the_set_up(company, start, end, day, allowed):
    setup = company.first("generalLedgerSetup")["id"]
    company.update("generalLedgerSetup", setup, {"allowPostingFrom": start, "allowPostingTo": end})
    assert company.allows_posting_on(day) is allowed
    if allowed:
        check_posting_date(company, day)
    else:
        with pytest.raises(Refusal, match=f"The posting date {day} is not within"):
            check_posting_date(company, day)


def party_entry(company, amount, *, kind="Invoice", document_id=ZERO_GUID, party=VENDOR):
    owner = company.find(party.party_set)[0]["id"]
    voucher = Voucher(kind, f"{kind}-1", "2026-01-10", "words")
    return post_party_entry(company, party, voucher, PartyEntry(owner, D(amount), "2026-01-31", document_id, "EXT"))


def test_an_entry_of_a_party_is_open_with_its_whole_amount(company):
    number = next_entry_number(company, VENDOR.entries)
    entry = party_entry(company, "-300.25")
    expected = {
        "entryNumber": number,
        "vendorId": company.find("vendors")[0]["id"],
        "documentType": "Invoice",
        "documentNumber": "Invoice-1",
        "externalDocumentNumber": "EXT",
        "postingDate": "2026-01-10",
        "dueDate": "2026-01-31",
        "amount": D("-300.25"),
        "remainingAmount": D("-300.25"),
        "open": True,
    }
    assert expected.items() <= entry.items()
    assert invoice_entry(company, VENDOR, {"number": "Invoice-1"})["id"] == entry["id"]
    assert invoice_entry(company, VENDOR, {"number": "NOPE"}) is None


def test_a_payment_of_that_number_is_no_invoices_entry(company):
    party_entry(company, "5", kind="Payment")
    assert invoice_entry(company, VENDOR, {"number": "Payment-1"}) is None


@pytest.mark.parametrize(
    ("invoice", "payment", "left_of_invoice", "left_of_payment"),
    [
        ("-100", "100", "0", "0"),
        ("-100", "40", "-60", "0"),
        ("-100", "150", "0", "50"),
        ("100", "-40", "60", "0"),
        ("100", "-150", "0", "-50"),
    ],
)
def test_the_smaller_amount_is_settled(company, invoice, payment, left_of_invoice, left_of_payment):
    owed, paid = party_entry(company, invoice), party_entry(company, payment, kind="Payment")
    apply_entries(company, VENDOR, paid, owed)
    for entry, left in ((owed, left_of_invoice), (paid, left_of_payment)):
        kept = company.get(VENDOR.entries, entry["id"])
        assert (kept["remainingAmount"], kept["open"], kept["amount"]) == (D(left), bool(D(left)), entry["amount"])
        assert (entry["remainingAmount"], entry["open"]) == (D(left), bool(D(left)))


@pytest.mark.parametrize(("paid", "status"), [("100", "Paid"), ("99.99", "Open")])
def test_an_invoice_is_paid_once_nothing_is_left_of_it(company, paid, status):
    invoice = next(row for row in company.find("purchaseInvoices") if row["status"] == "Open")
    owed = party_entry(company, "-100", document_id=invoice["id"])
    apply_entries(company, VENDOR, party_entry(company, paid, kind="Payment"), owed)
    assert company.get("purchaseInvoices", invoice["id"])["status"] == status


def test_a_closed_entry_takes_no_payment_and_a_payment_needs_the_other_sign(company):
    owed = party_entry(company, "-100")
    with pytest.raises(Refusal, match="must have the sign"):
        apply_entries(company, VENDOR, party_entry(company, "-5", kind="Payment"), owed)
    apply_entries(company, VENDOR, party_entry(company, "100", kind="Payment"), owed)
    with pytest.raises(Refusal, match="is closed"):
        apply_entries(company, VENDOR, party_entry(company, "1", kind="Payment"), owed)


CENTS = st.integers(1, 10**6).map(lambda cents: D(cents) / 100)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(CENTS, st.lists(CENTS, min_size=1, max_size=5))
def test_payments_one_after_the_other_leave_what_their_sum_leaves(company, invoice, payments):
    owed = party_entry(company, -invoice)
    paid = [party_entry(company, payment, kind="Payment") for payment in payments]
    for payment in paid:
        if owed["open"]:
            apply_entries(company, VENDOR, payment, owed)
    assert owed["remainingAmount"] == min(D(0), sum(payments) - invoice)
    assert sum(entry["remainingAmount"] for entry in paid) == max(D(0), sum(payments) - invoice)


@pytest.mark.parametrize(
    ("quantity", "kind"), [("5", "Positive_x0020_Adjmt_x002E_"), ("-2.5", "Negative_x0020_Adjmt_x002E_")]
)
def test_an_adjustment_moves_the_stock_at_the_items_cost_today(company, quantity, kind):
    item = company.first("items", number="1896-S")
    before = on_hand(company, "1896-S")
    post_adjustment(company, item, D(quantity))
    entry = max(company.find("itemLedgerEntries", itemNumber="1896-S"), key=lambda row: row["entryNumber"])
    assert on_hand(company, "1896-S") == before + D(quantity)
    assert (entry["entryType"], entry["postingDate"], entry["quantity"]) == (kind, "2026-03-01", D(quantity))
    assert entry["costAmountActual"] == (D(quantity) * item["unitCost"]).quantize(D("0.01"))


def test_a_currency_stays_while_an_open_entry_is_in_it(desk):
    line = {"accountId": desk.id("accounts", number="8210"), "quantity": 1, "unitCost": 10}
    body = {
        "vendorNumber": "20000",
        "vendorInvoiceNumber": "E-1",
        "currencyCode": "EUR",
        "purchaseInvoiceLines": [line],
    }
    invoice = desk.create("purchaseInvoices", body)
    euro, dollar = (f"currencies({desk.id('currencies', code=code)})" for code in ("EUR", "USD"))
    desk.act(f"purchaseInvoices({invoice['id']})")
    assert "opened entries" in desk.refused("DELETE", euro)[2]
    desk.remove(dollar)
    (entry,) = desk.company.find("_vendorLedgerEntries", documentId=invoice["id"])
    desk.edit("_vendorLedgerEntries", entry["id"], open=False)
    desk.remove(euro)
