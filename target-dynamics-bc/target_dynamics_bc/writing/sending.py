"""How are the next steps of many units sent in few requests, several of them at once?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.limits import BATCH_OPERATIONS
from target_dynamics_bc.writing.envelopes import Envelope, Part, Queue, Size, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_dynamics_bc.writing.in_flight import InFlight
    from target_dynamics_bc.writing.service import Brought, Sent, Service
    from target_dynamics_bc.writing.steps import Send
    from target_dynamics_bc.writing.unit import Unit


class Sending:
    """Sends steps, and learns how many of them a request takes.

    Args:
        service: Writes.
        in_flight: Carries requests, several at once.
    """

    def __init__(self, service: Service, in_flight: InFlight) -> None:
        self._service = service
        self._in_flight = in_flight
        self._sizes: dict[tuple[str, str], Size] = {}

    def send(self, steps: Iterable[tuple[Unit, Send]]) -> Iterator[tuple[Unit, Send, list[Sent]]]:
        """Send the next step of each unit.

        Yields:
            Each unit with its step and what became of its writes, as the requests come back: those behind one that was
            not done are missing.

        Raises:
            DynamicsError: The whole run cannot go on. What had been sent by then was yielded before.
        """
        queue = Queue([part for unit, step in steps for part in parts_of(unit, step)], self._sizes)
        queue.at_once = self._in_flight.at_once
        for part in queue.parts:
            # Creates are heavy, with lines and all; what puts a new record right is a value each.
            first = BATCH_OPERATIONS if part.step.purpose == "update" else part.unit.kind.sharing
            self._sizes.setdefault(part.group, Size(first))
        results: dict[int, list[Sent]] = {}
        failure: DynamicsError | None = None
        for envelope, bring in self._in_flight.each_of(queue, self._service.request):
            try:
                brought = bring()
                sent = self._service.noted(envelope, brought)
            except DynamicsError as error:
                failure = failure or error
                queue.parts = []
                continue
            self._learn(envelope, brought)
            left = iter(sent)
            for part in envelope.parts:
                of_unit = results.setdefault(id(part.unit), [])
                of_unit += [next(left) for _ in part.writes]
                if _is_through(part, of_unit):
                    queue.stop(part.unit)
                    yield part.unit, part.step, of_unit
        if failure is not None:
            raise failure

    def _learn(self, envelope: Envelope, brought: Brought) -> None:
        if not envelope.snapshot:
            size = self._sizes[envelope.parts[0].group]
            size.learn(len(envelope.pairs), brought.seconds, answered=brought.answered)


def _is_through(part: Part, results: list[Sent]) -> bool:
    """Whether nothing more of a step is to be sent: all of it was, or a part of it was not done."""
    return part.is_last or any(each.result != "done" for each in results)
