"""Does the next run read what was changed, and nothing else?"""

from __future__ import annotations

import pytest
from tap.running import run_tap, truth

from tap_dynamics_bc.streams.stamps import order

STREAMS = (
    "customers",
    "items",
    "generalLedgerEntries",
    "salesInvoices",
    "salesInvoiceLines",
    "dimensionSetLines",
    "journals",
    "journalLines",
)


def ids(records):
    return sorted((record["company_id"], record["id"]) for record in records)


def rows_since(emulator, company, entity_set, bookmark):
    rows = truth(emulator, company["name"], entity_set)
    return [row for row in rows if order(row["lastModifiedDateTime"]) >= order(bookmark)]


def test_the_second_run_reads_exactly_the_rows_stamped_at_or_after_the_bookmark(frozen, descriptions):
    stamped = [
        name
        for name, description in descriptions.items()
        if description.stamp == "lastModifiedDateTime" and description.selected and not description.ways
    ]
    first = run_tap(frozen.config(), select=stamped)
    second = run_tap(frozen.config(), select=stamped, state=first.state)
    assert second.error is None
    for name in stamped:
        for company in frozen.companies():
            bookmark = first.bookmark(name, company["id"])
            if bookmark is None:
                assert not [
                    row
                    for row in truth(frozen, company["name"], name)
                    if not row["lastModifiedDateTime"].startswith("0001")
                ]
                continue
            own = sorted(
                record["id" if "id" in record else descriptions[name].own_keys[0]]
                for record in second.records[name]
                if record["company_id"] == company["id"]
            )
            expected = rows_since(frozen, company, name, bookmark)
            assert own == sorted(row["id" if "id" in row else descriptions[name].own_keys[0]] for row in expected), name


def test_lines_come_again_when_their_document_was_changed(frozen):
    company = frozen.companies()[0]
    first = run_tap(frozen.config(), select=STREAMS)
    line = truth(frozen, company["name"], "salesInvoiceLines")[0]
    frozen.edit(
        company=company["id"],
        entity_set="salesInvoices",
        id=line["documentId"],
        set={},
        stamp="2026-11-20T11:59:00.000Z",
    )
    second = run_tap(frozen.config(), select=STREAMS, state=first.state)
    again = {record["id"] for record in second.records["salesInvoiceLines"]}
    assert line["id"] in again
    assert {
        record["parent_modified_at"] for record in second.records["salesInvoiceLines"] if record["id"] == line["id"]
    } == {"2026-11-20T11:59:00Z"}


def test_a_line_of_a_journal_is_found_although_its_journal_was_not_changed(frozen):
    company = next(company for company in frozen.companies() if truth(frozen, company["name"], "journals"))
    journal = truth(frozen, company["name"], "journals")[0]
    first = run_tap(frozen.config(), select=["journals", "journalLines"])
    frozen.edit(
        company=company["id"],
        entity_set="journalLines",
        id="0f0f0f0f-0000-0000-0000-000000000001",
        set={"journalId": journal["id"], "lineNumber": 990000, "description": "late"},
        stamp="2026-11-20T11:59:00.000Z",
    )
    second = run_tap(frozen.config(), select=["journals", "journalLines"], state=first.state)
    assert "late" in {record["description"] for record in second.records["journalLines"]}


def test_a_start_date_leaves_older_rows_out_but_not_those_that_were_never_stamped(frozen):
    company = frozen.companies()[0]
    rows = truth(frozen, company["name"], "customers")
    frozen.edit(company=company["id"], entity_set="customers", id=rows[0]["id"], set={}, stamp="0001-01-01T00:00:00Z")
    frozen.edit(company=company["id"], entity_set="customers", id=rows[1]["id"], set={}, stamp="2020-01-01T00:00:00Z")
    outcome = run_tap(
        frozen.config(start_date="2020-01-01T00:00:00.003Z", company_ids=company["id"]), select=["customers"]
    )
    found = {record["id"] for record in outcome.records["customers"]}
    assert rows[0]["id"] in found
    assert rows[1]["id"] not in found
    assert len(found) == len(rows) - 1


