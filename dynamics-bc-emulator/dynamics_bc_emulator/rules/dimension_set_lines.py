"""What happens when a dimension is added to a record, given another value, or taken away.

The lines are not rows of their own: they are the entries of their parent's `_dimensions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.errors import record_not_found, refused
from dynamics_bc_emulator.rules.dimensions import check_not_blocked, dimensions_of, set_dimensions
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.company import Company
    from dynamics_bc_emulator.rules.draft import Draft
    from dynamics_bc_emulator.store import Row

_SET = "dimensionSetLines"


def _set_id(draft: Draft, value: Any) -> None:
    found = draft.company.get("dimensions", value)
    if found is None:
        raise refused(f'The "id" does not match to a Dimension: {value}.')
    _set_dimension(draft, found)


def _set_code(draft: Draft, value: Any) -> None:
    found = draft.company.first("dimensions", code=value)
    if found is None:
        raise refused(f'The "code" does not match to a Dimension: {value}.')
    if "id" in draft.given and found["id"] != draft.row["id"]:
        raise refused('The "id" and "code" do not match to the same Dimension.')
    _set_dimension(draft, found)


def _set_dimension(draft: Draft, dimension: Row) -> None:
    if draft.stored and draft.stored["code"] != dimension["code"]:
        raise refused("The id and code of a dimension set line cannot be changed; delete it and create another one.")
    draft.row.update(id=dimension["id"], code=dimension["code"])


def _set_value_id(draft: Draft, value: Any) -> None:
    found = draft.company.get("dimensionValues", value)
    if found is None:
        raise refused(f'The "valueId" does not match to a Dimension Value: {value}.')
    draft.row.update(valueId=found["id"], valueCode=found["code"], _dimensionOfValue=found["dimensionId"])


def _set_value_code(draft: Draft, value: Any) -> None:
    # Which dimension's value it is shows only when all of the body has been read.
    if "valueId" in draft.given and draft.row["valueCode"] != value:
        raise refused('The "valueId" and "valueCode" do not match to the same Dimension Value.')
    if draft.row["valueCode"] != value:
        draft.row.update(valueCode=value, valueId=ZERO_GUID)


def _check(draft: Draft) -> None:
    row = draft.row
    if row["id"] == ZERO_GUID:
        raise refused("The id or the code of the dimension must be filled in.")
    if not row["valueCode"]:
        raise refused("The valueId or the valueCode of the dimension value must be filled in.")
    dimension = draft.company.get("dimensions", row["id"]) or {}
    values = draft.company.find("dimensionValues", dimensionId=row["id"])
    found = next((value for value in values if row["valueCode"] == value["code"]), None)
    if found is None or row["valueId"] not in (ZERO_GUID, found["id"]):
        raise refused(
            f"The dimension value {row['valueCode']} does not match to a value of the dimension {row['code']}."
        )
    check_not_blocked(dimension, found)


RULES = Rules(
    properties={"id": _set_id, "code": _set_code, "valueId": _set_value_id, "valueCode": _set_value_code},
    insert=_check,
    modify=_check,
)


def stored_line(company: Company, parent: Row, dimension_id: str) -> Row:
    """A parent's line for a dimension.

    Raises:
        ServiceFault: The parent has no such dimension.
    """
    dimension = company.get("dimensions", dimension_id)
    value_code = dimensions_of(parent).get(dimension["code"]) if dimension else None
    if dimension is None or value_code is None:
        raise record_not_found("Dimension Set Entry", f"Id='{dimension_id}'")
    values = company.find("dimensionValues", dimensionId=dimension_id)
    value = next((row for row in values if row["code"] == value_code), {"id": ZERO_GUID})
    return {"id": dimension["id"], "code": dimension["code"], "valueId": value["id"], "valueCode": value_code}


def add_line(company: Company, parent_set: str, parent: Row, line: Row) -> None:
    """Add a dimension to a record.

    Raises:
        ServiceFault: It is there already, inherited perhaps.
    """
    dimensions = dimensions_of(parent)
    if line["code"] in dimensions:
        raise refused(f"The Dimension Set Entry already exists: Dimension Code='{line['code']}'.")
    _keep(company, parent_set, parent, {**dimensions, line["code"]: line["valueCode"]})


def change_line(company: Company, parent_set: str, parent: Row, line: Row) -> None:
    """Give a record's dimension another value."""
    _keep(company, parent_set, parent, {**dimensions_of(parent), line["code"]: line["valueCode"]})


def remove_line(company: Company, parent_set: str, parent: Row, line: Row) -> None:
    """Take a dimension away from a record."""
    dimensions = dimensions_of(parent)
    del dimensions[line["code"]]
    _keep(company, parent_set, parent, dimensions)


def _keep(company: Company, parent_set: str, parent: Row, dimensions: dict[str, str]) -> None:
    before = dict(parent)
    set_dimensions(company, parent, dimensions)
    changes = {name: value for name, value in parent.items() if value != before.get(name)}
    if changes:
        company.update(parent_set, parent["id"], changes)
