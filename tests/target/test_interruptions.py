"""A run that is killed at any request goes on in the next one, and nothing is written twice or left half done."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport

from dynamics_bc_client.errors import ConnectionLost
from dynamics_bc_emulator.http import looking
from target_dynamics_bc.dimension_mappings import TENANT_CONFIG
from tests.target.desk_pipe import CONFIG
from tests.target.killing import DeskOfProcesses, let_minutes_pass

SAMPLE = Path(__file__).parents[2] / "target-dynamics-bc" / "sample"

WRITTEN = (
    "customers",
    "vendors",
    "defaultDimensions",
    "purchaseInvoices",
    "purchaseInvoiceLines",
    "dimensionSetLines",
    "journals",
    "journalLines",
    "vendorPaymentJournals",
    "vendorPayments",
    "generalLedgerEntries",
    "itemLedgerEntries",
    "items",
    "accounts",
)
SHARES = 4
# Ids that the service gives, stamps, and numbers out of its series depend on what was tried before.
_VOLATILE = frozenset({"id", "number", "entryNumber", "documentNumber", "parentId", "documentId", "journalId"})


def picture(company):
    """All rows of the company that the target may touch, without what depends on how often it was tried."""
    return {
        name: Counter(json.dumps(_kept(row), sort_keys=True, default=str) for row in company.rows(name))
        for name in WRITTEN
    }


def _kept(row):
    return {
        name: value
        for name, value in row.items()
        if name not in _VOLATILE
        and "DateTime" not in name
        and "etag" not in name
        and not name.startswith("appliesToInvoice")
    }


class EmulatorAtTheDesk:
    """The emulated service without its server, whose rows outlive the processes that ask it."""

    def __init__(self):
        self.network = DeskOfProcesses(self._answer)
        self.reset()

    def _answer(self, request):
        return DeskTransport(self.desk)(request)

    def reset(self):
        self.desk = open_desk()

    def config(self, **more):
        return {**CONFIG, **more}

    def companies(self):
        return self.desk.rows("/companies")

    def rows(self, company_id, entity_set):
        """Rows as they are served, of all parents, as the control of a started emulator gives them."""
        return looking.rows(self.desk, {"company": company_id, "entity_set": entity_set})


@pytest.fixture
def emulator():
    return EmulatorAtTheDesk()


@pytest.fixture
def sample(tmp_path):
    """The demo's input and settings."""
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / TENANT_CONFIG).write_text((SAMPLE / TENANT_CONFIG).read_text())
    return (SAMPLE / "data.singer").read_text(), {"snapshot_dir": str(folder), "store": None}


def writes(request):
    """Whether a request changes anything."""
    if request.url.endswith("$batch"):
        return any(each["method"] != "GET" for each in json.loads(request.body)["requests"])
    return request.method != "GET"


def killing(number, moment, *, only=lambda _: True):
    """What ends the process at the n-th request of a kind: before it is sent, or when it has been answered."""
    count = 0

    def around(request, send):
        nonlocal count
        count += only(request)
        if count == number and only(request):
            if moment == "after":
                send(request)
            os._exit(9)
        return send(request)

    return around


def undisturbed(pipe, company, sample, emulator, tmp_path):
    """What a run without interruption leaves behind, and the requests it takes."""
    text, config = sample
    piped = pipe(text, **config, store_path=str(tmp_path / "undisturbed"))
    assert "rejected" not in piped.kinds
    seen = picture(company)
    emulator.reset()
    return seen, piped.requests


def check_kill(pipe, company, sample, emulator, tmp_path, *, expected, number, moment, **kind):
    """Kill at one boundary, go on, compare."""
    text, config = sample
    emulator.reset()
    settings = {**config, "store_path": str(tmp_path / f"{number}-{moment}")}
    assert emulator.network.run(lambda: pipe(text, around=killing(number, moment, **kind), **settings)) == 9
    if moment == "after":
        # Of several in flight the others may not have been sent, which leaves their records undecided for a while.
        in_doubt = pipe(text, **settings)
        assert {error["code"] for each in in_doubt.outcomes for error in each["errors"]} <= {"undecided"}
    # A create that was never sent looks like one in flight, which is waited for (see test_in_flight).
    let_minutes_pass(Path(settings["store_path"]), 21)
    again = pipe(text, **settings)
    assert len(again.kinds) == 10, (number, moment)
    assert "rejected" not in again.kinds, (number, moment, again.outcomes)
    assert picture(company) == expected, (number, moment)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_run_killed_at_any_write_is_completed(  # noqa: PLR0917 - fixtures
    pipe, company, sample, emulator, tmp_path, share
):
    """Between two writes the service stays as it is, so these are all the states in which a run can be killed.

    What differs before and after a write that was not sent is the memory alone: every fifth write stands for that. Four
    tests share the writes, so that several workers can.
    """
    expected, requests = undisturbed(pipe, company, sample, emulator, tmp_path)
    count = sum(writes(request) for request in requests)
    for number in range(1 + share, count + 1, SHARES):
        check_kill(
            pipe, company, sample, emulator, tmp_path, expected=expected, number=number, moment="after", only=writes
        )
        if number // SHARES % 5 == share:
            check_kill(
                pipe,
                company,
                sample,
                emulator,
                tmp_path,
                expected=expected,
                number=number,
                moment="before",
                only=writes,
            )


