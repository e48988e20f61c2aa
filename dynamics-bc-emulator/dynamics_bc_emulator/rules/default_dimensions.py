"""What is checked when a customer, vendor, item or employee gets a default dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.dimensions import check_not_blocked
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_NO_PARENT = "The parent of the default dimension must be specified: parentType and parentId."
_PARENT_SETS = {"Customer": "customers", "Item": "items", "Vendor": "vendors", "Employee": "employees"}


def _set_dimension_id(draft: Draft, value: Any) -> None:
    dimension = draft.company.get("dimensions", value)
    if dimension is None:
        raise refused(f'The "dimensionId" does not match to a Dimension: {value}.')
    _set_dimension(draft, dimension)


def _set_dimension_code(draft: Draft, value: Any) -> None:
    dimension = draft.company.first("dimensions", code=value)
    if dimension is None:
        raise refused(f'The "dimensionCode" does not match to a Dimension: {value}.')
    _set_dimension(draft, dimension)


def _set_dimension(draft: Draft, dimension: Row) -> None:
    if draft.stored and draft.stored["dimensionId"] != dimension["id"]:
        raise refused("The dimension of a default dimension cannot be changed; delete it and create another one.")
    named = {"dimensionId", "dimensionCode", "dimensionValueId"} & set(draft.given)
    if named and draft.row["dimensionId"] not in (ZERO_GUID, dimension["id"]):
        raise refused("The dimension and the dimension value do not match.")
    draft.row.update(dimensionId=dimension["id"], dimensionCode=dimension["code"])


def _set_value_id(draft: Draft, value: Any) -> None:
    if value == ZERO_GUID:
        draft.row.update(dimensionValueId=ZERO_GUID, dimensionValueCode="")
        return
    found = draft.company.get("dimensionValues", value)
    if found is None:
        raise refused(f'The "dimensionValueId" does not match to a Dimension Value: {value}.')
    if draft.row["dimensionId"] == ZERO_GUID:
        # Only the value was sent: the dimension is the value's.
        _set_dimension_id(draft, found["dimensionId"])
    if draft.row["dimensionId"] != found["dimensionId"]:
        raise refused(f"The dimension value {found['code']} is none of the dimension {draft.row['dimensionCode']}.")
    draft.row.update(dimensionValueId=found["id"], dimensionValueCode=found["code"])


def _set_value_code(draft: Draft, value: Any) -> None:
    if not value:
        _set_value_id(draft, ZERO_GUID)
        return
    if draft.row["dimensionId"] == ZERO_GUID:
        raise refused("The dimension must be given before the code of its value.")
    found = next(
        (
            row
            for row in draft.company.find("dimensionValues", dimensionId=draft.row["dimensionId"])
            if row["code"] == value
        ),
        None,
    )
    if found is None:
        raise refused(
            f'The "dimensionValueCode" does not match to a value of dimension {draft.row["dimensionCode"]}: {value}.'
        )
    _set_value_id(draft, found["id"])


def _check(draft: Draft) -> None:
    parent_set = _PARENT_SETS.get(draft.row["parentType"])
    if parent_set is None or draft.row["parentId"] == ZERO_GUID:
        raise refused(_NO_PARENT)
    if draft.company.get(parent_set, draft.row["parentId"]) is None:
        raise refused(f'The "parentId" does not match to a {draft.row["parentType"]}: {draft.row["parentId"]}.')
    dimension = draft.company.get("dimensions", draft.row["dimensionId"])
    if dimension is None:
        raise refused("A default dimension needs a dimension: send dimensionId or dimensionValueId.")
    value = draft.company.get("dimensionValues", draft.row["dimensionValueId"])
    check_not_blocked(dimension, value or {})


RULES = Rules(
    properties={
        "dimensionId": _set_dimension_id,
        "dimensionCode": _set_dimension_code,
        "dimensionValueId": _set_value_id,
        "dimensionValueCode": _set_value_code,
    },
    insert=_check,
    modify=_check,
    missing={("parentType",): _NO_PARENT, ("parentId",): _NO_PARENT},
    unique=("parentId", "dimensionCode"),
)
