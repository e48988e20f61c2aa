"""What happens when a dimension is added to a record, given another value, or taken away.

The lines are not rows of their own: they are the entries of their parent's `_dimensions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import record_not_found, refused
from dynamics_bc_emulator.rules.dimensions import check_not_blocked, dimensions_of, set_dimensions
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.rows import Change
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_NO_DIMENSION = 'The "id" or "code" field must be filled in.'
_NO_VALUE = 'The "valueId" or "valueCode" field must be filled in.'


def _check_dimension(draft: Draft, dimension: Row) -> None:
    if draft.stored and draft.stored["code"] != dimension["code"]:
        raise refused('The "id" and "code" fields cannot be modified.')


_DIMENSION = Pair(
    "id",
    "code",
    "dimensions",
    "Dimension",
    disagree="The dimension field values do not match to a specific Dimension.",
    required=True,
    check=_check_dimension,
)
_VALUE = Pair("valueId", "valueCode", "dimensionValues", "Dimension Value", required=True)


def _set_value_code(draft: Draft, value: Any) -> None:
    # Which dimension's value it is shows only when all of the body has been read.
    if "valueId" in draft.given and draft.row["valueCode"] != value:
        # The sentence is the API app's, although it names the wrong fields.
        said = 'The values of the "dimensionCode" field and the "dimensionId" field do not refer to the same'
        raise refused(f"{said} Dimension Value.")
    if draft.row["valueCode"] != value:
        draft.row.update(valueCode=value, valueId=ZERO_GUID)


def _check(draft: Draft) -> None:
    row = draft.row
    if draft.is_blank("id"):
        raise refused(_NO_DIMENSION)
    if draft.is_blank("valueCode"):
        raise refused(_NO_VALUE)
    dimension = draft.company.get("dimensions", row["id"]) or {}
    values = draft.company.find("dimensionValues", dimensionId=row["id"])
    dimension_value = next((value for value in values if row["valueCode"] == value["code"]), None)
    if dimension_value is None or row["valueId"] not in (ZERO_GUID, dimension_value["id"]):
        name = "valueId" if "valueId" in draft.given else "valueCode"
        raise refused(f'The "{name}" does not match to a Dimension Value.')
    check_not_blocked(dimension, dimension_value)


def _take_line(draft: Draft) -> None:
    """Find the line that is written among its parent's dimensions.

    Raises:
        Refusal: The parent has no such dimension.
    """
    assert draft.parent
    dimension_id = draft.row["id"]
    dimension = draft.company.get("dimensions", dimension_id)
    value_code = dimensions_of(draft.parent.row).get(dimension["code"]) if dimension else None
    if dimension is None or value_code is None:
        raise record_not_found("Dimension Set Entry", f"Id='{dimension_id}'")
    values = draft.company.find("dimensionValues", dimensionId=dimension_id)
    value = next((row for row in values if row["code"] == value_code), {"id": ZERO_GUID})
    draft.stored = {"id": dimension["id"], "code": dimension["code"], "valueId": value["id"], "valueCode": value_code}
    draft.row = dict(draft.stored)


RULES = Rules(
    properties={**pair_rules(_DIMENSION), **pair_rules(_VALUE), "valueCode": _set_value_code},
    insert=_check,
    modify=_check,
    checks_modify=_take_line,
    delete=_take_line,
    missing={("id", "code"): _NO_DIMENSION, ("valueId", "valueCode"): _NO_VALUE},
    is_part_of_parent=True,
)


def keep_line(company: Company, change: Change) -> Row:
    """Add a dimension to its parent's, give it another value, or take it away.

    Raises:
        Refusal: A dimension that is added is there already, inherited perhaps.
    """
    parent = change.parent
    line = change.after or change.before
    assert parent
    assert line
    dimensions = dimensions_of(parent.row)
    if change.before is None and line["code"] in dimensions:
        raise refused(
            "The dimension set line already exists. "
            "Check existing dimension set lines and the default dimension set lines on the parent."
        )
    if change.after is None:
        del dimensions[line["code"]]
    else:
        dimensions[line["code"]] = line["valueCode"]
    row = dict(parent.row)
    set_dimensions(company, row, dimensions)
    changes = {name: value for name, value in row.items() if value != parent.row.get(name)}
    if changes:
        company.update(parent.entity_set.name, row["id"], changes)
    return line
