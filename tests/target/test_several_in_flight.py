"""Several requests in flight, on good days and bad ones: nothing is written twice, and nothing overtakes."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections import Counter

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, Killed

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_client.transport import Response
from tests.target.desk_pipe import pipe_at
from tests.target.killing import let_minutes_pass

BILLS, CUSTOMERS, ENTRIES = "Bills", "Customers", "JournalEntries"
VENDORS = ("10000", "20000", "30000")
PARENT = re.compile(r"(purchaseInvoices|journals|vendorPaymentJournals)\(([0-9a-f-]+)\)", re.IGNORECASE)


def bill(number, vendor):
    return BILLS, {
        "externalId": f"b-{number}",
        "billNumber": f"S-{number}",
        "vendorNumber": vendor,
        "issueDate": "2026-01-20",
        "className": "Retail",
        "expenses": [{"accountNumber": "8210", "amount": 10 + place, "description": str(place)} for place in range(2)],
    }


def customer(number):
    return CUSTOMERS, {"externalId": f"c-{number}", "companyName": f"Customer {number}"}


def entry(number):
    return ENTRIES, {
        "externalId": f"j-{number}",
        "journalEntryNumber": f"SJ-{number}",
        "transactionDate": "2026-01-27",
        "isDraft": False,
        "lineItems": [
            {"accountNumber": "8210", "debitAmount": 7},
            {"accountNumber": "2910", "creditAmount": 7},
        ],
    }


def operations(request):
    content = json.loads(request.body or b"{}")
    if request.url.endswith("$batch"):
        return [(each["method"], each["url"], each.get("body") or {}) for each in content["requests"]]
    return [(request.method, request.url, content)]


def touched(request):
    """What a request writes to that others may write to as well."""
    found = set()
    for method, url, body in operations(request):
        if method == "GET":
            continue
        found |= {match.group(0).lower() for match in PARENT.finditer(url)}
        if url.endswith("purchaseInvoices"):
            found.add(f"vendor {body.get('vendorId')}")
        if "Microsoft.NAV." in url:
            found.add("posting")
    return found


class Watched(DeskTransport):
    """A desk that takes a while for each write, and remembers what was in flight with what."""

    def __init__(self, desk, befall=lambda _request, answer: answer(), seconds=0.003, gather=0):
        super().__init__(desk)
        self.befall, self.seconds = befall, seconds
        # Writes wait until there were so many of them at once.
        self.gather, self.are_gathered = gather, threading.Event()
        self.flying: list[set[str]] = []
        self.most = 0
        self.collisions: list[set[str]] = []
        self.watch = threading.Lock()

    def __call__(self, request):
        self.asked.append(request)
        mine = touched(request)
        with self.watch:
            self.collisions += [mine & other for other in self.flying if mine & other]
            self.flying.append(mine)
            self.most = max(self.most, len(self.flying))
            if self.most >= self.gather:
                self.are_gathered.set()
        try:
            time.sleep(self.seconds)
            if mine:
                self.are_gathered.wait(20)
            with self._lock:
                return self.befall(request, lambda: self._answer(request))
        finally:
            with self.watch:
                self.flying.remove(mine)


def rows(desk, entity_set, **query):
    body = desk.ask("GET", entity_set, **query).body
    return (json.loads(body) if isinstance(body, bytes) else body)["value"]


def test_records_that_do_not_depend_on_each_other_are_in_flight_together(tmp_path):
    desk = open_desk()
    changed = [(BILLS, {**bill(n, VENDORS[n % 3])[1], "dueDate": "2026-03-01"}) for n in range(12)]
    pipe_at(DeskTransport(desk), [bill(n, VENDORS[n % 3]) for n in range(12)], tmp_path)
    lines = [{"accountNumber": "8210", "amount": 99, "description": str(place)} for place in range(2)]
    watched = Watched(desk, gather=5)
    piped = pipe_at(watched, [(stream, {**record, "expenses": lines}) for stream, record in changed], tmp_path)
    assert set(piped.kinds) == {"updated"}
    assert watched.most == 5
    assert watched.collisions == []


def test_with_one_request_at_a_time_there_is_one_at_a_time(tmp_path):
    watched = Watched(open_desk())
    pipe_at(watched, [customer(n) for n in range(3)], tmp_path, max_concurrent_requests=1)
    assert watched.most == 1


def test_bills_of_one_vendor_are_created_in_their_order(tmp_path):
    desk = open_desk()
    pipe_at(Watched(desk), [bill(n, VENDORS[n % 3]) for n in range(60)], tmp_path)
    for vendor in VENDORS:
        drafts = rows(desk, "purchaseInvoices", filter=f"vendorNumber eq '{vendor}' and status eq 'Draft'")
        ours = [row for row in drafts if row["vendorInvoiceNumber"].startswith("S-")]
        ours.sort(key=lambda row: row["number"])
        numbers = [int(row["vendorInvoiceNumber"].removeprefix("S-")) for row in ours]
        assert numbers == sorted(numbers)
        assert len(numbers) == 20


def lost():
    return ConnectionLost("The connection broke off.", sent=True)


def bad_day(chance, share):
    """What befalls requests, and operations inside of them."""

    def befall(request, answer):
        if chance.random() > share:
            return answer()
        what = chance.choice(("throttled", "before", "after", "late", "operation", "operation", "killed"))
        if what == "throttled":
            return Response(429, {"Retry-After": "1"}, b"")
        if what == "before":
            raise lost()
        response = answer()
        if what == "after":
            raise lost()
        if what == "killed":
            raise Killed
        if what == "operation" and request.url.endswith("$batch"):
            content = json.loads(response.body)
            # The reply to an operation that was done says that it may have been.
            for each in content["responses"]:
                if chance.random() < 0.2:
                    each |= {"status": 503, "body": {"error": {"code": "", "message": "Busy."}}}
            return Response(response.status, dict(response.headers), json.dumps(content).encode())
        return Response(504, {}, b"") if what == "late" else response

    return befall


@pytest.mark.parametrize("seed", range(5))
def test_whatever_befalls_requests_in_flight_each_record_is_there_once(seed, tmp_path):
    chance, desk = random.Random(seed), open_desk()
    records = [bill(n, chance.choice(VENDORS)) for n in range(25)]
    records += [customer(n) for n in range(25)] + [entry(n) for n in range(15)]
    chance.shuffle(records)
    collisions = []
    for _ in range(2):
        watched = Watched(desk, bad_day(chance, 0.15), seconds=0)
        pipe_at(watched, records, tmp_path)
        collisions += watched.collisions
        let_minutes_pass(tmp_path / "store", 21)
    last = pipe_at(DeskTransport(desk), records, tmp_path)
    assert collisions == []
    assert Counter(each["external_id"] for each in last.outcomes) == Counter(r["externalId"] for _, r in records)
    assert set(last.kinds) <= {"created", "updated", "unchanged", "existing", "posted"}, last.outcomes
    drafts = [row for row in rows(desk, "purchaseInvoices") if row["vendorInvoiceNumber"].startswith("S-")]
    assert len(drafts) == 25
    for row in drafts:
        lines = rows(desk, f"purchaseInvoices({row['id']})/purchaseInvoiceLines", expand="dimensionSetLines")
        assert [line["unitCost"] for line in lines] == [10, 11]
        assert [[each["valueCode"] for each in line["dimensionSetLines"] if each["code"] == "CLASS"] for line in lines]
    assert len([row for row in rows(desk, "customers") if row["displayName"].startswith("Customer ")]) == 25
    ledger = rows(desk, "generalLedgerEntries", filter="startswith(documentNumber,'SJ-')")
    assert Counter(row["documentNumber"] for row in ledger) == Counter({f"SJ-{n}": 2 for n in range(15)})
    assert [row for row in rows(desk, "journals") if row["displayName"].startswith("To be posted")] == []
    if last.outcomes:
        ids = {each["external_id"]: each["id"] for each in last.outcomes if each["external_id"].startswith("b-")}
        assert set(ids.values()) == {row["id"] for row in drafts}
