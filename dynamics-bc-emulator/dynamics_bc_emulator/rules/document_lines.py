"""What happens to a document's line: what it is for, its amounts, its place, and its header's totals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules import document_refusals as said
from dynamics_bc_emulator.rules.amounts import (
    ZERO,
    calculate_line,
    gross_amount,
    set_discount_amount,
    set_discount_percent,
)
from dynamics_bc_emulator.rules.document_release import check_open
from dynamics_bc_emulator.rules.documents import inherited_dimensions, refresh_document, tax_area
from dynamics_bc_emulator.rules.draft import Rules, in_turn
from dynamics_bc_emulator.rules.item_units import first_unit, quantity_per_unit
from dynamics_bc_emulator.rules.line_objects import CARDS, RESOURCE, line_object
from dynamics_bc_emulator.rules.order_quantities import quantity_rules
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.rules.posting_setup import tax_rate
from dynamics_bc_emulator.rules.prices_including_tax import card_price
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.draft import Draft, DraftRule, PropertyRule

_STEP = 10_000
_DISCOUNTS = ("discountAmount", "discountPercent", "amountExcludingTax", "amountIncludingTax")
# What sets off the calculation of a sales line's discount percentage, which drops its share of the invoice discount.
_REPRICING = ("quantity", "unitPrice", "unitOfMeasureCode", "itemVariantId")
_VARIANT = Pair(
    "itemVariantId",
    None,
    "itemVariants",
    "variant of the item",
    accepts=lambda draft, variant: bool(variant["itemId"] == draft.row["itemId"]),
)
# The API shows neither of them: what an item is not bought or sold by, whether it is about buying.
_SIDES = {
    True: ("_purchasingBlocked", "purchase", "Purchasing Blocked"),
    False: ("_salesBlocked", "sell", "Sales Blocked"),
}
_FIXED_BY_RELEASE = (
    "lineType", "lineObjectNumber", "quantity", "discountPercent", "discountAmount", "taxCode", "locationId",
    "itemVariantId", "unitOfMeasureId",
)  # fmt: skip
_UNIT_RULES = pair_rules(Pair("unitOfMeasureId", "unitOfMeasureCode", "unitsOfMeasure", "Unit of Measure"))


def line_rules(kind: DocumentKind) -> Rules:
    """The rules of a kind's lines."""
    return Rules(
        properties={
            "documentId": _set_document_id,
            "sequence": _sequence_rule(kind),
            **pair_rules(_item_pair(kind)),
            **pair_rules(_account_pair(kind)),
            "lineType": _set_line_type,
            "lineObjectNumber": _object_number_rule(kind),
            "unitOfMeasureId": _unit_rule(kind, "unitOfMeasureId"),
            "unitOfMeasureCode": _unit_rule(kind, "unitOfMeasureCode"),
            "taxCode": _tax_code_rule(kind),
            **pair_rules(_VARIANT),
            **(_location_rule(kind) if kind.is_purchase else {}),
            **quantity_rules(kind.lines),
        },
        insert=_complete_new(kind),
        modify=in_turn(_open_alone(kind), _complete(kind)),
        checks_modify=_check_draft(kind),
        delete=in_turn(_check_draft(kind), _open_alone(kind)),
        inserted=lambda draft: refresh_document(draft.company, kind, draft.row["documentId"], touch=True),
        modified=_refresh_header(kind),
        deleted=lambda draft: refresh_document(draft.company, kind, draft.row["documentId"], touch=True),
        missing={("documentId",): said.NO_DOCUMENT},
    )


def check_account(company: Company, number: str, *, direct: bool = True) -> Row:
    """The posting account of that number.

    Raises:
        Refusal: There is none, it is a heading or total, blocked, or takes no direct postings.
    """
    account = company.first("accounts", number=number)
    if account is None:
        raise refused(f"The G/L Account does not exist. Identification fields and values: No.='{number}'")
    wanted = {"accountType": "Posting", "blocked": False, **({"directPosting": True} if direct else {})}
    for name, value in wanted.items():
        if account[name] != value:
            text = {True: "Yes", False: "No"}.get(value, value) if isinstance(value, bool) else value
            message = (
                f"{name} must be equal to '{text}' in G/L Account: No.={number}. Current value is '{account[name]}'."
            )
            raise Refusal(400, "Application_FieldValidationException", message)
    return account


