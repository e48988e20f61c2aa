"""Files of records at the desk, written while anything may come back for a request, until all is done.

The files, somebody else who works in the company, and what must hold in the end are those of `books`; here any of
`answers` may befall a request, runs are killed before and after requests, and in the end any first part of the file is
handed in once more.
"""

from __future__ import annotations

import random
from collections import deque
from typing import TYPE_CHECKING, Any

from books.life import LATE_FOR, Life, drawn, one_life
from books.misfortunes import WHAT as MISFORTUNES
from books.truth import agree
from campaign.answers import Answer, any_answer
from campaign.attacked import Attacked
from campaign.befallen import note, record_name
from judged import expect
from tap.desk_runs import DeskTransport, Killed

from dynamics_bc_client.errors import DynamicsError
from target_dynamics_bc.writing.leftovers import NAMED
from tests.target.desk_pipe import pipe_at
from tests.target.killing import let_minutes_pass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from books.asked import Asked
    from books.world import World

    from dynamics_bc_client.transport import Request, Response
    from tests.target.conftest import Piped

SIZE = 7
SAID = frozenset({"undecided", "left_behind", "may_be_there"})
"""Codes of outcomes that say that something may be there."""


def file(seed: int) -> dict[str, Any]:
    """A file that is written under the misfortunes of `books`."""
    chance = random.Random(seed)
    return {"seed": seed, "size": chance.randrange(3, SIZE + 1), "has_store": chance.random() < 0.7}


def file_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the file of a plan is drawn by, beside its seed."""
    return {"size": told["size"], "store": told["has_store"], "is_early": told.get("is_early", False)}


def write(told: dict[str, Any], folder: Path) -> int:
    """One life of it; gives how often the target ran."""
    how = file_of(told)
    note_records(*drawn(told["seed"], **how)[1:])
    counts = one_life(told["seed"], folder, **how)
    for name in counts.keys() & set(MISFORTUNES):
        note(f"misfortune: {name}")
    return counts["runs"]


def answered_file(seed: int) -> dict[str, Any]:
    """A file, and what befalls its runs."""
    chance = random.Random(seed)
    attacks = [_attack(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
    return {**file(seed), "attacks": attacks, "first": [chance.random() for _ in range(2)]}


def _attack(chance: random.Random) -> dict[str, Any]:
    told: dict[str, Any] = {"answers": {}}
    for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
        first = chance.randrange(1, 40)
        name = any_answer(chance)
        # What goes on for a while is told from what happens once. Each 429 holds everybody up, by the machine's clock.
        count = chance.choice((1, 1, 1, 2, 6))
        told["answers"].update({str(first + each): name for each in range(1 if name.startswith("429") else count)})
    if chance.random() < 0.35 or not told["answers"]:
        told["killed"] = {"at": chance.randrange(1, 40), "is_done": chance.random() < 0.5}
    if chance.random() < 0.4:
        told["clerk"] = sorted(chance.sample(range(1, 40), 3))
    return told


class AttackedTarget(Attacked):
    """A desk whose answers are as a plan has them, and who kills.

    Args:
        life: Whose desk and clerk.
        told: The plan of one run.
    """

    def __init__(self, life: Life, told: dict[str, Any]) -> None:
        super().__init__(life.desk)
        self._life = life
        self._told = told
        self._clerk = life.clerk
        self.number = 0

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self.number += 1
            killed = self._told.get("killed", {"at": 0, "is_done": False})
            if self.number in self._told.get("clerk", ()):
                note("somebody else works on the drafts")
                self._clerk.meddle()
            if self.number == killed["at"]:
                note(f"killed {'behind' if killed['is_done'] else 'before'} the work of a request")
            if self.number == killed["at"] and not killed["is_done"]:
                raise Killed
            name = self._told["answers"].get(str(self.number))
            self.misfortunes = deque([Answer(name)] if name else [])
            if name and Answer(name).is_done:
                self._life.note_unheard(request)
            response = super().__call__(request)
            if self.number == killed["at"]:
                raise Killed
            return response


class JudgedLife(Life):
    """A life that is judged in some things more, too."""

    rows_before: dict[str, tuple[int, int]]

    def _check_books(self, asked: Asked, outcome: dict[str, Any], found: Any) -> None:
        # A refusal of what was done all the same, and a batch that could not be removed, say nothing of the books.
        if outcome["outcome"] == "posted" and asked.posts and agree(found, asked.books):
            return
        super()._check_books(asked, outcome, found)

    def _check_end(self, asked: Asked, outcome: dict[str, Any]) -> None:
        codes = {error["code"] for error in outcome["errors"]}
        if self.was_killed and codes == {"posted_differs"} and asked.place is not None and asked.place.becomes:
            # It was turned into another by a run that could not note it, and that one holds other figures by a rule of
            # the service: whose it is nobody can tell, and the outcome says what is there.
            expect(self._rows(asked) == (0, 1), "doubled", (outcome, self._rows(asked)))
            return
        super()._check_end(asked, outcome)

    def _check_ledger(self, piped: Piped) -> None:
        super()._check_ledger(piped)
        for asked in self.file:
            self._check_left_alone_by_a_refusal(asked, piped.outcome(asked.name))

    def _check_left_alone_by_a_refusal(self, asked: Asked, outcome: dict[str, Any]) -> None:
        """What is rejected, and not to be tried again as it is, left everything as it was, or says what it left."""
        codes = {each["code"] for each in outcome["errors"]}
        if outcome["outcome"] == "rejected" and not codes & SAID and asked.name not in self.clerk.touched:
            before, after = self.rows_before[asked.name], self._rows(asked)
            # What an earlier run had begun, and did not carry through, may be turned back.
            is_as_it_was = after[0] <= before[0] and after[1] == before[1]
            expect(is_as_it_was or outcome["id"], "half", (before, after, outcome))

    def remember_rows(self) -> None:
        """How much there is of each record before a run."""
        self.rows_before = {asked.name: self._rows(asked) for asked in self.file}

    def check_no_orphans(self) -> None:
        """No batch of the target's own is left, but for what a run without a memory cannot know."""
        named = [row for row in self.desk.company.find("journals") if row["displayName"].startswith(NAMED)]
        if self.world.has_store or not self.was_killed:
            expect(not named, "orphans", [row["displayName"] for row in named])