def test_rows_that_were_never_stamped_come_with_the_first_read_and_keep_their_stamp(frozen):
    company = frozen.companies()[0]
    row = truth(frozen, company["name"], "customers")[0]
    frozen.edit(company=company["id"], entity_set="customers", id=row["id"], set={}, stamp="0001-01-01T00:00:00Z")
    first = run_tap(frozen.config(), select=["customers"])
    stamps = {record["id"]: record["lastModifiedDateTime"] for record in first.records["customers"]}
    assert stamps[row["id"]] == "0001-01-01T00:00:00Z"
    second = run_tap(frozen.config(), select=["customers"], state=first.state)
    assert row["id"] not in {record["id"] for record in second.records["customers"]}


def test_a_bookmark_stays_half_an_hour_behind_the_start_of_the_run(frozen):
    company = frozen.companies()[0]
    row = truth(frozen, company["name"], "customers")[0]
    frozen.edit(company=company["id"], entity_set="customers", id=row["id"], set={}, stamp="2026-11-20T11:55:00.000Z")
    outcome = run_tap(frozen.config(), select=["customers"])
    assert outcome.bookmark("customers", company["id"]) == "2026-11-20T11:30:00.000Z"
    outcome = run_tap(frozen.config(lookback="PT5M"), select=["customers"])
    assert outcome.bookmark("customers", company["id"]) == "2026-11-20T11:55:00.000Z"


def test_a_stream_that_is_selected_later_is_read_from_the_beginning_and_its_parent_is_not_written_again(frozen):
    first = run_tap(frozen.config(), select=["salesInvoices"])
    second = run_tap(frozen.config(), select=["salesInvoices", "salesInvoiceLines"], state=first.state)
    lines = sum(len(truth(frozen, company["name"], "salesInvoiceLines")) for company in frozen.companies())
    assert len(second.records["salesInvoiceLines"]) == lines
    headers = [
        row
        for company in frozen.companies()
        for row in rows_since(frozen, company, "salesInvoices", first.bookmark("salesInvoices", company["id"]))
    ]
    assert sorted(record["id"] for record in second.records["salesInvoices"]) == sorted(row["id"] for row in headers)


def test_documents_without_dimensions_are_not_read_again_for_their_dimensions(frozen):
    first = run_tap(frozen.config(), select=["salesInvoices", "dimensionSetLines"])
    before = len(frozen.requests())
    run_tap(frozen.config(), select=["salesInvoices", "dimensionSetLines"], state=first.state)
    asked = [request for request in frozen.requests()[before:] if request["path"].endswith("/salesInvoices")]
    assert asked
    assert all("lastModifiedDateTime ge" in str(request["query"]) or "ge" in str(request["query"]) for request in asked)


def test_a_stream_that_a_catalog_reads_whole_gets_no_bookmark_and_no_filter(frozen):
    def whole(tap):
        tap.streams["customers"].forced_replication_method = "FULL_TABLE"

    outcome = run_tap(frozen.config(start_date="2026-11-19T00:00:00Z"), select=["customers"], prepare=whole)
    assert len(outcome.records["customers"]) == sum(
        len(truth(frozen, each["name"], "customers")) for each in frozen.companies()
    )
    assert "customers" not in outcome.state.get("bookmarks", {})


@pytest.mark.parametrize("workers", [1, 5])
def test_states_in_between_never_claim_more_than_was_written(frozen, workers):
    """Each STATE, taken as the last one, must let the next run read every row that was not written before it."""
    outcome = run_tap(frozen.config(max_concurrent_requests=workers), select=["customers", "vendors", "items"])
    written: dict[tuple[str, str], list[str]] = {}
    checked = 0
    for message in outcome.messages:
        if message["type"] == "RECORD":
            place = (message["stream"], message["record"]["company_id"])
            written.setdefault(place, []).append(message["record"]["id"])
        elif message["type"] == "STATE":
            for stream, state in message["value"].get("bookmarks", {}).items():
                for partition in state["partitions"]:
                    company = partition["context"]["company_id"]
                    below = [
                        row["id"]
                        for row in truth(frozen, company, stream)
                        if order(row["lastModifiedDateTime"]) < order(partition["replication_key_value"])
                    ]
                    assert set(below) <= set(written[stream, company])
                    checked += 1
    assert checked
