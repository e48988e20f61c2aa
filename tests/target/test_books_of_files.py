"""Whatever befalls a file on its way, each record has one outcome and the general ledger holds what those say.

Files of random records of several kinds, in both dialects, come through a service that throttles, loses requests and
replies, does what it refuses, and fails with whole batches; runs are killed and repeated; somebody posts drafts
meanwhile. What the ledger holds is worked out from the records alone, not with anything of the target's.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, Killed

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_client.transport import Response
from tests.target.desk_pipe import pipe_at
from tests.target.killing import let_minutes_pass

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.in_process import Desk

    from dynamics_bc_client.transport import Request
    from tests.target.conftest import Piped

Key = tuple[str, str, str]
"""An account, a CLASS and a DEPARTMENT."""

EXPENSES = ("8210", "8310", "8410", "8450")
ITEM = "1896-S"
PURCHASES = "purchases"
PURCHASE_ACCOUNTS = ("7110", "7120", "7130")  # by where the vendor is
CASH = "2910"
CLASSES = {"RETAIL": "Retail", "ONLINE": "Online", "WHOLESALE": "Wholesale"}
DONE = frozenset({"posted", "existing", "unchanged"})
DEPARTMENTS = {"SALES": "Sales", "ADM": "Administration", "PROD": "Production"}
VENDORS = ("10000", "20000", "30000")


# --- the files --------------------------------------------------------------------------------------------------------


@dataclass
class File:
    """Records, and what each adds to the ledger once it is posted.

    Attributes:
        pairs: Streams and records, in their order.
        books: What a record adds, by its external id.
        to_be_posted: The external ids of the records that ask for it; the others are to stay drafts.
        bad: The external ids of records that cannot be written.
    """

    pairs: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    books: dict[str, Counter[Key]] = field(default_factory=dict)
    to_be_posted: set[str] = field(default_factory=set)
    bad: set[str] = field(default_factory=set)


def amount(chance: random.Random) -> Decimal:
    return Decimal(chance.randrange(1, 90_000)) / 100


def dimensions(chance: random.Random, inherited: tuple[str, str] | None) -> tuple[tuple[str, str], dict[str, str]]:
    """A class and a department, and the fields that say so; each may be the one that is inherited, unsaid."""
    fields: dict[str, str] = {}
    found = []
    for name, values, above in (("class", CLASSES, 0), ("department", DEPARTMENTS, 1)):
        if inherited is not None and chance.random() < 0.5:
            found.append(inherited[above])
            continue
        code = chance.choice(sorted(values))
        found.append(code)
        if chance.random() < 0.5:
            fields[f"{name}Number"] = code
        else:
            fields[f"{name}Name"] = values[code]
    return (found[0], found[1]), fields


def bill(chance: random.Random, name: str, vendor: dict[str, str]) -> tuple[dict[str, Any], Counter[Key]]:
    own, fields = dimensions(chance, None)
    books: Counter[Key] = Counter()
    record: dict[str, Any] = {
        "externalId": name,
        "billNumber": f"N-{name}",
        "issueDate": "2026-01-20",
        **vendor,
        **fields,
    }
    record["lineItems"], record["expenses"] = [], []
    for number in range(chance.randrange(1, 5)):
        line_own, line_fields = dimensions(chance, own)
        line: dict[str, Any] = {"externalId": f"{name}-{number}", "description": f"Line {number}", **line_fields}
        if chance.random() < 0.4:
            quantity, price = chance.randrange(1, 6), amount(chance)
            record["lineItems"].append({**line, "itemNumber": ITEM, "quantity": quantity, "unitPrice": price})
            books[(PURCHASES, *line_own)] += quantity * price
        else:
            account, cost = chance.choice(EXPENSES), amount(chance)
            record["expenses"].append({**line, "accountNumber": account, "amount": cost})
            books[(account, *line_own)] += cost
    return record, books


def own_bill(chance: random.Random, name: str, vendor_number: str) -> tuple[dict[str, Any], Counter[Key]]:
    """A bill in Business Central's own names."""
    own, _ = dimensions(chance, None)
    account, quantity, cost = chance.choice(EXPENSES), chance.randrange(1, 6), amount(chance)
    record = {
        "externalId": name,
        "vendorInvoiceNumber": f"N-{name}",
        "vendorNumber": vendor_number,
        "invoiceDate": "2026-01-20",
        "postingDate": "2026-01-20",
        "dimensionSetLines": dimension_set_lines(own),
        "purchaseInvoiceLines": [
            {
                "lineType": "Account",
                "lineObjectNumber": account,
                "quantity": quantity,
                "unitCost": cost,
                "dimensionSetLines": dimension_set_lines(own),
            }
        ],
    }
    return record, Counter({(account, *own): quantity * cost})


