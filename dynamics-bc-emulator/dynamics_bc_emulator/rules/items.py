"""What is checked and filled in when an item or a variant of one is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.item_entries import on_hand, post_adjustment
from dynamics_bc_emulator.rules.master_data import (
    delete_default_dimensions,
    document_caption,
    draws_number,
    rename,
    set_number,
)
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules, values_disagree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

# Documents that are only read: their lines, and what they are called.
_OTHER_DOCUMENTS = {
    "purchaseQuoteLines": "Purchase Quote",
    "blanketPurchaseOrderLines": "Purchase Blanket Order",
    "purchaseReturnOrderLines": "Purchase Return Order",
    "blanketSalesOrderLines": "Sales Blanket Order",
    "salesReturnOrderLines": "Sales Return Order",
}
# Where else a variant is named: the set, its property with the item's number, and the table's caption.
_VARIANTS_ELSEWHERE = (
    ("assemblyOrders", "itemNumber", "Assembly Header"),
    ("assemblyOrderLines", "lineObjectNumber", "Assembly Line"),
    ("transferOrderLines", "itemNumber", "Transfer Line"),
)


def _set_inventory(draft: Draft, value: Any) -> None:
    """A changed inventory is an adjustment of today by the difference; the quantity itself is never stored."""
    if draft.stored is None:
        if not value:
            return
        raise refused("Inventory cannot be changed during on insert.")
    difference = value - on_hand(draft.company, draft.row["number"])
    if difference:
        post_adjustment(draft.company, draft.row, difference)


def _set_unit_code(draft: Draft, value: Any) -> None:
    """A unit of measure that does not exist is created with the item."""
    if value and draft.company.first("unitsOfMeasure", code=value) is None:
        draft.company.insert("unitsOfMeasure", {"code": value, "displayName": value})
    _UNIT_RULES["baseUnitOfMeasureCode"](draft, value)


def _keeps_used_items(draft: Draft) -> None:
    cannot = f"You cannot delete Item {draft.row['number']} because"
    document = next(_documents_with(draft), None)
    if document is not None:
        raise refused(f"{cannot} there is at least one outstanding {document} that includes this item.")
    if draft.company.first("transferOrderLines", itemNumber=draft.row["number"]) is not None:
        raise refused(f"{cannot} there are one or more outstanding transfer orders that include this item.")
    if draft.company.first("itemLedgerEntries", itemNumber=draft.row["number"]) is not None:
        raise refused(f"{cannot} it has ledger entries.")


def _documents_with(draft: Draft) -> Iterator[str]:
    """What the documents are called that have a line with the item."""
    for kind in KINDS:
        if draft.company.first(kind.lines, itemId=draft.row["id"]) is not None:
            yield document_caption(kind.headers)
    for lines, caption in _OTHER_DOCUMENTS.items():
        if draft.company.first(lines, lineType="Item", lineObjectNumber=draft.row["number"]) is not None:
            yield caption


def _delete_what_hangs_on(draft: Draft) -> None:
    delete_default_dimensions(draft)
    for row in draft.company.find("itemVariants", itemId=draft.row["id"]):
        draft.company.delete("itemVariants", row["id"])


_UNIT_RULES = pair_rules(Pair("baseUnitOfMeasureId", "baseUnitOfMeasureCode", "unitsOfMeasure", "Unit of Measure"))

ITEMS = Rules(
    properties={"number": set_number, "inventory": _set_inventory, "baseUnitOfMeasureCode": _set_unit_code},
    insert=draws_number("ITEM"),
    modified=rename,
    delete=_keeps_used_items,
    deleted=_delete_what_hangs_on,
)


def _check_item(draft: Draft, item: Row) -> None:
    """Of a variant, id and number must agree in either order."""
    if "itemNumber" in draft.given and draft.row["itemId"] != item["id"]:
        raise values_disagree(_ITEM)


_ITEM = Pair("itemId", "itemNumber", "items", "Item", "number", check=_check_item)


def _keeps_used_variants(draft: Draft) -> None:
    table = next(_tables_with(draft), None)
    if table is not None:
        cannot = f"You cannot delete item variant {draft.row['code']}"
        raise refused(f"{cannot} because there is at least one {table} that includes this Variant Code.")


def _tables_with(draft: Draft) -> Iterator[str]:
    """The captions of the tables that name the variant."""
    for kind in KINDS:
        if draft.company.first(kind.lines, itemVariantId=draft.row["id"]) is not None:
            yield "Purchase Line" if kind.is_purchase else "Sales Line"
    for entity_set, item, caption in _VARIANTS_ELSEWHERE:
        named = {item: draft.row["itemNumber"], "variantCode": draft.row["code"]}
        if draft.company.first(entity_set, **named) is not None:
            yield caption


VARIANTS = Rules(properties=pair_rules(_ITEM), delete=_keeps_used_variants)
