"""Which dimensions does a company have, which values are not taken, and who asks for which?

Sources: `postingValidation` of default dimensions, and the values of the API `microsoft/reportsFinance/beta`, which
shows what API v2.0 does not: whether a value is blocked, and of which type it is. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.values import decode_enum

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.wanted.records import Row

VALUES_ROUTE = "microsoft/reportsFinance/beta"
"""The API whose `dimensionValues` say which of them are blocked."""

_TAKEN = frozenset({"Standard", "Begin-Total"})
"""Types of values that an entry may have (codeunit 408)."""

_RULES = {
    "Code Mandatory": "needs a value of the dimension, whichever it is",
    "Same Code": "needs this value of the dimension and no other",
    "No Code": "takes no value of the dimension",
}
_NOT_SHOWN = (
    "Business Central's API shows neither which dimensions are blocked, nor the defaults of accounts and of whole "
    "kinds of account, nor which values a default allows, nor which combinations are blocked: a posting may still be "
    "refused for one of those."
)
_VALUES_UNREAD = f"It is not known which values are blocked: the API {VALUES_ROUTE} is not there, or may not be read."


def dimension_rules(
    dimensions: Iterable[Row], values: Iterable[Row] | None, parties: Mapping[str, Iterable[Row]]
) -> dict[str, Any]:
    """What a record has to keep to.

    Args:
        dimensions: Rows of `dimensions`.
        values: Rows of `dimensionValues` of the other API; None where they could not be read.
        parties: Rows with their `defaultDimensions`, by entity set, of all that a record may refer to.
    """
    refused = _refused(values or ())
    asked = {name: found for name, rows in parties.items() if (found := _asked(rows))}
    return {
        "codes": {str(row["code"]): str(row.get("displayName", "")) for row in dimensions},
        **({"not_taken": refused} if refused else {}),
        **({"asked_for": asked, "rules": dict(_RULES)} if asked else {}),
        "notes": [*(() if values is not None else (_VALUES_UNREAD,)), _NOT_SHOWN],
    }


def _refused(values: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Why values are not taken, by dimension and value."""
    found: dict[str, dict[str, str]] = {}
    for row in values:
        type_ = decode_enum(str(row.get("dimensionValueType") or "Standard"))
        why = "blocked" if row.get("blocked") else "" if type_ in _TAKEN else f"of type {type_}"
        if why:
            found.setdefault(str(row["dimensionCode"]), {})[str(row["dimensionValueCode"])] = why
    return found


def _asked(rows: Iterable[Row]) -> dict[str, dict[str, dict[str, str]]]:
    """The rules of default dimensions, by the number of what has them and by dimension."""
    found = {
        str(row.get("number")): {
            str(each["dimensionCode"]): {"rule": rule, **_value(each, rule)}
            for each in row.get("defaultDimensions") or ()
            if (rule := decode_enum(str(each["postingValidation"])).strip())
        }
        for row in rows
    }
    return {number: of for number, of in found.items() if of}


def _value(default: Row, rule: str) -> dict[str, str]:
    """The value that a rule is about; one that only proposes it says so by another name."""
    value = str(default.get("dimensionValueCode") or "")
    if not value or rule == "No Code":
        return {}
    return {"value" if rule == "Same Code" else "proposed": value}
