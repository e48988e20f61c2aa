"""Kinds of sales and purchase documents as the API names them, and how a test gets one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from conformance.plain_http import Api

LOCAL_CURRENCY = "GBP"
FOREIGN_CURRENCY = "EUR"
ADDRESS = {
    "AddressLine1": "addressLine1",
    "AddressLine2": "addressLine2",
    "City": "city",
    "State": "state",
    "Country": "country",
    "PostCode": "postalCode",
}
# What is left out of an address that is sent in part.
LEFT_OUT = ("City", "State", "PostCode")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document.

    Attributes:
        headers: Its entity set.
        lines: The entity set, and the navigation, of its lines.
        noun: What people call one.
        party: How the properties of whom it is for begin.
        address: How the properties of that party's address begin.
        payer: How the properties of who pays begin.
        date: The document date.
        price: The price of a line.
    """

    headers: str
    lines: str
    noun: str
    party: str
    address: str
    payer: str
    date: str
    price: str = "unitPrice"

    @property
    def parties(self) -> str:
        return f"{self.party}s"

    @property
    def party_number(self) -> str:
        return f"{self.party}Number"

    @property
    def payer_number(self) -> str:
        return f"{self.payer}{self.party.capitalize()}Number"

    @property
    def is_sale(self) -> bool:
        return self.party == "customer"

    @property
    def person(self) -> str:
        """Who sells or buys."""
        return "salesperson" if self.is_sale else "purchaser"


def _sale(headers: str, lines: str, noun: str, date: str) -> Kind:
    return Kind(headers, lines, noun, "customer", "sellTo", "billTo", date)


def _purchase(headers: str, lines: str, noun: str, date: str, price: str = "unitCost") -> Kind:
    return Kind(headers, lines, noun, "vendor", "buyFrom", "payTo", date, price)


SALES_INVOICE = _sale("salesInvoices", "salesInvoiceLines", "Sales Invoice", "invoiceDate")
SALES_ORDER = _sale("salesOrders", "salesOrderLines", "Sales Order", "orderDate")
SALES_QUOTE = _sale("salesQuotes", "salesQuoteLines", "Sales Quote", "documentDate")
SALES_CREDIT_MEMO = _sale("salesCreditMemos", "salesCreditMemoLines", "Sales Credit Memo", "creditMemoDate")
PURCHASE_INVOICE = _purchase("purchaseInvoices", "purchaseInvoiceLines", "Purchase Invoice", "invoiceDate")
PURCHASE_ORDER = _purchase("purchaseOrders", "purchaseOrderLines", "Purchase Order", "orderDate", "directUnitCost")
PURCHASE_CREDIT_MEMO = _purchase(
    "purchaseCreditMemos", "purchaseCreditMemoLines", "Purchase Credit Memo", "creditMemoDate"
)


def shows(**claims: Callable[..., None]) -> pytest.MarkDecorator:
    """Run a test with each claim, which shows what Microsoft's test of that name shows."""
    return pytest.mark.parametrize(
        "claim",
        [
            pytest.param(claim, id=_snake_case(name.removeprefix("Test")), marks=pytest.mark.theirs(name))
            for name, claim in claims.items()
        ],
    )


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def new_party(api: Api, kind: Kind, name: str) -> dict[str, Any]:
    """A customer or vendor whose address is nobody else's."""
    address = {own: f"{own[:5]} {name}" for own in ADDRESS.values() if own != "country"}
    country = {"First": "DK", "Second": "FR", "Third": "IT"}.get(name, "DE")
    return api.post(kind.parties, {"displayName": name, **address, "country": country})


def new_item(api: Api, number: str = "CHAIR", price: float = 100, **more: Any) -> dict[str, Any]:
    """An item that is bought and sold for a price, with the standard tax."""
    body = {"number": number, "displayName": number.title(), "unitPrice": price, "unitCost": price}
    return api.post("items", {**body, "taxGroupCode": "STANDARD", **more})


def new_account(api: Api, number: str = "8999") -> dict[str, Any]:
    """An account that lines may name."""
    return api.row("accounts", number="8210") if number == "8210" else api.post("accounts", {"number": number})


def item_line(kind: Kind, item: dict[str, Any], quantity: float = 2, **more: Any) -> dict[str, Any]:
    """The body of a line for an item at its price."""
    return {"itemId": item["id"], "quantity": quantity, kind.price: item["unitPrice"], **more}


def new_document(
    api: Api, kind: Kind, lines: Iterable[dict[str, Any]] = (), party: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A draft; with what posting asks for."""
    number = party["number"] if party else "20000"
    needed = {"purchaseInvoices": "vendorInvoiceNumber", "purchaseCreditMemos": "vendorCreditMemoNumber"}
    own = {needed[kind.headers]: "THEIRS-1"} if kind.headers in needed else {}
    header = api.post(kind.headers, {kind.party_number: number, **own, **more, kind.lines: list(lines)})
    if kind == PURCHASE_ORDER:
        # The number of the vendor's invoice, which the page of orders does not have.
        api.desk.edit(kind.headers, header["id"], _vendorInvoiceNumber=f"THEIRS-{header['number']}")
    return header


def with_lines(api: Api, kind: Kind, **more: Any) -> dict[str, Any]:
    """A draft with two lines for different items."""
    items = [new_item(api, number, price) for number, price in (("CHAIR", 100), ("TABLE", 30))]
    return new_document(api, kind, [item_line(kind, item) for item in items], **more)


def path_of(kind: Kind, header: dict[str, Any]) -> str:
    return f"{kind.headers}({header['id']})"


def lines_path(kind: Kind, header: dict[str, Any], line: dict[str, Any] | None = None) -> str:
    """Where a document's lines are, or one of them."""
    path = f"{path_of(kind, header)}/{kind.lines}"
    return path if line is None else f"{path}({line['id']})"


def lines_of(api: Api, kind: Kind, header: dict[str, Any]) -> list[dict[str, Any]]:
    return api.rows(lines_path(kind, header), orderby="sequence")


def address_of(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    """One of a document's addresses."""
    return {name: row[f"{prefix}{name}"] for name in ADDRESS}


def home_of(party: dict[str, Any], *, without: Iterable[str] = ()) -> dict[str, Any]:
    """A party's own address, with some of it left blank."""
    return {name: "" if name in without else party[own] for name, own in ADDRESS.items()}


def prefixed(prefix: str, address: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}{name}": value for name, value in address.items()}


BLANK_ADDRESS = dict.fromkeys(ADDRESS, "")


def allow_discount(api: Api, kind: Kind, percent: float, minimum: float = 0, number: str = "20000") -> None:
    """Give a customer or vendor an invoice discount from an amount on."""
    row = {"party": kind.party.capitalize(), "code": number, "currencyCode": ""}
    api.plant("_invoiceDiscounts", **row, minimumAmount=minimum, discountPercent=percent)