def _header(kind: DocumentKind, draft: Draft) -> Row:
    header = draft.company.get(kind.headers, draft.row["documentId"])
    if header is None:
        raise refused(said.UNKNOWN_DOCUMENT)
    return header


def _check_draft(kind: DocumentKind) -> DraftRule:
    def check(draft: Draft) -> None:
        if _header(kind, draft).get("_posted"):
            raise refused(said.posted(kind.headers))

    return check


def _open_alone(kind: DocumentKind) -> DraftRule:
    """A rule for what only an open document takes: lines that come and go, and in lines what they come to."""

    def check(draft: Draft) -> None:
        if draft.stored is draft.row or draft.has_changed(*_FIXED_BY_RELEASE, kind.price):
            check_open(kind, _header(kind, draft))

    return check


def _set_document_id(draft: Draft, value: Any) -> None:
    if draft.row["documentId"] not in (ZERO_GUID, value):
        raise refused(said.DOCUMENT_CHANGED)
    draft.row["documentId"] = value


def _sequence_rule(kind: DocumentKind) -> PropertyRule:
    def set_sequence(draft: Draft, value: Any) -> None:
        if draft.stored and draft.stored["sequence"] != value:
            raise refused(said.sequence_changed(kind))
        draft.row["sequence"] = value

    return set_sequence


def _forget(draft: Draft, *names: str) -> None:
    """Let what the server fills in now win over what the request said before."""
    draft.given[:] = [name for name in draft.given if name not in names]


def _clear_object(draft: Draft) -> None:
    draft.row.update(itemId=ZERO_GUID, accountId=ZERO_GUID, lineObjectNumber="", itemVariantId=ZERO_GUID)
    draft.row.update(unitOfMeasureId=ZERO_GUID, unitOfMeasureCode="", _dimensions={})


def _set_line_type(draft: Draft, value: Any) -> None:
    if value != draft.row["lineType"]:
        _clear_object(draft)
        draft.row["lineType"] = value


def _item_pair(kind: DocumentKind) -> Pair:
    def follow(draft: Draft, item: Row | None) -> None:
        if item is None:
            _clear_object(draft)
        else:
            _become_item(kind, draft, item)

    return Pair("itemId", None, "items", "Item", follow=follow, unknown=said.ITEM_MISSING)


def _account_pair(kind: DocumentKind) -> Pair:
    def check(draft: Draft, _account: Row) -> None:
        if "itemId" in draft.given and draft.row["itemId"] != ZERO_GUID:
            raise refused(said.ITEM_AND_ACCOUNT)

    def follow(draft: Draft, account: Row | None) -> None:
        if account is not None:
            _become_account(kind, draft, account)
        elif draft.row["lineType"] == "Account":
            _clear_object(draft)

    return Pair("accountId", None, "accounts", "Account", check=check, follow=follow, unknown=said.ACCOUNT_MISSING)


def _object_number_rule(kind: DocumentKind) -> PropertyRule:
    def set_number(draft: Draft, value: Any) -> None:
        row = draft.row
        if draft.stored and draft.stored["lineObjectNumber"] and value != draft.stored["lineObjectNumber"]:
            raise refused(said.OBJECT_CHANGED)
        if value == row["lineObjectNumber"]:
            return
        if row["lineType"] == "Item":
            item = draft.company.first("items", number=value)
            if item is None:
                raise refused(said.ITEM_MISSING)
            _become_item(kind, draft, item)
        elif row["lineType"] == "Account":
            account = draft.company.first("accounts", number=value)
            if account is None:
                raise refused(said.ACCOUNT_MISSING)
            _become_account(kind, draft, account)
        elif row["lineType"] in CARDS and value:
            _become_object(kind, draft, value)
        else:
            row["lineObjectNumber"] = value

    return set_number


