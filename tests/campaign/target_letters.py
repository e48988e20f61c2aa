"""Dead letters that are replayed, and doubtful records that are resolved, by `dynamics-bc` as a process under attack.

A file is written while some answers are lost, so that records are rejected and others nobody knows of. What the
rejected ones lack is mended, for some. Then `replay` and `resolve` are killed at any moment, run out of disk, are
misled, and run two at a time on one store. A letter is never lost: what it holds is written, or it is in the file. In
the end each that could be written is there once, and the file holds the others, once each.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from campaign.answers import BROKEN, status_answer
from campaign.attacks import attack, clock_due, clock_for, let_late, send_signals, signal_due
from campaign.befallen import note
from campaign.disks import small_disk
from campaign.processes import CODES, Ended, Run, note_twins, start
from campaign.proxy import BreakingProxy, orders_of, patience_for
from campaign.served import config_for, served
from emulator.in_process import open_desk
from judged import expect

from tests.target.conftest import singer_lines

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = 22
WHAT = ("network", "signal", "signal", "moment", "disk", "file", "output", "twin", "twin")
COMMANDS = ("replay", "replay", "resolve")
LATER, NEVER = "LATER", "NEVER"
"""A department that is set up after the file was written, and one that never is."""


def letters(seed: int) -> dict[str, Any]:
    """The life of a seed: its records, what befalls the run that writes them, and those that take them up again."""
    chance = random.Random(f"letters {seed}")
    wants = [chance.choice((LATER, LATER, NEVER, "ADM")) for _ in range(chance.randrange(3, 9))]
    lost = [
        (str(chance.randrange(4, REQUESTS)), chance.choice((*BROKEN, status_answer(chance, 504)))) for _ in range(2)
    ]
    return {
        "records": [[chance.choice(sorted(MAKERS)), department] for department in wants],
        "lost": dict(lost) if chance.random() < 0.6 else {},
        "attacks": [_attack(chance) for _ in range(chance.choice((1, 2, 3)))],
    }


def _attack(chance: random.Random) -> dict[str, Any]:
    told = attack(chance, requests=REQUESTS, output_bytes=60, what=WHAT)
    commands = [chance.choice(COMMANDS), chance.choice((*COMMANDS, "run"))]
    return {**told, "commands": commands if told.pop("twin", False) else commands[:1]}


# --- records ----------------------------------------------------------------------------------------------------------


def _vendor(name: str, department: str) -> dict[str, Any]:
    return {"externalId": name, "vendorName": f"Vendor {name}", "departmentNumber": department}


def _bill(name: str, department: str) -> dict[str, Any]:
    lines = [{"accountNumber": "8210", "amount": 17, "departmentNumber": department}]
    return {"externalId": name, "billNumber": name, "vendorNumber": "10000", "expenses": lines, "isDraft": True}


def _entry(name: str, department: str) -> dict[str, Any]:
    lines = [
        {"accountNumber": "8210", "debitAmount": 17, "departmentNumber": department},
        {"accountNumber": "2910", "creditAmount": 17},
    ]
    entry = {"externalId": name, "journalEntryNumber": name, "transactionDate": "2026-02-27"}
    return {**entry, "lineItems": lines, "isDraft": False}


MAKERS = {"Vendors": _vendor, "Bills": _bill, "JournalEntries": _entry}


class Letters:
    """A company, a store, and commands that take up what is in it."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.told = told
        self.folder = folder
        self.store = folder / "store"
        self.desk = open_desk()
        self.wanted = [
            (stream, MAKERS[stream](f"X{place}", department), department)
            for place, (stream, department) in enumerate(told["records"])
        ]
        self.handed_in: set[str] = set()
        self.starts = 0

    def live(self) -> int:
        """All of it; gives how often a program of ours ran."""
        with contextlib.ExitStack() as around:
            self.proxy = BreakingProxy(around.enter_context(served(self.desk)))
            around.callback(self.proxy.close)
            self._file(self.wanted)
            self._run({"commands": ["run"], "orders": self.told["lost"]})
            self.check_none_is_lost()
            self._set_up()
            for each in self.told["attacks"]:
                self._run(each)
                self.check_none_is_lost()
            self._calm()
        return self.starts

    def _calm(self) -> None:
        calm: dict[str, Any] = {"orders": {}}
        self._file(self.wanted)
        for command in ("run", "resolve", "replay"):
            (ended,) = self._run({**calm, "commands": [command]})
            expect(ended.code in {0, 1} and not ended.was_signalled, "orphans", f"{command}: {ended.errors[-800:]}")
        self.check_end()
        before = self._everything()
        for command in ("resolve", "replay"):
            (ended,) = self._run({**calm, "commands": [command]})
        expect(not before ^ self._everything(), "doubled", "what was done is done once more")
        self.check_end()

    def _file(self, records: list[Any]) -> None:
        lines = singer_lines([(stream, record) for stream, record, _ in records])
        (self.folder / "input.jsonl").write_text(lines)

    def _set_up(self) -> None:
        """What some of the records lack is there from now on."""
        (department,) = self.desk.company.find("dimensions", code="DEPARTMENT")
        value = {"code": LATER, "displayName": "Later", "dimensionId": department["id"]}
        self.desk.company.insert("dimensionValues", value)

    # --- runs ---

    def _run(self, told: dict[str, Any]) -> list[Ended]:
        with contextlib.ExitStack() as around:
            if "kilobytes" in told and not around.enter_context(small_disk(self.store, told["kilobytes"])):
                told = {**told, "file_bytes": 1_000 * (told["kilobytes"] + 1)}
            runs = [self._started(told, command) for command in told["commands"]]
            note_twins(runs)
            send_signals(told, runs)
            self.proxy.begin(orders_of({int(n): name for n, name in told["orders"].items()}), self._around(told, runs))
            ended = [run.ended(self.proxy.secrets) for run in runs]
        self.proxy.settle()
        for each in ended:
            expect(each.code in CODES, "tracebacks", f"exit code {each.code}: {each.errors[-800:]}")
        expect(not self.proxy.trapped, "untrue", f"another host was called: {self.proxy.trapped}")
        let_late(self.store, self.desk)
        return ended

    def _started(self, told: dict[str, Any], command: str) -> Run:
        self.starts += 1
        is_run = command == "run"
        note(f"command: {command}")
        kept = {"company": self.desk.company.id, "store_path": str(self.store)}
        settings = {**kept, **patience_for(told["orders"])}
        return start(
            "target-dynamics-bc" if is_run else "dynamics-bc",
            self.folder,
            config_for(self.proxy.url, **settings),
            name=f"{self.starts}",
            command="" if is_run else command,
            stdin=self.folder / "input.jsonl" if is_run else None,
            stdout=told.get("stdout", ""),
            file_bytes=told.get("file_bytes", 0),
            clock=clock_for(told, self.folder),
        )

    def _around(self, told: dict[str, Any], runs: list[Run]) -> Any:
        def around(number: int, is_done: bool) -> None:
            clock_due(told, self.folder, number, is_done=is_done)
            signal_due(told, runs[0], number, is_done=is_done)

        return around

    # --- what holds ---

    def check_none_is_lost(self) -> None:
        """What a letter held is written, or it is still in the file."""
        kept = self.kept()
        for stream, record, department in self.wanted:
            name = record["externalId"]
            if name in kept:
                self.handed_in.add(name)
            is_there = self.count(stream, name) or department == "ADM"
            expect(
                is_there or name in kept or name not in self.handed_in, "lost", f"{name} is in {sorted(kept)} no more"
            )
            expect(self.count(stream, name) < 2, "doubled", name)

    def check_end(self) -> None:
        """Each that can be written is there once and is no letter; each other is one, once."""
        kept, latest = self.kept(), self.latest_outcomes()
        for stream, record, department in self.wanted:
            name, count = record["externalId"], self.count(stream, record["externalId"])
            expect(latest.get(name) != "uncertain", "uncertain", name)
            if department == NEVER:
                expect(count == 0, "untrue", f"{name} is there, and cannot be")
                expect(kept[name] > 0, "lost", f"{name} is no letter: {kept}")
                expect(kept[name] == 1, "doubled", f"{name} is {kept[name]} letters")
            else:
                expect(count > 0, "lost", f"{name} is not there: {latest.get(name)}")
                expect(count == 1, "doubled", f"{name} is there {count} times")
                expect(kept[name] == 0, "untrue", f"{name} is a letter although it is there")
                self._check_whole(stream, name)
        batches = [row["code"] for row in self.desk.company.find("journals") if "posted" in row["displayName"]]
        expect(not batches, "orphans", f"batches of our own: {batches}")

    def _check_whole(self, stream: str, name: str) -> None:
        rows = self.desk.company.find("generalLedgerEntries", documentNumber=name)
        if stream == "JournalEntries":
            booked = Counter({"8210": Decimal(0), "2910": Decimal(0)})
            for row in rows:
                booked[row["accountNumber"]] += row["debitAmount"] - row["creditAmount"]
            expect(booked == {"8210": 17, "2910": -17}, "half" if len(rows) < 2 else "untrue", (name, booked))
        elif stream == "Bills":
            (bill,) = self.desk.company.find("purchaseInvoices", vendorInvoiceNumber=name)
            lines = self.desk.company.find("purchaseInvoiceLines", documentId=bill["id"])
            expect([line["lineObjectNumber"] for line in lines] == ["8210"], "half", (name, lines))

    def count(self, stream: str, name: str) -> int:
        """How often a record is there."""
        company = self.desk.company
        if stream == "Vendors":
            return len(company.find("vendors", displayName=f"Vendor {name}"))
        if stream == "Bills":
            return len(company.find("purchaseInvoices", vendorInvoiceNumber=name))
        return len(company.find("generalLedgerEntries", documentNumber=name, accountNumber="8210"))

    def kept(self) -> Counter[str]:
        """The names of the letters in the file; a line that was cut off is none."""
        path, found = self.store / "dead-letter.singer", Counter[str]()
        for line in path.read_text().splitlines() if path.exists() else ():
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if told["type"] == "RECORD":
                    found[told["record"]["externalId"]] += 1
        return found

    def latest_outcomes(self) -> dict[str, str]:
        """What became of each record the last time that something did."""
        path, found = self.store / "outcomes.jsonl", {}
        for line in path.read_text().splitlines() if path.exists() else ():
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                found[told["external_id"]] = told["outcome"]
        return found

    def _everything(self) -> set[Any]:
        rows = self.desk.service.store.connection.execute("SELECT bucket, id, data, internal FROM entities")
        return set(rows.fetchall())


def live(told: dict[str, Any], folder: Path) -> int:
    """One life of a seed; gives how often a program of ours ran."""
    return Letters(told, folder).live()