def dimension_set_lines(own: tuple[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "valueCode": value} for code, value in zip(("CLASS", "DEPARTMENT"), own, strict=True)]


def entry(chance: random.Random, name: str) -> tuple[dict[str, Any], Counter[Key]]:
    own, fields = dimensions(chance, None)
    books: Counter[Key] = Counter()
    lines = []
    for _ in range(chance.randrange(1, 4)):
        line_own, line_fields = dimensions(chance, own)
        account, debit = chance.choice(EXPENSES), amount(chance)
        lines.append({"accountNumber": account, "entryType": "Debit", "debitAmount": debit, **line_fields})
        books[(account, *line_own)] += debit
    total = sum(line["debitAmount"] for line in lines)
    lines.append({"accountNumber": CASH, "entryType": "Credit", "creditAmount": total})
    books[(CASH, *own)] -= total
    record = {
        "externalId": name,
        "journalEntryNumber": f"N-{name}",
        "transactionDate": "2026-01-27",
        "lineItems": lines,
    }
    return {**record, **fields}, books


def own_entry(chance: random.Random, name: str) -> tuple[dict[str, Any], Counter[Key]]:
    own, _ = dimensions(chance, None)
    account, debit = chance.choice(EXPENSES), amount(chance)
    lines = [
        {"accountNumber": each, "amount": value, "dimensionSetLines": dimension_set_lines(own)}
        for each, value in ((account, debit), (CASH, -debit))
    ]
    record = {"externalId": name, "documentNumber": f"N-{name}", "postingDate": "2026-01-27", "journalLines": lines}
    return record, Counter({(account, *own): debit, (CASH, *own): -debit})


def payment(chance: random.Random, name: str) -> tuple[dict[str, Any], Counter[Key]]:
    own, fields = dimensions(chance, None)
    paid = amount(chance)
    record = {
        "externalId": name,
        "paymentNumber": f"N-{name}",
        "paymentDate": "2026-01-28",
        "amount": paid,
        "vendorNumber": chance.choice(VENDORS),
        "journalExternalId": "GENERAL",
        **fields,
    }
    return record, Counter({(CASH, *own): -paid})


def spoiled(chance: random.Random, record: dict[str, Any]) -> dict[str, Any]:
    """A record that nothing good can come of."""
    name = chance.choice(("class", "department"))
    return {**{key: value for key, value in record.items() if not key.startswith(name)}, f"{name}Number": "NOWHERE"}


def random_file(chance: random.Random, size: int) -> File:
    file = File()
    newcomers = [f"v{number}" for number in range(chance.randrange(0, 3))]
    file.pairs += [("Vendors", {"externalId": each, "vendorName": f"Newcomer {each}"}) for each in newcomers]
    for number in range(size):
        name = f"r{number}"
        stream = chance.choice(("Bills", "Bills", "purchaseInvoices", "JournalEntries", "journalLines", "BillPayments"))
        if stream == "Bills":
            known = {"vendorNumber": chance.choice(VENDORS)}
            new = {"vendorExternalId": chance.choice(newcomers)} if newcomers else known
            record, books = bill(chance, name, chance.choice((known, new)))
        elif stream == "purchaseInvoices":
            record, books = own_bill(chance, name, chance.choice(VENDORS))
        elif stream == "JournalEntries":
            record, books = entry(chance, name)
        elif stream == "journalLines":
            record, books = own_entry(chance, name)
        else:
            record, books = payment(chance, name)
        file.books[name] = books
        if chance.random() < 0.7:
            record["isDraft"] = False
            file.to_be_posted.add(name)
        if chance.random() < 0.1 and stream[0].isupper():
            record = spoiled(chance, record)
            file.bad.add(name)
        file.pairs.append((stream, record))
    chance.shuffle(file.pairs)
    return file


