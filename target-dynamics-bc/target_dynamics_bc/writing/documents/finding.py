"""Which of the rows that were found is the document that a record means? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.comparing import same_id, same_value
from target_dynamics_bc.writing.documents.looking import ID, KNOWN, NUMBER, SAME, is_about_others
from target_dynamics_bc.writing.documents.marking import is_of_preview
from target_dynamics_bc.writing.documents.released import is_unposted
from target_dynamics_bc.writing.steps import Refuse, refuse

if TYPE_CHECKING:
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit


def meant(unit: Unit, answers: Answers) -> Row | Refuse | None:
    """The document that is meant, or why nobody can tell; None when it is not there."""
    noun = unit.kind.noun
    for name, rows in answers.items():
        alive = [row for row in rows if _is_meant(unit, name, row)]
        if len(alive) > 1:
            numbers = ", ".join(unit.kind.number_of(row) for row in alive)
            return refuse(name, "ambiguous", f"Several {noun.many} fit ({numbers}); name the one by its id.")
        if alive:
            return _unless_anothers(unit, name, alive[0])
    return None if unit.wanted.deleted else _missed(unit)


def draft(unit: Unit, answers: Answers) -> Row | None:
    """The document that is meant, as long as it is one that somebody has to post."""
    if unit.kind.posting is None:
        return None
    found = meant(unit, {name: rows for name, rows in answers.items() if not is_about_others(name)})
    if not isinstance(found, Mapping):
        return None
    return found if unit.kind.is_draft(found) or is_unposted(unit, found, answers) else None


def is_void(unit: Unit, row: Row) -> bool:
    """Whether a document was cancelled, and has given its number free."""
    natural = unit.kind.natural_key
    return natural is not None and any(row.get(name) in values for name, values in natural.unless.items())


def _missed(unit: Unit) -> Refuse | None:
    """Why a document that is not to be seen is not a new one; None when it may be."""
    noun = unit.kind.noun.one
    if unit.id is not None:
        message = f"The {noun} was written as {unit.id} and is not to be seen yet."
        return refuse("", "undecided", message, repeatable=True)
    if unit.wanted.id and not unit.wanted.id_is_hint:
        return refuse("id", "not_found", f'There is no {noun} with the id "{unit.wanted.id}".')
    if unit.known is not None and unit.known.posted:
        message = (
            f"The {noun} was posted as {unit.known.number} and is not to be found; it is not written a second time."
        )
        return refuse("", "posted_differs", message)
    return None


def _unless_anothers(unit: Unit, key: str, row: Row) -> Row | Refuse:
    """What another of the sender's ids stands for is not found by a number: the two would become one."""
    if key in {ID, KNOWN} or (key == NUMBER and unit.wanted.external_id is None):
        return row
    owners = [
        rival.identity.partition(":")[2]
        for rival in unit.rivals
        if rival.identity.startswith("external:") and same_id(rival.id, row["id"])
    ]
    if not owners or same_id(unit.known_id, row["id"]):
        return row
    noun = unit.kind.noun.one
    natural = unit.kind.natural_key
    own = unit.called(natural.name) if natural is not None and not unit.wanted.copied else key
    message = (
        f'The {noun} {unit.kind.number_of(row)} has this {key}, and was written for the externalId "{owners[0]}"; '
        f"give this one a {own} of its own, or the id of the {noun} that is meant."
    )
    return refuse(unit.called(key), "belongs_to_another", message, row=row)


def _is_meant(unit: Unit, key: str, row: Row) -> bool:
    """By a number a cancelled document is not meant; nor is one that the same party numbered differently."""
    natural = unit.kind.natural_key
    if unit.claimed_id is not None:
        return same_id(row["id"], unit.claimed_id)
    if key == SAME:
        return False  # equal documents are no reason to take one for the record's
    if any(is_of_preview(line) for line in row.get(unit.kind.lines_name) or ()):
        return False  # it goes again, whoever previews it
    if key in {ID, KNOWN} or natural is None:
        return True
    theirs, ours = row.get(natural.name), unit.stated_fields.get(natural.name)
    if key == NUMBER and theirs and ours and not same_value(unit.kind.facts, natural.name, ours, theirs):
        return False
    return not is_void(unit, row)
