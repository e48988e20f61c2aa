"""Who listens to commits on behalf of receivers, and when their letters go out."""

from __future__ import annotations

import asyncio
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynamics_bc_emulator.notifying import calling, events, webhooks
from dynamics_bc_emulator.notifying.calling import in_thread
from dynamics_bc_emulator.notifying.events import BusinessEvents
from dynamics_bc_emulator.notifying.webhooks import Webhooks

if TYPE_CHECKING:
    from datetime import datetime

    from dynamics_bc_emulator.notifying.calling import Answer, Call
    from dynamics_bc_emulator.notifying.letters import Letter
    from dynamics_bc_emulator.rows.commits import Commit
    from dynamics_bc_emulator.rows.service import Service

_SETS = frozenset((webhooks.SUBSCRIPTIONS, events.SUBSCRIPTIONS))
# How soon a clock that was moved is noticed while something waits for it.
_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter that was sent.

    Attributes:
        status: What was answered; None if nobody answered.
        answered: When, by the emulator's clock.
    """

    url: str
    body: bytes
    status: int | None
    answered: datetime


class Notifier:
    """Webhooks and business events of a service; without subscriptions a commit costs one comparison.

    Attributes:
        call: How receivers are called.
        sent: Letters whose answers are known, in their order.
    """

    def __init__(self, service: Service, call: Call = calling.call) -> None:
        self.call = call
        self._service = service
        self._parts = (Webhooks(service), BusinessEvents(service))
        self.sent: list[Sent] = []
        self._is_wanted = self._has_subscriptions()
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        service.store.listeners.append(self._on_commit)

    def forget(self) -> None:
        """The rows are others now: look again who has subscribed; what was to be told is lost."""
        for part in self._parts:
            part.forget()
        self.sent.clear()
        self._is_wanted = self._has_subscriptions()

    def due(self) -> datetime | None:
        """When something has to be sent; None if nothing has."""
        return min((due for part in self._parts if (due := part.due())), default=None)

    def letters(self) -> list[Letter]:
        """What has to be sent by now."""
        now = self._service.clock()
        return [letter for part in self._parts for letter in part.letters(now)]

    def deliver(self) -> int:
        """Send what has to be sent by now, one letter after the other; returns how many there were."""
        letters = self.letters()
        for letter in letters:
            self._answered(letter, letter.send(self.call))
        return len(letters)

    async def run(self) -> None:
        """Deliver until cancelled, whenever the emulator's clock says so; receivers are called in threads."""
        while True:
            await self._wake.wait()
            due = self.due()
            if due is None:
                self._wake.clear()
            elif due > self._service.clock():
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                for letter in self.letters():
                    task = asyncio.create_task(self._send(letter))
                    self._under_way.add(task)
                    task.add_done_callback(self._under_way.discard)
                # The tasks take their first step.
                await asyncio.sleep(0)

    async def _send(self, letter: Letter) -> None:
        try:
            self._answered(letter, await in_thread(lambda: letter.send(self.call)))
        except Exception:  # noqa: BLE001 - a mistake here must not end all deliveries
            traceback.print_exc(file=sys.stderr)
        self._wake.set()

    def _answered(self, letter: Letter, answer: Answer | None) -> None:
        now = self._service.clock()
        letter.answered(answer, now)
        self.sent.append(Sent(letter.url, letter.body, answer.status if answer else None, now))

    def _on_commit(self, commit: Commit) -> None:
        if commit.entity_set in _SETS:
            self._is_wanted = True
        if not self._is_wanted:
            return
        for part in self._parts:
            part.on_commit(commit)
        self._wake.set()

    def _has_subscriptions(self) -> bool:
        return any(self._service.store.count("", name) for name in _SETS)
