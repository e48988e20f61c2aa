"""What is the next step of an entry or a payment, by what is there of it, and what follows a refusal? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import RecordNotFound
from target_dynamics_bc.kept.faults import from_error
from target_dynamics_bc.writing.comparing import same_id
from target_dynamics_bc.writing.journals.drafts import as_draft, in_another_journal, is_taken_elsewhere
from target_dynamics_bc.writing.journals.places import (
    number_of,
    own_batch_id,
)
from target_dynamics_bc.writing.journals.posted import Verdict, posted_otherwise, verdict_of
from target_dynamics_bc.writing.journals.posting import (
    clean_up,
    refused_to_post,
    towards_posting,
    with_draft_applied,
)
from target_dynamics_bc.writing.journals.previewing import previewed
from target_dynamics_bc.writing.journals.recognizing import our_drafts
from target_dynamics_bc.writing.previewing import not_removed
from target_dynamics_bc.writing.refusing import another_way
from target_dynamics_bc.writing.steps import Answers, Finish, LookAgain, Refuse, Send, Step, TakeBack, refuse

if TYPE_CHECKING:
    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    if unit.wanted.deleted:
        if unit.rules.on_delete == "ignore":
            return Finish(None, number_of(unit), "unchanged")
        message = f"A deletion of {unit.kind.noun} is not carried over; remove its lines in Business Central."
        return refuse("_sdc_deleted_at", "not_blockable", message)
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
