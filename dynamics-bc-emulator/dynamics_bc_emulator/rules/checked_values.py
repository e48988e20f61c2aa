"""Which values are refused or rounded wherever they are written: phone numbers, mail addresses, quantities.

A phone number has no letters where the table behind a set says so, a mail address has the form of one, and a quantity
has five decimals or the precision of the item's unit of measure. The checks stand at the tables' fields, so that some
sets check and others do not: nobody looks at the phone number of an employee.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.document_kinds import KINDS
from dynamics_bc_emulator.rules.draft import Draft
from dynamics_bc_emulator.rules.item_units import quantity_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rules.draft import PropertyRule, Rules

# Takes the draft and a value; gives the value as it is kept.
Check = Callable[[Draft, Any], Any]

# A local part and a domain of several labels, the last one of two characters at least.
_LOCAL = r"[^\s()<>,;:\\\"\[\]@.]+(?:\.[^\s()<>,;:\\\"\[\]@.]+)*"
_ADDRESS = re.compile(rf"(?:[^<>@]*<)?{_LOCAL}@[^\s()<>,;:\\\"\[\]@.]+(?:\.[^\s()<>,;:\\\"\[\]@.]+)*\.\w[\w-]+>?")


def without_letters(caption: str) -> Check:
    """A check of a field that is a phone number."""

    def check(_draft: Draft, value: Any) -> Any:
        if any(character.isalpha() for character in value):
            raise Refusal(400, "Application_FieldValidationException", f"{caption} must not contain letters.")
        return value

    return check


def _sales_phone(_draft: Draft, value: Any) -> Any:
    if any(character.isalpha() for character in value):
        raise refused("You cannot enter letters in this field.")
    return value


def _addresses(_draft: Draft, value: Any) -> Any:
    """Several addresses with semicolons between them, none of them empty but the last."""
    if value:
        for address in value.strip(";").split(";"):
            _check_address(address.strip())
    return value


def _address(_draft: Draft, value: Any) -> Any:
    if value.strip():
        _check_address(value.strip())
    return value.strip()


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise refused(f'The email address "{address}" is not valid.')


def _quantity(draft: Draft, value: Any) -> Any:
    """A quantity as the line's unit of measure counts it; one that comes to nothing is refused."""
    step = quantity_step(draft.company, draft.row)
    rounded = (Decimal(value) / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    if value and not rounded:
        raise refused(f"The quantity {value} is rounded to 0 by the quantity rounding precision {step}.")
    return rounded


_PHONE, _MOBILE = without_letters("Phone No."), without_letters("Mobile Phone No.")
_CHECKS: dict[str, dict[str, Check]] = {
    "customers": {"phoneNumber": _PHONE, "email": _addresses},
    "vendors": {"phoneNumber": _PHONE, "email": _addresses},
    "contacts": {"phoneNumber": _PHONE, "mobilePhoneNumber": _MOBILE, "email": _addresses},
    "employees": {"email": _address, "personalEmail": _address},
    "companyInformation": {"email": _address},
    "locations": {"email": _address},
    "salespeoplePurchasers": {"email": _address, "email2": _address},
    **{kind.headers: {"phoneNumber": _sales_phone, "email": _addresses} for kind in KINDS if not kind.is_purchase},
    **{kind.lines: {"quantity": _quantity} for kind in KINDS},
}


def checked_rules(entity_set: str, rules: Rules) -> Rules:
    """A set's rules, with the checks of its values before them."""
    checks = _CHECKS.get(entity_set)
    return replace(rules, properties=dict(_checked(checks, rules))) if checks else rules


def _checked(checks: dict[str, Check], rules: Rules) -> Iterator[tuple[str, PropertyRule]]:
    yield from rules.properties.items()
    for name, check in checks.items():
        yield name, _in_turn(name, check, rules.properties.get(name))


def _in_turn(name: str, check: Check, rule: PropertyRule | None) -> PropertyRule:
    def set_value(draft: Draft, value: Any) -> None:
        checked = check(draft, value)
        if rule is None:
            draft.row[name] = checked
        else:
            rule(draft, checked)

    return set_value
