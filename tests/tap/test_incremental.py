"""Does the next run read what was changed, and nothing else?"""

from __future__ import annotations

import itertools
import json

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, run_at
from tap.running import run_tap, truth

from dynamics_bc_client.errors import ConfigurationError, DynamicsError
from tap_dynamics_bc.streams.stamps import order
from tap_dynamics_bc.tap import TapDynamicsBC

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
    config = frozen.config(reread_open_documents=False)
    first = run_tap(config, select=stamped)
    second = run_tap(config, select=stamped, state=first.state)
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
        stamp="2036-11-20T11:59:00.000Z",
    )
    second = run_tap(frozen.config(), select=STREAMS, state=first.state)
    again = {record["id"] for record in second.records["salesInvoiceLines"]}
    assert line["id"] in again
    assert {
        record["parent_modified_at"] for record in second.records["salesInvoiceLines"] if record["id"] == line["id"]
    } == {"2036-11-20T11:59:00Z"}


def test_a_line_of_a_journal_is_found_although_its_journal_was_not_changed(frozen):
    company = next(company for company in frozen.companies() if truth(frozen, company["name"], "journals"))
    journal = truth(frozen, company["name"], "journals")[0]
    first = run_tap(frozen.config(), select=["journals", "journalLines"])
    frozen.edit(
        company=company["id"],
        entity_set="journalLines",
        id="0f0f0f0f-0000-0000-0000-000000000001",
        set={"journalId": journal["id"], "lineNumber": 990000, "description": "late"},
        stamp="2036-11-20T11:59:00.000Z",
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


def test_a_bookmark_stays_the_look_back_and_five_minutes_behind_the_start_of_the_run(frozen):
    company = frozen.companies()[0]
    row = truth(frozen, company["name"], "customers")[0]
    frozen.edit(company=company["id"], entity_set="customers", id=row["id"], set={}, stamp="2036-11-20T11:55:00.000Z")
    outcome = run_tap(frozen.config(), select=["customers"])
    assert outcome.bookmark("customers", company["id"]) == "2036-11-20T11:25:00.000Z"
    outcome = run_tap(frozen.config(lookback="PT5M"), select=["customers"])
    assert outcome.bookmark("customers", company["id"]) == "2036-11-20T11:50:00.000Z"


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
    config = frozen.config(reread_open_documents=False)
    run_tap(config, select=["salesInvoices", "dimensionSetLines"], state=first.state)
    asked = [request for request in frozen.requests()[before:] if request["path"].endswith("/salesInvoices")]
    assert asked
    assert all("lastModifiedDateTime ge 20" in str(request["query"]) for request in asked)


def test_a_stream_that_a_catalog_reads_whole_gets_no_bookmark_and_no_filter(frozen):
    def whole(tap):
        tap.streams["customers"].forced_replication_method = "FULL_TABLE"

    outcome = run_tap(frozen.config(start_date="2036-11-19T00:00:00Z"), select=["customers"], prepare=whole)
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


def sizes_between_states(outcome):
    """Of each STATE behind the first one its own size, and that of the lines between it and the one before."""
    sizes, between, begun = [], 0, False
    for line in outcome.output.splitlines(keepends=True):
        if json.loads(line)["type"] != "STATE":
            between += len(line)
            continue
        if begun:
            sizes.append((len(line), between))
        begun, between = True, 0
    return sizes


def test_a_state_comes_as_soon_as_a_partition_is_through_and_not_only_at_the_end(frozen):
    """Whoever kills the run loses no more than what was not worth a STATE yet."""
    outcome = run_tap(frozen.config(), select=["customers", "items", "vendors"])
    first, *_ = frozen.companies()
    before_items = itertools.takewhile(lambda each: each.get("stream") != "items", outcome.messages)
    states = [each["value"] for each in before_items if each["type"] == "STATE"]
    contexts = [each["context"]["company_id"] for each in states[-1]["bookmarks"]["customers"]["partitions"]]
    assert first["id"] in contexts
    assert len(sizes_between_states(outcome)) > 2


def test_states_are_not_larger_than_what_they_follow(frozen):
    """With many companies a state is large: it is not repeated for every few rows."""
    outcome = run_tap(frozen.config())
    assert outcome.error is None
    # The last one, and the one that the first partition is worth, come in any case.
    *paced, _ = sizes_between_states(outcome)[1:]
    largest = 0
    for size, between in paced:
        assert between >= largest
        largest = max(largest, size)
    partitions = sum(len(each["partitions"]) for each in outcome.state["bookmarks"].values())
    assert len(paced) < partitions / 3


def test_bookmarks_keep_behind_the_services_clock_and_not_ours(frozen):
    """The service's clock stands days behind ours; a row is stamped within the look-back."""
    company = frozen.companies()[0]
    row = truth(frozen, company["name"], "customers")[0]
    frozen.edit(company=company["id"], entity_set="customers", id=row["id"], set={}, stamp="2036-11-20T11:59:00.000Z")
    outcome = run_tap(frozen.config(company_ids=company["id"]), select=["customers"])
    assert outcome.bookmark("customers", company["id"]) == "2036-11-20T11:25:00.000Z"
    shorter = run_tap(frozen.config(company_ids=company["id"], lookback="PT10M"), select=["customers"])
    assert shorter.bookmark("customers", company["id"]) == "2036-11-20T11:45:00.000Z"


def test_a_generation_of_the_index_ends_behind_a_state_that_has_gone_out(frozen, tmp_path):
    noted = []

    def listen(tap):
        tap.run._deletions.acknowledge = lambda: noted.append(tap.message_writer.ends_with_state)

    outcome = run_tap(
        frozen.config(deletes="sweep", store_path=str(tmp_path)), select=["customers", "vendors"], prepare=listen
    )
    states = [each for each in outcome.messages if each["type"] == "STATE"]
    assert noted
    assert all(noted)
    # The first one only repeats what was given, and is the SDK's.
    assert len(noted) == len(states) - 1


def test_the_last_line_is_a_state_also_when_nothing_has_a_bookmark(frozen):
    outcome = run_tap(frozen.config(), select=["companies"])
    assert outcome.records["companies"]
    assert outcome.messages[-1]["type"] == "STATE"


def test_no_state_repeats_the_one_before(frozen):
    outcome = run_tap(frozen.config(), select=["customers", "disputeStatus", "vendors"])
    states = [json.dumps(each["value"]) for each in outcome.messages if each["type"] == "STATE"]
    assert len(states) > 3
    assert all(one != other for one, other in itertools.pairwise(states))


def test_records_behind_the_last_state_go_out_when_their_stream_ends(frozen, capfdbinary):
    """The SDK's own way to run a tap writes no STATE at the end."""
    tap = TapDynamicsBC(config=frozen.config())
    for name, stream in tap.streams.items():
        stream.selected = name == "companies"
    try:
        tap.sync_all()
        written = capfdbinary.readouterr().out
    finally:
        tap.close()
    assert written.count(b'"RECORD"') == len(frozen.companies())


def test_what_was_finished_before_a_run_broke_off_is_in_its_last_state():
    desk = open_desk()
    for row in desk.company.find("shipmentMethods")[1:]:
        desk.company.delete("shipmentMethods", row["id"])

    def break_off(request):
        if "/vendors" in request.url:
            raise DynamicsError("The service is gone.", scope="run")

    streams = ["currencies", "customers", "paymentTerms", "salespeoplePurchasers", "shipmentMethods", "vendors"]
    run = run_at(DeskTransport(desk, before=break_off), select=streams)
    states = [message["value"] for message in run.messages if message["type"] == "STATE"]
    assert "shipmentMethods" not in states[-2]["bookmarks"], "one row is not worth a STATE"
    assert sorted(states[-1]["bookmarks"]) == streams[:-1]


def test_a_start_date_in_the_future_is_refused(frozen):
    """Rows that were never stamped would move the bookmark, and hide all others from a later run."""
    outcome = run_tap(frozen.config(start_date="2062-01-01"), select=["customers"])
    assert isinstance(outcome.error, ConfigurationError)
    assert "start_date (2062-01-01T00:00:00.000Z) lies in the future by the service's clock" in str(outcome.error)
    assert not outcome.output
