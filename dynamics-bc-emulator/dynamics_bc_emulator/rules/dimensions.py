"""Which dimensions a record has: inherited, set by shortcut code, set line by line.

A record's dimensions lie on its row as `_dimensions`, dimension codes to value codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

SHORTCUTS = ("shortcutDimension1Code", "shortcutDimension2Code")


def default_dimensions(company: Company, *parent_ids: str) -> dict[str, str]:
    """The default dimensions of some records, a later record's before an earlier one's."""
    return {
        row["dimensionCode"]: row["dimensionValueCode"]
        for parent_id in parent_ids
        for row in company.find("defaultDimensions", parentId=parent_id)
        if row["dimensionValueCode"]
    }


def dimensions_of(row: Row) -> dict[str, str]:
    """A record's dimensions: codes to value codes."""
    return dict(row.get("_dimensions") or {})


def set_dimensions(company: Company, row: Row, dimensions: dict[str, str]) -> None:
    """Give a record its dimensions; its shortcut codes, if it shows them, follow."""
    row["_dimensions"] = dimensions
    setup = company.ledger_setup
    for name in SHORTCUTS:
        if name in row:
            row[name] = dimensions.get(setup.get(name, ""), "")


def shortcut_rules() -> dict[str, PropertyRule]:
    """The rules of a header's two shortcut codes: the value of a global dimension, or blank to drop the dimension."""
    return {name: _shortcut_rule(name) for name in SHORTCUTS}


def _shortcut_rule(name: str) -> PropertyRule:
    def set_code(draft: Draft, value: Any) -> None:
        dimension_code = draft.company.ledger_setup.get(name, "")
        dimensions = dimensions_of(draft.row)
        dimensions.pop(dimension_code, None)
        if value:
            checked_value(draft.company, dimension_code, value)
            dimensions[dimension_code] = value
        set_dimensions(draft.company, draft.row, dimensions)

    return set_code


def checked_value(company: Company, dimension_code: str, value_code: str) -> Row:
    """The dimension value of that code.

    Raises:
        Refusal: The dimension has no such value, or it is blocked.
    """
    dimension = company.first("dimensions", code=dimension_code)
    values = company.find("dimensionValues", dimensionId=dimension["id"]) if dimension else []
    dimension_value = next((row for row in values if row["code"] == value_code), None)
    if dimension is None or dimension_value is None:
        identification = f"Dimension Code='{dimension_code}',Code='{value_code}'"
        message = f"The Dimension Value does not exist. Identification fields and values: {identification}"
        raise Refusal(400, "Internal_InvalidTableRelation", message)
    check_not_blocked(dimension, dimension_value)
    return dimension_value


def check_not_blocked(dimension: Row, value: Row) -> None:
    """Refuse what is blocked; the API has no property for it, so it is the internal `_blocked`."""
    if dimension.get("_blocked"):
        raise refused(f"Dimension {dimension['code']} is blocked.")
    if value.get("_blocked"):
        raise refused(f"Dimension Value {dimension['code']} - {value['code']} is blocked.")


def check_posting_validation(
    company: Company, dimensions: dict[str, str], caption: str, number: str, parent_id: str
) -> None:
    """Refuse a posting whose dimensions break the value posting of a record's default dimensions.

    Raises:
        Refusal: A mandatory value is missing, another one than the required one is there, or one that may not be.
    """
    for rule in company.find("defaultDimensions", parentId=parent_id):
        code, wanted, kind = rule["dimensionCode"], rule["dimensionValueCode"], rule["postingValidation"]
        actual = dimensions.get(code, "")
        where = f"for {caption} {number}"
        if kind == "Code_x0020_Mandatory" and not actual:
            raise refused(f"Select a Dimension Value Code for the Dimension Code {code} {where}.")
        if kind == "Same_x0020_Code" and actual != wanted:
            raise refused(_other_value(code, wanted, actual, where))
        if kind == "No_x0020_Code" and actual:
            raise refused(_other_value(code, "", actual, where))


def _other_value(code: str, wanted: str, actual: str, where: str) -> str:
    """What is said of a value that is not the one that a default dimension demands."""
    if wanted and not actual:
        return f"The Dimension Code {code} with Dimension Value Code {wanted} is required {where}."
    must = f"The Dimension Value Code must be {wanted or 'blank'} for Dimension Code {code} {where}."
    return f"{must} Currently it's {actual or 'blank'}."
