"""What is checked and filled in when a customer, a vendor, an item or a code table's row is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.date_formulas import is_formula
from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.rules.draft import Rules, in_turn
from dynamics_bc_emulator.rules.item_entries import on_hand, post_adjustment
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.rules.relations import repeating_properties
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, DraftRule, PropertyRule

_LINES = tuple(kind.lines for kind in KINDS)
# Where a number or code is repeated without its id beside it, by set: set, property, and what else must be so.
_REPEATED: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "items": (
        *((lines, "lineObjectNumber", {"lineType": "Item"}) for lines in _LINES),
        ("itemLedgerEntries", "itemNumber", {}),
    ),
    "customers": (("contacts", "_relatedNumber", {"_relatedType": "Customer"}),),
    "vendors": (("contacts", "_relatedNumber", {"_relatedType": "Vendor"}),),
    "bankAccounts": (
        ("contacts", "_relatedNumber", {"_relatedType": "Bank_x0020_Account"}),
        ("_bankPostingGroups", "bankAccountNumber", {}),
    ),
    "currencies": (("currencyExchangeRates", "currencyCode", {}),),
    "paymentMethods": (("_paymentMethodAccounts", "paymentMethodCode", {}),),
    "taxAreas": (
        ("customers", "_taxAreaCode", {}),
        ("vendors", "_taxAreaCode", {}),
        ("_vatPostingSetup", "taxAreaCode", {}),
        ("_generalPostingSetup", "taxAreaCode", {}),
        ("_partyPostingGroups", "taxAreaCode", {}),
    ),
    "taxGroups": (*((lines, "taxCode", {}) for lines in _LINES), ("_vatPostingSetup", "taxGroupCode", {})),
}


def _draws_number(series: str) -> DraftRule:
    """A rule that draws the number of a record that has none, passing over numbers in use."""

    def draw(draft: Draft) -> None:
        while draft.is_blank("number"):
            number = draft.company.next_number(series)
            if draft.company.first(draft.entity_set, number=number) is None:
                draft.row["number"] = number

    return draw


def _needs_text(name: str, caption: str) -> PropertyRule:
    """A rule that refuses a blank text."""

    def set_text(draft: Draft, value: Any) -> None:
        if not value.strip():
            raise refused(f"A {caption} must have a {name}: it must not be blank.")
        draft.row[name] = value

    return set_text


def _set_number(draft: Draft, value: Any) -> None:
    if draft.stored and not value:
        raise refused("The number must not be blank.")
    draft.row["number"] = value


def _rename(draft: Draft) -> None:
    """Carry a new number or code to the records that repeat it."""
    key = "number" if "number" in draft.row else "code"
    if draft.stored is None or not draft.has_changed(key):
        return
    repeats = repeating_properties(draft.entity_set)
    places = [(entity_set, name, {id_name: draft.row["id"]}) for entity_set, id_name, name in repeats]
    places += [
        (entity_set, name, {name: draft.stored[key], **more})
        for entity_set, name, more in _REPEATED.get(draft.entity_set, ())
    ]
    for entity_set, name, match in places:
        for row in draft.company.find(entity_set, **match):
            draft.company.update(entity_set, row["id"], {name: draft.row[key]}, touch=False)


def _keeps_open_documents(party_id: str, sets: tuple[str, ...], caption: str) -> DraftRule:
    """A rule that refuses to delete whom open documents name."""

    def check(draft: Draft) -> None:
        for entity_set in sets:
            rows = draft.company.find(entity_set, **{party_id: draft.row["id"]})
            if any(not row.get("_posted") for row in rows):
                raise refused(
                    f"You cannot delete {caption} {draft.row['number']} because there are outstanding {entity_set}."
                )

    return check


def _keeps_entries(entries: str, party_id: str, caption: str) -> DraftRule:
    """A rule that refuses to delete whom open ledger entries name."""

    def check(draft: Draft) -> None:
        if any(row.get("open") for row in draft.company.find(entries, **{party_id: draft.row["id"]})):
            raise refused(f"You cannot delete {caption} {draft.row['number']} because it has open ledger entries.")

    return check


def _local_currency(draft: Draft) -> None:
    draft.row["currencyCode"] = draft.company.local_currency


def _tax_area(draft: Draft) -> None:
    """New customers and vendors get the tax area that the demo company's templates give them."""
    area = draft.company.first("taxAreas", code="DOMESTIC") or {}
    draft.row["_taxAreaCode"] = area.get("code", "")
    if "taxAreaId" in draft.row:
        draft.row.update(taxAreaId=area.get("id", ZERO_GUID), taxAreaDisplayName=area.get("displayName", ""))


def _follow_tax_area(draft: Draft, area: Row | None) -> None:
    names = area or {"displayName": "", "code": ""}
    draft.row.update(taxAreaDisplayName=names["displayName"], _taxAreaCode=names["code"])


_TAX_AREA = Pair("taxAreaId", None, "taxAreas", "Tax Area", follow=_follow_tax_area)


def _delete_default_dimensions(draft: Draft) -> None:
    for row in draft.company.find("defaultDimensions", parentId=draft.row["id"]):
        draft.company.delete("defaultDimensions", row["id"])


