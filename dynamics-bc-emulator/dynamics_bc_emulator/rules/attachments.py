"""What a file may be attached to, and what of an attachment cannot be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.odata.catalogue import load_catalogue
from dynamics_bc_emulator.odata.enums import own_text
from dynamics_bc_emulator.refusals import refused
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.stamps import ZERO_GUID

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.draft import Draft, PropertyRule

# These have document attachments only.
_MASTERS = ("Employee", "Job", "Item", "Customer", "Vendor")
_NAMELESS = "filename.txt"


def _set_type(draft: Draft, value: Any) -> None:
    if value in _MASTERS:
        raise refused(f"Parent type {value} is not supported. Use documentAttachments API instead.")
    _key("parentType")(draft, value)


def _key(name: str) -> PropertyRule:
    """A property that says what an attachment belongs to, once and for all."""

    def set_key(draft: Draft, value: Any) -> None:
        if draft.stored is not None:
            raise refused(f"You cannot change the value of the key field {name}.")
        draft.row[name] = value

    return set_key


def _ignore(_draft: Draft, _value: Any) -> None:
    """The size is that of the content, whatever is sent."""


def _has_parent(draft: Draft) -> bool:
    parents = load_catalogue().parent_types.get((draft.entity_set, draft.row["parentType"]), ())
    return any(draft.company.get(entity_set, draft.row["parentId"]) for entity_set in parents)


def _name(draft: Draft) -> None:
    if not draft.row["fileName"].strip():
        draft.row["fileName"] = _NAMELESS


def _insert(draft: Draft) -> None:
    """A file for a document that is not there is kept without one."""
    _name(draft)
    if not _has_parent(draft):
        draft.row.update(parentId=ZERO_GUID, parentType="_x0020_")


def _insert_document_attachment(draft: Draft) -> None:
    _name(draft)
    _check_parent(draft)


def _check_parent(draft: Draft) -> None:
    if not _has_parent(draft):
        kind = own_text(draft.row["parentType"]).strip() or "document"
        raise refused(f"There is no {kind} within the filter. Filters: SystemId: {draft.row['parentId']}")


ATTACHMENTS = Rules(
    properties={"parentId": _key("parentId"), "parentType": _set_type, "byteSize": _ignore},
    insert=_insert,
)
DOCUMENT_ATTACHMENTS = Rules(insert=_insert_document_attachment, modify=_check_parent)
