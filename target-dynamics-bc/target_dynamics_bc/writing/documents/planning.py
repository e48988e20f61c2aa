"""What is the next step of a document, by what is there of it, and what follows a refusal? Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import RecordNotFound
from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.kept.outcomes import Became
from target_dynamics_bc.wanted.reading import truth_of
from target_dynamics_bc.writing import files
from target_dynamics_bc.writing.documents.amending import amendment
from target_dynamics_bc.writing.documents.creating import creation, incomplete
from target_dynamics_bc.writing.documents.deleting import deletion
from target_dynamics_bc.writing.documents.document import Document, age_rank
from target_dynamics_bc.writing.documents.ended import ended, turned_unseen
from target_dynamics_bc.writing.documents.finding import meant
from target_dynamics_bc.writing.documents.looking import BECAME, TWINS, is_about_others
from target_dynamics_bc.writing.documents.parts import begun
from target_dynamics_bc.writing.documents.posted import posted
from target_dynamics_bc.writing.documents.posting import posting
from target_dynamics_bc.writing.documents.previewing import as_preview, left_over
from target_dynamics_bc.writing.documents.released import is_unposted
from target_dynamics_bc.writing.documents.twins import without_twin
from target_dynamics_bc.writing.previewing import ended_preview, not_removed
from target_dynamics_bc.writing.refusing import another_way, fault_of_posting
from target_dynamics_bc.writing.steps import Finish, LookAgain, Refuse, TakeBack, next_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers, Send, Step
    from target_dynamics_bc.writing.unit import Unit

_LEFT = Fault(
    "send",
    "",
    "left_behind",
    "The request that created it was not answered, and it is there: send the record again when the cause is gone, or "
    "remove it in Business Central.",
)


def plan(unit: Unit, answers: Answers) -> Step:
    """The next step, from what is there."""
    rows = {name: found for name, found in answers.items() if not is_about_others(name)}
    if (end := ended_preview(unit, is_there=any(rows.values()))) is not None:
        return end
    step = left_over(unit, rows) or _next(unit, rows, answers)
    return as_preview(unit, rows, step) if unit.rules.previews else step


def _next(unit: Unit, rows: Answers, answers: Answers) -> Step:
    if (step := without_twin(unit, rows, answers.get(TWINS, ()))) is not None:
        return step
    if unit.posted and (unit.leads_elsewhere or unit.acts_on_posted):
        return _carried_out(unit, answers.get(BECAME, ()))
    found = meant(unit, rows)
    if isinstance(found, Refuse):
        turned = ended(unit, answers)
        return turned if isinstance(turned, Finish) else found
    if unit.wanted.deleted:
        return deletion(unit, found)
    if found is None:
        return ended(unit, answers) or turned_unseen(unit) or creation(unit)
    document = Document.of(unit, found)
    if _is_final(document, answers):
        return posted(document, answers.get(BECAME, ()))
    return begun(document) or _improvement(document)


def refused(unit: Unit, step: Send, error: DynamicsError) -> Step:
    """What follows a refusal: another way, or the end; a refused posting leaves the draft as it is."""
    if step.then is not None and isinstance(error, RecordNotFound):
        return step.then
    if (again := another_way(unit, step, error)) is not None:
        return again
    if step.then is not None:
        return not_removed(step.then, unit.id, error)
    if step.purpose == "post":
        # The service may have done it all the same: the next look tells.
        return LookAgain() if not error.repeatable else Refuse((fault_of_posting(error),), unit.id, unit.wanted.number)
    fault = from_error(error, "send")
    if fault.repeatable or unit.posted:
        return Refuse((fault,), None, unit.wanted.number)
    if (left := _come_of_a_create_in_doubt(unit, step)) is not None:
        return TakeBack((fault, _LEFT), left, unit.wanted.number)
    return TakeBack((fault,), None, unit.wanted.number)


def _come_of_a_create_in_doubt(unit: Unit, step: Send) -> str | None:
    """The id of the draft that a step is about, if it has come of a create that was not answered in this run.

    It is ours in all likelihood, and not for certain: so it stays, and is named.
    """
    if unit.id is not None or "create" not in unit.history.doubts or step.purpose == "create":
        return None
    address = step.writes[0].address
    while address.parent is not None:
        address = address.parent
    return address.id if address.entity_set == unit.kind.entity_set else None


def _carried_out(unit: Unit, became: Sequence[Row]) -> Finish:
    """The end of what was done to a document; of several that came of it, the last one is of this time."""
    known_number = unit.known.number if unit.known is not None else None
    finish = Finish(unit.id or unit.known_id or unit.acted_on, unit.wanted.number or known_number, posted=True)
    last = max(became, key=lambda row: age_rank(unit, row), default=None)
    if last is None or unit.action is None:
        return finish
    return replace(finish, became=Became(unit.action.leads_to, str(last["id"]), unit.kind.number_of(last)))


def _is_final(document: Document, answers: Answers) -> bool:
    """Whether it is posted. A kind that is never posted, or ends as something else, can be changed while it is."""
    unit, row = document.unit, document.row
    if unit.kind.posting is None or unit.leads_elsewhere:
        return False
    return not (unit.kind.is_draft(row) or is_unposted(unit, row, answers))


def _improvement(document: Document) -> Step:
    """What a draft lacks of being as it is wanted; its files come after all else, and posting after those."""
    unit = document.unit
    if faults := _disagreements(document):
        refusal = TakeBack if unit.created else Refuse
        return refusal(faults, document.id, document.number)
    if faults := incomplete(unit, [line for line, row in document.pairs if row is None]):
        return Refuse(faults, document.id, document.number)
    step = amendment(document)
    if isinstance(step, Finish) and not unit.rules.previews:
        step = next_step(files.file_writes(unit, document.address, document.row), unit.history.done, step)
    return posting(document, step) if isinstance(step, Finish) and unit.is_to_be_posted else step


def _disagreements(document: Document) -> tuple[Fault, ...]:
    """What the record states and nobody can write, where the service has another value: its prices would differ."""
    stated = {name: truth_of(document.unit.wanted.record.get(name)) for name in document.unit.kind.agreeing}
    return tuple(
        Fault(
            "send",
            name,
            "not_applied",
            f"{name} was sent as {value}, and Business Central has {document.row.get(name)} by the party's card; "
            "nobody can write it, and the prices would mean something else. Correct the card, or send the prices as it "
            "has them.",
        )
        for name, value in stated.items()
        if value is not None and isinstance(document.row.get(name), bool) and document.row.get(name) is not value
    )
