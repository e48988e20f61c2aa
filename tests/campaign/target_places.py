"""Records for several companies of several environments, with the same numbers in each: none gets to another.

One environment is a copy of the other, and one company of the other: ids are the same, too. A run is of one
environment, and writes to both companies. Each environment has a store of its own; or both are given the same one, by
mistake: then the second is refused and nothing is written there.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections import Counter, deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from books.life import LATE_FOR, SETTLED
from campaign.answers import Answer, any_answer
from campaign.befallen import note
from campaign.places import NAMES, Elsewhere
from judged import expect
from tap.desk_runs import Killed
from tap.living_source import small_source

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from tests.target.desk_pipe import pipe_at
from tests.target.killing import let_minutes_pass

if TYPE_CHECKING:
    from pathlib import Path

    from dynamics_bc_client.transport import Request, Response
    from tests.target.conftest import Piped

WAYS = ("subsidiaryId", "subsidiaryName", "company_id", "company_name")
"""How a record says which company it is for."""
DONE = frozenset({"created", "updated", "posted", *SETTLED})


def runs(seed: int) -> dict[str, Any]:
    """The runs of a seed: of which environment, and what befalls them."""
    chance = random.Random(f"places {seed}")
    return {
        "records": [[chance.choice(sorted(MAKERS)), chance.choice(WAYS)] for _ in range(chance.randrange(2, 6))],
        "is_store_shared": chance.random() < 0.4,
        "runs": [_run(chance) for _ in range(chance.randrange(2, 5))],
        "order": chance.randrange(1000),
    }


def _run(chance: random.Random) -> dict[str, Any]:
    told: dict[str, Any] = {"environment": chance.randrange(2), "answers": {}}
    for _ in range(chance.choice((0, 1, 1, 2))):
        told["answers"][str(chance.randrange(1, 30))] = any_answer(chance)
    if chance.random() < 0.4:
        told["killed"] = {"at": chance.randrange(1, 30), "is_done": chance.random() < 0.5}
    return told


# --- records ----------------------------------------------------------------------------------------------------------


def _vendor(name: str, amount: int, _: str) -> dict[str, Any]:
    return {"number": f"V-{name}", "displayName": f"Vendor {amount}"}


def _bill(name: str, amount: int, vendor: str) -> dict[str, Any]:
    lines = [{"accountNumber": "8210", "amount": amount}]
    return {"billNumber": f"B-{name}", "vendorNumber": vendor, "expenses": lines, "isDraft": True}


def _entry(name: str, amount: int, _: str) -> dict[str, Any]:
    lines = [{"accountNumber": "8210", "debitAmount": amount}, {"accountNumber": "2910", "creditAmount": amount}]
    entry = {"journalEntryNumber": f"J-{name}", "transactionDate": "2026-02-27", "isDraft": False}
    return {**entry, "lineItems": lines}


MAKERS = {"vendors": _vendor, "Bills": _bill, "JournalEntries": _entry}


class Unlucky(Elsewhere):
    """An environment whose answers are as a plan has them, and who kills."""

    def befall(self, told: dict[str, Any]) -> Unlucky:
        """What is to befall its requests."""
        self._told, self._number = told, 0
        return self

    def __call__(self, request: Request) -> Response:
        with self._lock:
            self._number += 1
            killed = self._told.get("killed", {"at": 0, "is_done": False})
            if self._number == killed["at"]:
                note(f"killed {'behind' if killed['is_done'] else 'before'} the work of a request")
                if not killed["is_done"]:
                    raise Killed
            name = self._told.get("answers", {}).get(str(self._number))
            self.misfortunes = deque([Answer(name)] if name else [])
            response = super().__call__(request)
            if self._number == killed["at"]:
                raise Killed
            return response


class Places:
    """Two environments of two companies, and what is to be in each."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.told = told
        self.folder = folder
        self.sources = [small_source() for _ in NAMES]
        # One of before: those that are written are in the list as well, wherever their ids put them.
        self.vendors = [source.at(0).company.find("vendors")[0]["number"] for source in self.sources]
        self.starts = 0
        note("a store for two environments" if told["is_store_shared"] else "a store for each environment")

    def live(self) -> int:
        """All of it; gives how often the target ran."""
        for told in self.told["runs"]:
            self._run(told["environment"], told)
        for environment in range(len(NAMES)):
            for last in (False, True):
                piped = self._run(environment, {})
                if piped is not None:
                    self.check_outcomes(environment, piped, SETTLED if last else DONE)
        for environment in range(len(NAMES)):
            self.check_rows(environment, is_written=self._owner(environment) in {None, NAMES[environment]})
        return self.starts

    # --- runs ---

    def _store(self, environment: int) -> Path:
        return self.folder / ("store" if self.told["is_store_shared"] else f"store-{environment}")

    def _owner(self, environment: int) -> str | None:
        """The name of the environment that a store is of; None for one that is nobody's yet."""
        path = self._store(environment) / "ledger.sqlite"
        if not path.exists():
            return None
        with contextlib.closing(sqlite3.connect(path)) as database, contextlib.suppress(sqlite3.OperationalError):
            rows = database.execute("SELECT * FROM environment").fetchall()
            return next((name for name in NAMES if name in str(rows)), None)
        return None

    def _run(self, environment: int, told: dict[str, Any]) -> Piped | None:
        """One run; None if it was killed or ended with an error."""
        owner, before, self.starts = self._owner(environment), self._everything(), self.starts + 1
        is_refused = owner not in {None, NAMES[environment]}
        how: dict[str, Any] = {
            "environment_name": NAMES[environment],
            "company": self.sources[environment].company_ids[0],
            "journal": "DAILY",
            "route_by_company": True,
            "store_path": str(self._store(environment)),
            "max_concurrent_requests": 1,
        }
        transport = Unlucky(self.sources[environment].desk, name=NAMES[environment]).befall(told)
        try:
            piped = pipe_at(transport, self._records(environment), self.folder, store=False, **how)
        except ConfigurationError as error:
            expect(is_refused or told, "lost", f"{NAMES[environment]} is refused, and the store is of {owner}: {error}")
            piped = None
        except DynamicsError:
            expect(told, "lost", "a run that nothing befell failed")
            piped = None
        finally:
            let_minutes_pass(self._store(environment), LATE_FOR)
        if is_refused:
            expect(piped is None, "untrue", f"the store is of {owner}, and a run of {NAMES[environment]} took it")
            note("another environment's store is refused")
        changed = {place for place, _ in before ^ self._everything()}
        expect(
            changed <= ({environment} - ({environment} if is_refused else set())), "doubled", f"written to {changed}"
        )
        if piped is not None:
            self.check_outcomes(environment, piped, None)
        return piped

    def _everything(self) -> set[Any]:
        asked = "SELECT bucket, id, data, internal FROM entities"
        return {
            (place, row)
            for place, source in enumerate(self.sources)
            for row in source.desk.service.store.connection.execute(asked).fetchall()
        }

    # --- what is asked for, and what is there ---

    def amount(self, environment: int, company: int, place: int) -> int:
        """What tells the record of one company from that of any other."""
        return 1000 * (2 * environment + company + 1) + place

    def _records(self, environment: int) -> list[Any]:
        ids = self.sources[environment].company_ids
        names = ("CRONUS International Ltd.", "CRONUS copied")
        vendor, found = self.vendors[environment], list[Any]()
        for place, (stream, way) in enumerate(self.told["records"]):
            for company in range(2):
                record = MAKERS[stream](f"{place}", self.amount(environment, company, place), vendor)
                named = ids[company] if way.lower().endswith("id") else names[company]
                found.append((stream, {"externalId": f"r{place}", way: named, **record}))
        random.Random(self.told["order"]).shuffle(found)
        return found

    def check_outcomes(self, environment: int, piped: Piped, kinds: frozenset[str] | None) -> None:
        """Each record has one outcome, in its company."""
        outcomes = [each for each in piped.outcomes if each["position"]]
        wanted = Counter({f"r{place}": 2 for place in range(len(self.told["records"]))})
        expect(Counter(each["external_id"] for each in outcomes) == wanted, "outcomes", outcomes)
        for each in outcomes:
            expect(kinds is None or each["outcome"] in kinds, "lost", each)
            company = each["company_id"]
            expect(company is None or company in self.sources[environment].company_ids, "untrue", each)
        if kinds is not None:
            pairs = Counter((each["external_id"], each["company_id"]) for each in outcomes)
            expect(set(pairs.values()) == {1}, "untrue", f"two outcomes of one record are of one company: {pairs}")

    def check_rows(self, environment: int, *, is_written: bool) -> None:
        """In each company is what was for it, once, and nothing of another's."""
        for company in range(2):
            for place, (stream, _) in enumerate(self.told["records"]):
                found = self.found(environment, company, stream, place)
                wanted = [self.amount(environment, company, place)] if is_written else []
                told = (NAMES[environment], company, stream, place, found, wanted)
                expect(len(found) <= 1, "doubled", told)
                expect(len(found) >= len(wanted), "lost", told)
                expect(found == wanted, "untrue", told)

    def found(self, environment: int, company: int, stream: str, place: int) -> list[Any]:
        """The amounts by which the rows of a record are known."""
        at = self.sources[environment].at(company).company
        if stream == "vendors":
            rows = at.find("vendors", number=f"V-{place}")
            return [int(row["displayName"].removeprefix("Vendor ")) for row in rows]
        if stream == "Bills":
            bills = at.find("purchaseInvoices", vendorInvoiceNumber=f"B-{place}")
            return [
                sum(Decimal(line["unitCost"]) for line in at.find("purchaseInvoiceLines", documentId=bill["id"]))
                for bill in bills
            ]
        entries = at.find("generalLedgerEntries", documentNumber=f"J-{place}", accountNumber="8210")
        return [row["debitAmount"] - row["creditAmount"] for row in entries]


def live(told: dict[str, Any], folder: Path) -> int:
    """The runs of a seed; gives how often the target ran."""
    return Places(told, folder).live()
