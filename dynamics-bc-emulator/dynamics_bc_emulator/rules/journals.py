"""What happens to a journal: its template, its balancing account, its twin, and what goes with it when it is deleted.

A journal is a batch of a template. The batches of PAYMENT and CASHRCPT are served twice: in `journals` and in their own
set, under one id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynamics_bc_emulator.refusals import Refusal, refused
from dynamics_bc_emulator.rules.apply_entries import forget_payment
from dynamics_bc_emulator.rules.document_lines import check_account
from dynamics_bc_emulator.rules.draft import Rules
from dynamics_bc_emulator.rules.journal_line_sets import LINE_SETS
from dynamics_bc_emulator.rules.journal_posting import leave_line, post_journal
from dynamics_bc_emulator.rules.journal_templates import incremented, is_template, template_named
from dynamics_bc_emulator.rules.pairs import Pair, pair_rules
from dynamics_bc_emulator.rules.parties import VENDOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_emulator.rows.company import Company
    from dynamics_bc_emulator.rows.store import Row
    from dynamics_bc_emulator.rules.draft import Draft

ALL = "journals"
TEMPLATES = {"vendorPaymentJournals": "PAYMENT", "customerPaymentJournals": "CASHRCPT"}
SETS = (ALL, *TEMPLATES)
_TEMPLATE_SETS = {template: entity_set for entity_set, template in TEMPLATES.items()}
_DEFAULT_TEMPLATE = "GENERAL"


def find_journal(company: Company, id: str) -> Row | None:  # noqa: A002 - the property's name
    """The batch of that id, whatever its template is."""
    for entity_set in SETS:
        journal = company.get(entity_set, id)
        if journal is not None:
            return journal
    return None


def template_of(row: Row, entity_set: str) -> str:
    """The template that a batch belongs to."""
    return str(row.get("templateDisplayName") or TEMPLATES.get(entity_set) or _DEFAULT_TEMPLATE)


def _start(draft: Draft) -> None:
    if draft.entity_set == ALL:
        draft.row["templateDisplayName"] = _DEFAULT_TEMPLATE


def _set_code(draft: Draft, value: Any) -> None:
    if not value:
        raise Refusal(400, "BadRequest_RequiredParamNotProvided", "The code of a journal must not be blank.")
    draft.row["code"] = value


def _set_template(draft: Draft, value: Any) -> None:
    if not is_template(draft.company, value):
        message = f"The template ({value}) cannot be found in the related table (Gen. Journal Template)."
        raise Refusal(400, "Internal_InvalidTableRelation", message)
    draft.row["templateDisplayName"] = value


def _check_balancing_account(draft: Draft, account: Row) -> None:
    check_account(draft.company, account["number"])
    if template_named(draft.company, template_of(draft.row, draft.entity_set)).is_recurring:
        raise refused("Bal. Account No. cannot be specified when using recurring journals.")


# The API names general ledger accounts alone; a bank account of the seed stays.
_BALANCING = Pair(
    "balancingAccountId",
    "balancingAccountNumber",
    "accounts",
    "G/L Account",
    "number",
    unknown='The "balancingAccountNumber" does not match to a G/L Account.',
    check=_check_balancing_account,
)


def twins(entity_set: str, journal: Row | None) -> dict[str, Row | None]:
    """Where else a batch is shown: one of a payment template is in `journals` and in its template's set.

    Args:
        entity_set: Where it is written.
        journal: The batch, None once it is removed.
    """
    others: dict[str, Row | None] = {name: None for name in SETS if name != entity_set}
    if journal is None:
        return others
    if entity_set != ALL:
        return {**others, ALL: {**journal, "templateDisplayName": TEMPLATES[entity_set]}}
    twin_set = _TEMPLATE_SETS.get(template_of(journal, ALL))
    return {**others, twin_set: dict(journal)} if twin_set else others


def _follow_code(draft: Draft) -> None:
    """Payments repeat their journal's code."""
    if not draft.has_changed("code"):
        return
    for entity_set in LINE_SETS:
        for line in draft.company.find(entity_set, journalId=draft.row["id"]):
            draft.company.update(entity_set, line["id"], {"journalDisplayName": draft.row["code"]}, touch=False)


def _delete_lines(draft: Draft) -> None:
    for entity_set in LINE_SETS:
        for line in draft.company.find(entity_set, journalId=draft.row["id"]):
            forget_payment(draft.company, VENDOR, line)
            draft.company.delete(entity_set, line["id"])


def _post(draft: Draft, _body: Mapping[str, Any]) -> Row:
    company, journal = draft.company, draft.row
    template = template_named(company, template_of(journal, draft.entity_set))
    last = post_journal(company, journal, template)
    if last is None:
        return journal
    kept = _count_up(company, journal) if template.increments_name else journal
    leave_line(company, kept, template_of(kept, ALL), last)
    return kept


def _count_up(company: Company, journal: Row) -> Row:
    """Put a batch with the next name in the place of one that is posted; a name without a number stays.

    If there is a batch of that name already, the posted one is just gone.
    """
    code = incremented(journal["code"])
    if not code:
        return journal
    for entity_set in SETS:
        company.delete(entity_set, journal["id"])
    same = {"code": code, "templateDisplayName": template_of(journal, ALL)}
    taken = company.first(ALL, **same)
    if taken is not None:
        return taken
    new = company.insert(ALL, {**journal, **same, "id": ""})
    for entity_set, twin in twins(ALL, new).items():
        if twin is not None:
            company.insert(entity_set, twin)
    return new


JOURNALS = Rules(
    start=_start,
    properties={
        "code": _set_code,
        "templateDisplayName": _set_template,
        # The number cannot be written; it follows the id.
        _BALANCING.id_name: pair_rules(_BALANCING)[_BALANCING.id_name],
    },
    modified=_follow_code,
    deleted=_delete_lines,
    actions={"post": _post},
)
