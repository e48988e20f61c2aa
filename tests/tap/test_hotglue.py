"""Which streams does a HotGlue job know, and do their records hold what its flows expect?"""

from __future__ import annotations

import pytest
from jsonschema import Draft7Validator
from tap.running import in_order, run_tap, truth
from tap.sample_metadata import METADATA

from dynamics_bc_client.errors import DynamicsError
from tap_dynamics_bc.streams.hotglue import STREAMS, describe_hotglue_streams
from tap_dynamics_bc.streams.stamps import order
from tap_dynamics_bc.tap import TapDynamicsBC

VERSION = ("id", "lastModifiedDateTime")
KEYS = {
    "companies": ("id",),
    "company_information": ("id",),
    "items": VERSION,
    "vendors": VERSION,
    "vendor_purchases": ("vendorId",),
    "sales_invoices": VERSION,
    "sales_credit_memos": VERSION,
    "purchase_invoices": VERSION,
    "accounts": ("id",),
    "locations": ("id",),
    "sales_orders": VERSION,
    "general_ledger_entries": ("id",),
    "general_ledger_entries_incremental": ("id",),
    "gl_entries_dimensions": ("id", "gl_entry_id"),
    "dimensions": ("id",),
    "customers": VERSION,
    "currencies": ("id",),
    "vendor_payment_journals": ("id",),
    "payment_terms": ("id",),
    "balance_sheet_general_ledger_entries": ("entryNo", "company_id"),
    "income_statement_general_ledger_entries": ("entryNo", "company_id"),
    "closing_general_ledger_entries": ("entryNo", "glAccountNo", "company_id"),
    "dimension_values": ("id",),
    # Documents share numbers with the payments that they are of: the entry's own key tells those apart.
    "vendor_ledger_entries": ("Document_No", "company_id", "Entry_No"),
}
READ_WHOLE = {
    "companies",
    "company_information",
    "vendor_purchases",
    "accounts",
    "locations",
    "dimensions",
    "dimension_values",
    "vendor_ledger_entries",
}
NESTED = {
    "items": {"itemCategory", "picture"},
    "vendors": {"defaultDimensions"},
    "sales_invoices": {"dimensionSetLines", "salesInvoiceLines"},
    "sales_credit_memos": {"dimensionSetLines", "salesCreditMemoLines"},
    "purchase_invoices": {"dimensionSetLines", "purchaseInvoiceLines"},
    "sales_orders": {"salesOrderLines"},
    "general_ledger_entries": {"dimensionSetLines"},
    "general_ledger_entries_incremental": {"dimensionSetLines"},
}
BAD_ROW = {
    "status": 400,
    "body": {"error": {"code": "Application_DialogException", "message": "The Dimension Value does not exist."}},
}


@pytest.fixture(scope="module")
def described(emulator_process):
    tap = TapDynamicsBC(config=emulator_process.config(stream_naming="hotglue"), setup_mapper=False)
    try:
        return tap.descriptions
    finally:
        tap.close()


def read(emulator, *streams, state=None, prepare=None, **config):
    return run_tap(emulator.config(stream_naming="hotglue", **config), select=streams, state=state, prepare=prepare)


def known(row, description):
    """What of a row of the service a record can hold."""
    return {name: value for name, value in row.items() if name in description.properties}


def nested(holder, navigation):
    return next(each.stream for each in holder.nested if each.navigation == navigation)


def test_a_job_finds_the_24_streams_it_knows(described):
    assert set(described) == set(KEYS)
    assert len(KEYS) == 24


def test_keys_and_replication_keys_are_those_of_today(described):
    assert {name: stream.keys for name, stream in described.items()} == KEYS
    assert {name for name, stream in described.items() if stream.replication.key is None} == READ_WHOLE
    assert described["gl_entries_dimensions"].replication.key == "parent_modified_at"


