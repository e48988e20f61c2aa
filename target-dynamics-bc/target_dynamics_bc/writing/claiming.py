"""What has a create left that was refused, or not answered, and is it the record's own?

The service may refuse what it has done: an extension of a tenant commits and fails then. So behind every refused create
it is looked for before another form of it is sent, and before the record is called rejected. What is there counts as
created, is completed, and goes again when the record is refused for good.

What carries an id of ours is ours. A row that the service has numbered itself is taken for the record's only if all of
this holds, so that neither another record of the file nor somebody else's equal row is taken:

- no look before the create found it: it was not there under the record's own number, or it was changed later than a
  minute before the create was sent, by the service's clock (`lastModifiedDateTime`), so that an order of last week that
  says the same is none;
- it is of the same party, and no other record of the sender's has it, finished or under way, as far as the memory
  knows; what one record has taken no other one takes;
- it is like the record, by the rules of its kind (`UnitOfWork.alike`), which leave room for values that the service
  has put into it.

What is left open is a stranger's row for the same party with the same lines within that minute.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from target_dynamics_bc.writing.refused_creates import moment_before
from target_dynamics_bc.writing.service import path_of
from target_dynamics_bc.writing.writes import Write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.service import Service
    from target_dynamics_bc.writing.steps import Answers
    from target_dynamics_bc.writing.unit import Unit


class Claiming:
    """Finds what creates have made that nobody has seen.

    Args:
        service: Knows the service's clock, and is told of what was found.
        memory: Knows when each create was sent, and what is other records'.
    """

    def __init__(self, service: Service, memory: Memory) -> None:
        self._service = service
        self._memory = memory

    def limit(self, unit: Unit) -> None:
        """Note from when on what a create of a unit has made can be there, if nobody has seen it."""
        self._note_turned(unit)
        if unit.has_unseen_create and (since := self._since(unit, Write("POST", unit.set_address))):
            unit.history.since = since
        action = unit.action
        if unit.makes_one_more and unit.may_have_acted and action is not None:
            unit.history.called_since = self._since(unit, Write("POST", unit.set_address.at("(%)"), action=action.name))

    def _since(self, unit: Unit, write: Write) -> str | None:
        """From when on what a write has made is there that nobody has seen; None where it was not sent."""
        age = self._memory.unseen_for(unit.requests_key, path_of(unit.books.id, write, ""))
        if age is None or (served_at := self._service.served_at) is None:
            return None
        return moment_before(served_at - timedelta(seconds=age))

    def _note_turned(self, unit: Unit) -> None:
        """Note whether an earlier run has turned a document into another, or may have where only its id is known."""
        action, id_ = unit.action, unit.known_id
        if id_ is None or action is None or not unit.interrupted or not unit.leads_elsewhere:
            return
        path = path_of(unit.books.id, Write("POST", unit.set_address.at(id_), action=action.name), "")
        unit.history.was_answered = self._memory.was_done(unit.requests_key, path)
        if not unit.natural_number and not action.origin:
            unit.history.was_turned = self._memory.was_sent(unit.requests_key, path)

    def claim(self, unit: Unit, answers: Answers) -> None:
        """Note what a look has found of what creates of a unit have made."""
        if not unit.has_unseen_create and all(event.result == "done" for event in unit.history.events):
            return
        for place, row in list(_by_ids(unit, answers)):
            self._service.note_found(unit, unit.history.events[place].write, row)
            unit.history.saw(place, row)
        # What this run has made like the record since was not like it when it was found.
        if unit.claimed_id is None and unit.has_unseen_create and not unit.updated:
            self._claim_by_content(unit, answers)

    def _claim_by_content(self, unit: Unit, answers: Answers) -> None:
        place = _last_create(unit)
        fitting = unit.work.alike(unit, answers)
        taken = self._memory.others(unit.key, (str(row["id"]) for row in fitting)) if fitting else frozenset()
        row = next((row for row in fitting if str(row["id"]) not in taken), None)
        if row is None:
            return
        if place is None:
            self._service.note_found(unit, Write("POST", unit.set_address), row)
            unit.history.taken = str(row["id"])
        else:
            self._service.note_found(unit, unit.history.events[place].write, row)
            unit.history.saw(place, row)


def _by_ids(unit: Unit, answers: Answers) -> Iterator[tuple[int, Row]]:
    """The creates that nobody has seen, by their place, with the rows that have the ids which they were sent with."""
    seen: dict[str, Row] = {}
    for rows in answers.values():
        for row in rows:
            below = row.get(unit.kind.entity_set)
            seen |= {str(each.get("id")).lower(): each for each in (row, *(below if isinstance(below, list) else ()))}
    for place, event in enumerate(unit.history.events):
        id_ = str((event.write.body or {}).get("id") or "").lower()
        if id_ in seen and event.write.creates and event.result != "done":
            yield place, seen[id_]


def _last_create(unit: Unit) -> int | None:
    """The place of the last create of the record itself in this run; None where an earlier one has sent it."""
    for place, event in reversed(list(enumerate(unit.history.events))):
        if event.purpose == "create" and event.write.creates and event.write.address == unit.set_address:
            return place
    return None