def note_records(world: World, file: Iterable[Asked]) -> None:
    """Note of which kinds the records of a file are."""
    for asked in file:
        note(record_name(asked.stream, has_store=world.has_store))


class AnsweredLife(JudgedLife):
    """A life whose unlucky runs are told by a plan."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        super().__init__(told["seed"], folder, **file_of(told))
        note_records(self.world, self.file)
        self._attacks = list(told["attacks"])
        self._first = told["first"]

    def live(self) -> Any:
        while self._attacks:
            self._unlucky_run()
        self._calm_run()
        self._nothing_more()
        for share in self._first:
            self._part_again(share)
        self.check_no_orphans()
        return self.counts

    def _unlucky_run(self) -> None:
        piped = self._attacked(self._attacks.pop(0))
        if piped is None:
            self.was_killed = True
        else:
            self._check_outcomes(piped)
            self._check_ledger(piped)
        let_minutes_pass(self.folder / "store", LATE_FOR)

    def _attacked(self, told: dict[str, Any]) -> Piped | None:
        """One run; None if it was killed or ended with an error."""
        try:
            return self._run(AttackedTarget(self, told))
        except DynamicsError:
            return None

    def _part_again(self, share: float) -> None:
        """What was done stays as it is when a first part of the file comes once more."""
        before, asked = self._everything(), self.file[: int(share * (len(self.file) + 1))]
        # A record that comes in pieces comes with all of them: with fewer it would say something else.
        first = [(each.stream, each.record) for each in asked] + [piece for each in asked for piece in each.pieces]
        self._piped(first)
        self.counts["runs"] += 1
        changed = before ^ self._everything()
        # What is wrong with a record is tried again, and what people did to a draft is put right.
        if not any(asked.is_bad or asked.held_back or asked.name in self.clerk.touched for asked in self.file):
            expect(not changed, "doubled", f"{len(first)} records again changed {sorted(changed)[:4]}")

    def _run(self, transport: DeskTransport) -> Piped | None:
        self.remember_rows()
        return super()._run(transport)

    def _piped(self, records: list[Any]) -> Piped | None:
        return pipe_at(self.calm(), records, self.folder, store=self.world.has_store, **self.settings)

    def calm(self) -> DeskTransport:
        """What a run goes through that nothing befalls."""
        return DeskTransport(self.desk)

    def _everything(self) -> set[Any]:
        rows = self.desk.service.store.connection.execute("SELECT bucket, id, data, internal FROM entities")
        return set(rows.fetchall())


def write_answered(told: dict[str, Any], folder: Path) -> int:
    """One life of it; gives how often the target ran."""
    return int(AnsweredLife(told, folder).live()["runs"])
