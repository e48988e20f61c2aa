"""Which contacts belong to a customer, vendor or bank account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_SETS = {"Customer": "customers", "Vendor": "vendors", "Bank_x0020_Account": "bankAccounts"}


def contacts_information(view: View, asked: Asked) -> list[Row]:
    """The company contact of a relation and the persons of that company.

    A contact's `_relatedType` and `_relatedNumber` say what the company contact stands for.
    """
    everyone = view.store.find(view.company, "contacts")
    rows = []
    for company in everyone:
        related = _related(view, company)
        if related is None or not _is_asked(asked, company["_relatedType"], related["id"]):
            continue
        members = [one for one in everyone if one["companyNumber"] == company["number"]]
        rows += [_information(one, company["_relatedType"], related["id"]) for one in members]
    return rows


def _related(view: View, contact: Row) -> Row | None:
    entity_set = _SETS.get(contact.get("_relatedType", ""))
    rows = view.store.find(view.company, entity_set, number=contact["_relatedNumber"]) if entity_set else []
    return rows[0] if rows else None


def _is_asked(asked: Asked, related_type: str, related_id: str) -> bool:
    types, ids = asked.wanted.get("relatedType"), asked.wanted.get("relatedId")
    return (types is None or related_type in types) and (ids is None or related_id in ids)


def _information(contact: Row, related_type: str, related_id: str) -> Row:
    return {
        "contactId": contact["id"],
        "contactNumber": contact["number"],
        "contactName": contact["displayName"],
        "contactType": contact["type"],
        "relatedId": related_id,
        "relatedType": related_type,
    }
