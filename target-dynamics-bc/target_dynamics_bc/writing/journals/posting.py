"""How is an entry or a payment posted, and nothing else with it? Pure.

Posting a journal posts every line in it, so one that is to be posted goes into a batch of its own, which is removed
afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.odata.query import Query
from target_dynamics_bc.finding.asking import by_key
from target_dynamics_bc.identity import journal_code
from target_dynamics_bc.kept.faults import Fault, from_error
from target_dynamics_bc.writing.files import file_writes
from target_dynamics_bc.writing.journals.applications import application_writes
from target_dynamics_bc.writing.journals.discounts import untold_discounts
from target_dynamics_bc.writing.journals.lines import line_writes, new_line, removals_of
from target_dynamics_bc.writing.journals.places import (
    BALANCING,
    balances,
    in_places,
    is_payment,
    journal_of,
    line_address,
    number_of,
    own_batch_id,
    places_of,
    posted_from,
    rules_of,
    wanted_lines,
)
from target_dynamics_bc.writing.journals.posted import posted_row, set_meanwhile
from target_dynamics_bc.writing.journals.recognizing import adopted
from target_dynamics_bc.writing.lacking import lacking
from target_dynamics_bc.writing.leftovers import NAMED, PREVIEW
from target_dynamics_bc.writing.refusing import fault_of_posting, refusal_to_post
from target_dynamics_bc.writing.steps import Answers, Finish, Refuse, Send, Step, TakeBack, next_step, refuse
from target_dynamics_bc.writing.writes import Address, Write, act, delete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dynamics_bc_client.errors import DynamicsError
    from dynamics_bc_client.odata.query import Expansion
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit

_VERSION = "version"
TRIES_TO_CLEAN = 2
"""How often a run tries to remove what an entry was posted from."""

LEFT_BEHIND = "left_behind"

_JOURNALS = "journals"
"""The action that posts is the journals' alone; they know every batch by its id, those of payments too."""


def own_batch_look(unit: Unit, below: tuple[Expansion, ...]) -> Query:
    """What asks for the batch that it is posted from.

    The service knows every batch of `journals` by an id, but not several by a choice of ids; batches of one template it
    finds by their codes.
    """
    id_, path = own_batch_id(unit), unit.path(unit.kind.batches)
    key, value = ("code", journal_code(id_)) if unit.kind.batches == _JOURNALS else ("id", id_)
    return by_key(path, key, value, expand=below)


def version_look(unit: Unit) -> dict[str, Query]:
    """What asks for the version of a payment's batch among the journals, which alone have the action that posts."""
    is_under_way = unit.created or unit.interrupted
    if unit.kind.batches == _JOURNALS or not unit.is_to_be_posted or unit.posted or not is_under_way:
        return {}
    return {_VERSION: Query(unit.path(_JOURNALS), ("id",), filter=f"id eq {own_batch_id(unit)}")}


def towards_posting(unit: Unit, own: Row | None, answers: Answers) -> Step:
    """A batch of its own, its lines, then the action."""
    if is_payment(unit) and (faults := untold_discounts(unit, answers)):
        return Refuse(faults) if own is None else _without_batch(unit, faults)
    if own is None:
        return _refused_before(unit) or without_amount(unit) or _own_batch(unit)
    rows, where = {str(row["id"]).lower(): row for row in own.get(unit.kind.entity_set) or ()}, posted_from(unit)
    by_place = in_places(unit, rows, where, places_of(unit))
    writes = line_writes(unit, str(own["id"]), where, by_place)
    writes += removals_of(unit, by_place)
    if len(by_place) < len(rows):
        message = f"The journal batch {own['code']} holds lines of somebody else, so it is not posted; remove them."
        return refuse("", "foreign_lines", message)
    step = next_step(writes, frozenset(unit.history.done), Finish(None, number_of(unit)))
    if isinstance(step, Send):
        return step
    if step.faults:
        return _without_batch(unit, step.faults)
    if is_payment(unit):
        applied = application_writes(unit, by_place[0], answers, is_own=True)
        if isinstance(applied, Refuse):
            return _without_batch(unit, applied.faults)
        if applied:
            return Send(tuple(applied), "update")
    if (sends_files := _sending_files(unit, by_place[0])) is not None:
        return sends_files
    action = unit.kind.posting
    # A version is of the set that it was read from, and the batches of payments are another set's.
    seen = own if unit.kind.batches == _JOURNALS else next(iter(answers.get(_VERSION, ())), {})
    post = act(Address(_JOURNALS, str(own["id"])), action.name if action is not None else "", seen)
    return _refused_before(unit) or Send((post,), "post")


def _sending_files(unit: Unit, first: Row) -> Step | None:
    """What sends the files that come with it, which hang on its first line; of a preview none are sent."""
    if unit.rules.previews:
        return None
    writes = file_writes(unit, line_address(unit, first), first)
    step = next_step(writes, unit.history.done, Finish(None, number_of(unit)))
    return step if isinstance(step, Send) else None


