"""How do writes reach Business Central, with the memory knowing of each before it is sent?"""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.errors import DynamicsError, RecordNotFound
from dynamics_bc_client.odata.batch import Operation
from dynamics_bc_client.odata.pages import row as row_of
from dynamics_bc_client.odata.query import Expansion, Query
from dynamics_bc_client.odata.targets import ACTION
from target_dynamics_bc.kept.units import Intention, Noted
from target_dynamics_bc.writing.contents import Contents, digest
from target_dynamics_bc.writing.documents.looking import of_what_it_made
from target_dynamics_bc.writing.files import SHA256
from target_dynamics_bc.writing.questions import FROM_PRIMARY, Questions
from target_dynamics_bc.writing.refused_creates import RefusedCreates, may_double, moment_before
from target_dynamics_bc.writing.refusing import is_from_the_way
from target_dynamics_bc.writing.undoing import FIND, from_text, undo_text
from target_dynamics_bc.writing.writes import Write, versions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from dynamics_bc_client.client import Client
    from dynamics_bc_client.odata.batch import Ended, Result
    from target_dynamics_bc.kept.memory import Memory
    from target_dynamics_bc.kept.units import Undo
    from target_dynamics_bc.wanted.files import WantedFile
    from target_dynamics_bc.wanted.records import Row
    from target_dynamics_bc.writing.envelopes import Envelope
    from target_dynamics_bc.writing.unit import Unit

log = logging.getLogger(__name__)

REMEMBERED = 1000
"""Ids of the last rows that were created: one that is like another record's counts as that one's own."""

