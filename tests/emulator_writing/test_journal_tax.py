"""VAT on journal lines: it comes with an account's number, and splits what the line is worth."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import open_desk

from dynamics_bc_emulator.seed.countries import UNITED_STATES

if TYPE_CHECKING:
    from emulator.in_process import Desk

# An account of purchases at 25 percent, one without VAT, one that is none of either.
SUPPLIES, POSTAGE, WAGES = "8210", "8240", "8710"
FIELD, DIALOG = (400, "Application_FieldValidationException"), (400, "Application_DialogException")


@pytest.fixture
def journal(desk: Desk) -> str:
    return str(desk.create("journals", {"code": "OWN"})["id"])


def line(desk: Desk, journal: str, account: str, amount: float, **more: Any) -> dict[str, Any]:
    body = {
        "accountType": "G_x002F_L_x0020_Account",
        "accountNumber": account,
        "amount": amount,
        "documentNumber": "T-1",
        "postingDate": "2026-01-20",
        **more,
    }
    return desk.create(f"journals({journal})/journalLines", body)


def ledger(desk: Desk, journal: str) -> list[tuple[str, Any]]:
    desk.act(f"journals({journal})")
    return desk.ledger("T-1")


@pytest.mark.parametrize(
    ("account", "tax_code", "entries"),
    [
        (SUPPLIES, "STANDARD", [("8210", 80), ("5630", 20), ("2910", -100)]),
        ("8320", "REDUCED", [("8320", Decimal("90.91")), ("5631", Decimal("9.09")), ("2910", -100)]),
        (POSTAGE, "NO VAT", [("8240", 100), ("2910", -100)]),
        (WAGES, "", [("8710", 100), ("2910", -100)]),
        ("6810", "STANDARD", [("6810", 80), ("5610", 20), ("2910", -100)]),
        # Of a purchase in the European Union the buyer owes the tax: the amount includes none.
        ("7120", "STANDARD", [("7120", 100), ("5630", 25), ("5620", -25), ("2910", -100)]),
    ],
)
def test_the_vat_of_an_account_is_split_off(
    desk: Desk, journal: str, account: str, tax_code: str, entries: list[tuple[str, Any]]
) -> None:
    assert line(desk, journal, account, 100, balancingAccountNumber="2910")["taxCode"] == tax_code
    assert ledger(desk, journal) == entries


def test_an_account_named_by_its_id_brings_no_vat(desk: Desk, journal: str) -> None:
    body = {"accountId": desk.id("accounts", number=SUPPLIES), "amount": 100, "balancingAccountNumber": "2910"}
    created = desk.create(f"journals({journal})/journalLines", {**body, "documentNumber": "T-1"})
    assert created["taxCode"] == ""
    assert ledger(desk, journal) == [("8210", 100), ("2910", -100)]


def test_a_tax_code_of_its_own_goes_before_the_accounts(desk: Desk, journal: str) -> None:
    line(desk, journal, SUPPLIES, 110, taxCode="REDUCED", balancingAccountNumber="2910")
    assert ledger(desk, journal) == [("8210", 100), ("5631", 10), ("2910", -110)]


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"accountNumber": WAGES, "taxCode": "STANDARD"}, DIALOG),
        ({"accountType": "Vendor", "accountNumber": "20000", "taxCode": "STANDARD"}, FIELD),
        ({"accountNumber": SUPPLIES, "taxCode": "NOBODY"}, DIALOG),
    ],
)
def test_a_tax_code_without_what_belongs_to_it_is_not_posted(
    desk: Desk, journal: str, body: dict[str, Any], refused: tuple[int, str]
) -> None:
    whole = {"amount": 100, "balancingAccountNumber": "2910", "documentNumber": "T-1", **body}
    assert desk.create(f"journals({journal})/journalLines", whole)["taxCode"] == body["taxCode"]
    assert desk.refused("POST", f"journals({journal})/Microsoft.NAV.post")[:2] == refused
    assert desk.ledger("T-1") == []


def test_another_account_brings_its_own_vat_and_another_type_none(desk: Desk, journal: str) -> None:
    row = line(desk, journal, SUPPLIES, 100)
    path = f"journalLines({row['id']})"
    assert desk.change(path, {"accountNumber": "8320"})["taxCode"] == "REDUCED"
    assert desk.change(path, {"accountNumber": WAGES})["taxCode"] == ""
    desk.change(path, {"accountNumber": SUPPLIES})
    assert desk.change(path, {"accountType": "Vendor"})["taxCode"] == ""


def test_a_balancing_account_has_vat_too(desk: Desk, journal: str) -> None:
    line(desk, journal, "20000", -125, accountType="Vendor", balancingAccountNumber=SUPPLIES)
    assert ledger(desk, journal) == [("5410", -125), ("8210", 100), ("5630", 25)]


def test_a_document_with_vat_has_one_customer_or_vendor(desk: Desk, journal: str) -> None:
    for vendor in ("10000", "20000"):
        line(desk, journal, vendor, -50, accountType="Vendor")
    expense = line(desk, journal, SUPPLIES, 100)
    refusal = desk.refused("POST", f"journals({journal})/Microsoft.NAV.post")
    assert "more than one customer or vendor" in refusal[2]
    desk.change(f"journalLines({expense['id']})", {"accountNumber": POSTAGE})
    assert ledger(desk, journal) == [("5420", -50), ("5410", -50), ("8240", 100)]


def test_a_company_with_sales_tax_posts_a_line_s_tax_group_without_tax() -> None:
    desk = open_desk(country=UNITED_STATES)
    group = desk.company.find("taxGroups")[0]["code"]
    journal = str(desk.create("journals", {"code": "OWN"})["id"])
    created = line(desk, journal, SUPPLIES, 100, taxCode=group, balancingAccountNumber="2910")
    assert created["taxCode"] == group
    assert ledger(desk, journal) == [("8210", 100), ("2910", -100)]
    desk.service.store.close()
