"""How is a journal entry or a payment found, and what is written next?

Pure: `looks` says what to ask, `plan` reads the answers, `refused` says what follows a refusal. A draft is lines in a
journal that people use. One that is to be posted goes into a journal batch of its own, because posting a journal posts
every line in it; the batch is removed afterwards. What is posted is found in the general ledger, by document number and
posting date.

Lines carry ids of ours, derived from the entry's identity and their place, so the service itself refuses a second copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import RecordNotFound
from dynamics_bc_client.odata.query import Expansion, Query
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.kept.faults import from_error
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.comparing import same_id
from target_dynamics_bc.writing.dimension_writes import SET_LINES
from target_dynamics_bc.writing.journals.applications import application_looks
from target_dynamics_bc.writing.journals.discounts import discount_looks
from target_dynamics_bc.writing.journals.drafts import as_draft, in_another_journal, is_taken_elsewhere
from target_dynamics_bc.writing.journals.places import (
    is_payment,
    journal_of,
    line_id,
    lines_of,
    number_of,
    own_batch_id,
    rules_of,
)
from target_dynamics_bc.writing.journals.posted import PAID, Verdict, paid_documents, posted_otherwise, verdict_of
from target_dynamics_bc.writing.journals.posting import (
    clean_up,
    lacks,
    own_batch_look,
    refused_to_post,
    towards_posting,
    version_look,
    with_draft_applied,
)
from target_dynamics_bc.writing.journals.previewing import previewed
from target_dynamics_bc.writing.journals.recognizing import our_drafts
from target_dynamics_bc.writing.previewing import not_removed
from target_dynamics_bc.writing.refusing import another_way
from target_dynamics_bc.writing.steps import Answers, Finish, LookAgain, Refuse, Send, Step, TakeBack, refuse

__all__ = ["alike", "draft", "lacks", "looks", "plan", "refused"]

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

_LEDGER_FIELDS = (
    "id", "postingDate", "documentNumber", "documentType", "accountId", "description", "debitAmount", "creditAmount"
)  # fmt: skip


def looks(unit: Unit) -> dict[str, Query]:
    """What has to be asked before the next step."""
    kind, fields = unit.kind, unit.resolved.fields
    name, number = "documentNumber", str(fields["documentNumber"])
    below = (Expansion(SET_LINES), *files.expansions(unit))
    in_batch = (Expansion(kind.entity_set, expand=below),)
    drafts = lines_of(unit, journal_of(unit)["id"]).path(unit.books.id)
    queries: dict[str, Query] = {
        "own": own_batch_look(unit, in_batch),
        "drafts": by_key(drafts, name, number, expand=below),
    }
    if is_payment(unit):
        applies_to = kind.facts.relation(rules_of(unit).applies_to)
        for place, (paid, _) in enumerate(paid_documents(unit)):
            assert applies_to is not None, "what it is applied to is a reference"
            # Whether it is paid may have changed since it was looked up, by this very payment.
            documents = unit.path(applies_to.entity_set)
            query = by_key(documents, "id", paid, select=("id", "status", "totalAmountIncludingTax"))
            queries[f"{PAID}{place}"] = query
        queries["mine"] = by_key(drafts, "id", line_id(unit, "draft", 0), expand=below)
        queries |= application_looks(unit)
        queries |= {**version_look(unit), **discount_looks(unit)}
    day = fields.get("postingDate")
    if day:
        ledger = unit.path("generalLedgerEntries")
        queries["posted"] = by_key(ledger, name, number, select=_LEDGER_FIELDS, also=f"postingDate eq {day}")
    return queries


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    if unit.wanted.deleted:
        noun = str(unit.kind.noun)
        message = f"A deletion of {noun} is not carried over; remove its lines in Business Central."
        return (
            Finish(None, number_of(unit), "unchanged")
            if unit.rules.on_delete == "ignore"
            else refuse("_sdc_deleted_at", "not_blockable", message)
        )
    own = next((row for row in answers["own"] if same_id(row["id"], own_batch_id(unit))), None)
    drafts = our_drafts(unit, answers)
    verdict: Verdict = "same" if unit.posted else verdict_of(unit, answers)
    if verdict == "same":
        return clean_up(unit, own, drafts, answers)
    if verdict in {"differs", "unclear"} or (unit.known is not None and unit.known.posted):
        return posted_otherwise(unit, verdict)
    if unit.is_to_be_posted:
        step = with_draft_applied(unit, own, drafts, towards_posting(unit, own, answers), answers)
    else:
        step = as_draft(unit, own, drafts, answers)
    return _previewed(unit, own, step, answers) if unit.rules.previews else step


def draft(unit: Unit, answers: Answers) -> Row | None:
    """The first line of ours in the journal that people use."""
    drafts = our_drafts(unit, answers)
    return drafts[min(drafts)] if drafts else None


def alike(_: Unit, __: Answers) -> tuple[Row, ...]:
    """None: what is written here has ids of ours, which tell."""
    return ()


def _previewed(unit: Unit, own: Row | None, step: Step, answers: Answers) -> Step:
    """A draft that is new is looked at where one that is to be posted is; what is there is left as it is."""
    if not unit.is_to_be_posted:
        if not isinstance(step, Send) or step.purpose != "create":
            return step
        step = towards_posting(unit, own, answers)
    return previewed(unit, own, step)


def refused(unit: Unit, step: Send, error: DynamicsError) -> Step:
    """What follows a refusal: another way, or the end, and then nothing is left of it."""
    if step.then is not None and isinstance(error, RecordNotFound):
        return step.then
    if (again := another_way(unit, step, error)) is not None:
        return again
    if step.then is not None:
        return not_removed(step.then, own_batch_id(unit), error)
    if step.purpose == "post":
        # The service may have done it all the same: the next look tells.
        return LookAgain() if not error.repeatable else refused_to_post(unit, error)
    if step.purpose == "clean":
        return LookAgain()  # it is posted, whatever is left
    fault = in_another_journal(unit) if is_taken_elsewhere(step, error) else from_error(error, "send")
    if fault.repeatable:
        return Refuse((fault,), None, unit.wanted.number)
    return TakeBack((fault,), None, unit.wanted.number)
