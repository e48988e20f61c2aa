"""Sales and purchase documents: headers and lines, drafts and posted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.seed.books import make_id
from dynamics_bc_emulator.seed.masters import default_dimensions

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.seed.books import Books
    from dynamics_bc_emulator.seed.facts import Fact, Facts

# Id properties of headers, with the set and the key of the fact that they are found by.
_HEADER_IDS = {
    "customerId": ("customers", "customerNumber"),
    "billToCustomerId": ("customers", "billToCustomerNumber"),
    "vendorId": ("vendors", "vendorNumber"),
    "payToVendorId": ("vendors", "payToVendorNumber"),
    "currencyId": ("currencies", "currencyCode"),
    "paymentTermsId": ("paymentTerms", "paymentTermsCode"),
    "shipmentMethodId": ("shipmentMethods", "shipmentMethodCode"),
}
_LINE_IDS = {
    "unitOfMeasureId": ("unitsOfMeasure", "unitOfMeasureCode"),
    "locationId": ("locations", "locationCode"),
}
_DOCUMENT_TYPES = {"blanket": "Blanket_x0020_Order", "Return": "Return_x0020_Order", "Quote": "Quote"}
SHORTCUTS = (("shortcutDimension1Code", "DEPARTMENT"), ("shortcutDimension2Code", "CUSTOMERGROUP"))


def put(books: Books, facts: Facts) -> None:
    """Add a company's documents, and its transfer orders."""
    for fact in facts.documents:
        put_document(books, fact)
    for fact in facts.sets.get("transferOrders", []):
        header = books.narrowed("transferOrders", {name: value for name, value in fact.items() if name != "lines"})
        header["_dimensions"] = _dimensions(books, fact)
        books.add("transferOrders", header)
        for line in fact["lines"]:
            row = {**line, "_dimensions": header["_dimensions"]}
            books.add("transferOrderLines", row, f"{header['number']}/{line['sequence']}")


def put_document(books: Books, fact: Fact) -> Row:
    """Add a document with its lines; gives the header."""
    entity_set, line_set = fact["entitySet"], fact["lineEntitySet"]
    header = books.narrowed(entity_set, {name: value for name, value in fact.items() if name != "lines"})
    for name, (target, key) in _HEADER_IDS.items():
        if books.has(entity_set, name):
            header[name] = books.id_of(target, fact.get(key, ""))
    header["_dimensions"] = _dimensions(books, fact)
    header["_facts"] = {
        name: fact.get(name, "") for name in ("paymentMethodCode", "paymentTermsCode", "shipmentMethodCode")
    }
    if header.get("orderNumber") and books.has(entity_set, "orderId"):
        orders = entity_set.replace("Invoices", "Orders")
        header["orderId"] = make_id(books.seed, orders, f"draft/{header['orderNumber']}")
    if fact.get("posted"):
        header.update({"_posted": True, "_draftNumber": fact.get("preAssignedNumber", "")})
    books.add(entity_set, header, f"{'posted' if fact.get('posted') else 'draft'}/{fact['number']}")
    for line in fact["lines"]:
        put_line(books, line_set, header, line, f"{header['id']}/{line['sequence']}")
    return header


def put_line(books: Books, line_set: str, header: Row, line: Fact, key: str) -> Row:
    """Add a line of a document."""
    row = books.narrowed(line_set, dict(line))
    if line.get("lineType") == "Item":
        row.update(books.narrowed(line_set, {"itemId": books.id_of("items", line["lineObjectNumber"])}))
        variant = books.id_of("itemVariants", f"{line['lineObjectNumber']}/{line.get('variantCode', '')}")
        row.update(books.narrowed(line_set, {"itemVariantId": variant}))
    if line.get("lineType") == "Account":
        row.update(books.narrowed(line_set, {"accountId": books.id_of("accounts", line["lineObjectNumber"])}))
    if line.get("lineType") == "Resource":
        _put_resource(books, line)
    for name, (target, code) in _LINE_IDS.items():
        if books.has(line_set, name):
            row[name] = books.id_of(target, line.get(code, ""))
    document_type = next((value for word, value in _DOCUMENT_TYPES.items() if word in line_set), "")
    links = {"documentId": header["id"], "documentNumber": header["number"], "documentType": document_type}
    row.update(books.narrowed(line_set, links))
    row["_dimensions"] = header["_dimensions"]
    return books.add(line_set, row, key)


def _put_resource(books: Books, line: Fact) -> None:
    """Add the card of a resource that a line is for; no entity set shows any."""
    number = line["lineObjectNumber"]
    if any(row["number"] == number for row in books.all("_resources")):
        return
    card = {
        "number": number,
        "name": line["description"],
        "baseUnitOfMeasureCode": line.get("unitOfMeasureCode", ""),
        "unitCost": line.get("directUnitCost", line.get("unitCost", 0)),
        "unitPrice": line.get("unitPrice", 0),
        "taxGroupCode": line.get("taxCode", ""),
        "generalProductPostingGroupCode": "",
        "blocked": False,
    }
    books.add("_resources", card, number)


def _dimensions(books: Books, fact: Fact) -> dict[str, str]:
    """What a document has: its customer's or vendor's defaults, and its two shortcut dimensions."""
    parent = books.id_of("customers", fact.get("customerNumber", fact.get("sellToCustomerNumber", "")))
    if "vendorNumber" in fact or "buyFromVendorNumber" in fact:
        parent = books.id_of("vendors", fact.get("vendorNumber", fact.get("buyFromVendorNumber")))
    shortcuts = {dimension: fact[name] for name, dimension in SHORTCUTS if fact.get(name)}
    return {**default_dimensions(books, parent), **shortcuts}
