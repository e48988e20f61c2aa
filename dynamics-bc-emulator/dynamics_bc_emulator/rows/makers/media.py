"""Pictures and printed documents: what is known of them; their content is served elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.makers.asked import Asked
    from dynamics_bc_emulator.rows.rows import Change
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rows.view import View

_PICTURED = ("customers", "vendors", "items", "itemVariants", "employees", "contacts")
"""Sets whose rows have a picture each."""


def pictures(view: View, asked: Asked) -> list[Row]:
    """One per parent that is asked for by type and id, also where there is no image."""
    rows = []
    for parent_type, parent in _parents(view, "pictures", asked, "id"):
        stored = view.store.get(view.company, "pictures", parent["id"])
        rows.append({**(stored or {}), "id": parent["id"], "parentType": parent_type})
    return rows


def keep_picture(company: Company, change: Change) -> Row:
    """Keep a picture's content under its parent's id, or let it go; it is a field of its parent, which is modified."""
    picture = change.after or change.before
    assert picture
    for entity_set in _PICTURED:
        if company.get(entity_set, picture["id"]) is not None:
            company.update(entity_set, picture["id"], {})
    if change.after is None:
        company.delete("pictures", picture["id"])
        return picture
    if company.get("pictures", picture["id"]) is None:
        return company.insert("pictures", picture)
    return company.update("pictures", picture["id"], picture)


def pdf_documents(view: View, asked: Asked) -> list[Row]:
    """One per document that is asked for by type and id."""
    given = [asked.wanted[name] for name in ("parentId", "id") if name in asked.wanted]
    if len(given) == 2 and given[0] != given[1]:
        ids = " and ".join(" or ".join(each) for each in given)
        raise refused(f"You have specified conflicting identifiers: {ids}.")
    name = "parentId" if "parentId" in asked.wanted else "id"
    return [
        {"id": parent["id"], "parentId": parent["id"], "parentType": parent_type}
        for parent_type, parent in _parents(view, "pdfDocument", asked, name)
    ]


def _parents(view: View, target: str, asked: Asked, id_name: str) -> Iterator[tuple[str, Row]]:
    for parent_type in asked.wanted.get("parentType", ()):
        for entity_set in view.catalogue.parent_types.get((target, parent_type), ()):
            for parent_id in asked.wanted.get(id_name, ()):
                parent = view.store.get(view.company, entity_set, parent_id)
                if parent:
                    yield parent_type, parent
