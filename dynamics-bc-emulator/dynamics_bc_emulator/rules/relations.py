"""Which properties name other records: what the catalogue says of them (`relation`), and the rules that follow."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.odata.catalogue import EntitySet
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


# What is said when id and code disagree, where the API app has words of its own.
_DISAGREE = {"itemCategories": "The item categories values do not match to a specific item category."}


@cache
def relation_rules(entity_set_name: str) -> Mapping[str, PropertyRule]:
    """The rules that follow from the catalogue alone: pairs, ids of other records, codes of other records."""
    entity_set = load_catalogue().sets.get(entity_set_name)
    if entity_set is None:
        return {}
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
def repeating_properties(target: str) -> tuple[tuple[str, str, str], ...]:
    """Where the code or number of a set's rows is repeated: set, property with the id, property with the code."""
    places: list[tuple[str, str, str]] = []
    for entity_set in load_catalogue().sets.values():
        for name, known in entity_set.properties.items():
            if known.relation and known.relation.endswith(_SYSTEM_ID):
                table = known.relation.removesuffix(_SYSTEM_ID)
                pair = _pair(entity_set, name, table) if _TABLES.get(table) == target else None
                if pair and pair.code_name:
                    places.append((entity_set.name, name, pair.code_name))
    return tuple(places)


@cache
def repeating_codes(target: str) -> tuple[tuple[str, str], ...]:
    """Where the code or number of a set's rows is repeated without an id beside it: set and property."""
    paired = {(entity_set, name) for entity_set, _, name in repeating_properties(target)}
    return tuple(
        (entity_set.name, name)
        for entity_set in load_catalogue().sets.values()
        for name, known in entity_set.properties.items()
        if known.relation in _TABLES and _TABLES[known.relation] == target and (entity_set.name, name) not in paired
    )


def _pair(entity_set: EntitySet, id_name: str, table: str) -> Pair:
    stem = id_name.removesuffix("Id")
    code_name = next((stem + ending for ending in _CODE_ENDINGS if stem + ending in entity_set.properties), None)
    target = _TABLES[table]
    return Pair(id_name, code_name, target, table, _code_of(target), disagree=_DISAGREE.get(target, ""))


def _code_rule(name: str, table: str) -> PropertyRule:
    code = _code_of(_TABLES[table])

    def set_code(draft: Draft, value: Any) -> None:
        if value and draft.company.first(_TABLES[table], **{code: value}) is None:
            raise not_in_table(draft.entity_set, name, value, table)
        draft.row[name] = value

    return set_code


def not_in_table(entity_set_name: str, name: str, value: str, table: str) -> Refusal:
    """400 for a code or number of a record that is not there."""
    entity_set = load_catalogue().sets[entity_set_name]
    field = f"{entity_set.properties[name].caption} of table {entity_set.table}"
    said = f"contains a value ({value}) that cannot be found in the related table ({table})."
    return Refusal(400, "Internal_InvalidTableRelation", f"The field {field} {said}")


def _code_of(target: str) -> str:
    return "number" if "number" in load_catalogue().sets[target].properties else "code"