def _own_batch(unit: Unit) -> Send:
    id_, where = own_batch_id(unit), posted_from(unit)
    journal = journal_of(unit)
    name = f"{PREVIEW if unit.rules.previews else NAMED}{number_of(unit)}"
    body: dict[str, Any] = {"id": id_, "code": journal_code(id_), "displayName": name}
    if is_payment(unit) and balances(journal):
        body[BALANCING] = journal[BALANCING]
    body[unit.kind.entity_set] = [new_line(unit, line, where, place) for place, line in enumerate(wanted_lines(unit))]
    create = Write("POST", Address(unit.kind.batches), body)
    return Send((create,), "create", nests_dimensions=unit.nests_dimensions)


def without_amount(unit: Unit) -> Refuse | None:
    """Why a payment is not made that lacks something: a missing amount would be taken for 0 without a word.

    Whom it is for follows from the document that it pays, if it names one.
    """
    faults = lacks(unit)
    return Refuse(faults) if faults else None


def lacks(unit: Unit) -> tuple[Fault, ...]:
    """What a payment lacks of being made."""
    if not is_payment(unit):
        return ()
    rules = rules_of(unit)
    follows = (rules.party,) if unit.resolved.fields.get(rules.applies_to) else ()
    return tuple(lacking(unit, but=follows))


def clean_up(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Step:
    """It is posted: our batch and our drafts of it go. Where they cannot be removed it is posted all the same."""
    step = _cleaning(unit, own, drafts, answers)
    if step is not None and _tried(unit, step) < TRIES_TO_CLEAN:
        return step
    row = posted_row(unit, answers.get("posted", ()))
    finish = Finish(str(row["id"]) if row is not None else None, number_of(unit), posted=True)
    if unit.posted:
        finish = replace(finish, faults=set_meanwhile(unit, answers))
    elif (error := refusal_to_post(unit)) is not None:  # it was done all the same
        finish = replace(finish, kind="posted", faults=(fault_of_posting(error),))
    return finish if step is None else replace(finish, faults=(*finish.faults, _left_behind(unit, step)))


def _cleaning(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Send | None:
    """What removes our batch, then our drafts; None when nothing of it is left."""
    if own is not None:
        return Send((delete(Address(unit.kind.batches, str(own["id"])), own),), "clean")
    # What somebody else had drafted for it would be posted once more some day; it goes with the posting, and only then.
    left = {**drafts, **(adopted(unit, drafts, answers["drafts"]) if unit.posted else {})}
    writes = tuple(delete(line_address(unit, row), row, about="line") for row in left.values())
    return Send(writes, "clean") if writes else None


def _tried(unit: Unit, step: Send) -> int:
    """How often this run has tried to remove the first of what is to be removed."""
    return sum(event.write.fingerprint == step.writes[0].fingerprint for event in unit.history.events)


def _left_behind(unit: Unit, step: Send) -> Fault:
    """What could not be removed behind a posting."""
    said = "It is posted, and what it was posted from could not be removed; the next run does that, or remove it"
    errors = (each.error for each in reversed(unit.history.refusals) if each.step.purpose == step.purpose)
    error = next(errors, None)
    if error is None:
        return Fault("send", "", LEFT_BEHIND, f"{said}.")
    return replace(from_error(error, "send", doing=said), code=LEFT_BEHIND, repeatable=False)


def with_draft_applied(unit: Unit, own: Row | None, drafts: Mapping[int, Row], step: Step, answers: Answers) -> Step:
    """What comes before the end of what was refused to be posted: its draft is applied to its documents as it was.

    The marks of its documents go with the batch that it was to be posted from, because both have one number.
    """
    draft = drafts.get(0)
    if not isinstance(step, TakeBack) or draft is None or refusal_to_post(unit) is None or unit.rules.previews:
        return step
    if not unit.resolved.applications:
        return step
    if own is not None:
        removal = Send((delete(Address(unit.kind.batches, str(own["id"])), own),), "clean")
        return removal if _tried(unit, removal) < TRIES_TO_CLEAN else step
    applied = application_writes(unit, draft, answers, is_own=False)
    if isinstance(applied, list) and applied:
        return Send(tuple(applied), "update")
    return Refuse(step.faults, str(draft["id"]), unit.wanted.number)


def _refused_before(unit: Unit) -> Step | None:
    """The end of what was refused to be posted and is not posted."""
    error = refusal_to_post(unit)
    return refused_to_post(unit, error) if error is not None else None


def refused_to_post(unit: Unit, error: DynamicsError) -> Step:
    """What follows when the service refuses to post it."""
    fault = fault_of_posting(error)
    return Refuse((fault,), None, unit.wanted.number) if fault.repeatable else _without_batch(unit, (fault,))


def _without_batch(unit: Unit, faults: tuple[Fault, ...]) -> TakeBack:
    """Nothing is to be left in the batch of its own, which may be an earlier run's."""
    batch = Address(unit.kind.batches, own_batch_id(unit))
    return TakeBack(faults, None, unit.wanted.number, also=(Write("DELETE", batch),))
