"""What is checked when a customer, vendor, item or employee gets a default dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.dimensions import check_not_blocked
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_NO_PARENT = "You must get to the parent first to get to the default dimensions."
_DIFFER = 'The "dimensionId" and "dimensionValueId" match to different Dimension records.'
_PARENT_SETS = {"Customer": "customers", "Item": "items", "Vendor": "vendors", "Employee": "employees"}


def _check_dimension(draft: Draft, dimension: Row) -> None:
    if draft.stored and draft.stored["dimensionId"] != dimension["id"]:
        raise refused("You can't rename a Default Dimension.")
    named = {"dimensionId", "dimensionCode", "dimensionValueId"} & set(draft.given)
    if named and draft.row["dimensionId"] not in (ZERO_GUID, dimension["id"]):
        raise refused(_DIFFER)


def _check_value(draft: Draft, value: Row) -> None:
    if draft.row["dimensionId"] == ZERO_GUID:
        # Only the value was sent: the dimension is the value's.
        _DIMENSION_RULES["dimensionId"](draft, value["dimensionId"])
    if draft.row["dimensionId"] != value["dimensionId"]:
        raise refused(_DIFFER)


_DIMENSION_RULES = pair_rules(
    Pair("dimensionId", "dimensionCode", "dimensions", "Dimension", required=True, check=_check_dimension)
)
_VALUE = Pair("dimensionValueId", "dimensionValueCode", "dimensionValues", "Dimension Value", check=_check_value)
_set_value_id = pair_rules(_VALUE)["dimensionValueId"]


def _set_value_code(draft: Draft, value: Any) -> None:
    if not value:
        _set_value_id(draft, ZERO_GUID)
        return
    if draft.row["dimensionId"] == ZERO_GUID:
        raise refused('The "dimensionId" does not match to a Dimension.')
    dimension_value = next(
        (
            row
            for row in draft.company.find("dimensionValues", dimensionId=draft.row["dimensionId"])
            if row["code"] == value
        ),
        None,
    )
    if dimension_value is None:
        raise refused('The "dimensionValueCode" does not match to a Dimension Value.')
    _set_value_id(draft, dimension_value["id"])


def _check(draft: Draft) -> None:
    parent_set = _PARENT_SETS.get(draft.row["parentType"])
    if parent_set is None or draft.row["parentId"] == ZERO_GUID:
        raise refused(_NO_PARENT)
    if draft.company.get(parent_set, draft.row["parentId"]) is None:
        # Spelled as the base application spells it.
        raise refused('The "parenteId" does not match to any entity.')
    dimension = draft.company.get("dimensions", draft.row["dimensionId"])
    if dimension is None:
        raise refused('The "dimensionId" does not match to a Dimension.')
    value = draft.company.get("dimensionValues", draft.row["dimensionValueId"])
    check_not_blocked(dimension, value or {})


RULES = Rules(
    properties={
        **_DIMENSION_RULES,
        "dimensionValueId": _set_value_id,
        "dimensionValueCode": _set_value_code,
    },
    insert=_check,
    modify=_check,
    missing={("parentType",): _NO_PARENT, ("parentId",): _NO_PARENT},
    unique=("parentId", "dimensionCode"),
)
