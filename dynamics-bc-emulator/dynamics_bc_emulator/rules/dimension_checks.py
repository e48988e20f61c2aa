"""Do the dimensions of what is posted fit together, and fit what it is posted to?

Three checks in a row: combinations that are blocked, dimensions and values that are blocked, and what default
dimensions ask for. Default dimensions of accounts, assets, locations and salespeople are not shown by the API; they are
rows of `defaultDimensions` all the same, whose `parentId` is the account's, and those for all accounts of a type have
no `parentId` and the type as their `parentType`.

The rules are those of codeunits 408 (DimensionManagement) and 481 (Check Dimensions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.dimensions import check_not_blocked, check_posting_validation
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row


@dataclass(frozen=True, slots=True)
class Owner:
    """What default dimensions belong to: an account, an item, a customer.

    Attributes:
        caption: What its table is called.
        number: What people call it.
        id: Its id.
    """

    caption: str
    number: str
    id: str

    @staticmethod
    def of(caption: str, row: Row) -> Owner:
        """The owner that a row is."""
        return Owner(caption, str(row.get("number") or row.get("code")), str(row["id"]))


def check_dimensions(company: Company, dimensions: dict[str, str], owners: Iterable[Owner]) -> None:
    """Refuse a posting with dimensions that do not fit.

    Args:
        company: Whose set-up.
        dimensions: Dimension codes to value codes.
        owners: What it is posted to.

    Raises:
        Refusal: Two of them may not be used together, one is blocked, or an owner asks for others.
    """
    _check_combinations(company, dimensions)
    _check_blocked(company, dimensions)
    for owner in owners:
        check_posting_validation(company, dimensions, owner.caption, owner.number, owner.id)
        _check_for_all(company, dimensions, owner)


def _check_combinations(company: Company, dimensions: dict[str, str]) -> None:
    """The table `dimensionCombinations` names two dimensions, with values where those alone do not go together."""
    for row in company.find("_dimensionCombinations"):
        pairs = [(row[f"dimension{place}"], row[f"value{place}"]) for place in (1, 2)]
        if not all(code in dimensions for code, _ in pairs):
            continue
        (first, one), (second, other) = pairs
        if not one and not other:
            raise refused(f"Dimensions {first} and {second} can't be used concurrently.")
        if dimensions[first] == one and dimensions[second] == other:
            what = f"{first} - {one} and {second} - {other}"
            raise refused(f"Dimension combinations {what} can't be used concurrently.")


def _check_blocked(company: Company, dimensions: dict[str, str]) -> None:
    for code, value_code in dimensions.items():
        dimension = company.first("dimensions", code=code)
        values = company.find("dimensionValues", dimensionId=dimension["id"]) if dimension else []
        for value in values:
            if dimension is not None and value["code"] == value_code:
                check_not_blocked(dimension, value)


def _check_for_all(company: Company, dimensions: dict[str, str], owner: Owner) -> None:
    """What all accounts of a type ask for, unless the account has a rule of its own for the dimension."""
    own = {rule["dimensionCode"] for rule in company.find("defaultDimensions", parentId=owner.id)}
    for rule in company.find("defaultDimensions", parentId=ZERO_GUID, parentType=owner.caption):
        code = rule["dimensionCode"]
        is_missing = rule["postingValidation"] == "Code_x0020_Mandatory" and not dimensions.get(code)
        if is_missing and code not in own:
            raise refused(
                f"The {code} dimension is the default dimension, and it must have a value. You can set the value on "
                "the Default Dimensions page."
            )