def test_records_hold_what_is_expanded_today(described):
    assert {
        name: {each.navigation for each in stream.nested} for name, stream in described.items() if stream.nested
    } == NESTED
    assert [each.navigation for each in nested(described["sales_invoices"], "salesInvoiceLines").nested] == [
        "dimensionSetLines"
    ]


def test_an_environment_without_an_entity_set_has_the_other_streams():
    assert set(describe_hotglue_streams(METADATA)) == {"companies", "customers", "sales_invoices"}
    assert "sales_orders" in STREAMS


def test_a_document_holds_its_lines_and_the_dimensions_of_both_as_the_service_spells_them(frozen, described):
    outcome = read(frozen, "sales_invoices")
    assert outcome.error is None
    holder = described["sales_invoices"]
    line, dimension = nested(holder, "salesInvoiceLines"), nested(holder, "dimensionSetLines")
    for company in frozen.companies():
        dimensions = {}
        for row in truth(frozen, company["name"], "dimensionSetLines"):
            dimensions.setdefault(row["parentId"], []).append(known(row, dimension))
        lines = {}
        for row in truth(frozen, company["name"], "salesInvoiceLines"):
            whole = {**known(row, line), "dimensionSetLines": in_order(dimensions.get(row["id"], []))}
            lines.setdefault(row["documentId"], []).append(whole)
        expected = [
            {
                "company_id": company["id"],
                "company_name": company["name"],
                **known(row, holder),
                "dimensionSetLines": in_order(dimensions.get(row["id"], [])),
                "salesInvoiceLines": in_order(lines.get(row["id"], [])),
            }
            for row in truth(frozen, company["name"], "salesInvoices")
        ]
        own = [record for record in outcome.records["sales_invoices"] if record["company_id"] == company["id"]]
        for record in own:
            record["dimensionSetLines"] = in_order(record["dimensionSetLines"])
            for each in record["salesInvoiceLines"]:
                each["dimensionSetLines"] = in_order(each["dimensionSetLines"])
            record["salesInvoiceLines"] = in_order(record["salesInvoiceLines"])
        assert in_order(own) == in_order(expected), company["name"]
    assert b"@odata" not in outcome.output
    assert b"_x0020_" in outcome.output


def test_an_item_holds_its_category_and_the_size_of_its_picture(frozen):
    company = frozen.companies()[0]
    outcome = read(frozen, "items", company_ids=company["id"])
    categories = {row["id"]: row["code"] for row in truth(frozen, company["name"], "itemCategories")}
    held = {
        record["itemCategoryId"]: record["itemCategory"]["code"]
        for record in outcome.records["items"]
        if record["itemCategory"]
    }
    assert held
    assert held.items() <= categories.items()
    assert all(record["picture"] is None or "width" in record["picture"] for record in outcome.records["items"])


def test_records_fit_the_schemas_that_were_announced_for_them(frozen):
    outcome = read(frozen, *KEYS, company_ids=frozen.companies()[1]["id"])
    assert outcome.error is None
    schemas = {message["stream"]: message for message in outcome.messages if message["type"] == "SCHEMA"}
    assert set(schemas) == set(KEYS)
    for name, records in outcome.records.items():
        assert schemas[name]["key_properties"] == list(KEYS[name])
        validator = Draft7Validator(schemas[name]["schema"])
        for record in records[:20]:
            assert set(record) == set(schemas[name]["schema"]["properties"]), name
            validator.validate(record)
        keys = {tuple(record[key] for key in KEYS[name]) for record in records}
        assert len(keys) == len(records), f"{name} has rows with equal keys"


