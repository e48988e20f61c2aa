"""What the rules post while an emulator is made."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from functools import cache

import pytest
from emulator.in_process import START

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.company import Company
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.rules.parties import CUSTOMER, VENDOR
from dynamics_bc_emulator.rules.posting_setup import control_account
from dynamics_bc_emulator.seed.countries import COUNTRIES
from dynamics_bc_emulator.seed.planting import Plan, complete, plant
from dynamics_bc_emulator.stamps import ZERO_GUID, to_milliseconds

PLACES = pytest.mark.parametrize(("country", "place"), [("GB", 0), ("GB", 1), ("US", 0)])


@cache
def planted(country="GB", scale=1):
    store = Store(standard_route().catalogue.sets, Clock(START))
    plant(store, Plan(companies=2, seed=1, scale=scale, start=START, country=COUNTRIES[country]))
    return store


def company(country, place, scale=1):
    store = planted(country, scale)
    return Company(store.companies()[place]["id"], store, Clock(START))


def sums(entries, key, amount):
    result = defaultdict(Decimal)
    for entry in entries:
        result[key(entry)] += amount(entry)
    return {name: value for name, value in result.items() if value}


def net(entry):
    return entry["debitAmount"] - entry["creditAmount"]


@PLACES
@pytest.mark.parametrize("scale", [1, 3])
def test_the_ledgers_to_begin_with_agree(country, place, scale):
    if (country, scale) == ("US", 3):
        scale = 2
    one = company(country, place, scale)
    entries = one.find("generalLedgerEntries")
    assert sums(entries, lambda row: (row["documentNumber"], row["postingDate"]), net) == {}
    assert sorted(row["entryNumber"] for row in entries) == list(range(1, len(entries) + 1))
    if scale == 1:
        balances = sums(entries, lambda row: row["accountNumber"], net)
        for party in (CUSTOMER, VENDOR):
            owed = sums(
                one.find(party.entries),
                lambda row, party=party: control_account(one, party, one.get(party.party_set, row[party.id_name])),
                lambda row: row["remainingAmount"],
            )
            assert owed == {account: balances[account] for account in owed}


@pytest.mark.parametrize("scale", [2, 3])
def test_a_scale_repeats_an_invented_companys_entries(scale):
    for entity_set in ("generalLedgerEntries", "itemLedgerEntries"):
        once, often = company("GB", 1).find(entity_set), company("GB", 1, scale).find(entity_set)
        assert len(often) == scale * len(once) > 0


@PLACES
@pytest.mark.parametrize("side", ["sales", "purchase"])
def test_an_invoice_is_canceled_and_one_is_credited(country, place, side):
    one = company(country, place)
    memos = [row for row in one.find(f"{side}CreditMemos") if row.get("_posted")]
    canceled = one.find(f"{side}Invoices", status="Canceled")
    if place:
        assert (memos, canceled) == ([], [])
        return
    assert sorted(row["status"] for row in memos) == ["Corrective", "Paid"]
    assert [row["id"] for row in canceled] == [row["_corrects"] for row in memos if row["status"] == "Corrective"]
    assert all(one.get(f"{side}Invoices", row["invoiceId"]) for row in memos)


def test_an_invoice_that_came_of_an_order_has_the_orders_id_and_number():
    one = company("GB", 0)
    invoices = [row for name in ("salesInvoices", "purchaseInvoices") for row in one.find(name)]
    assert {bool(row["orderNumber"]) for row in invoices} == {True, False}
    for row in invoices:
        assert bool(row["orderNumber"]) == (row["orderId"] != ZERO_GUID)


def test_what_is_posted_has_the_same_ids_in_every_emulator_of_a_seed():
    store = Store(standard_route().catalogue.sets, Clock(START))
    plant(store, Plan(companies=2, seed=1, scale=1, start=START))
    for row in store.companies():
        for entity_set in ("generalLedgerEntries", "itemLedgerEntries", "salesCreditMemos", "purchaseCreditMemoLines"):
            ids = [{one["id"] for one in each.find(row["id"], entity_set)} for each in (store, planted())]
            assert ids[0] == ids[1]


def test_no_stamp_is_later_than_the_seeds_last_day():
    store = planted()
    end = to_milliseconds(START) - 86_400_000
    for row in store.companies():
        for entity_set in ("generalLedgerEntries", "salesInvoices", "salesCreditMemoLines", "_vendorLedgerEntries"):
            assert all(
                store.stamp(row["id"], entity_set, one["id"]) <= end for one in store.find(row["id"], entity_set)
            )


def test_a_file_of_an_earlier_version_gets_the_columns_that_its_set_up_lacks():
    store = Store(standard_route().catalogue.sets, Clock(START))
    plant(store, Plan(companies=1, seed=1, scale=1, start=START))
    one = Company(store.companies()[0]["id"], store, Clock(START))
    for row in one.find("_generalPostingSetup"):
        store.delete(one.id, "_generalPostingSetup", row["id"])
        kept = {name: row[name] for name in ("id", "taxAreaCode", "generalProductPostingGroupCode", "purchaseAccount")}
        one.insert("_generalPostingSetup", kept)
    for row in one.find("_currencyAccounts"):
        store.delete(one.id, "_currencyAccounts", row["id"])
    complete(store)
    domestic = one.first("_generalPostingSetup", taxAreaCode="DOMESTIC", generalProductPostingGroupCode="RAW MAT")
    assert (domestic["salesAccount"], domestic["purchaseAccount"]) == ("6210", "7210")
    assert one.find("_currencyAccounts")
