"""Eight hours in which the tap and the target run every half hour on one environment, while people work in it.

The target is handed what came in the last hours, so that each record comes several times; the tap goes on from its
state. Either may meet any answer. In the end each record is there once, and the destination holds what the source does.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from campaign.answers import Answer, any_answer
from campaign.attacked import Attacked
from campaign.tap_lives import KINDS, moves
from judged import expect
from tap.living_source import LEDGER, PEOPLES_NUMBER

from dynamics_bc_client.errors import DynamicsError
from tests.target.desk_pipe import pipe_at
from tests.target.killing import let_minutes_pass

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Piped

HALF_HOURS = 16
JOURNALS = frozenset({"DAILY", "MONTHLY"})
"""Those of the source."""
AGAIN = 6
"""For how many half hours a record is handed in again."""
PEOPLE = frozenset(
    ("insert", "change", "delete", "give_dimension", "draft", "change_line", "add_line", "post", "add_journal_line")
)
DONE = frozenset({"created", "updated", "unchanged", "existing", "posted"})


def day(seed: int) -> dict[str, Any]:
    """The day of a seed: what happens in each half hour."""
    chance = random.Random(seed)
    return {"half_hours": [_half_hour(chance, number) for number in range(HALF_HOURS)]}


def _half_hour(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "people": [_move(chance) for _ in range(chance.randrange(4))],
        "records": [_record(chance, f"d{number}x{each}") for each in range(chance.randrange(3))],
        "target": _answers(chance),
        "tap": _answers(chance),
    }


def _move(chance: random.Random) -> Any:
    while (move := moves(chance, swept=False)[0])[0] not in PEOPLE:
        pass
    return move


def _answers(chance: random.Random) -> dict[str, Any]:
    """What befalls a run: nothing, as most often."""
    count = chance.choice((0, 0, 1, 1, 3))
    return {"skip": chance.randrange(20), "answers": [any_answer(chance) for _ in range(count)]}


def _record(chance: random.Random, name: str) -> list[Any]:
    if chance.random() < 0.4:
        return ["Vendors", {"externalId": name, "vendorName": f"Vendor {name}"}]
    amount = f"{chance.randrange(100, 99_999) / 100:.2f}"
    lines = [{"accountNumber": "8210", "debitAmount": amount}, {"accountNumber": "2910", "creditAmount": amount}]
    entry = {"externalId": name, "journalEntryNumber": name.upper(), "transactionDate": "2026-02-27"}
    return ["JournalEntries", {**entry, "lineItems": lines, "isDraft": False}]


class Day:
    """A machine of lives, and a target that works in the same company."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.told = told
        self.folder = folder
        self.machine: Any = KINDS["SweptDestinations"]()
        self.machine.begin(page_size=None)
        self.machine.sweep_every("PT0S")
        self.runs = 0
        source = self.machine.source
        self.company = source.at(0).company
        self.target = Attacked(source.desk)

    def pass_by(self) -> int:
        """All of it; gives how often tap and target ran."""
        records: list[tuple[int, Any]] = []
        for number, told in enumerate(self.told["half_hours"]):
            for name, how in told["people"]:
                getattr(self.machine, name)(**how)
            records += [(number, record) for record in told["records"]]
            self._deliver([record for since, record in records if since > number - AGAIN], told["target"])
            self.machine.answered(**told["tap"])
            self.machine.run_once(None)
            self.machine.quiet()
            self.machine.advance(30)
            let_minutes_pass(self.folder / "store", 30)
            self.runs += 1
        everything = [record for _, record in records]
        self._deliver(everything, {"skip": 0, "answers": []})
        last = self._deliver(everything, {"skip": 0, "answers": []})
        self._judge(everything, last)
        self.machine.advance(2)
        self.machine.teardown()
        return self.runs + 1

    def _deliver(self, records: list[Any], told: dict[str, Any]) -> Piped | None:
        """Hand records in; a run that could not sign in or go on has no outcomes, and the next one goes on."""
        self.target.misfortunes.extend([*[None] * told["skip"], *map(Answer, told["answers"])])
        self.runs += 1
        piped = None
        try:
            with contextlib.suppress(*((DynamicsError,) if told["answers"] else ())):
                how: dict[str, Any] = {"company": self.company.id, "journal": "DAILY", "max_concurrent_requests": 1}
                piped = pipe_at(self.target, [tuple(each) for each in records], self.folder, **how)
        finally:
            self.target.misfortunes.clear()
        if piped is not None:
            # What an earlier run left undecided has its outcome at position 0.
            counted = Counter(each["external_id"] for each in piped.outcomes if each["position"])
            wanted = Counter(record["externalId"] for _, record in records)
            expect(counted == wanted, "outcomes", f"{counted - wanted} too many, {wanted - counted} missing")
        return piped

    def _judge(self, records: list[Any], last: Piped | None) -> None:
        assert last is not None
        outcomes = {each["external_id"]: each for each in last.outcomes}
        for stream, record in records:
            outcome = outcomes[record["externalId"]]
            expect(outcome["outcome"] != "uncertain", "uncertain", outcome)
            if self._is_held_back(outcome):
                expect(not self.company.find(LEDGER, documentNumber=record["journalEntryNumber"]), "untrue", outcome)
                continue
            expect(outcome["outcome"] in DONE, "lost", outcome)
            if stream == "Vendors":
                found = self.company.find("vendors", displayName=record["vendorName"])
                gone = [each for each in outcome["errors"] if each["code"] == "not_found"] or self._is_deleted(outcome)
                expect(len(found) < 2, "doubled", (record, found))
                expect(found or gone or self._is_renamed(outcome), "lost", (record, outcome))
            else:
                self._judge_entry(record, outcome)
        leftover = {row["code"] for row in self.company.find("journals")} - JOURNALS - self._taken()
        expect(not leftover, "orphans", f"batches of our own: {leftover}")

    def _judge_entry(self, record: dict[str, Any], outcome: Any) -> None:
        rows = self.company.find(LEDGER, documentNumber=record["journalEntryNumber"])
        amount = Decimal(record["lineItems"][0]["debitAmount"])
        booked = Counter(row["debitAmount"] - row["creditAmount"] for row in rows if row["accountNumber"] == "8210")
        expect(rows, "lost", (record, outcome))
        expect(sum(booked.values()) < 2, "doubled", (record, booked))
        expect(booked == Counter([amount]), "untrue", (record, booked))
        expect(sum(row["debitAmount"] - row["creditAmount"] for row in rows) == 0, "half", (record, rows))

    def _taken(self) -> set[str]:
        """Batches of the target's own that people have written lines of theirs into."""
        return {
            journal["code"]
            for journal in self.company.find("journals")
            if self.company.find("journalLines", journalId=journal["id"], documentNumber=PEOPLES_NUMBER)
        } - JOURNALS

    def _is_held_back(self, outcome: Any) -> bool:
        """Whether people's lines keep an entry from being posted, which only people can put right."""
        messages = [each["message"] for each in outcome["errors"] if each["code"] == "foreign_lines"]
        return outcome["outcome"] == "rejected" and any(code in each for each in messages for code in self._taken())

    def _is_deleted(self, outcome: Any) -> bool:
        """Whether people have deleted it since."""
        return (self.company.id, outcome["id"]) in self.machine.source.touched and not self.company.get(
            "vendors", outcome["id"]
        )

    def _is_renamed(self, outcome: Any) -> bool:
        """Whether people have given it another name since."""
        return bool(self.company.get("vendors", outcome["id"]))


def live(told: dict[str, Any], folder: Path) -> int:
    """A whole day; gives how often tap and target ran."""
    return Day(told, folder).pass_by()