# --- what befalls them ------------------------------------------------------------------------------------------------


WHAT = ("throttled", "unavailable", "before", "after", "late", "killed", "killed after", *["replies"] * 4)
REPLIES = (
    (503, "Application_UnavailableException", "The service is busy."),
    (500, "Internal_ServerError", "An unexpected error occurred."),
    (409, "Application_DeadlockException", "Your activity was deadlocked with another one. Start again."),
    (400, "Application_DialogException", "Something went wrong behind the work."),
)
"""What a batch's reply may say although the work is done."""


class Misfortunes:
    """Decides what becomes of each request, and kills some runs."""

    def __init__(self, chance: random.Random, *, share: float, kills: float) -> None:
        self._chance = chance
        self._share = share
        self._kills = kills

    def __call__(self, transport: DeskTransport, request: Request) -> Response:
        if "oauth2" in request.url or self._chance.random() > self._share:
            return transport.answer(request)
        what = self._chance.choice(WHAT)
        if what.startswith("killed"):
            if self._chance.random() > self._kills:
                return transport.answer(request)
            if what == "killed after":
                transport.answer(request)
            raise Killed
        if what == "throttled":
            return Response(429, {"Retry-After": "1"}, b"")
        if what == "unavailable":
            return Response(503, {}, b"")
        if what == "before":
            raise lost()
        response = transport.answer(request)
        if what == "after":
            raise lost()
        if what == "replies" and request.url.endswith("$batch"):
            return self._with_worse_replies(response)
        return Response(504, {}, b"") if what == "late" else response

    def _with_worse_replies(self, response: Response) -> Response:
        """A batch's response in which some replies say that what was done was not."""
        replies = json.loads(response.body, parse_float=Decimal).get("responses", [])
        for reply in replies:
            if self._chance.random() < 0.3:
                status, code, message = self._chance.choice(REPLIES)
                reply |= {"status": status, "body": {"error": {"code": code, "message": message}}}
        return Response(
            response.status, dict(response.headers), json.dumps({"responses": replies}, default=float).encode()
        )


def lost() -> ConnectionLost:
    return ConnectionLost("The connection broke off.", sent=True)


def meddle(desk: Desk, chance: random.Random, piped: Piped | None) -> set[str]:
    """A clerk posts some of the drafts that a run says are whole; returns the records that they came from."""
    outcomes = [] if piped is None else piped.outcomes
    whole = {each["external_id"] for each in outcomes if each["outcome"] in {"created", "updated", "unchanged"}}
    found = set()
    for row in rows(desk, "purchaseInvoices", filter="status eq 'Draft'"):
        name = row["vendorInvoiceNumber"].removeprefix("N-").lower()
        if name in whole and chance.random() < 0.3:
            answer = desk.ask("POST", f"purchaseInvoices({row['id']})/Microsoft.NAV.post")
            found |= {name} if answer.status < 300 else set()
    return found


# --- the books --------------------------------------------------------------------------------------------------------


def rows(desk: Desk, entity_set: str, **query: str) -> list[dict[str, Any]]:
    body = desk.ask("GET", entity_set, **query).body
    return list((json.loads(body) if isinstance(body, bytes) else body)["value"])


def entries(desk: Desk) -> list[dict[str, Any]]:
    return rows(desk, "generalLedgerEntries", expand="dimensionSetLines")


