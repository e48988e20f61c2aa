"""Rows that are seen before they are certain, numbers that are used again, stamps that are older than what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from emulator.in_process import json_of

from dynamics_bc_emulator.rows.transactions import Change
from dynamics_bc_emulator.stamps import from_stamp

if TYPE_CHECKING:
    from emulator.in_process import Desk
    from emulator.plain_api import Api

    from dynamics_bc_emulator.rows.commits import Commit

LEDGER = "generalLedgerEntries"
OLD = "2026-02-28T20:00:00Z"
COMPANY = "CRONUS International Ltd."


def begin(desk: Desk, *changes: Change, is_seen: bool = True) -> int:
    return desk.service.transactions.begin(changes, is_seen=is_seen)


def entry(desk: Desk, number: int, stamp: str = OLD) -> Change:
    values = {"entryNumber": number, "description": "unsure", "documentNumber": "U-1"}
    return Change(desk.company.id, LEDGER, None, values, from_stamp(stamp))


def numbers(desk: Desk, **headers: str) -> list[int]:
    answer = desk.ask("GET", LEDGER, headers=headers, filter="documentNumber eq 'U-1'")
    return sorted(row["entryNumber"] for row in json_of(answer)["value"])


READ_ONLY = {"data-access-intent": "ReadOnly"}


def test_reads_of_the_primary_see_what_is_not_committed_and_the_replica_does_not(desk: Desk) -> None:
    number = begin(desk, entry(desk, 900_001), entry(desk, 900_002))
    assert numbers(desk) == [900_001, 900_002]
    assert numbers(desk, **READ_ONLY) == []
    desk.service.transactions.commit(number)
    assert numbers(desk) == numbers(desk, **READ_ONLY) == [900_001, 900_002]


def test_what_is_rolled_back_is_gone_and_its_numbers_are_used_again(desk: Desk) -> None:
    first = begin(desk, entry(desk, 900_001))
    (seen,) = desk.rows(LEDGER, filter="documentNumber eq 'U-1'")
    desk.service.transactions.roll_back(first)
    assert numbers(desk) == []
    second = begin(desk, entry(desk, 900_001))
    desk.service.transactions.commit(second)
    (again,) = desk.rows(LEDGER, filter="documentNumber eq 'U-1'")
    assert again["entryNumber"] == seen["entryNumber"]
    assert again["id"] != seen["id"]


def test_rows_that_nobody_saw_come_with_stamps_older_than_what_was_read(desk: Desk) -> None:
    begun = begin(desk, entry(desk, 900_001), is_seen=False)
    read_until = "2026-03-01T00:00:00Z"
    assert numbers(desk) == []
    desk.service.transactions.commit(begun)
    (late,) = desk.rows(LEDGER, filter="documentNumber eq 'U-1'")
    assert late["lastModifiedDateTime"] == OLD
    assert late["lastModifiedDateTime"] < read_until


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_changed_row_is_as_it_was_when_it_is_rolled_back(desk: Desk, is_seen: bool) -> None:
    vendor = desk.id("vendors", number="20000")
    before = desk.read(f"vendors({vendor})")
    change = Change(desk.company.id, "vendors", vendor, {"city": "Nowhere"}, from_stamp(OLD))
    number = begin(desk, change, is_seen=is_seen)
    assert (desk.read(f"vendors({vendor})")["city"] == "Nowhere") is is_seen
    desk.service.transactions.roll_back(number)
    assert desk.read(f"vendors({vendor})") == before


def test_a_removed_row_comes_back_when_it_is_rolled_back(desk: Desk) -> None:
    vendor = desk.id("vendors", number="20000")
    number = begin(desk, Change(desk.company.id, "vendors", vendor, None, 0))
    assert desk.ask("GET", f"vendors({vendor})").status == 404
    assert desk.ask("GET", f"vendors({vendor})", headers=READ_ONLY).status == 200
    desk.service.transactions.roll_back(number)
    assert desk.read(f"vendors({vendor})")["number"] == "20000"


def test_the_replica_has_what_was_there_before_every_open_transaction(desk: Desk) -> None:
    vendor = desk.id("vendors", number="20000")
    city = desk.read(f"vendors({vendor})")["city"]
    changes = [Change(desk.company.id, "vendors", vendor, {"city": name}, from_stamp(OLD)) for name in ("Hull", "York")]
    first, second = (begin(desk, change) for change in changes)
    unseen = begin(desk, entry(desk, 900_001), is_seen=False)

    def cities() -> tuple[str, str]:
        copied = json_of(desk.ask("GET", f"vendors({vendor})", headers=READ_ONLY))
        return desk.read(f"vendors({vendor})")["city"], copied["city"]

    assert cities() == ("York", city)
    assert numbers(desk, **READ_ONLY) == []
    desk.service.transactions.roll_back(second)
    desk.service.transactions.commit(first)
    desk.service.transactions.commit(unseen)
    assert cities() == ("Hull", "Hull")
    assert numbers(desk, **READ_ONLY) == [900_001]


def test_nothing_is_copied_for_a_transaction_that_nobody_reads_around(desk: Desk) -> None:
    desk.service.transactions.roll_back(begin(desk, entry(desk, 900_001)))
    assert not desk.service.replica.is_followed


def test_whoever_listens_is_told_of_a_commit_and_never_of_what_was_rolled_back(desk: Desk) -> None:
    told: list[Commit] = []
    desk.service.store.listeners.append(told.append)
    for end in (desk.service.transactions.roll_back, desk.service.transactions.commit):
        number = begin(desk, entry(desk, 900_001))
        (id_,) = (held.id for held in desk.service.transactions.open[number].rows)
        assert told == []
        end(number)
    assert [(one.entity_set, one.id, one.what) for one in told] == [(LEDGER, id_, "added")]


def test_a_row_that_a_transaction_holds_cannot_be_written(desk: Desk) -> None:
    vendor = desk.id("vendors", number="20000")
    number = begin(desk, Change(desk.company.id, "vendors", vendor, {"city": "Nowhere"}, from_stamp(OLD)))
    for method, body in (("PATCH", {"city": "Hull"}), ("DELETE", None)):
        status, code, message = desk.refused(method, f"vendors({vendor})", body)
        assert (status, code) == (400, "Internal_ServerError")
        assert message.startswith("We could not update the data right now because a record in the Vendor table")
        assert message.endswith("Please try again later.")
    desk.service.transactions.roll_back(number)
    assert desk.change(f"vendors({vendor})", {"city": "Hull"})["city"] == "Hull"


# -- as a control ------------------------------------------------------------------------------------------------------


def test_nothing_is_written_below_a_row_that_is_not_certain_and_nothing_of_it_stays(desk: Desk) -> None:
    values = {"code": "UNSURE", "displayName": "Unsure"}
    number = begin(desk, Change(desk.company.id, "paymentTerms", None, values, from_stamp(OLD)))
    terms = desk.id("paymentTerms", code="UNSURE")
    customer = desk.id("customers", number="20000")
    refused = desk.refused("PATCH", f"customers({customer})", {"paymentTermsId": terms})
    assert "locked by another user" in refused[2]
    bill = {"vendorNumber": "20000", "vendorInvoiceNumber": "U-1", "status": "Draft"}
    second = begin(desk, Change(desk.company.id, "purchaseInvoices", None, bill, from_stamp(OLD)))
    document = desk.id("purchaseInvoices", vendorInvoiceNumber="U-1")
    line = {"lineType": "Comment", "description": "Unsure"}
    assert desk.refused("POST", f"purchaseInvoices({document})/purchaseInvoiceLines", line)[0] == 400
    assert desk.refused("POST", "purchaseInvoiceLines", {"documentId": document, **line})[0] == 400
    for each in (second, number):
        desk.service.transactions.roll_back(each)
    assert desk.company.find("purchaseInvoiceLines", documentId=document) == []
    desk.change(f"customers({customer})", {"displayName": "Certain"})


def test_entries_are_numbered_behind_the_last_one_and_the_numbers_come_again(api: Api) -> None:
    rows = [{"company": COMPANY, "entity_set": LEDGER, "set": {"description": "unsure"}}] * 2
    last = max(row["entryNumber"] for row in api.rows(LEDGER))
    for _ in range(2):
        begun = api.control("transaction", {"rows": rows})
        seen = api.ok(f"{api.company}/{LEDGER}", f"$filter=entryNumber gt {last}")["value"]
        assert sorted(row["entryNumber"] for row in seen) == [last + 1, last + 2]
        assert sorted(row["id"] for row in seen) == sorted(begun["ids"])
        api.control("transaction", {"transaction": begun["transaction"], "end": "rollback"})
    assert api.control("transaction", method="GET") == []
    assert api.ok(f"{api.company}/{LEDGER}", f"$filter=entryNumber gt {last}")["value"] == []


def test_a_reset_forgets_what_was_left_open(api: Api) -> None:
    before = len(api.rows(LEDGER))
    row = {"company": COMPANY, "entity_set": LEDGER, "set": {}, "stamp": OLD}
    api.control("transaction", {"rows": [row], "seen": True})
    assert len(api.rows(LEDGER)) == before + 1
    api.emulator.control.reset()
    assert len(api.rows(LEDGER)) == before
    assert api.control("transaction", method="GET") == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "a transaction has rows to begin with, or an end"),
        ({"rows": [], "end": "commit"}, "a transaction has rows to begin with, or an end"),
        ({"transaction": 99, "end": "commit"}, "transaction 99 is missing or not there"),
        ({"transaction": 1, "end": "maybe"}, "a transaction ends with commit or rollback, not with 'maybe'"),
        ({"end": "commit"}, "transaction is missing or not there"),
        ({"rows": [{"entity_set": "kustomers"}]}, "kustomers is missing or not there"),
        ({"rows": [{"entity_set": "vendors", "delete": True}]}, "id is missing or not there"),
        ({"rows": [{"entity_set": "vendors", "set": {"nick": "x"}}]}, "vendors has no property nick"),
        ({"rows": [5]}, "a row of a transaction is an object, not 5"),
        ({"rows": [{"entity_set": "vendors", "stamp": "soon"}]}, "soon"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, body: dict[str, Any], sentence: str) -> None:
    answer = requests.post(f"{api.emulator.url}/_emulator/transaction", json=body, timeout=60)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
