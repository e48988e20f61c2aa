"""Whose an opportunity is, and when that can no longer be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.master_data import draws_number, rename, set_number
from dynamics_bc_emulator.rules.relations import relation_rules

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.draft import Draft

_DECIDED = ("Won", "Lost")
_NOT_STARTED = "Not_x0020_Started"


def _set_contact(draft: Draft, value: Any) -> None:
    if draft.row["status"] in _DECIDED:
        # The quotation mark that is missing is missing in the API app.
        raise refused('The "contactNumber of a Won or Lost Opportunity cannot be changed')
    relation_rules("opportunities")["contactNumber"](draft, value)
    contact = draft.company.first("contacts", number=value) if value else None
    before = draft.company.first("contacts", number=(draft.stored or {}).get("contactNumber", ""))
    company = contact["companyNumber"] if contact else ""
    if before and draft.row["status"] != _NOT_STARTED and before["companyNumber"] != company:
        named = f"{contact['number']} {contact['displayName']}" if contact else ""
        raise refused(f"Contact {named} is related to another company.")
    draft.row["contactName"] = contact["displayName"] if contact else ""
    draft.row["contactCompanyName"] = contact["companyName"] if contact else ""


def _set_salesperson(draft: Draft, value: Any) -> None:
    if draft.row["status"] in _DECIDED:
        raise refused('The "salespersonCode" of a Won or Lost Opportunity cannot be changed')
    relation_rules("opportunities")["salespersonCode"](draft, value)


def _start(draft: Draft) -> None:
    draft.row["creationDate"] = draft.company.today


RULES = Rules(
    start=_start,
    properties={"number": set_number, "contactNumber": _set_contact, "salespersonCode": _set_salesperson},
    insert=draws_number("OPP"),
    modified=rename,
)
