"""Which sets cannot be read without naming a parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_emulator.refusals import refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dynamics_bc_emulator.odata.catalogue import EntitySet
    from dynamics_bc_emulator.rows.view import View

# Sets that refuse a read without a parent, besides those that the catalogue names: all of these filters must be there.
_REFUSED_FLAT = {"contactsInformation": ("relatedId", "relatedType")}
# The same, where sources disagree; a switch allows them.
_DISPUTED_FLAT = {
    "defaultDimensions": ("parentId", "id"),
    "timeRegistrationEntries": ("employeeId", "employeeNumber", "id"),
}
# Sets whose page takes what a filter says of the id for one id, and cannot read a choice of several.
_ONE_ID = frozenset(("journals",))
# Sets that look for missing filters only once there is a row to show.
_REFUSED_WITH_ROWS = frozenset(("journalLines", "customerPayments", "vendorPayments"))
# The words of the API app's pages.
_SENTENCES = {
    "applyVendorEntries": "You must specify a vendor payment to get apply vendor entries.",
    "contactsInformation": "id type not specified.",
    "defaultDimensions": "You must get to the parent first to get to the default dimensions.",
    "dimensionSetLines": "You must get to the parent first to get to the dimension set line.",
    "pdfDocument": "You must specify a parentId in the request body.",
    "pictures": "You must get to the parent first to get to the picture.",
    "purchaseCreditMemoLines": "You must specify an id or a Document Id to get the lines.",
    "salesCreditMemoLines": "You must specify an id or a Document Id to get the lines.",
    "timeRegistrationEntries": (
        "You must specify an Employee ID or Employee number to get the time registration entries."
    ),
}


def refuse_flat_read(view: View, entity_set: EntitySet, named: Iterable[str]) -> None:
    """Refuse a read outside a parent's path of a set that needs its parent.

    Args:
        view: What is read.
        entity_set: The set.
        named: The properties that a filter looks at.

    Raises:
        Refusal: No filter names the parent.
    """
    if _names_parent(view, entity_set, set(named)):
        return
    if entity_set.name in _REFUSED_WITH_ROWS and not view.store.count(view.company, entity_set.name):
        return
    raise refused(_sentence(entity_set))


def refuse_several_ids(entity_set: EntitySet, named: Iterable[str]) -> None:
    """Refuse a read by a choice of ids of a set whose page looks for one (page 30016, APIV2 - Journals).

    Raises:
        Refusal: A filter names more than one.
    """
    if entity_set.name in _ONE_ID and sum(name == "id" for name in named) > 1:
        raise refused("The value of the filter on SystemId can't be evaluated into type Guid.")


def _names_parent(view: View, entity_set: EntitySet, named: set[str]) -> bool:
    if entity_set.name in _REFUSED_FLAT:
        return named.issuperset(_REFUSED_FLAT[entity_set.name])
    if entity_set.name in _DISPUTED_FLAT and view.service.switches.flat_parent_reads == "refuse":
        return bool(named.intersection(_DISPUTED_FLAT[entity_set.name]))
    if entity_set.parent_filter is None:
        return True
    enough = all if entity_set.parent_filter == "all" else any
    return enough(bool(named.intersection(choice.split("|"))) for choice in entity_set.parent_filter_names)


def _sentence(entity_set: EntitySet) -> str:
    if entity_set.name in _SENTENCES:
        return _SENTENCES[entity_set.name]
    if "documentId" in entity_set.properties:
        return "You must specify an Id or a Document Id to get the lines."
    if "journalId" in entity_set.properties:
        return "You must specify a journal batch ID or a journal ID to get a journal line."
    return "You must specify a parent id and a parent type to get the records."