def _become_item(kind: DocumentKind, draft: Draft, item: Row) -> None:
    if item["blocked"]:
        raise refused(f"Blocked must be equal to 'No' in Item: No.={item['number']}.")
    blocked, act, caption = _SIDES[kind.is_purchase]
    if item.get(blocked) and not kind.headers.endswith("CreditMemos"):
        what = f"Item {item['number']} because the {caption} check box is selected on the Item card"
        raise refused(f"You cannot {act} {what}.")
    row = draft.row
    _clear_object(draft)
    row.update(lineType="Item", itemId=item["id"], lineObjectNumber=item["number"])
    row.update(first_unit(draft.company, item, is_purchase=kind.is_purchase))
    tax_group = _tax_group(draft, item)
    _take_price(kind, draft, item[kind.item_price], tax_group)
    header = _header(kind, draft)
    filled = {"description": item["displayName"], "taxCode": tax_group}
    filled["locationId"] = header.get("_locationId") or ZERO_GUID
    row.update({name: value for name, value in filled.items() if name in row and name not in draft.given})
    row["_dimensions"] = inherited_dimensions(draft.company, header, item["id"])


def _become_account(kind: DocumentKind, draft: Draft, account: Row) -> None:
    check_account(draft.company, account["number"])
    row = draft.row
    _clear_object(draft)
    row.update(lineType="Account", accountId=account["id"], lineObjectNumber=account["number"])
    filled = {"description": account["displayName"], "taxCode": ""}
    row.update({name: value for name, value in filled.items() if name not in draft.given})
    row["_dimensions"] = inherited_dimensions(draft.company, _header(kind, draft), account["id"])


def _become_object(kind: DocumentKind, draft: Draft, number: str) -> None:
    """Take a resource, a fixed asset or a charge, as the table of purchase and sales lines copies their cards."""
    row, company = draft.row, draft.company
    found = line_object(company, row["lineType"], number)
    _clear_object(draft)
    unit = company.first("unitsOfMeasure", code=found.unit) if found.unit else None
    row.update(lineObjectNumber=number, unitOfMeasureCode=found.unit)
    row["unitOfMeasureId"] = unit["id"] if unit is not None else ZERO_GUID
    if row["lineType"] == RESOURCE:
        _take_price(kind, draft, found.cost if kind.is_purchase else found.price, found.tax_group)
    filled = {"description": found.name, "taxCode": found.tax_group}
    row.update({name: value for name, value in filled.items() if name not in draft.given})
    row["_dimensions"] = inherited_dimensions(company, _header(kind, draft), ZERO_GUID)


def _tax_group(draft: Draft, item: Row) -> str:
    group = draft.company.get("taxGroups", item["taxGroupId"])
    return str(group["code"]) if group else ""


def _take_price(kind: DocumentKind, draft: Draft, price: Decimal, tax_group: str) -> None:
    header = _header(kind, draft)
    price = card_price(draft.company, price, header, tax_area(draft.company, kind, header), tax_group)
    price *= quantity_per_unit(draft.company, draft.row)
    draft.row.update({kind.price: price, "discountPercent": ZERO, "discountAmount": ZERO})
    _forget(draft, kind.price, *_DISCOUNTS)


def _location_rule(kind: DocumentKind) -> dict[str, PropertyRule]:
    """A location of a purchase takes price and discount from the item's card again, whatever they were."""

    def follow(draft: Draft, _location: Row | None) -> None:
        item = draft.company.get("items", draft.row["itemId"])
        if draft.row["lineType"] == "Item" and item is not None:
            _take_price(kind, draft, item[kind.item_price], _tax_group(draft, item))

    set_location = pair_rules(Pair("locationId", None, "locations", "Location", follow=follow))["locationId"]

    def set_another_location(draft: Draft, value: Any) -> None:
        if value != draft.row["locationId"]:
            set_location(draft, value)

    return {"locationId": set_another_location}


def _unit_rule(kind: DocumentKind, name: str) -> PropertyRule:
    """Another unit takes the price of the item's card again, of a purchase that has a quantity, and of every sale."""

    def set_unit(draft: Draft, value: Any) -> None:
        row = draft.row
        if row["lineType"] != "Item" and value not in ("", ZERO_GUID):
            raise refused(said.UNIT_WITHOUT_ITEM)
        before = row["unitOfMeasureCode"]
        _UNIT_RULES[name](draft, value)
        item = draft.company.get("items", row["itemId"])
        prices = not kind.is_purchase or bool(row["quantity"])
        if item is not None and prices and row["unitOfMeasureCode"] != before:
            _take_price(kind, draft, item[kind.item_price], _tax_group(draft, item))

    return set_unit


