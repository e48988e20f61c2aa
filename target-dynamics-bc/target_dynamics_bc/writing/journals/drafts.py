"""How does an entry or a payment stand in the journal that people use? Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DuplicateKey
from target_dynamics_bc.kept.faults import Fault
from target_dynamics_bc.writing.files import file_writes
from target_dynamics_bc.writing.journals.applications import application_writes
from target_dynamics_bc.writing.journals.lines import line_writes, removals_of
from target_dynamics_bc.writing.journals.places import (
    BALANCING,
    balances,
    is_payment,
    journal_of,
    line_address,
    number_field,
    number_of,
    rules_of,
)
from target_dynamics_bc.writing.journals.posting import without_amount
from target_dynamics_bc.writing.journals.recognizing import adopted, draft_in_doubt
from target_dynamics_bc.writing.steps import Answers, Finish, Refuse, Send, Step, TakeBack, next_step, take_back
from target_dynamics_bc.writing.writes import Address, delete

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dynamics_bc_client.errors import DynamicsError
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.unit import Unit


def as_draft(unit: Unit, own: Row | None, drafts: Mapping[int, Row], answers: Answers) -> Step:
    """The lines as they are to stand in the journal that people use."""
    journal, done = journal_of(unit), frozenset(unit.history.done)
    if is_payment(unit) and not drafts and (doubt := draft_in_doubt(unit, answers["drafts"])) is not None:
        return doubt
    rows = {**drafts, **adopted(unit, drafts, answers["drafts"])}
    if not rows and (incomplete := without_amount(unit)) is not None:
        return incomplete
    balances_itself = balances(journal) and not is_payment(unit)
    writes = line_writes(unit, str(journal["id"]), "draft", rows, balances_itself=balances_itself)
    removals = removals_of(unit, rows)
    if own is not None:
        removals.append(delete(Address(unit.kind.batches, str(own["id"])), own))
    first = rows.get(0)
    finish = Finish(str(first["id"]) if first else None, number_of(unit), draft=True)
    step = next_step(writes, done, finish)
    if isinstance(step, Send) and not rows:
        return Send(step.writes, "create", nests_dimensions=unit.nests_dimensions)
    if (
        isinstance(step, Finish)
        and balances_itself
        and (faults := _balanced_twice(step.faults, rules_of(unit).setting))
    ):
        # With the journal's account as well the entry would be booked twice over.
        return TakeBack(faults, None, step.number)
    if isinstance(step, Finish) and is_payment(unit) and first is not None:
        applied = application_writes(unit, first, answers, is_own=False)
        if isinstance(applied, Refuse):
            return take_back(applied)
        if applied:
            return Send(tuple(applied), "update")
    if isinstance(step, Finish) and first is not None:
        step = next_step(file_writes(unit, line_address(unit, first), first), done, step)
    if isinstance(step, Finish):
        step = next_step(removals, done, step)
    return take_back(step) if isinstance(step, Refuse) and not unit.created else step


def is_taken_elsewhere(step: Send, error: DynamicsError) -> bool:
    """Whether lines of a draft were refused because their ids are taken, although the journal does not have them."""
    are_lines = any(write.creates and write.about == "line" for write in step.writes)
    return isinstance(error, DuplicateKey) and are_lines and step.purpose in {"create", "update"}


def in_another_journal(unit: Unit) -> Fault:
    """What is said of a draft that the settings have named another journal for since it was written."""
    code, setting = journal_of(unit).get("code"), rules_of(unit).setting
    message = (
        f"The {unit.kind.noun.one} {number_of(unit)} is drafted already and not in the journal {code}: it was written "
        f"when the setting {setting}, or the record, named another one. Move or remove its lines there, or name that "
        "journal again."
    )
    return Fault("send", number_field(unit), "in_another_journal", message)


def _balanced_twice(faults: Iterable[Fault], setting: str) -> tuple[Fault, ...]:
    return tuple(
        replace(
            fault,
            code="balanced_twice",
            message="The journal gives every line a balancing account, which the service does not take off again; name "
            f"a journal without one in the setting {setting}.",
        )
        for fault in faults
        if fault.field.endswith(BALANCING)
    )