@pytest.mark.slow
def test_a_run_killed_before_and_after_every_request_is_completed(pipe, company, sample, emulator, tmp_path):
    expected, requests = undisturbed(pipe, company, sample, emulator, tmp_path)
    for number in range(1, len(requests) + 1):
        for moment in ("before", "after"):
            check_kill(pipe, company, sample, emulator, tmp_path, expected=expected, number=number, moment=moment)


def test_without_a_store_a_killed_run_is_completed_all_the_same(pipe, company, sample, emulator, tmp_path):
    text, _ = sample
    expected, requests = undisturbed(pipe, company, sample, emulator, tmp_path)
    count = sum(writes(request) for request in requests)
    mapping = json.loads((SAMPLE / TENANT_CONFIG).read_text())["dynamics-bc"]["dimension_mappings"]
    for number in range(1, count + 1, 3):
        emulator.reset()
        settings = {"store": None, "dimension_mappings": mapping}
        assert emulator.network.run(lambda: pipe(text, around=killing(number, "after", only=writes), **settings)) == 9  # noqa: B023
        again = pipe(text, **settings)
        assert "rejected" not in again.kinds, number
        assert picture(company) == expected, number


@pytest.mark.parametrize("sent", [False, True])
def test_a_connection_lost_at_any_write_costs_nothing(  # noqa: PLR0917 - fixtures
    pipe, company, sample, emulator, tmp_path, sent
):
    """One run meets a lost connection at every single write, and still writes everything once."""
    text, config = sample
    expected, _ = undisturbed(pipe, company, sample, emulator, tmp_path)
    lost = set()

    def around(request, send):
        if not writes(request) or (request.url, request.body) in lost:
            return send(request)
        lost.add((request.url, request.body))
        if sent:
            send(request)
        raise ConnectionLost("The connection broke.", sent=sent)

    piped = pipe(text, around=around, **config)
    assert lost
    assert "rejected" not in piped.kinds, piped.outcomes
    assert picture(company) == expected


def test_the_same_file_twice_leaves_the_rows_as_they_are(pipe, company, sample, emulator):
    text, config = sample
    first = pipe(text, **config)
    before = picture(company)
    stamps = {name: sorted(str(row.get("lastModifiedDateTime")) for row in company.rows(name)) for name in WRITTEN}
    second = pipe(text, **config)
    assert set(second.kinds) == {"existing"}
    assert [each["id"] for each in second.outcomes] == [
        first.outcome(each["external_id"])["id"] for each in second.outcomes
    ]
    assert picture(company) == before
    assert stamps == {
        name: sorted(str(row.get("lastModifiedDateTime")) for row in company.rows(name)) for name in WRITTEN
    }


def test_the_same_file_twice_without_a_store_leaves_the_rows_as_they_are(pipe, company, sample):
    text, _ = sample
    mapping = {"class": "CLASS", "department": "DEPARTMENT"}
    pipe(text, store=None, dimension_mappings=mapping)
    before = picture(company)
    second = pipe(text, store=None, dimension_mappings=mapping)
    assert set(second.kinds) == {"unchanged"}
    assert picture(company) == before


def test_one_bad_record_is_rejected_with_all_its_faults_and_nothing_else(pipe, company, sample, emulator):
    text, config = sample
    pipe(text, **config)
    before = picture(company)
    bad = (SAMPLE / "data-with-one-bad-record.singer").read_text()
    piped = pipe(bad, **config)
    assert Counter(piped.kinds) == {"existing": 10, "rejected": 1}
    assert piped.exit_code == 1
    assert len(piped.outcome("bill-4009")["errors"]) == 9
    assert piped.states == [{"bookmarks": {"sample": "2026-01-28"}}]
    assert picture(company) == before