LATE_AT_MOST = 1200.0
"""Seconds after which a create that was not answered is not carried out any more: the service lets a request queue for
eight minutes and work for eight."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one write: `done`, `failed` (nothing was written) or `unknown` (look before repeating)."""

    result: Ended
    row: dict[str, Any]
    error: DynamicsError | None


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of an envelope.

    Attributes:
        numbers: What the memory knows its writes by.
        sent: What became of each write.
        seconds: How long that took.
        raised: Why nothing was sent, if nothing was.
    """

    numbers: list[int]
    sent: list[Sent]
    seconds: float
    raised: DynamicsError | None = None

    @property
    def answered(self) -> bool:
        """Whether the service said of anything what became of it."""
        return any(each.result != "unknown" for each in self.sent)


class Service:
    """Writes.

    Attributes:
        questions: Asks.
        contents: Knows what files hold.

    Args:
        client: Talks to the service.
        memory: Is told of every write before it and after it.
        checkpoint: Called before every request; raises when the run is to stop.
        questions: Asks.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        client: Client,
        memory: Memory,
        checkpoint: Callable[[], None],
        questions: Questions,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._memory = memory
        self._checkpoint = checkpoint
        self.questions = questions
        self.contents = Contents(client, memory, checkpoint)
        # What is asked between two attempts is asked by the thread that makes them.
        self._behind = Questions(client, lambda: None)
        self._made: deque[str] = deque(maxlen=REMEMBERED)
        self._clock = clock

    def request(self, envelope: Envelope) -> Callable[[], Brought]:
        """Note what is to be written, and make it a request, which another thread may send.

        Raises:
            DynamicsError: The memory cannot take it; nothing was sent.
        """
        numbers, pairs = self._intend(envelope.pairs), envelope.pairs
        made, sent_at, noted_at = frozenset(self._made), self.served_at, self._clock()

        def since() -> datetime | None:
            seconds = timedelta(seconds=self._clock() - noted_at)
            # One answer may come of a clock that is wrong.
            moments = [each for each in (sent_at, self.served_at and self.served_at - seconds) if each is not None]
            return min(moments, default=None)

        def may_be_done(places: Iterable[int], made_since: Iterable[str] = ()) -> frozenset[int]:
            refused = RefusedCreates(self._behind, since(), made.union(made_since))
            return refused.may_be_done({place: pairs[place] for place in places})

        def is_due(refusal: DynamicsError) -> bool:
            (unit, write) = pairs[0]
            return self._is_as_seen(unit, write, refusal, since()) if write.action else not may_be_done([0])

        def send() -> Brought:
            began = self._clock()
            if len(pairs) == 1:
                sent, raised = [self._sent_by_itself(*pairs[0], is_due)], None
            else:
                sent, raised = self._sent_together(pairs, may_be_done, snapshot=envelope.snapshot)
            return Brought(numbers, sent, self._clock() - began, raised)

        return send

    def noted(self, envelope: Envelope, brought: Brought) -> list[Sent]:
        """Have the memory know what became of an envelope.

        Raises:
            DynamicsError: The whole run cannot go on. What is not noted by then was not written.
        """
        if brought.raised is not None:
            self._memory.note_results(Noted(number, "failed") for number in brought.numbers)
            raise brought.raised
        self._memory.note_results(
            [
                _noted(number, *pair, each)
                for number, pair, each in zip(brought.numbers, envelope.pairs, brought.sent, strict=True)
            ]
        )
        for (unit, write), each in zip(envelope.pairs, brought.sent, strict=True):
            if each.result == "done" and may_double(unit, write):
                self._made.append(str(each.row.get("id")))
            if write.content is not None and each.result == "done":
                self.contents.note(unit.books.id, write, str(each.row[SHA256]))
            elif write.content is not None:
                self.contents.doubt(unit.books.id, write)
        _raise_for_run(brought.sent)
        return brought.sent

    def _sent_by_itself(self, unit: Unit, write: Write, is_due: Callable[[DynamicsError], bool]) -> Sent:
        try:
            return Sent("done", self._send(unit.books.id, write, is_due), None)
        except DynamicsError as error:
            is_unknown = error.may_have_happened or (write.never_again and is_from_the_way(error))
            return Sent("unknown" if is_unknown else "failed", {}, error)

    def _sent_together(
        self,
        pairs: Sequence[tuple[Unit, Write]],
        may_be_done: Callable[[Iterable[int], Iterable[str]], frozenset[int]],
        *,
        snapshot: bool,
    ) -> tuple[list[Sent], DynamicsError | None]:
        """Send up to a hundred writes in one request: all or nothing (`snapshot`), or each for itself."""
        operations = [
            Operation(str(place), write.method, path_of(unit.books.id, write), write.body, etag=write.etag or None)
            for place, (unit, write) in enumerate(pairs)
        ]

        def behind(refused: Sequence[Operation], done: Sequence[Result]) -> set[str]:
            ids = [str((each.body or {}).get("id")) for each in done]
            return {str(place) for place in may_be_done([int(each.id) for each in refused], ids)}

        try:
            results = self._client.batch(operations, snapshot=snapshot, may_be_done=behind)
        except DynamicsError as error:
            return [], error  # nothing was sent
        return [Sent(result.ended, result.body or {}, result.error) for result in results], None

    @property
    def served_at(self) -> datetime | None:
        """When the last response came, by the service's own clock, UTC; None where none has said."""
        return self._client.served_at

    def note_found(self, unit: Unit, write: Write, row: Row) -> None:
        """Have the memory know what a create has made that was refused, or not answered."""
        made = str(row["id"]) if write.address == unit.set_address else None
        if made is not None:
            self._made.append(made)
        noted = Noted(0, "done", undo_text(unit, write, row), made)
        self._memory.note_found(unit.requests_key, path_of(unit.books.id, write, ""), undo_text(unit, write, {}), noted)

    def turn_back(self, undo: Undo) -> DynamicsError | None:
        """Turn back what was written for a unit that is refused; what is gone already is as well.

        Returns:
            Why it could not be done; then it is still known that it is to be.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        write = from_text(undo.text)
        return self._turn_back_found(undo, write) if write.method == FIND else self._discarded(undo, write)

    def _turn_back_found(self, undo: Undo, write: Write) -> DynamicsError | None:
        """Remove what a create has made that was not answered; what is not there may still come, for a while."""
        company_id, body = undo.key.company_id, dict(write.body or {})
        lines = Expansion(body["lines"], ("description",))
        (rows,) = self.questions.look([Query(write.address.path(company_id), ("id",), (lines,), body["filter"])])
        if isinstance(rows, DynamicsError):
            return rows
        for row in rows:
            if any(line.get("description") == body["description"] for line in row.get(body["lines"]) or ()):
                return self._discarded(undo, Write("DELETE", write.address.at(row["id"])))
        self._memory.give_up(undo.number, LATE_AT_MOST)
        return None

    def _discarded(self, undo: Undo, write: Write) -> DynamicsError | None:
        error = self.discard(undo.key.company_id, write)
        if error is None:
            self._memory.turned_back(undo.number)
        return error

    def discard(
        self, company_id: str, write: Write, *, is_due: Callable[[DynamicsError], bool] = lambda _: True
    ) -> DynamicsError | None:
        """Send a write that is for no record under way; that what it is about is gone already is as well.

        Args:
            company_id: The company.
            write: The write.
            is_due: Whether a create is still to be done, asked before it is sent once more.

        Returns:
            Why it could not be done.

        Raises:
            DynamicsError: The whole run cannot go on.
        """
        self._checkpoint()
        try:
            self._send(company_id, write, is_due)
        except RecordNotFound:
            return None
        except DynamicsError as error:
            if error.scope == "run":
                raise
            return error
        return None

    def _intend(self, pairs: Sequence[tuple[Unit, Write]]) -> list[int]:
        self._checkpoint()
        return self._memory.intend(
            Intention(
                unit.requests_key,
                unit.wanted.hash,
                write.method,
                path_of(unit.books.id, write, ""),
                undo_text(unit, write, {}),
                begins=not unit.rules.previews,
                position=unit.wanted.position,
                version=write.etag if write.never_again else None,
            )
            for unit, write in pairs
        )

    def _send(
        self, company_id: str, write: Write, is_due: Callable[[DynamicsError], bool] = lambda _: True
    ) -> dict[str, Any]:
        path, etag = write.address.path(company_id), write.etag or "*"
        if write.content is not None:
            headers = {"Content-Type": "application/octet-stream", "If-Match": etag}
            content = _bytes_of(write.content)
            self._client.request(write.method, path, headers=headers, body=content)
            return {SHA256: digest(content)}
        if write.action:
            self._client.act(path, write.action, etag=write.etag or None, is_due=is_due)
        elif write.method == "POST":
            return self._client.create(path, write.body or {}, is_due=is_due)
        elif write.method == "PATCH":
            return self._client.update(path, write.body or {}, etag=etag)
        else:
            self._client.delete(path, etag=etag)
        return {}

    def _is_as_seen(self, unit: Unit, write: Write, refusal: DynamicsError, since: datetime | None) -> bool:
        """Whether what an action was called for is known to be as it was when that was decided.

        A refusal may come behind the work, from somebody on the way, and a second call of some actions does more. Of
        what may leave no trace the service's own refusal alone is believed.
        """
        seen, address, company_id = write.seen, write.address, unit.books.id
        if write.never_again and is_from_the_way(refusal):
            return False
        if seen is None:
            return True
        expand = (Expansion(seen.lines),) if seen.lines else ()
        look = Query(address.path(company_id), ("id",), expand)
        made: list[Row] | DynamicsError = []
        try:
            row = row_of(self._client.request("GET", look.url, headers=FROM_PRIMARY).body)
            if seen.leads_to:
                path = unit.path(seen.leads_to)
                (made,) = self._behind.look([of_what_it_made(path, seen.origin, address.id, moment_before(since))])
            if isinstance(made, DynamicsError):
                raise made
        except DynamicsError as error:
            log.info("It is not known whether %s was carried out: %s", write.action, error.message)
            return False
        return versions_of(row, seen.lines) == seen.versions and not made


def _bytes_of(file: WantedFile) -> bytes:
    """What a file holds.

    Raises:
        DynamicsError: It cannot be read any more.
    """
    try:
        return file.read()
    except OSError as error:
        raise DynamicsError(f"The file of {file.field} cannot be read: {error.strerror}.", scope="record") from error


def path_of(company_id: str, write: Write, prefix: str = ACTION) -> str:
    """Where a write goes, below the root of the API.

    Args:
        company_id: The company.
        write: The write.
        prefix: What stands before the name of an action; the service wants one.
    """
    path = write.address.path(company_id)
    return f"{path}/{prefix}{write.action}" if write.action else path


def _noted(number: int, unit: Unit, write: Write, sent: Sent) -> Noted:
    if sent.result != "done":
        return Noted(number, sent.result)
    made = str(sent.row.get("id") or "") if write.creates and write.address == unit.set_address else ""
    return Noted(number, sent.result, undo_text(unit, write, sent.row), made or None)


def _raise_for_run(sent: Sequence[Sent]) -> None:
    """An error that is the whole run's ends it, unless a write may have happened: that is looked at first."""
    for each in sent:
        if each.result == "failed" and each.error is not None and each.error.scope == "run":
            raise each.error
