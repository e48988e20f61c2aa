"""What webhook subscriptions are told: changes of their resource, half a minute after the first, by receiver."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from dynamics_bc_emulator.notifying.letters import Letter
from dynamics_bc_emulator.notifying.notifications import TYPES, Change, Pending
from dynamics_bc_emulator.notifying.resources import HEADERS, read_resource
from dynamics_bc_emulator.notifying.retrying import has_arrived, wait_after
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.stamps import from_stamp, rounded, to_milliseconds
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from datetime import datetime

    from dynamics_bc_emulator.notifying.calling import Answer
    from dynamics_bc_emulator.notifying.resources import Resource
    from dynamics_bc_emulator.rows.commits import Commit
    from dynamics_bc_emulator.rows.service import Service
    from dynamics_bc_emulator.rows.store import Row

SUBSCRIPTIONS = "subscriptions"
DELAY = timedelta(seconds=30)
LIFE = timedelta(days=3)


@dataclass
class _Watch:
    """A live subscription with what it has to be told.

    Attributes:
        due: When that is sent; None if there is nothing.
        attempts: How often that was tried in vain.
    """

    row: Row
    resource: Resource
    pending: Pending = field(default_factory=Pending)
    due: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class _Told:
    """What a subscription was told by one letter."""

    watch: _Watch
    pending: Pending
    due: datetime
    was_due: bool


def is_due(watch: _Watch, now: datetime) -> bool:
    """Whether its time has come; what was never tried goes with the first letter to its receiver."""
    return watch.attempts == 0 or (watch.due is not None and watch.due <= now)


class Webhooks:
    """The subscriptions of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._watches: dict[str, _Watch] = {}
        self._by_place: dict[tuple[str, str], list[_Watch]] = {}
        self._reload = True

    def forget(self) -> None:
        """Look again which subscriptions there are; what they had to be told is lost."""
        self._watches.clear()
        self._by_place.clear()
        self._reload = True

    def on_commit(self, commit: Commit) -> None:
        """Note a change for whoever watches its set."""
        if commit.entity_set == SUBSCRIPTIONS and not commit.company:
            self._reload = True
            return
        if self._reload:
            self._load()
        if self._by_place:
            self._note(commit.company, commit.entity_set, commit.id, TYPES[commit.what])
            header = HEADERS.get(commit.entity_set)
            if header and commit.parent:
                self._note(commit.company, header, commit.parent, "updated")

    def due(self) -> datetime | None:
        """When something has to be sent; None if nothing has."""
        return min((watch.due for watch in self._watches.values() if watch.due), default=None)

    def letters(self, now: datetime) -> list[Letter]:
        """What has to be sent by now: one letter for each receiver, with all that its subscriptions have to be told."""
        self._drop_expired(now)
        if not any(watch.due and watch.due <= now for watch in self._watches.values()):
            return []
        by_url: dict[str, list[_Watch]] = {}
        for watch in self._watches.values():
            if watch.due:
                by_url.setdefault(watch.row["notificationUrl"], []).append(watch)
        return [self._letter(url, watches, now) for url, watches in sorted(by_url.items())]

    def _letter(self, url: str, watches: list[_Watch], now: datetime) -> Letter:
        value = [one for watch in watches for one in watch.pending.notifications(watch.row, watch.resource)]
        correlation = str(uuid.uuid4())
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "clientRequestId": correlation,
            "x-ms-correlation-id": correlation,
        }
        attempted = [_Told(watch, watch.pending, watch.due or now, is_due(watch, now)) for watch in watches]
        # What happens while the letter is on its way is told by the next one.
        for watch in watches:
            watch.pending, watch.due = Pending(), None

        def answered(answer: Answer | None, at: datetime) -> None:
            for told in attempted:
                self._answered(told, answer, at)

        return Letter(url, encode({"value": value}), headers, answered)

    def _answered(self, told: _Told, answer: Answer | None, at: datetime) -> None:
        watch = told.watch
        if has_arrived(answer):
            watch.attempts = 0
            return
        # Whoever waited for another attempt, and was sent along with others, has not used it up.
        if told.was_due:
            watch.attempts += 1
        wait = wait_after(watch.attempts, answer)
        if wait is None:
            self._end(watch)
            return
        told.pending.take(watch.pending)
        watch.pending, watch.due = told.pending, at + wait if told.was_due else told.due

    def _note(self, company: str, entity_set: str, id_: str, change_type: str) -> None:
        now = self._service.clock()
        for watch in self._by_place.get((company, entity_set), ()):
            if from_stamp(watch.row["expirationDateTime"]) <= to_milliseconds(now):
                continue
            row = self._service.store.get(company, entity_set, id_) if watch.resource.only else None
            if row is not None and not watch.resource.shows(row):
                continue
            watch.pending.add(Change(id_, change_type, rounded(to_milliseconds(now))))
            due = now + DELAY
            watch.due = min(watch.due, due) if watch.due else due

    def _load(self) -> None:
        self._reload = False
        before, self._watches = self._watches, {}
        self._by_place = {}
        for row in self._service.store.find("", SUBSCRIPTIONS):
            resource = self._resource(row)
            if resource is None:
                continue
            known = before.get(row["subscriptionId"])
            watch = _Watch(row, resource) if known is None else known
            watch.row, watch.resource = row, resource
            self._watches[row["subscriptionId"]] = watch
            self._by_place.setdefault((resource.company, resource.stored), []).append(watch)

    def _resource(self, row: Row) -> Resource | None:
        """What a subscription watches; None if that is no longer there."""
        prefix = row.get("_route", self._service.standard.prefix)
        route = next((each for each in self._service.routes if each.prefix == prefix), self._service.standard)
        try:
            return read_resource(self._service, route, row["resource"])
        except Refusal:
            return None

    def _drop_expired(self, now: datetime) -> None:
        if self._reload:
            self._load()
        for watch in list(self._watches.values()):
            if from_stamp(watch.row["expirationDateTime"]) <= to_milliseconds(now):
                self._end(watch)

    def _end(self, watch: _Watch) -> None:
        """The subscription is gone, with all that it had to be told."""
        self._service.store.delete("", SUBSCRIPTIONS, watch.row["subscriptionId"])
        self._load()


def fresh_expiration(now: datetime) -> datetime:
    """Until when a subscription lives that is made or renewed now."""
    return now + LIFE
