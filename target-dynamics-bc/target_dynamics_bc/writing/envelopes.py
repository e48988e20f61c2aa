"""Which writes travel in one request, and which have to wait for others?

Two requests that touch one parent are never in flight together: a document and its lines, a journal batch, the new
documents of one vendor, whose order is kept. Nor are two postings in a company. Inside a request writes are done one
after the other, so those of one parent may share it. Pure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.limits import BATCH_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from target_dynamics_bc.writing.steps import Send
    from target_dynamics_bc.writing.unit import Unit
    from target_dynamics_bc.writing.writes import Write

QUICK_SECONDS = 15.0
"""A batch that took less may be twice as large the next time."""

INSTANT_SECONDS = 3.0
"""A batch that took less may be four times as large."""

SLOW_SECONDS = 60.0
"""A batch that took more is half as large the next time: the service gives one up after eight minutes."""


@dataclass(slots=True)
class Size:
    """How many operations one kind of batch holds; it adapts to the time that they take.

    Attributes:
        operations: How many the next one holds at most.
    """

    operations: int

    def learn(self, sent: int, seconds: float, *, answered: bool) -> None:
        """Take what became of a batch.

        Args:
            sent: How many operations it held.
            seconds: How long it took.
            answered: Whether it came back; the service gives up what takes too long.
        """
        if not answered or seconds > SLOW_SECONDS:
            self.operations = max(1, min(self.operations, sent) // 2)
        elif seconds < QUICK_SECONDS and sent * 2 > self.operations:
            # Steps of several writes are not cut apart, so that a batch is seldom full to the last place.
            self.operations = min(BATCH_OPERATIONS, self.operations * (4 if seconds < INSTANT_SECONDS else 2))


@dataclass(frozen=True, slots=True)
class Part:
    """What a request holds for one unit of work: a whole step, or as much of it as a transaction takes.

    Attributes:
        unit: The unit.
        step: Its step.
        writes: Those of its writes that travel here.
        touches: What nothing else in flight may touch.
        parents: Those of them that other units touch, too.
        alone: They are a transaction of their own.
        is_last: Nothing of the step follows.
    """

    unit: Unit
    step: Send
    writes: tuple[Write, ...]
    touches: frozenset[Any]
    parents: frozenset[Any]
    alone: bool
    is_last: bool = True

    @property
    def group(self) -> tuple[str, str]:
        """What travels together, and is measured together."""
        return self.unit.kind.name, self.step.purpose


@dataclass(frozen=True, slots=True)
class Envelope:
    """One request: parts in the order in which the service is to do them."""

    parts: tuple[Part, ...]

    @property
    def pairs(self) -> list[tuple[Unit, Write]]:
        """Its writes, each with the unit that it is for."""
        return [(part.unit, write) for part in self.parts for write in part.writes]

    @property
    def touches(self) -> frozenset[Any]:
        """What nothing else in flight may touch."""
        return frozenset().union(*(part.touches for part in self.parts))

    @property
    def snapshot(self) -> bool:
        """Whether all of it is done or nothing."""
        return self.parts[0].alone and len(self.parts[0].writes) > 1


def parts_of(unit: Unit, step: Send) -> list[Part]:
    """A step in as many parts as it takes requests.

    What changes a record that was there before is a transaction of its own, so that it is never half changed; what is
    new is deleted as a whole if a part of it is refused, so that its writes may travel with those of others.
    """
    parents = frozenset(_parents(unit, step))
    touches = parents | {unit.key}
    # What a file holds travels in no batch, so each is a request of its own.
    has_content = any(write.content is not None for write in step.writes)
    is_transaction = len(step.writes) > 1 and not (unit.created and step.purpose == "update")
    alone = has_content or is_transaction or _does_more_twice(unit, step)
    together = 1 if has_content else BATCH_OPERATIONS
    starts = range(0, len(step.writes), together)
    return [
        Part(
            unit,
            step,
            step.writes[start : start + together],
            touches,
            parents,
            alone,
            start + together >= len(step.writes),
        )
        for start in starts
    ]


def _does_more_twice(unit: Unit, step: Send) -> bool:
    """Whether it calls an action that would do more if it were called for once more.

    A batch that was refused, as for an old token, is sent again as it is; a request of its own looks first.
    """
    more = unit.posts_a_part or unit.makes_one_more
    return any(write.never_again or (write.action and more) for write in step.writes)


def _parents(unit: Unit, step: Send) -> Iterable[tuple[str, ...]]:
    """What a step touches that others may touch as well."""
    company, party = unit.books.id, unit.resolved.fields.get(unit.kind.party) if unit.kind.party else None
    for write in step.writes:
        if write.action:
            yield company, "posting"
        elif party and write.creates and write.address == unit.set_address:
            yield company, unit.kind.party, str(party).lower()
        address = write.address
        while address.parent is not None:
            address = address.parent
        if address.id:
            yield company, address.entity_set, address.id.lower()


@dataclass(slots=True)
class Queue:
    """The parts that have not been sent yet, in their order.

    Attributes:
        parts: The parts.
        sizes: How many operations each group of them sends in one request; it is learnt.
        at_once: How many requests may be in flight.
    """

    parts: list[Part]
    sizes: Mapping[tuple[str, str], Size]
    at_once: int = 1
    _stopped: set[int] = field(default_factory=set)
    _shared: frozenset[Any] = frozenset()

    def __post_init__(self) -> None:
        counts = Counter(parent for part in self.parts for parent in part.parents)
        self._shared = frozenset(parent for parent, count in counts.items() if count > 1)

    def stop(self, unit: Unit) -> None:
        """Send nothing more of a step that has failed."""
        self._stopped.add(id(unit))

    def take(self, busy: frozenset[Any]) -> Envelope | None:
        """The next request, while others are in flight that touch these; None when all that is left has to wait."""
        self.parts = [part for part in self.parts if id(part.unit) not in self._stopped]
        picked: list[Part] = []
        blocked, chosen = set(busy), set[frozenset[Any]]()
        room = lanes = 0
        for part in self.parts:
            if part.touches.isdisjoint(blocked):
                lane = part.parents & self._shared
                if not picked:
                    room = max(self.sizes[part.group].operations, len(part.writes))
                    lanes = self._lanes(part.group, room)
                elif not _fits(part, picked[0], room) or (lane and lane not in chosen and len(chosen) >= lanes):
                    blocked |= part.touches
                    continue
                picked.append(part)
                chosen |= {lane} if lane else set()
                room -= len(part.writes)
                if room == 0 or part.alone:
                    break
            else:
                # What comes later must not overtake what has to wait.
                blocked |= part.touches
        if not picked:
            return None
        taken = {id(part) for part in picked}
        self.parts = [part for part in self.parts if id(part) not in taken]
        return Envelope(tuple(picked))

    def _lanes(self, group: tuple[str, str], room: int) -> int:
        """How many parents one request may touch, so that the others have some left to work on."""
        members = [part for part in self.parts if part.group == group]
        if sum(len(part.writes) for part in members) <= room:
            return len(members)
        return -(-len({part.parents & self._shared for part in members}) // self.at_once)


def _fits(part: Part, first: Part, room: int) -> bool:
    """Whether a part may travel with the first one of a request."""
    return not part.alone and part.group == first.group and len(part.writes) <= room
