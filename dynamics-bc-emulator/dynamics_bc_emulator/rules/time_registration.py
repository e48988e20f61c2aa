"""Whose time is registered, and for which project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

_DISAGREE = "The employee values do not match to a specific Employee."
_NOBODY = "You must specify an Employee ID or Employee number to get the time registration entries."


def _check_employee(draft: Draft, employee: Row) -> None:
    if draft.stored is not None and employee["id"] != draft.stored["employeeId"]:
        raise refused('The "employeeId" cannot be modified.')


def _set_date(draft: Draft, value: Any) -> None:
    if draft.stored is not None:
        raise refused("The date cannot be modified.")
    draft.row["date"] = value


def _number(draft: Draft) -> None:
    """Time that is registered below a person has her id alone so far."""
    employee = draft.company.get("employees", draft.row["employeeId"])
    draft.row["employeeNumber"] = employee["number"] if employee else ""


_EMPLOYEE = Pair("employeeId", "employeeNumber", "employees", "Employee", "number", check=_check_employee)
# The API app says of projects what it says of employees.
_PROJECT = Pair("jobId", "jobNumber", "projects", "Job", "number", disagree=_DISAGREE)

RULES = Rules(
    properties={**pair_rules(_EMPLOYEE), **pair_rules(_PROJECT), "date": _set_date},
    insert=_number,
    missing={("employeeId",): _NOBODY},
)
