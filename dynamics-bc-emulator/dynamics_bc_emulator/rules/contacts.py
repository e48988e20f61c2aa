"""What a contact is called, and which company it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.draft import Rules, in_turn
from dynamics_bc_emulator.rules.master_data import draws_number, rename, set_number
from dynamics_bc_emulator.rules.relations import not_in_table

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.draft import Draft

_COMPANY, _NO_RELATION = "Company", "None"


def _set_name(draft: Draft, value: Any) -> None:
    if not value.strip():
        raise refused('The blank "displayName" is not allowed.')
    before = draft.row["displayName"].upper()
    if draft.row["searchName"] in ("", before):
        draft.row["searchName"] = value.upper()
    draft.row["displayName"] = value


def _set_company_number(draft: Draft, value: Any) -> None:
    """A person belongs to the company contact of that number."""
    company = draft.company.first("contacts", number=value, type=_COMPANY) if value else None
    if value and company is None:
        raise not_in_table("contacts", "companyNumber", value, "Contact")
    draft.row["companyNumber"] = value
    draft.row["companyName"] = company["displayName"] if company else ""
    if company:
        draft.row["contactBusinessRelation"] = company["contactBusinessRelation"]


def _set_company_name(draft: Draft, value: Any) -> None:
    """Who names a company contact by its name belongs to it; any other name belongs to none, and is not kept."""
    company = draft.company.first("contacts", displayName=value, type=_COMPANY) if value else None
    _set_company_number(draft, company["number"] if company else "")


def _start(draft: Draft) -> None:
    draft.row["contactBusinessRelation"] = _NO_RELATION


def _is_its_own_company(draft: Draft) -> None:
    """A company contact is its own company and has no job."""
    if draft.row["type"] == _COMPANY:
        draft.row.update(companyNumber=draft.row["number"], companyName=draft.row["displayName"], jobTitle="")
    elif draft.row["companyNumber"] == draft.row["number"]:
        draft.row.update(companyNumber="", companyName="")


def _let_go(draft: Draft) -> None:
    """A company's people go with it; opportunities of a person become its company's, those of a company nobody's."""
    row = draft.row
    heir = row["companyNumber"] if row["type"] != _COMPANY else ""
    for opportunity in draft.company.find("opportunities", contactNumber=row["number"]):
        company = draft.company.first("contacts", number=heir) if heir else None
        name = company["displayName"] if company else ""
        told = {"contactNumber": heir, "contactName": name, "contactCompanyName": name}
        draft.company.update("opportunities", opportunity["id"], told, touch=False)
    if row["type"] == _COMPANY:
        for person in draft.company.find("contacts", companyNumber=row["number"], type="Person"):
            draft.company.delete("contacts", person["id"])


def _name_its_people(draft: Draft) -> None:
    """The people of a company contact carry its number and name."""
    if draft.stored is None or draft.row["type"] != _COMPANY or not draft.has_changed("number", "displayName"):
        return
    told = {"companyNumber": draft.row["number"], "companyName": draft.row["displayName"]}
    for row in draft.company.find("contacts", companyNumber=draft.stored["number"]):
        if row["id"] != draft.row["id"]:
            draft.company.update("contacts", row["id"], told, touch=False)


RULES = Rules(
    start=_start,
    properties={
        "number": set_number,
        "displayName": _set_name,
        "companyNumber": _set_company_number,
        "companyName": _set_company_name,
    },
    insert=in_turn(draws_number("CONT"), _is_its_own_company),
    modify=_is_its_own_company,
    modified=in_turn(rename, _name_its_people),
    deleted=_let_go,
    missing={("displayName",): 'A "displayName" must be provided.'},
)