def ledger(desk: Desk, since: int) -> Counter[Key]:
    """What came to the accounts that the files name, behind an entry."""
    found: Counter[Key] = Counter()
    for row in entries(desk):
        account = PURCHASES if row["accountNumber"] in PURCHASE_ACCOUNTS else row["accountNumber"]
        if row["entryNumber"] > since and account in {*EXPENSES, PURCHASES, CASH}:
            codes = {each["code"]: each["valueCode"] for each in row["dimensionSetLines"]}
            key = (account, codes.get("CLASS", ""), codes.get("DEPARTMENT", ""))
            found[key] += Decimal(str(row["debitAmount"])) - Decimal(str(row["creditAmount"]))
    return Counter({key: value for key, value in found.items() if value})


def expected(file: File, booked: set[str]) -> Counter[Key]:
    total: Counter[Key] = Counter()
    for name in booked & file.books.keys():
        total.update(file.books[name])
    return Counter({key: value for key, value in total.items() if value})


def check_books(desk: Desk, since: int, file: File, piped: Piped, by_a_clerk: set[str]) -> None:
    """The ledger holds what the outcomes of a run claim; of what is uncertain it may hold any part."""
    done: dict[str, set[str]] = {}
    for outcome in piped.outcomes:
        done.setdefault(outcome["outcome"], set()).add(outcome["external_id"])
    # What an earlier run settled is not looked at again: what its outcome said then, or what a clerk did since.
    settled = (done.get("existing", set()) | done.get("unchanged", set())) & (file.to_be_posted | by_a_clerk)
    found, booked = ledger(desk, since), done.get("posted", set()) | settled
    uncertain = sorted(done.get("uncertain", set()))
    guesses = (set(some) for count in range(len(uncertain) + 1) for some in combinations(uncertain, count))
    assert any(found == expected(file, booked | guess) for guess in guesses), (piped.outcomes, found, booked)


def check_file(seed: int, folder: Path, *, size: int = 12) -> None:
    chance = random.Random(seed)
    desk = open_desk()
    since = max(row["entryNumber"] for row in entries(desk))
    file = random_file(chance, size)
    by_a_clerk: set[str] = set()
    for _ in range(chance.randrange(1, 4)):
        transport = UnluckyTransport(desk, Misfortunes(chance, share=0.12, kills=0.5))
        piped = pipe_at(transport, file.pairs, folder)
        if piped is not None:
            check_books(desk, since, file, piped, by_a_clerk)
        let_minutes_pass(folder / "store", 21)
        by_a_clerk |= meddle(desk, chance, piped)
    last = pipe_at(DeskTransport(desk), file.pairs, folder)
    assert last is not None
    by_record = Counter(outcome["external_id"] for outcome in last.outcomes)
    assert by_record == Counter(record["externalId"] for _, record in file.pairs)
    rejected = {outcome["external_id"] for outcome in last.outcomes if outcome["outcome"] == "rejected"}
    assert rejected == file.bad, [each for each in last.outcomes if each["external_id"] in rejected ^ file.bad]
    done = {outcome["external_id"] for outcome in last.outcomes if outcome["outcome"] in DONE}
    assert file.to_be_posted - file.bad <= done
    check_books(desk, since, file, last, by_a_clerk)


class UnluckyTransport(DeskTransport):
    """A desk on a bad day."""

    def __init__(self, desk: Desk, misfortunes: Misfortunes) -> None:
        super().__init__(desk)
        self._unlucky = misfortunes

    def __call__(self, request: Request) -> Response:
        # One at a time: a desk has no server that would see to it.
        with self._lock:
            self.asked.append(request)
            return self._unlucky(self, request)

    def answer(self, request: Request) -> Response:
        return self._answer(request)


@pytest.mark.parametrize("seed", range(4))
def test_the_general_ledger_is_the_sum_of_the_records_that_say_posted(seed, tmp_path):
    check_file(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_the_general_ledger_is_the_sum_of_the_records_that_say_posted_in_many_files(seed, tmp_path):
    check_file(seed, tmp_path, size=20)
