"""Demo data of a second country: the United States, with sales tax by area and group and no VAT."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests
from emulator.in_process import Desk, open_desk

from dynamics_bc_emulator.driver import start_business_central
from dynamics_bc_emulator.seed.countries import UNITED_STATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dynamics_bc_emulator.driver import BusinessCentral

CENT = Decimal("0.01")
DOCUMENTS = {
    "salesInvoices": ("salesInvoiceLines", "customers", "customerId"),
    "salesOrders": ("salesOrderLines", "customers", "customerId"),
    "salesQuotes": ("salesQuoteLines", "customers", "customerId"),
    "purchaseInvoices": ("purchaseInvoiceLines", "vendors", "vendorId"),
    "purchaseOrders": ("purchaseOrderLines", "vendors", "vendorId"),
    "purchaseCreditMemos": ("purchaseCreditMemoLines", "vendors", "vendorId"),
}


@pytest.fixture
def american() -> Iterator[Desk]:
    opened = open_desk(country=UNITED_STATES)
    yield opened
    opened.service.store.close()


def rates(desk: Desk) -> dict[tuple[str, str], Decimal]:
    rows = desk.company.find("_vatPostingSetup")
    return {(row["taxAreaCode"], row["taxGroupCode"]): Decimal(str(row["vatPercent"])) for row in rows}


def test_there_is_no_vat_and_no_pound_in_the_american_company(american: Desk) -> None:
    for name, entity_set in american.service.standard.catalogue.sets.items():
        if name == "countriesRegions" or entity_set.tenant_wide:
            continue
        for row in american.company.find(name):
            said = json.dumps({key: value for key, value in row.items() if not key.startswith("_")}, default=str)
            assert "VAT" not in [*said.replace('"', " ").split()], (name, said)
            assert row.get("currencyCode") != "GBP" or name == "currencyExchangeRates", (name, said)
            assert not row.get("taxRegistrationNumber"), (name, said)
            assert not row.get("taxType") or row["taxType"] == "Sales_x0020_Tax"
    (setup,) = american.rows("generalLedgerSetup")
    assert (setup["localCurrencyCode"], setup["localCurrencySymbol"]) == ("USD", "$")


def test_every_line_is_taxed_by_the_area_of_who_is_liable_and_the_group_of_the_item(american: Desk) -> None:
    known, taxed = rates(american), 0
    for documents, (lines, parties, name) in DOCUMENTS.items():
        for header in american.company.find(documents):
            party = american.company.get(parties, header[name])
            assert party
            area = party["_taxAreaCode"] if party["taxLiable"] else ""
            own = american.company.find(lines, documentId=header["id"])
            for line in own:
                percent = known[area, line["taxCode"]]
                assert line["taxPercent"] == percent, (documents, header["number"])
                assert line["netTaxAmount"] == (line["netAmount"] * percent / 100).quantize(CENT, ROUND_HALF_UP)
                taxed += bool(line["netTaxAmount"])
            assert header["totalTaxAmount"] == sum(line["netTaxAmount"] for line in own)
            assert header["totalAmountIncludingTax"] == sum(line["netAmountIncludingTax"] for line in own)
    assert taxed > 100


def test_the_american_ledger_balances_and_agrees_with_customers_vendors_and_stock(american: Desk) -> None:
    by_document: dict[str, Decimal] = defaultdict(Decimal)
    by_account: dict[str, Decimal] = defaultdict(Decimal)
    for entry in american.company.find("generalLedgerEntries"):
        amount = entry["debitAmount"] - entry["creditAmount"]
        by_document[entry["documentNumber"]] += amount
        by_account[entry["accountNumber"]] += amount
    assert set(by_document.values()) == {0}
    for account, ledger in (("2310", "_customerLedgerEntries"), ("5410", "_vendorLedgerEntries")):
        assert by_account[account] == sum(row["amount"] for row in american.company.find(ledger))
    stock: dict[str, Decimal] = defaultdict(Decimal)
    for entry in american.company.find("itemLedgerEntries"):
        stock[entry["itemNumber"]] += entry["quantity"]
    for item in american.company.find("items"):
        assert item["inventory"] == stock[item["number"]]


def invoice(desk: Desk, customer: str, item: str) -> dict[str, Any]:
    header = desk.create("salesInvoices", {"customerNumber": customer, "invoiceDate": "2026-02-02"})
    path = f"salesInvoices({header['id']})"
    line = {"lineType": "Item", "lineObjectNumber": item, "quantity": 1, "unitPrice": 100}
    return desk.create(f"{path}/salesInvoiceLines", line)


@pytest.mark.parametrize(
    ("customer", "item", "percent"),
    [
        ("13000", "1005", Decimal("6.5")),
        # No tax on clothing in that area, and none on services in this one.
        ("13000", "1010", 0),
        ("11000", "1017", 0),
        ("12000", "1017", Decimal("8.25")),
        ("11000", "1013", 2),
        # A school district is not liable; abroad there is no area.
        ("18000", "1005", 0),
        ("21000", "1005", 0),
        ("11000", "1018", 0),
    ],
)
def test_a_new_line_takes_the_sales_tax_of_its_place(
    american: Desk, customer: str, item: str, percent: Decimal | int
) -> None:
    line = invoice(american, customer, item)
    assert line["taxPercent"] == percent
    assert line["amountIncludingTax"] == 100 + percent


def test_who_becomes_liable_is_taxed_from_then_on(american: Desk) -> None:
    customer = american.id("customers", number="18000")
    assert invoice(american, "18000", "1005")["taxPercent"] == 0
    american.change(f"customers({customer})", {"taxLiable": True})
    assert invoice(american, "18000", "1005")["taxPercent"] == Decimal("8.25")


def test_vat_asks_nobody_whether_he_is_liable(desk: Desk) -> None:
    (customer,) = desk.company.find("customers", number="10000")
    assert customer["taxLiable"] is False
    assert invoice(desk, "10000", "1896-S")["taxPercent"] == 25


def test_a_new_area_or_group_is_of_the_countrys_kind(desk: Desk, american: Desk) -> None:
    for asked, kind in ((desk, "VAT"), (american, "Sales_x0020_Tax")):
        for name in ("taxAreas", "taxGroups"):
            assert asked.create(name, {"code": "NEW", "displayName": "New"})["taxType"] == kind


def test_a_purchase_invoice_is_posted_with_the_tax_of_a_liable_vendor(american: Desk) -> None:
    header = american.create("purchaseInvoices", {"vendorNumber": "34000", "vendorInvoiceNumber": "N-1"})
    line = {"lineType": "Item", "lineObjectNumber": "1008", "quantity": 2, "unitCost": 50}
    american.create(f"purchaseInvoices({header['id']})/purchaseInvoiceLines", line)
    american.act(f"purchaseInvoices({header['id']})")
    posted = american.read(f"purchaseInvoices({header['id']})")
    assert posted["totalTaxAmount"] == 10
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in american.ledger(posted["number"]):
        amounts[account] += amount
    assert (amounts["5410"], amounts["5630"]) == (-110, 10)
    assert sum(amounts.values()) == 0


def amounts_of(desk: Desk, number: str) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in desk.ledger(number):
        amounts[account] += amount
    assert sum(amounts.values()) == 0
    return amounts


def test_a_sales_invoice_is_posted_with_the_tax_of_its_place_and_taken_back(american: Desk) -> None:
    customer = american.id("customers", number="12000")
    header = american.create("salesInvoices", {"customerId": customer, "postingDate": "2026-02-02"})
    for item in ("1005", "1013", "1017"):
        line = {"lineType": "Item", "lineObjectNumber": item, "quantity": 1, "unitPrice": 100}
        american.create(f"salesInvoices({header['id']})/salesInvoiceLines", line)
    american.act(f"salesInvoices({header['id']})")
    posted = american.read(f"salesInvoices({header['id']})")
    # Taxable goods and labor; no tax on food.
    assert posted["totalTaxAmount"] == Decimal("16.5")
    amounts = amounts_of(american, posted["number"])
    assert (amounts["2310"], amounts["5610"], amounts["6110"]) == (Decimal("316.5"), Decimal("-16.5"), -300)
    american.act(f"salesInvoices({header['id']})", "cancel")
    (memo,) = american.company.find("salesCreditMemos", invoiceNumber=posted["number"])
    assert amounts_of(american, memo["number"])["5610"] == Decimal("16.5")


def test_every_american_value_fits_its_type(american: Desk) -> None:
    for name, entity_set in american.service.standard.catalogue.sets.items():
        for row in american.company.find(name):
            for known in entity_set.properties.values():
                value = row.get(known.name)
                if known.enum:
                    assert value in known.enum, (name, known.name, value)
                if known.max_length and known.type == "Edm.String":
                    assert len(value) <= known.max_length, (name, known.name, value)


@pytest.fixture(scope="module")
def american_process() -> Iterator[BusinessCentral]:
    running = start_business_central("--country", "US")
    yield running
    running.stop()


def test_the_second_company_is_opened_and_has_done_nothing(american_process: BusinessCentral) -> None:
    control, name = american_process.control, "Contoso Services, Inc."
    assert [row["name"] for row in control.companies()] == ["CRONUS USA, Inc.", name]
    sets = {row["name"]: row["rows"] for row in control.call("GET", "sets", query={"company": name})}
    assert (sets["salesInvoices"], sets["generalLedgerEntries"], sets["itemLedgerEntries"]) == (0, 0, 0)
    assert (sets["customers"], sets["vendors"], sets["accounts"]) == (3, 2, 283)
    items = control.rows(name, "items")
    assert {row["inventory"] for row in items} == {0}


def test_the_environment_says_its_country_and_settings_name_its_company(american_process: BusinessCentral) -> None:
    url = f"{american_process.url}/environments/v1.2"
    (environment,) = requests.get(url, headers=american_process.headers(), timeout=60).json()["value"]
    assert environment["countryCode"] == "US"
    assert american_process.target_config()["company"] == american_process.company == "CRONUS USA, Inc."


def test_a_file_keeps_the_country_it_was_made_for(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path / "bc.sqlite"), "--companies", "1", "--config-out", str(tmp_path))
    made = start_business_central(*options, "--country", "US")
    made.stop()
    assert json.loads((tmp_path / "target.json").read_text())["company"] == "CRONUS USA, Inc."
    again = start_business_central(*options)
    try:
        assert again.company == "CRONUS USA, Inc."
    finally:
        again.stop()
