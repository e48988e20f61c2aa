"""What may still be done to a posted document: a sales invoice is changed in four properties, old ones are deleted.

A sales invoice that is posted takes a new due date, a promised date and what is disputed; the ledger entry's due date
follows. A posted document may be deleted once the set-up says before which posting date, which the demo company's does
not; its entries stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules import document_refusals as said
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.stamps import BLANK_DATE

if TYPE_CHECKING:
    from dynamics_bc_emulator.rules.document_kinds import DocumentKind
    from dynamics_bc_emulator.rules.draft import Draft, DraftRule, PropertyRule

_CHANGEABLE = {"salesInvoices": frozenset(("dueDate", "promisedPayDate", "disputeStatusId", "disputeStatus"))}
_SETUP_PAGES = {"Customer": "Sales & Receivables Setup", "Vendor": "Purchases & Payables Setup"}
_DISPUTE = Pair(
    "disputeStatusId",
    "disputeStatus",
    "disputeStatus",
    "Dispute Status",
    unknown="The dispute status cannot be found.",
)


def properties_of_posted(kind: DocumentKind) -> dict[str, PropertyRule]:
    """The rules of properties that a draft does not take."""
    if kind.headers not in _CHANGEABLE:
        return {}

    def set_promised_date(draft: Draft, value: Any) -> None:
        draft.row["promisedPayDate"] = value

    rules: dict[str, PropertyRule] = {**pair_rules(_DISPUTE), "promisedPayDate": set_promised_date}
    return {name: _only_posted(rule) for name, rule in rules.items()}


def check_body(draft: Draft) -> None:
    """Refuse a change of a posted document as such, unless its set has properties that stay open."""
    if draft.entity_set not in _CHANGEABLE:
        check_is_draft(draft)


def check_is_draft(draft: Draft) -> None:
    """Refuse to write what is posted, or a part of it."""
    if (draft.stored or draft.row).get("_posted"):
        raise refused(said.posted(draft.entity_set))


def unless_posted(rule: DraftRule) -> DraftRule:
    """A rule for drafts; a posted document is changed in nothing but what stays open, and in one of that at least."""

    def apply(draft: Draft) -> None:
        if not draft.row.get("_posted"):
            rule(draft)
            return
        changed = {name for name, value in draft.row.items() if value != (draft.stored or {}).get(name)}
        if not changed or changed - _CHANGEABLE[draft.entity_set]:
            raise refused(said.posted(draft.entity_set))

    return apply


def follow_change(kind: DocumentKind, of_draft: DraftRule) -> DraftRule:
    """A rule for what a change sets off: of a posted document, the due date of its ledger entry."""

    def follow(draft: Draft) -> None:
        if not draft.row.get("_posted"):
            of_draft(draft)
            return
        for entry in draft.company.find(kind.party.entries, documentNumber=draft.row["number"]):
            if entry["documentId"] == draft.row["id"]:
                draft.company.update(kind.party.entries, entry["id"], {"dueDate": draft.row["dueDate"]})

    return follow


def deletion_rule(kind: DocumentKind) -> DraftRule:
    """A rule that keeps posted documents, unless the table `documentDeletion` lets them go."""

    def check(draft: Draft) -> None:
        if not draft.row.get("_posted"):
            return
        setup = draft.company.first("_documentDeletion", party=kind.party.caption)
        before = str((setup or {}).get("allowedBefore") or BLANK_DATE)
        side, page = ("purchase" if kind.is_purchase else "sales"), _SETUP_PAGES[kind.party.caption]
        if before == BLANK_DATE:
            name = "Allow Document Deletion Before"
            raise refused(f"The date {name} must be set on the page {page} before deleting {side} documents.")
        if draft.row["postingDate"] >= before:
            raise refused(f"You cannot delete posted {side} documents that are posted after {before}.")

    return check


def _only_posted(rule: PropertyRule) -> PropertyRule:
    def apply(draft: Draft, value: Any) -> None:
        if not draft.row.get("_posted"):
            message = f"Posted must be equal to 'Yes' in document {draft.row['number']}. Current value is 'No'."
            raise Refusal(400, "Application_FieldValidationException", message)
        rule(draft, value)

    return apply
