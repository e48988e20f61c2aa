"""Facts of companies that nobody has: smaller than the demo company, on the same set-up, with names of their own."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from dynamics_bc_emulator.seed import facts
from dynamics_bc_emulator.seed.countries import GREAT_BRITAIN
from dynamics_bc_emulator.seed.facts import Fact, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator

# Set-up that the rules for posting rely on, and that companies of one country share.
_SHARED = (
    "accountingPeriods",
    "accounts",
    "bankAccounts",
    "generalLedgerSetup",
    "generalProductPostingGroups",
    "inventoryPostingGroups",
    "journals",
    "paymentMethods",
    "paymentTerms",
    "shipmentMethods",
    "taxAreas",
    "taxGroups",
    "unitsOfMeasure",
    "vatPostingSetup",
)
_SOME = {"countriesRegions": 12, "currencies": 8, "itemCategories": 3}
_DIMENSIONS = {
    "DEPARTMENT": ("Department", ("ADM", "PROD", "SALES")),
    "CUSTOMERGROUP": ("Customer Group", ("LARGE", "SMALL")),
}
_CUSTOMERS = (
    "Ashworth & Daughters",
    "Bell Tower Books",
    "Cobalt Café",
    "Dune Surf Shop",
    "Elm Street Dental",
    "O'Hara Gardens",
)
_VENDORS = ("Granite Paper Co.", "Harbour Cleaning", "Ivory Prints", "Juniper Energy")
_ITEMS = (
    "Consulting hour",
    "Workshop, one day",
    "Printed handbook",
    "Travel kit",
    "Support plan, yearly",
    "Name badge",
)
_CITIES = (("Bristol", "BS1 4ND"), ("Leeds", "LS1 3EX"), ("York", "YO1 7EP"), ("Bath", "BA1 1UA"))
_TAX = Decimal(25)
_CENT = Decimal("0.01")


def company(place: int, seed: int) -> Facts:
    """Facts of the company at that place of the list, the same for the same seed."""
    chance = random.Random(f"{seed}/{place}")  # noqa: S311 - made-up data, the same in every run
    name = GREAT_BRITAIN.company_name(place)
    sets: dict[str, list[Fact]] = {one: facts.load(one) for one in _SHARED}
    sets |= {one: facts.load(one)[:number] for one, number in _SOME.items()}
    place_of_it = {"city": "Bristol", "country": "GB", "postalCode": "BS1 4ND"}
    sets["companyInformation"] = [
        {"displayName": name, **place_of_it, "currencyCode": "GBP", "experience": "Essential"}
    ]
    sets["dimensions"] = [{"code": code, "displayName": shown} for code, (shown, _) in _DIMENSIONS.items()]
    sets["dimensionValues"] = [
        {"dimensionCode": code, "code": value, "displayName": value.title()}
        for code, (_, values) in _DIMENSIONS.items()
        for value in values
    ]
    sets["customers"] = [
        _customer(number, shown, chance) for number, shown in enumerate(_some(_CUSTOMERS, place, 4), start=1)
    ]
    sets["vendors"] = [
        _vendor(number, shown, chance) for number, shown in enumerate(_some(_VENDORS, place, 3), start=1)
    ]
    sets["items"] = [_item(number, shown, chance) for number, shown in enumerate(_some(_ITEMS, place, 5), start=1)]
    sets["locations"] = [{"code": "MAIN", "displayName": "Main Office", "city": "Bristol", "country": "GB"}]
    sets["employees"] = [
        {"number": "AB", "displayName": "Alex Bright", "givenName": "Alex", "surname": "Bright", "status": "Active"}
    ]
    sets["projects"] = [{"number": "PR00010", "displayName": "Office move"}]
    sets["defaultDimensions"] = [_default_dimension(customer) for customer in sets["customers"][:2]]
    sets["contacts"] = list(_contacts(sets["customers"], sets["vendors"]))
    documents = [*_sales(sets, chance), *_purchases(sets, chance)]
    return Facts(name, name, sets, documents, posted_by_rules=True)


def _some(names: tuple[str, ...], place: int, number: int) -> list[str]:
    """Some of the names, other ones for every company."""
    start = place % len(names)
    return [*names[start:], *names[:start]][:number]


def _customer(number: int, name: str, chance: random.Random) -> Fact:
    return {
        **_address(chance),
        "number": f"C{number:05d}",
        "displayName": name,
        "type": "Company",
        **_terms(),
        "email": f"c{number}@example.com",
    }


def _vendor(number: int, name: str, chance: random.Random) -> Fact:
    return {
        **_address(chance),
        "number": f"V{number:05d}",
        "displayName": name,
        **_terms(),
        "email": f"v{number}@example.com",
    }


def _terms() -> Fact:
    terms = {
        "paymentTermsCode": "14 DAYS",
        "taxAreaCode": "DOMESTIC",
        "taxAreaDisplayName": "Domestic customers and vendors",
    }
    return {**terms, "currencyCode": "GBP", "blocked": "_x0020_"}


def _address(chance: random.Random) -> Fact:
    city, code = chance.choice(_CITIES)
    return {"addressLine1": f"{chance.randrange(1, 99)} High Street", "city": city, "postalCode": code, "country": "GB"}


def _item(number: int, name: str, chance: random.Random) -> Fact:
    price = Decimal(chance.randrange(900, 90_000)) / 100
    return {
        "number": f"{1000 + number}",
        "displayName": name,
        "type": "Inventory" if number > 2 else "Service",
        "unitPrice": price,
        "unitCost": (price * Decimal("0.6")).quantize(_CENT, ROUND_HALF_UP),
        "taxGroupRefCode": "STANDARD",
        "baseUnitOfMeasureCode": "PCS",
        "generalProductPostingGroupCode": "RETAIL",
        "inventoryPostingGroupCode": "RESALE" if number > 2 else "",
    }


def _default_dimension(customer: Fact) -> Fact:
    value = {"dimensionCode": "CUSTOMERGROUP", "dimensionValueCode": "SMALL", "postingValidation": "_x0020_"}
    return {"parentType": "Customer", "parentNumber": customer["number"], **value}


def _contacts(customers: list[Fact], vendors: list[Fact]) -> Iterator[Fact]:
    for place, (kind, owner) in enumerate(
        [("Customer", one) for one in customers] + [("Vendor", one) for one in vendors], start=1
    ):
        number = f"CT{place:06d}"
        relation = {"contactBusinessRelation": kind, "businessRelationNumber": owner["number"]}
        yield {
            "number": number,
            "type": "Company",
            "displayName": owner["displayName"],
            "companyNumber": number,
            "companyName": owner["displayName"],
            **relation,
        }


def _sales(sets: dict[str, list[Fact]], chance: random.Random) -> Iterator[Fact]:
    for place in range(24):
        customer = chance.choice(sets["customers"])
        posted = place < 20
        head = _head("sales", place, posted, chance) | {
            "customerNumber": customer["number"],
            "customerName": customer["displayName"],
            "billToCustomerNumber": customer["number"],
            "billToName": customer["displayName"],
            "sellToCity": customer["city"],
            "sellToPostCode": customer["postalCode"],
            "sellToCountry": "GB",
            "email": customer["email"],
        }
        yield _document(head, [_line(item, "unitPrice", chance) for item in chance.sample(sets["items"], 2)])
    for place in range(3):
        customer = sets["customers"][place]
        head = _head("sales", place, posted=False, chance=chance) | {
            "customerNumber": customer["number"],
            "customerName": customer["displayName"],
        }
        for kind, first in (("Orders", 101_001), ("Quotes", 1001)):
            sets_of = {
                "entitySet": f"sales{kind}",
                "lineEntitySet": f"sales{kind[:-1]}Lines",
                "number": str(first + place),
            }
            dates = {"orderDate": head["postingDate"], "documentDate": head["postingDate"]}
            yield _document({**head, **sets_of, **dates}, [_line(sets["items"][place], "unitPrice", chance)])


def _purchases(sets: dict[str, list[Fact]], chance: random.Random) -> Iterator[Fact]:
    for place in range(14):
        vendor = chance.choice(sets["vendors"])
        head = _head("purchase", place, place < 12, chance) | {
            "vendorNumber": vendor["number"],
            "vendorName": vendor["displayName"],
            "payToVendorNumber": vendor["number"],
            "payToName": vendor["displayName"],
            "buyFromCity": vendor["city"],
            "buyFromPostCode": vendor["postalCode"],
            "vendorInvoiceNumber": f"V-{place + 1:04d}",
        }
        yield _document(head, [_line(chance.choice(sets["items"]), "unitCost", chance)])
    for place in range(2):
        vendor = sets["vendors"][place]
        head = _head("purchase", place, posted=False, chance=chance) | {
            "vendorNumber": vendor["number"],
            "vendorName": vendor["displayName"],
        }
        for kind, first in (("Orders", 106_001), ("CreditMemos", 1001)):
            sets_of = {
                "entitySet": f"purchase{kind}",
                "lineEntitySet": f"purchase{kind[:-1]}Lines",
                "number": str(first + place),
            }
            dates = {"orderDate": head["postingDate"], "creditMemoDate": head["postingDate"]}
            yield _document({**head, **sets_of, **dates}, [_line(sets["items"][place], "unitCost", chance)])


def _head(side: str, place: int, posted: bool, chance: random.Random) -> Fact:
    drafts, numbers = {"sales": (102_001, 103_001), "purchase": (107_001, 108_001)}[side]
    day = date(2025, 3, 1) + timedelta(chance.randrange(330))
    return {
        "entitySet": f"{side}Invoices",
        "lineEntitySet": f"{side}InvoiceLines",
        "posted": posted,
        "number": str((numbers if posted else drafts) + place),
        "preAssignedNumber": str(drafts + place) if posted else "",
        "invoiceDate": day.isoformat(),
        "postingDate": day.isoformat(),
        "dueDate": (day + timedelta(14)).isoformat(),
        "shortcutDimension1Code": chance.choice(("ADM", "SALES")),
        "currencyCode": "GBP",
        "paymentTermsCode": "14 DAYS",
        "status": ("Paid" if place % 4 else "Open") if posted else "Draft",
    }


def _line(item: Fact, price_name: str, chance: random.Random) -> Fact:
    quantity = chance.randrange(1, 9)
    amount = (item[price_name] * quantity).quantize(_CENT)
    tax = (amount * _TAX / 100).quantize(_CENT, ROUND_HALF_UP)
    return {
        "lineType": "Item",
        "lineObjectNumber": item["number"],
        "description": item["displayName"],
        "unitOfMeasureCode": item["baseUnitOfMeasureCode"],
        price_name: item[price_name],
        "directUnitCost": item[price_name],
        "quantity": quantity,
        "amountExcludingTax": amount,
        "taxCode": "STANDARD",
        "taxPercent": _TAX,
        "totalTaxAmount": tax,
        "amountIncludingTax": amount + tax,
        "netAmount": amount,
        "netTaxAmount": tax,
        "netAmountIncludingTax": amount + tax,
    }


def _document(head: Fact, lines: list[Fact]) -> Fact:
    lines = [{**line, "sequence": 10_000 * place} for place, line in enumerate(lines, start=1)]
    totals = {
        "totalAmountExcludingTax": sum((line["amountExcludingTax"] for line in lines), Decimal(0)),
        "totalTaxAmount": sum((line["totalTaxAmount"] for line in lines), Decimal(0)),
        "totalAmountIncludingTax": sum((line["amountIncludingTax"] for line in lines), Decimal(0)),
    }
    return {**head, **totals, "lines": lines}
