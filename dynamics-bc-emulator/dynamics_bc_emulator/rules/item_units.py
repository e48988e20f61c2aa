"""In which unit of measure does a line count an item, and what does that change?

The units of an item are the table `itemUnitsOfMeasure`; a unit that has no row there is one of the base unit's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row

_FIVE_DECIMALS = Decimal("0.00001")


def first_unit(company: Company, item: Row, *, is_purchase: bool) -> Row:
    """The unit that a line for an item starts with: that of its card for buying or for selling, else the base unit.

    That is CopyFromItem of Purchase Line and Sales Line. The API shows neither of the two, so that they are internal.
    """
    own = item.get("_purchaseUnitOfMeasureCode" if is_purchase else "_salesUnitOfMeasureCode")
    unit = company.first("unitsOfMeasure", code=own) if own else None
    if unit is None:
        return {"unitOfMeasureId": item["baseUnitOfMeasureId"], "unitOfMeasureCode": item["baseUnitOfMeasureCode"]}
    return {"unitOfMeasureId": unit["id"], "unitOfMeasureCode": unit["code"]}


def quantity_per_unit(company: Company, line: Row) -> Decimal:
    """How many base units are in one of the line's: what an item costs in it is so many times the card's price."""
    unit = _unit(company, line)
    return Decimal((unit or {}).get("quantityPerUnitOfMeasure") or 1)


def quantity_step(company: Company, line: Row) -> Decimal:
    """What quantities of a line are rounded to."""
    unit = _unit(company, line) if line["lineType"] == "Item" and line["lineObjectNumber"] else None
    return Decimal((unit or {}).get("quantityRoundingPrecision") or _FIVE_DECIMALS)


def _unit(company: Company, line: Row) -> Row | None:
    number, code = line["lineObjectNumber"], line["unitOfMeasureCode"]
    return company.first("_itemUnitsOfMeasure", itemNumber=number, unitOfMeasureCode=code)