CUSTOMERS = Rules(
    start=in_turn(_local_currency, _tax_area),
    properties={
        "number": _set_number,
        "displayName": _needs_text("displayName", "customer"),
        **pair_rules(_TAX_AREA),
    },
    insert=_draws_number("CUST"),
    modified=_rename,
    delete=in_turn(
        _keeps_open_documents(
            "customerId", ("salesInvoices", "salesOrders", "salesQuotes", "salesCreditMemos"), "Customer"
        ),
        _keeps_entries("_customerLedgerEntries", "customerId", "Customer"),
    ),
    deleted=_delete_default_dimensions,
    missing={("displayName",): "A customer name must be provided: displayName."},
)

VENDORS = Rules(
    start=in_turn(_local_currency, _tax_area),
    properties={"number": _set_number},
    insert=_draws_number("VEND"),
    modified=_rename,
    delete=in_turn(
        _keeps_open_documents("vendorId", ("purchaseInvoices", "purchaseOrders", "purchaseCreditMemos"), "Vendor"),
        _keeps_entries("_vendorLedgerEntries", "vendorId", "Vendor"),
    ),
    deleted=_delete_default_dimensions,
)


def _set_inventory(draft: Draft, value: Any) -> None:
    """A changed inventory is an adjustment of today by the difference; the quantity itself is never stored."""
    if draft.stored is None:
        if not value:
            return
        raise refused("The inventory cannot be set when an item is created; change it afterwards.")
    difference = value - on_hand(draft.company, draft.row["number"])
    if difference:
        post_adjustment(draft.company, draft.row, difference)


def _set_unit_code(draft: Draft, value: Any) -> None:
    """A unit of measure that does not exist is created with the item."""
    if value and draft.company.first("unitsOfMeasure", code=value) is None:
        draft.company.insert("unitsOfMeasure", {"code": value, "displayName": value})
    _UNIT_RULES["baseUnitOfMeasureCode"](draft, value)


def _keeps_used_items(draft: Draft) -> None:
    for entity_set in (
        "purchaseInvoiceLines",
        "purchaseOrderLines",
        "salesInvoiceLines",
        "salesOrderLines",
        "salesQuoteLines",
    ):
        if draft.company.first(entity_set, itemId=draft.row["id"]) is not None:
            raise refused(
                f"You cannot delete Item {draft.row['number']} because there are {entity_set} that include it."
            )
    if draft.company.first("itemLedgerEntries", itemNumber=draft.row["number"]) is not None:
        raise refused(f"You cannot delete Item {draft.row['number']} because there are ledger entries that include it.")


_UNIT_RULES = pair_rules(Pair("baseUnitOfMeasureId", "baseUnitOfMeasureCode", "unitsOfMeasure", "Unit of Measure"))

ITEMS = Rules(
    properties={"number": _set_number, "inventory": _set_inventory, "baseUnitOfMeasureCode": _set_unit_code},
    insert=_draws_number("ITEM"),
    modified=_rename,
    delete=_keeps_used_items,
    deleted=_delete_default_dimensions,
)


def _needs_code(caption: str, field_code: str = "BadRequest_RequiredParamNotProvided") -> PropertyRule:
    def set_code(draft: Draft, value: Any) -> None:
        if not value:
            raise Refusal(400, field_code, f"The code of a {caption} must not be blank.")
        draft.row["code"] = value

    return set_code


def _set_formula(name: str) -> PropertyRule:
    def set_text(draft: Draft, value: Any) -> None:
        if not is_formula(value):
            raise Refusal(
                400, "Application_EvaluateException", f"'{value}' of '{name}' is not a date formula, such as 14D or CM."
            )
        draft.row[name] = value.upper().replace(" ", "")

    return set_text


def _keeps_used_currency(draft: Draft) -> None:
    for entity_set in ("_customerLedgerEntries", "_vendorLedgerEntries"):
        if any(row.get("open") for row in draft.company.find(entity_set, currencyCode=draft.row["code"])):
            raise refused(
                f"You cannot delete currency {draft.row['code']} because there are open ledger entries in it."
            )


CURRENCIES = Rules(
    properties={"code": _needs_code("currency", "Application_FieldValidationException")},
    modified=_rename,
    delete=_keeps_used_currency,
)
PAYMENT_TERMS = Rules(
    properties={
        "code": _needs_code("payment term"),
        "dueDateCalculation": _set_formula("dueDateCalculation"),
        "discountDateCalculation": _set_formula("discountDateCalculation"),
    },
)
PAYMENT_METHODS = Rules(properties={"code": _needs_code("payment method")}, modified=_rename)
SHIPMENT_METHODS = Rules(properties={"code": _needs_code("shipment method")})
UNITS_OF_MEASURE = Rules(properties={"code": _needs_code("unit of measure")}, modified=_rename)
LOCATIONS = Rules(properties={"code": _needs_code("location")})
ITEM_CATEGORIES = Rules(properties={"code": _needs_code("item category")}, modified=_rename)


def _tax_type(draft: Draft) -> None:
    """The demo company has VAT, so its tax groups and areas are VAT posting groups."""
    draft.row["taxType"] = "VAT"


TAX_TABLES = Rules(
    start=_tax_type, properties={"code": _needs_code("tax group or area")}, modified=_rename, unique=("code",)
)

FIXED_ASSET_LOCATIONS = Rules(modified=_rename)

# Sets that draw a number and have no other rule.
NUMBERED = {
    entity_set: Rules(properties={"number": _set_number}, insert=_draws_number(series), modified=_rename)
    for entity_set, series in (
        ("bankAccounts", "BANK"),
        ("contacts", "CONT"),
        ("employees", "EMP"),
        ("fixedAssets", "FA"),
        ("opportunities", "OPP"),
        ("projects", "JOB"),
    )
}
