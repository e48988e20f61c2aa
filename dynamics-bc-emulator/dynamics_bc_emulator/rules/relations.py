"""How a property that names another record is checked, and how an id and its code keep step.

Which property names what is in the catalogue (`relation`). The rule of a pair, such as `currencyId` and `currencyCode`:
whichever is set fills the other; once the id was set, a code that names another record is refused; the zero GUID and
the blank code clear both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

_SYSTEM_ID = ".SystemId"
_CODE_ENDINGS = ("Code", "Number")
_TABLES = {
    "Contact": "contacts",
    "Country/Region": "countriesRegions",
    "Currency": "currencies",
    "Customer": "customers",
    "Dispute Status": "disputeStatus",
    "Employee": "employees",
    "FA Location": "fixedAssetLocations",
    "G/L Account": "accounts",
    "Gen. Product Posting Group": "generalProductPostingGroups",
    "Inventory Posting Group": "inventoryPostingGroups",
    "Item": "items",
    "Item Category": "itemCategories",
    "Job": "projects",
    "Location": "locations",
    "Payment Method": "paymentMethods",
    "Payment Terms": "paymentTerms",
    "Reason Code": "customerReturnReasons",
    "Salesperson/Purchaser": "salespeoplePurchasers",
    "Shipment Method": "shipmentMethods",
    "Tax Group": "taxGroups",
    "Unit of Measure": "unitsOfMeasure",
    "Vendor": "vendors",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two properties that name one record.

    Attributes:
        id_name: The property with its id.
        code_name: The property with its code or number, if there is one.
        target: The entity set it is in.
        caption: What people call it.
        target_code: The target's property that `code_name` repeats.
    """

    id_name: str
    code_name: str | None
    target: str
    caption: str
    target_code: str = "code"


def pair_rules(pair: Pair) -> dict[str, PropertyRule]:
    """The rules of both properties of a pair."""

    def set_id(draft: Draft, value: Any) -> None:
        if value == ZERO_GUID:
            _fill(pair, draft, None)
            return
        found = draft.company.get(pair.target, value)
        if found is None:
            raise refused(f'The "{pair.id_name}" does not match to a {pair.caption}: {value}.')
        _fill(pair, draft, found)

    def set_code(draft: Draft, value: Any) -> None:
        id_was_set = pair.id_name in draft.given
        found = _named(pair, draft, value)
        if id_was_set and (found or {"id": ZERO_GUID})["id"] != draft.row[pair.id_name]:
            raise refused(f'The "{pair.id_name}" and "{pair.code_name}" do not match to the same {pair.caption}.')
        _fill(pair, draft, found)

    rules: dict[str, PropertyRule] = {pair.id_name: set_id}
    if pair.code_name:
        rules[pair.code_name] = set_code
    return rules


def _named(pair: Pair, draft: Draft, value: str) -> Row | None:
    if not value or (pair.target == "currencies" and value.upper() == draft.company.local_currency):
        return None
    found = draft.company.first(pair.target, **{pair.target_code: value.strip().upper()})
    if found is None:
        raise refused(f'The "{pair.code_name}" does not match to a {pair.caption}: {value}.')
    return found


def _fill(pair: Pair, draft: Draft, found: Row | None) -> None:
    draft.row[pair.id_name] = found["id"] if found else ZERO_GUID
    if pair.code_name:
        # The local currency is no row of the table: a blank currency is served as its code.
        blank = draft.company.local_currency if pair.target == "currencies" else ""
        draft.row[pair.code_name] = found[pair.target_code] if found else blank


@cache
def relation_rules(entity_set_name: str) -> Mapping[str, PropertyRule]:
    """The rules that follow from the catalogue alone: pairs, ids of other records, codes of other records."""
    entity_set = load_catalogue().sets[entity_set_name]
    rules: dict[str, PropertyRule] = {}
    for name, known in entity_set.properties.items():
        if known.relation is None or name in rules:
            continue
        table = known.relation.removesuffix(_SYSTEM_ID)
        if table not in _TABLES:
            continue
        if known.relation.endswith(_SYSTEM_ID):
            rules.update(pair_rules(_pair(entity_set, name, table)))
        else:
            rules[name] = _code_rule(name, table)
    return rules


@cache
def repeating_properties(target: str) -> tuple[tuple[str, str | None, str], ...]:
    """Where the code or number of a set's rows is repeated: set, property with the id, property with the code."""
    found: list[tuple[str, str | None, str]] = []
    for entity_set in load_catalogue().sets.values():
        for name, known in entity_set.properties.items():
            if known.relation and known.relation.endswith(_SYSTEM_ID):
                table = known.relation.removesuffix(_SYSTEM_ID)
                pair = _pair(entity_set, name, table) if _TABLES.get(table) == target else None
                if pair and pair.code_name:
                    found.append((entity_set.name, name, pair.code_name))
    return tuple(found)


def _pair(entity_set: EntitySet, id_name: str, table: str) -> Pair:
    stem = id_name.removesuffix("Id")
    code_name = next((stem + ending for ending in _CODE_ENDINGS if stem + ending in entity_set.properties), None)
    return Pair(id_name, code_name, _TABLES[table], table, _code_of(_TABLES[table]))


def _code_rule(name: str, table: str) -> PropertyRule:
    code = _code_of(_TABLES[table])

    def set_code(draft: Draft, value: Any) -> None:
        if value and draft.company.first(_TABLES[table], **{code: value}) is None:
            message = (
                f"The field {name} of table {load_catalogue().sets[draft.entity_set].table} contains a value ({value}) "
                f"that cannot be found in the related table ({table})."
            )
            raise Refusal(400, "Internal_InvalidTableRelation", message)
        draft.row[name] = value

    return set_code


def _code_of(target: str) -> str:
    return "number" if "number" in load_catalogue().sets[target].properties else "code"
