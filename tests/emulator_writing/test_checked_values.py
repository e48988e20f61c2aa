"""Phone numbers, mail addresses and quantities: what is refused where, and what is rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from dynamics_bc_emulator.rules.document_kinds import KINDS

if TYPE_CHECKING:
    from emulator.in_process import Desk

    from dynamics_bc_emulator.rules.document_kinds import DocumentKind

SALES = [kind for kind in KINDS if not kind.is_purchase]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.headers)


@pytest.mark.parametrize(
    ("entity_set", "name", "caption"),
    [
        ("customers", "phoneNumber", "Phone No."),
        ("vendors", "phoneNumber", "Phone No."),
        ("contacts", "phoneNumber", "Phone No."),
        ("contacts", "mobilePhoneNumber", "Mobile Phone No."),
    ],
)
def test_a_phone_number_has_no_letters(desk: Desk, entity_set: str, name: str, caption: str) -> None:
    for number in ("x", "0800-FLOWERS", "+44 ü"):
        refusal = desk.refused("POST", entity_set, {"displayName": "A", name: number})
        assert refusal == (400, "Application_FieldValidationException", f"{caption} must not contain letters.")
    created = desk.create(entity_set, {"displayName": "A", name: "+44 (20) 7946-0958 / 12"})
    assert created[name] == "+44 (20) 7946-0958 / 12"
    assert desk.change(f"{entity_set}({created['id']})", {name: ""})[name] == ""
    assert desk.refused("PATCH", f"{entity_set}({created['id']})", {name: "1a"})[0] == 400


@pytest.mark.parametrize("kind", SALES, ids=lambda kind: kind.headers)
def test_a_sales_document_has_them_too(desk: Desk, kind: DocumentKind) -> None:
    body = {"customerNumber": "10000"}
    for wrong in ({"phoneNumber": "1a"}, {"email": "nobody"}):
        assert desk.refused("POST", kind.headers, {**body, **wrong})[:2] == (400, "Application_DialogException")
    right = {"phoneNumber": "12", "email": "a@example.com;b@example.com"}
    assert right.items() <= desk.create(kind.headers, {**body, **right}).items()


@pytest.mark.parametrize("entity_set", ["employees", "locations"])
def test_nobody_looks_at_other_phone_numbers(desk: Desk, entity_set: str) -> None:
    names = {"employees": {"givenName": "A", "surname": "B"}, "locations": {"code": "A", "displayName": "A"}}
    assert desk.create(entity_set, {**names[entity_set], "phoneNumber": "none"})["phoneNumber"] == "none"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("a@example.com", True),
        ("first.last+tag@mail.example.co.uk", True),
        ("Anna <a@example.com>", True),
        ("", True),
        ("a", False),
        ("a@b", False),
        ("a@example.c", False),
        ("a@.com", False),
        ("a@example.", False),
        ("a b@example.com", False),
        (".a@example.com", False),
        ("a..b@example.com", False),
        ("a@b@example.com", False),
        ("@example.com", False),
    ],
)
def test_a_mail_address_has_the_form_of_one(desk: Desk, text: str, valid: bool) -> None:
    for entity_set, name in (("vendors", "email"), ("companyInformation", "email"), ("employees", "personalEmail")):
        row = desk.company.find(entity_set)[0]
        path = f"{entity_set}({row['id']})"
        if valid:
            assert desk.change(path, {name: text})[name] == text
        else:
            assert desk.refused("PATCH", path, {name: text})[2] == f'The email address "{text}" is not valid.'


def test_customers_and_vendors_have_several_addresses_and_others_one(desk: Desk) -> None:
    several = "a@example.com; b@example.com;"
    for entity_set in ("customers", "vendors", "contacts"):
        assert desk.create(entity_set, {"displayName": "A", "email": several})["email"] == several
        wrong = {"displayName": "A", "email": "a@example.com;b"}
        assert desk.refused("POST", entity_set, wrong)[2] == 'The email address "b" is not valid.'
    assert desk.refused("POST", "employees", {"givenName": "A", "surname": "B", "email": several})[0] == 400


def line(desk: Desk, kind: DocumentKind, quantity: Any, **more: Any) -> dict[str, Any]:
    header = desk.create(kind.headers, {kind.party.number_name: "10000"})
    body = {"itemId": desk.id("items", number="1896-S"), kind.price: 100, "quantity": quantity, **more}
    return desk.create(f"{kind.headers}({header['id']})/{kind.lines}", body)


@every_kind
def test_a_quantity_has_five_decimals(desk: Desk, kind: DocumentKind) -> None:
    created = line(desk, kind, Decimal("1.234565"))
    assert (created["quantity"], created["amountExcludingTax"]) == (Decimal("1.23457"), Decimal("123.46"))
    changed = desk.change(f"{kind.lines}({created['id']})", {"quantity": Decimal("2.000004")})
    assert changed["quantity"] == 2


@every_kind
def test_a_quantity_is_counted_as_its_unit_of_measure_is(desk: Desk, kind: DocumentKind) -> None:
    unit = {"itemNumber": "1896-S", "unitOfMeasureCode": "PCS", "quantityRoundingPrecision": 1}
    desk.company.insert("_itemUnitsOfMeasure", unit)
    assert line(desk, kind, Decimal("2.5"))["quantity"] == 3
    header = desk.create(kind.headers, {kind.party.number_name: "10000"})
    body = {"itemId": desk.id("items", number="1896-S"), "quantity": Decimal("0.4")}
    refusal = desk.refused("POST", f"{kind.headers}({header['id']})/{kind.lines}", body)
    assert "rounded to 0 by the quantity rounding precision 1" in refusal[2]