def test_dimensions_of_ledger_entries_come_with_the_entries_pages(frozen):
    company = frozen.companies()[0]
    before = len(frozen.requests())
    outcome = read(frozen, "gl_entries_dimensions", company_ids=company["id"])
    assert outcome.error is None
    entries = {row["id"]: row for row in truth(frozen, company["name"], "generalLedgerEntries")}
    expected = {
        (row["parentId"], row["id"], row["valueCode"])
        for row in truth(frozen, company["name"], "dimensionSetLines")
        if row["parentId"] in entries
    }
    records = outcome.records["gl_entries_dimensions"]
    assert {(record["gl_entry_id"], record["id"], record["valueCode"]) for record in records} == expected
    assert all(
        record["parent_modified_at"] == entries[record["gl_entry_id"]]["lastModifiedDateTime"] for record in records
    )
    asked = [request for request in frozen.requests()[before:] if "/generalLedgerEntries" in request["path"]]
    listed = [request for request in asked if "$count" not in request["path"]]
    assert len(listed) == -(-len(entries) // 500)


def test_the_state_of_the_tap_that_a_job_ran_before_is_continued(frozen):
    """Its contexts name the company too, and what it was interrupted in has markers and no bookmark."""
    one, other = frozen.companies()
    bookmark = "2026-09-01T00:00:00Z"

    def partition(company, replication_key, value):
        context = {"company_id": company["id"], "company_name": "A name of old"}
        return {"context": context, "replication_key": replication_key, "replication_key_value": value}

    markers = {"progress_markers": {"Note": "Progress is not resumable if interrupted.", "replication_key_value": "x"}}
    state = {
        "bookmarks": {
            "companies": {},
            "customers": {"partitions": [partition(one, "lastModifiedDateTime", bookmark)]},
            "sales_invoices": {
                "partitions": [
                    partition(one, "lastModifiedDateTime", bookmark),
                    {"context": {"company_id": other["id"], "company_name": other["name"]}, **markers},
                ]
            },
            "general_ledger_entries": {"partitions": [partition(one, "postingDate", "2026-09-01")]},
            "gl_entries_dimensions": {
                "partitions": [
                    {"context": {"company_id": one["id"], "company_name": one["name"], "gl_entry_id": str(number)}}
                    for number in range(3)
                ]
            },
            "balance_sheet_general_ledger_entries": {"partitions": [partition(one, "postingDate", "2026-09-01")]},
        }
    }
    streams = ("customers", "sales_invoices", "general_ledger_entries")
    outcome = read(frozen, *streams, state=state, reread_open_documents=False)
    assert outcome.error is None

    def ids(stream, company):
        return {each["id"] for each in outcome.records[stream] if each["company_id"] == company["id"]}

    def changed(entity_set, company, since):
        rows = truth(frozen, company["name"], entity_set)
        return {row["id"] for row in rows if order(row["lastModifiedDateTime"]) >= order(since)}

    everything = "0001-01-01T00:00:00Z"
    assert ids("customers", one) == changed("customers", one, bookmark)
    assert ids("customers", other) == changed("customers", other, everything)
    assert ids("sales_invoices", one) == changed("salesInvoices", one, bookmark)
    assert ids("sales_invoices", other) == changed("salesInvoices", other, everything)
    # A bookmark over posting dates does not say which entries were posted since.
    assert ids("general_ledger_entries", one) == changed("generalLedgerEntries", one, everything)
    assert outcome.bookmark("sales_invoices", one["id"]) > bookmark


def test_one_bad_dimension_costs_its_document_alone_its_dimensions_and_is_asked_for_again(frozen):
    company = frozen.companies()[0]
    calm = read(frozen, "sales_invoices", company_ids=company["id"])
    bad = next(record["id"] for record in calm.records["sales_invoices"] if record["dimensionSetLines"])
    page = {"path": r"/salesInvoices\?(.*&)?\$expand=dimensionSetLines(?!.*\$filter)"}
    named = {"path": rf"{bad}.*[?&]\$expand=dimensionSetLines|[?&]\$expand=dimensionSetLines.*{bad}", "operation": True}
    below = {"path": rf"/salesInvoices\({bad}\)/dimensionSetLines", "operation": True}
    frozen.faults([{"method": "GET", "times": 0, **BAD_ROW, **each} for each in (page, named, below)])
    mended = read(frozen, "sales_invoices", company_ids=company["id"])
    assert isinstance(mended.error, DynamicsError)
    assert "dimensionSetLines of 1 row of sales_invoices" in str(mended.error)
    assert bad in str(mended.error)
    found = {record["id"]: record for record in mended.records["sales_invoices"]}
    whole = {record["id"]: record for record in calm.records["sales_invoices"]}
    assert found.keys() == whole.keys()
    assert {row_id for row_id in whole if found[row_id] != whole[row_id]} == {bad}
    assert found[bad]["salesInvoiceLines"] == whole[bad]["salesInvoiceLines"]
    assert "dimensionSetLines" not in found[bad]
    assert mended.bookmark("sales_invoices", company["id"]) is None


def test_what_is_not_selected_of_a_record_is_not_expanded(frozen):
    def narrow(tap):
        stream = tap.streams["sales_invoices"]
        stream.metadata["properties", "salesInvoiceLines"].selected = False
        stream.selected = True

    before = len(frozen.requests())
    outcome = read(frozen, "sales_invoices", company_ids=frozen.companies()[1]["id"], prepare=narrow)
    asked = [each["query"] for each in frozen.requests()[before:] if each["path"].endswith("/salesInvoices")]
    assert asked
    assert all("salesInvoiceLines" not in str(query) for query in asked)
    assert all("salesInvoiceLines" not in record for record in outcome.records["sales_invoices"])


def test_stream_maps_get_nested_records_too(frozen):
    second = frozen.companies()[1]["id"]
    plain = read(frozen, "purchase_invoices", company_ids=second)
    mapped = read(
        frozen,
        "purchase_invoices",
        company_ids=second,
        stream_maps={"purchase_invoices": {"first_line": "purchaseInvoiceLines[0]['id']"}},
    )
    assert [record.pop("first_line") for record in mapped.records["purchase_invoices"]] == [
        record["purchaseInvoiceLines"][0]["id"] for record in plain.records["purchase_invoices"]
    ]
    assert mapped.records["purchase_invoices"] == plain.records["purchase_invoices"]


def test_a_catalog_of_the_tap_that_a_job_ran_before_is_taken(frozen):
    """It knows fewer properties, has streams of other routes, and follows entries by posting date."""

    def entry(name, properties, replication_key):
        columns = {each: {"type": ["string", "null"]} for each in properties}
        root = {"inclusion": "available", "selected": True, "table-key-properties": ["id"]}
        return {
            "tap_stream_id": name,
            "stream": name,
            "key_properties": ["id"],
            "replication_key": replication_key,
            "replication_method": "INCREMENTAL",
            "schema": {"type": "object", "properties": columns},
            "metadata": [
                {"breadcrumb": [], "metadata": root},
                *(
                    {"breadcrumb": ["properties", each], "metadata": {"inclusion": "available", "selected": True}}
                    for each in properties
                ),
            ],
        }

    entries = ("id", "postingDate", "accountNumber", "company_id", "dimensionSetLines")
    catalog = {
        "streams": [
            entry("general_ledger_entries", entries, "postingDate"),
            entry("balance_sheet_general_ledger_entries", ("entryNo",), "postingDate"),
        ]
    }
    second = frozen.companies()[1]
    config = frozen.config(stream_naming="hotglue", company_ids=second["id"])
    first = run_tap(config, catalog=catalog)
    assert first.error is None
    assert first.records["balance_sheet_general_ledger_entries"]
    records = first.records["general_ledger_entries"]
    assert {row["id"] for row in truth(frozen, second["name"], "generalLedgerEntries")} == {
        record["id"] for record in records
    }
    assert {frozenset(record) for record in records} == {frozenset({*entries, "lastModifiedDateTime"})}
    again = run_tap(config, catalog=catalog, state=first.state)
    assert 0 < len(again.records["general_ledger_entries"]) < len(records)
