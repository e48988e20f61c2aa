"""Faults of reading that were known of the first release, and whose tests have no other place.

Which faults there are, and that each is shown to be gone, stands in `tests/test_known_faults.py`.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from emulator.in_process import open_desk
from tap.desk_runs import DeskTransport, TapAtTheDesk, desk_config, run_at

from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response

# --- rows -------------------------------------------------------------------------------------------------------------


def selecting(*streams: str, desk: Any = None, **settings: Any) -> dict[str, Any]:
    """The catalog of discovery, with some streams selected."""
    tap = TapAtTheDesk(config=desk_config(**settings), transport=DeskTransport(desk or open_desk()))
    catalog = copy.deepcopy(tap.catalog_dict)
    for entry in catalog["streams"]:
        entry_root(entry)["selected"] = entry["tap_stream_id"] in streams
    return catalog


def entry_of(catalog: dict[str, Any], stream: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in catalog["streams"] if each["tap_stream_id"] == stream)
    return found


def entry_root(entry: dict[str, Any]) -> dict[str, Any]:
    root: dict[str, Any] = next(each["metadata"] for each in entry["metadata"] if not each["breadcrumb"])
    return root


@pytest.mark.fault("R4")
def test_dimensions_of_documents_and_of_their_lines_come_from_a_service_that_serves_a_set_once_a_request():
    desk = open_desk()
    desk.service.switches = desk.service.switches.changed({"same_set_expanded_twice": "empty"})
    outcome = run_at(DeskTransport(desk), select=["salesInvoices", "salesInvoiceLines", "dimensionSetLines"])
    assert outcome.error is None
    kinds = {record["parentType"] for record in outcome.records["dimensionSetLines"]}
    assert {"Sales Invoice", "Sales Invoice Line"} <= kinds


@pytest.mark.fault("R5")
def test_entries_of_a_posting_that_is_rolled_back_are_never_seen():
    from dynamics_bc_emulator.rows.transactions import Change
    from dynamics_bc_emulator.stamps import to_milliseconds

    desk = open_desk()
    entry = {"entryNumber": 900_001, "documentNumber": "UNSURE"}
    stamp = to_milliseconds(desk.clock())
    desk.service.transactions.begin([Change(desk.company.id, "generalLedgerEntries", None, entry, stamp)], is_seen=True)
    outcome = run_at(DeskTransport(desk), select=["generalLedgerEntries"])
    assert outcome.error is None
    assert "UNSURE" not in {record["documentNumber"] for record in outcome.records["generalLedgerEntries"]}


# --- catalogs ---------------------------------------------------------------------------------------------------------

KEYS = ["company_id", "id"]


def schema_of(outcome: Any, stream: str) -> dict[str, Any]:
    (found,) = [each for each in outcome.messages if each["type"] == "SCHEMA" and each["stream"] == stream]
    return found


@pytest.mark.fault("S6")
@pytest.mark.parametrize("keys", [None, [], ["displayName"]])
@pytest.mark.parametrize("table_keys", [None, [], ["displayName"]])
def test_keys_are_the_taps_own_whatever_a_catalog_says(keys, table_keys):
    catalog = selecting("customers")
    entry = entry_of(catalog, "customers")
    entry.pop("key_properties")
    entry_root(entry).pop("table-key-properties", None)
    if keys is not None:
        entry["key_properties"] = keys
    if table_keys is not None:
        entry_root(entry)["table-key-properties"] = table_keys
    outcome = run_at(DeskTransport(open_desk()), catalog=catalog)
    assert outcome.error is None
    assert schema_of(outcome, "customers")["key_properties"] == KEYS


@pytest.mark.fault("S6")
def test_a_catalog_entry_without_a_schema_gets_the_discovered_one():
    catalog = selecting("customers")
    entry_of(catalog, "customers").pop("schema")
    outcome = run_at(DeskTransport(open_desk()), catalog=catalog)
    assert outcome.error is None
    assert set(outcome.records["customers"][0]) <= set(schema_of(outcome, "customers")["schema"]["properties"])
    assert outcome.records["customers"][0]["displayName"]


@pytest.mark.fault("S6")
def test_a_stream_may_be_selected_in_the_way_of_old_catalogs():
    catalog = {"streams": [{"tap_stream_id": "customers", "stream": "customers", "selected": True, "schema": {}}]}
    outcome = run_at(DeskTransport(open_desk()), catalog=catalog)
    assert outcome.error is None
    assert outcome.records["customers"]
    assert schema_of(outcome, "customers")["key_properties"] == KEYS


@pytest.mark.fault("S6")
def test_a_schema_has_all_that_records_carry_where_two_properties_are_chosen():
    catalog = selecting("customers")
    entry = entry_of(catalog, "customers")
    for each in entry["metadata"]:
        if len(each["breadcrumb"]) == 2:
            each["metadata"]["selected"] = each["breadcrumb"][1] in {"displayName", "city"}
    outcome = run_at(DeskTransport(open_desk()), catalog=catalog)
    record = outcome.records["customers"][0]
    assert {"company_id", "id", "displayName", "city"} <= set(record)
    assert "email" not in record
    assert set(record) <= set(schema_of(outcome, "customers")["schema"]["properties"])


@pytest.mark.fault("S7")
@pytest.mark.parametrize("pattern", ["*", "sales*"])
def test_a_stream_map_for_many_streams_maps_those_that_are_selected(pattern):
    catalog = selecting("salesInvoices", "customers")
    config = {"stream_maps": {pattern: {"from": "'here'"}}}
    outcome = run_at(DeskTransport(open_desk()), config, catalog=catalog)
    assert outcome.error is None
    assert {record["from"] for record in outcome.records["salesInvoices"]} == {"here"}
    assert outcome.records["customers"]


# --- what is asked for ------------------------------------------------------------------------------------------------


@pytest.mark.fault("S14")
def test_a_company_that_is_refused_as_invalid_fails_once():
    desk = open_desk()
    body = b'{"error":{"code":"BadRequest","message":"The supplied company name is not valid."}}'
    transport = DeskTransport(desk)
    transport.misfortunes.extend([None, None, *[Response(400, {}, body)] * 500])
    outcome = run_at(transport, {"company_ids": desk.company.id}, select=["customers", "vendors", "items"])
    assert outcome.error is not None
    assert str(outcome.error).count("the company") == 1
    assert len([each for each in transport.asked if "/companies(" in each.url]) <= 4


def keyed_by(name: str) -> dict[str, Any]:
    catalog = selecting("generalLedgerEntries")
    entry = entry_of(catalog, "generalLedgerEntries")
    entry["replication_key"] = entry_root(entry)["replication-key"] = name
    return catalog


@pytest.mark.fault("S15")
def test_the_replication_key_that_a_catalog_names_is_followed():
    outcome = run_at(DeskTransport(open_desk()), catalog=keyed_by("postingDate"))
    assert outcome.error is None
    (partition,) = outcome.state["bookmarks"]["generalLedgerEntries"]["partitions"]
    assert partition["replication_key"] == "postingDate"


@pytest.mark.fault("S15")
def test_a_replication_key_that_cannot_be_followed_is_refused():
    outcome = run_at(DeskTransport(open_desk()), catalog=keyed_by("shoeSize"))
    assert isinstance(outcome.error, ConfigurationError)
    assert "The catalog's replication key of generalLedgerEntries" in str(outcome.error)
    assert not outcome.output


@pytest.mark.parametrize("place", ["entry", "metadata"])
@pytest.mark.fault("S15")
def test_a_replication_key_counts_wherever_a_catalog_of_discovery_was_changed(place):
    catalog = selecting("generalLedgerEntries")
    entry = entry_of(catalog, "generalLedgerEntries")
    if place == "entry":
        entry["replication_key"] = "postingDate"
    else:
        entry_root(entry)["replication-key"] = "postingDate"
    outcome = run_at(DeskTransport(open_desk()), catalog=catalog)
    (partition,) = outcome.state["bookmarks"]["generalLedgerEntries"]["partitions"]
    assert partition["replication_key"] == "postingDate"


@pytest.mark.parametrize("method", ["FULL_TABLE", "full_table"])
@pytest.mark.parametrize("name", ["replication_method", "replication-method", "forced-replication-method"])
@pytest.mark.fault("S15")
def test_a_stream_is_read_whole_wherever_the_catalog_says_so(name, method):
    catalog = selecting("customers")
    entry = entry_of(catalog, "customers")
    (entry if name == "replication_method" else entry_root(entry))[name] = method
    transport = DeskTransport(open_desk())
    outcome = run_at(transport, catalog=catalog)
    assert outcome.error is None
    assert outcome.records["customers"]
    assert "customers" not in outcome.state.get("bookmarks", {})


@pytest.mark.parametrize("name", ["replication_method", "replication-method"])
@pytest.mark.fault("S15")
def test_a_replication_method_that_there_is_not_is_refused(name):
    catalog = selecting("customers")
    entry = entry_of(catalog, "customers")
    (entry if name == "replication_method" else entry_root(entry))[name] = "LOG_BASED"
    outcome = run_at(DeskTransport(open_desk()), catalog=catalog)
    assert isinstance(outcome.error, ConfigurationError)
    assert "of customers must be FULL_TABLE or INCREMENTAL" in str(outcome.error)
    assert not outcome.output
    entry_root(entry)["selected"] = False
    assert run_at(DeskTransport(open_desk()), catalog=catalog).error is None


@pytest.mark.fault("S16")
def test_batches_of_parquet_are_refused_before_anything_is_written_where_pyarrow_is_missing(monkeypatch):
    monkeypatch.setattr("tap_dynamics_bc.batch_encodings.find_spec", lambda _: None)
    batches = {"encoding": {"format": "parquet"}, "storage": {"root": "file:///nowhere"}}
    transport = DeskTransport(open_desk())
    outcome = run_at(transport, {"batch_config": batches}, select=["customers"])
    assert isinstance(outcome.error, ConfigurationError)
    assert "dynamics-bc-singer[parquet]" in str(outcome.error)
    assert not outcome.output
    assert not transport.asked


GZIP = {"format": "jsonl", "compression": "gzip"}
NOWHERE = {"root": "file:///nowhere"}


@pytest.mark.parametrize(
    ("batches", "said"),
    [
        ({"encoding": GZIP, "storage": NOWHERE, "batch_size": 0}, "batch_size of at least 1"),
        ({"encoding": {"format": "jsonl", "compression": "none"}, "storage": NOWHERE}, "compression to gzip"),
        ({"storage": NOWHERE}, "needs an encoding"),
        ({"encoding": GZIP}, "needs a storage"),
        ({"encoding": GZIP, "storage": {"root": "bogus://x"}}, 'root "bogus://x"'),
    ],
)
@pytest.mark.fault("S16")
def test_batches_that_cannot_be_written_are_refused_before_anything_is(batches, said):
    transport = DeskTransport(open_desk())
    outcome = run_at(transport, {"batch_config": batches}, select=["customers"])
    assert isinstance(outcome.error, ConfigurationError)
    assert said in str(outcome.error)
    assert not outcome.output
    assert not transport.asked


@pytest.mark.fault("S16")
def test_a_folder_that_batches_cannot_be_written_to_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("no folder")
    batches = {"encoding": GZIP, "storage": {"root": (tmp_path / "file" / "below").as_uri()}}
    outcome = run_at(DeskTransport(open_desk()), {"batch_config": batches}, select=["customers"])
    assert isinstance(outcome.error, ConfigurationError)
    assert "Batches of customers could not be written" in str(outcome.error)
    assert "customers" not in outcome.state.get("bookmarks", {})


def test_flattening_without_a_depth_is_refused_before_anything_is_written():
    outcome = run_at(DeskTransport(open_desk()), {"flattening_enabled": True}, select=["customers"])
    assert isinstance(outcome.error, ConfigurationError)
    assert "needs flattening_max_depth" in str(outcome.error)
    assert not outcome.output


@pytest.mark.fault("S7")
def test_no_stream_maps_are_none():
    outcome = run_at(DeskTransport(open_desk()), {"stream_maps": None}, select=["customers"])
    assert outcome.error is None
    assert outcome.records["customers"]


@pytest.mark.fault("S7")
def test_a_stream_map_of_a_stream_that_is_not_there_is_said_with_the_nearest(caplog):
    maps = {"customer": {"x": "number"}, "wo*": None, "cust*": {"x": "number"}, "v2": {"__source__": "vendors"}}
    outcome = run_at(DeskTransport(open_desk()), {"stream_maps": {**maps, "__else__": None}}, select=["customers"])
    assert outcome.error is None
    assert "not there: customer (did you mean customers?), wo*. Nothing is mapped by that." in caplog.text


@pytest.mark.fault("S17")
def test_the_state_of_a_renamed_environment_is_taken_where_the_company_ids_are_the_same():
    desk = open_desk()
    before = run_at(DeskTransport(desk), {"environment_name": "Production"}, select=["customers"])
    state = json.loads(json.dumps(before.state).replace('"Production"', '"Sandbox"'))
    outcome = run_at(DeskTransport(desk), select=["customers"], state=state)
    assert outcome.error is None
    assert len(outcome.records["customers"]) < len(before.records["customers"])


@pytest.mark.fault("S17")
def test_a_renamed_environment_is_said_once_and_then_has_its_new_name(caplog):
    desk = open_desk()
    before = run_at(DeskTransport(desk), {"environment_name": "Production"}, select=["customers"])
    state = json.loads(json.dumps(before.state).replace('"Production"', '"Before"'))
    outcome = run_at(DeskTransport(desk), select=["customers"], state=state)
    assert outcome.state["source"]["environment_name"] == "Production"
    assert len([each for each in caplog.messages if "Before" in each]) == 1


def test_a_state_whose_only_company_is_not_shown_any_more_is_no_state_of_another_environment():
    desk = open_desk()
    before = run_at(DeskTransport(desk), select=["customers"])
    desk.service.store.put_line("", "companies", desk.company.id, None)
    outcome = run_at(DeskTransport(desk), select=["customers"], state=before.state)
    assert outcome.error is not None
    assert desk.company.id in str(outcome.error)
    assert outcome.error.exit_code == 1
