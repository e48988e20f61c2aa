"""Results are a Singer file that a loader takes: where each record is in Business Central, as the service shows it."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest
from singer_sdk.singerlib.encoding import SimpleSingerReader

from target_dynamics_bc.kept.results import KEYS, PROPERTIES
from tests.target.at_the_desk import Target

VENDOR = {"externalId": "v-1", "vendorName": "Vendor"}
BILL = {
    "externalId": "b-1",
    "billNumber": "R-1",
    "vendorNumber": "10000",
    "isDraft": False,
    "expenses": [{"accountNumber": "8210", "amount": 5}],
}


class Loaded:
    """A target with a file of results, and what a loader that merges has of it."""

    def __init__(self, folder):
        self.target = Target(folder)
        self.path = folder / "results.singer"

    def __call__(self, stream, *records, **config):
        return self.target.write(stream, *records, results_stream=str(self.path), **config)

    @property
    def messages(self):
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    @property
    def rows(self):
        rows = {}
        for message in self.messages:
            if message["type"] == "RECORD":
                rows[tuple(message["record"][key] for key in KEYS)] = message["record"]
        return list(rows.values())

    def shown(self, entity_set, id_):
        """A row as the service shows it now."""
        (row,) = self.target.desk.rows(entity_set, filter=f"id eq {id_}")
        return row


@pytest.fixture
def loaded(tmp_path):
    return Loaded(tmp_path)


def test_results_hold_id_number_and_etag_as_the_service_shows_them(loaded):
    loaded("Vendors", VENDOR)
    (row,) = loaded.rows
    shown = loaded.shown("vendors", row["id"])
    assert (row["external_id"], row["stream"], row["entity_set"]) == ("v-1", "Vendors", "vendors")
    assert (row["number"], row["etag"]) == (shown["number"], shown["@odata.etag"])
    assert (row["outcome"], row["posted_number"]) == ("created", None)


def test_records_without_an_id_of_the_senders_are_told_apart_by_that_of_business_central(loaded):
    loaded("vendors", *({"number": f"V-{name}", "displayName": name} for name in ("First", "Second")))
    assert len(loaded.rows) == 2
    assert [row["record_key"] for row in loaded.rows] == [row["id"] for row in loaded.rows]


def test_a_change_gives_the_new_version(loaded):
    loaded("Vendors", VENDOR, remember=True)
    loaded("Vendors", {**VENDOR, "website": "example.com"}, remember=True)
    (row,) = loaded.rows
    assert row["outcome"] == "updated"
    assert row["etag"] == loaded.shown("vendors", row["id"])["@odata.etag"]


def test_a_posted_bill_has_the_number_that_it_was_posted_with(loaded):
    loaded("Bills", BILL)
    (row,) = loaded.rows
    shown = loaded.shown("purchaseInvoices", row["id"])
    assert row["posted_number"] == shown["number"]
    assert row["etag"] == shown["@odata.etag"]
    assert shown["status"] != "Draft"


def test_a_draft_has_no_posted_number(loaded):
    loaded("Bills", {**BILL, "isDraft": True})
    (row,) = loaded.rows
    assert row["posted_number"] is None
    assert row["number"] == loaded.shown("purchaseInvoices", row["id"])["number"]


def test_an_order_that_is_shipped_and_invoiced_has_the_invoice_s_number(loaded):
    lines = [{"lineType": "Item", "lineObjectNumber": "1896-S", "quantity": 2, "unitPrice": 100}]
    order = {"customerNumber": "20000", "externalDocumentNumber": "K-1", "salesOrderLines": lines}
    loaded("salesOrders", order)
    order["action"] = "shipAndInvoice"
    (outcome,) = loaded("salesOrders", order)
    assert outcome["outcome"] == "posted", outcome
    (row,) = loaded.rows
    invoice = loaded.shown("salesInvoices", row["became_id"])
    assert (row["posted_number"], row["became_number"]) == (invoice["number"], invoice["number"])
    assert (row["became_entity_set"], row["etag"]) == ("salesInvoices", None)


def test_what_is_known_already_keeps_what_was_shown_when_it_was_written(loaded):
    loaded("Bills", BILL, remember=True)
    (before,) = loaded.rows
    loaded.path.unlink()
    loaded("Bills", BILL, remember=True)
    (after,) = loaded.rows
    changed = {name for name in PROPERTIES if before[name] != after[name]}
    assert changed <= {"outcome", "run_id", "written_at"}
    assert after["outcome"] == "existing"


def test_a_store_of_an_older_release_opens(loaded, tmp_path):
    loaded("Vendors", VENDOR, remember=True)
    with contextlib.closing(sqlite3.connect(tmp_path / "store" / "ledger.sqlite")) as memory, memory:
        memory.execute("ALTER TABLE units DROP COLUMN etag")
        memory.execute("ALTER TABLE units DROP COLUMN posted_number")
    memory.close()
    loaded("Vendors", VENDOR, remember=True)
    assert [(row["outcome"], row["etag"]) for row in loaded.rows] == [("existing", None)]


def test_what_is_not_done_is_not_among_them_and_keeps_the_row_that_was(loaded):
    loaded("Vendors", VENDOR)
    before = loaded.rows
    loaded("Vendors", {**VENDOR, "currency": "XXQ"}, {"vendorName": "Nameless"})
    assert loaded.rows == before


def test_a_deletion_is_a_record_with_its_key_and_when(loaded):
    loaded("Vendors", VENDOR, remember=True)
    loaded("Vendors", {**VENDOR, "_sdc_deleted_at": "2026-03-01T00:00:00Z"}, remember=True, on_delete="delete")
    (row,) = loaded.rows
    assert row["outcome"] == "deleted"
    assert row["_sdc_deleted_at"] == row["written_at"]


def test_a_dry_run_writes_none(loaded):
    loaded("Vendors", VENDOR, dry_run=True)
    assert not loaded.path.exists()


def test_the_file_is_singer_and_grows_by_whole_messages(loaded):
    loaded("Vendors", VENDOR)
    loaded.path.write_text(loaded.path.read_text() + '{"type": "RECORD", "stre')
    loaded("Bills", BILL)
    counts, seen = {}, []
    reader = SimpleSingerReader()

    def take(message):
        seen.append(message)

    with loaded.path.open() as file:
        counts = reader.process_lines(
            file, dict.fromkeys(("SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH"), take)
        )
    assert counts == {"SCHEMA": 2, "RECORD": 2}
    schema = seen[0]
    assert schema["key_properties"] == list(KEYS)
    assert all(isinstance(row[key], str) and row[key] for row in loaded.rows for key in KEYS)
    assert all(row.keys() == PROPERTIES.keys() for row in loaded.rows)


def test_results_are_on_the_disk_before_a_state_passes_their_records(loaded, monkeypatch):
    from target_dynamics_bc.job import Job

    seen = []
    write_state = Job.write_state

    def looking(job, value):
        seen.append(len(loaded.rows))
        write_state(job, value)

    monkeypatch.setattr(Job, "write_state", looking)
    monkeypatch.setattr("tests.target.at_the_desk._lines", _with_state)
    loaded("Vendors", VENDOR)
    assert seen == [1]


def _with_state(records):
    from tests.target.conftest import singer_lines

    return singer_lines(records)