def _tax_code_rule(kind: DocumentKind) -> PropertyRule:
    def set_tax_code(draft: Draft, value: Any) -> None:
        header = _header(kind, draft)
        tax_rate(draft.company, tax_area(draft.company, kind, header), value)
        draft.row["taxCode"] = value

    return set_tax_code


def _complete_new(kind: DocumentKind) -> DraftRule:
    check_draft, complete = _check_draft(kind), _complete(kind)

    def complete_new(draft: Draft) -> None:
        check_draft(draft)
        check_open(kind, _header(kind, draft))
        taken = [line["sequence"] for line in draft.company.find(kind.lines, documentId=draft.row["documentId"])]
        if draft.is_blank("sequence") or draft.row["sequence"] == 0:
            draft.row["sequence"] = max(taken, default=0) + _STEP
        elif draft.row["sequence"] in taken:
            raise refused(said.sequence_taken(kind))
        complete(draft)

    return complete_new


def _complete(kind: DocumentKind) -> DraftRule:
    """A rule that settles the discount by what the request named last, and calculates the line."""

    def complete(draft: Draft) -> None:
        row, header = draft.row, _header(kind, draft)
        includes_tax = bool(header.get("pricesIncludeTax"))
        row["taxPercent"] = tax_rate(draft.company, tax_area(draft.company, kind, header), row["taxCode"]).percent
        named = [name for name in draft.given if name in _DISCOUNTS]
        _settle_discount(row, kind.price, named[-1] if named else "discountPercent", includes_tax=includes_tax)
        calculate_line(row, kind.price, includes_tax=includes_tax)

    return complete


def _settle_discount(row: Row, price: str, name: str, *, includes_tax: bool) -> None:
    """Set the line discount from the one property that decides it."""
    if name == "discountPercent":
        set_discount_percent(row, price, Decimal(row["discountPercent"]))
    elif name == "discountAmount":
        set_discount_amount(row, price, Decimal(row["discountAmount"]))
    else:
        rate = 1 + Decimal(row["taxPercent"]) / 100
        wanted = Decimal(row[name])
        if name == "amountExcludingTax" and includes_tax:
            wanted *= rate
        elif name == "amountIncludingTax" and not includes_tax:
            wanted /= rate
        set_discount_amount(row, price, gross_amount(row, price) - wanted)


def _give_up_share(kind: DocumentKind, draft: Draft) -> None:
    """Take a sales line's share out of its document's discount amount, once what its amount comes of has changed.

    That is Sales Line, ReduceInvoiceDiscValueOnHeader. A purchase keeps its discount, and a discount by percentage is
    calculated anew.
    """
    header, stored = _header(kind, draft), draft.stored
    if kind.is_purchase or stored is None or not header.get("_invoiceDiscount"):
        return
    percent = "discountPercent" in draft.given and draft.has_changed("discountPercent")
    if (percent or draft.has_changed(*_REPRICING)) and not draft.has_changed("lineObjectNumber", "lineType"):
        share = Decimal(stored["amountExcludingTax"]) - Decimal(stored["netAmount"])
        left = Decimal(header["_invoiceDiscount"]) - share
        draft.company.update(kind.headers, header["id"], {"_invoiceDiscount": left}, touch=False)


def _refresh_header(kind: DocumentKind) -> DraftRule:
    """A rule for the header's stamp after a line was changed.

    A line for an item moves it only when its amounts changed; a text or a dimension leaves it where it was. Any other
    line moves it.
    """

    def refresh(draft: Draft) -> None:
        amounts = draft.has_changed(
            "quantity", kind.price, "discountAmount", "discountPercent", "taxCode", "lineType", "lineObjectNumber"
        )
        touch = amounts or draft.row["lineType"] != "Item"
        _give_up_share(kind, draft)
        refresh_document(draft.company, kind, draft.row["documentId"], touch=touch)

    return refresh
