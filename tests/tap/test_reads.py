"""Does everything that the service holds arrive, as it is?"""

from __future__ import annotations

import pytest
from jsonschema import Draft7Validator
from tap.running import expected_record, in_order, run_tap, truth, without_added

# What pages of one row are tried on: documents with lines and dimensions of both, journals, master data.
SMALL_PAGES = (
    "salesInvoices",
    "salesInvoiceLines",
    "dimensions",
    "dimensionSetLines",
    "journals",
    "journalLines",
    "vendors",
)
# pdfDocument is rendered from posted documents alone; applyVendorEntries is refused for payments without a vendor.
REFUSED_FOR_SOME_PARENTS = {"pdfDocument", "applyVendorEntries"}


def can_be_reached(name, row):
    """Contacts of bank accounts belong to a set that does not lead to them."""
    return name != "contactsInformation" or row["relatedType"] in {"Customer", "Vendor"}


def assert_everything_arrived(emulator, descriptions, outcome, streams, companies=None):
    records = outcome.records
    for name in streams:
        description = descriptions[name]
        if not description.in_company:
            continue
        for company in companies or emulator.companies():
            own = [without_added(record) for record in records[name] if record["company_id"] == company["id"]]
            rows = [row for row in truth(emulator, company["name"], name) if can_be_reached(name, row)]
            expected = [expected_record(description, row) for row in rows]
            assert in_order(own) == in_order(expected), f"{name} of {company['name']}"


def test_every_stream_that_can_be_read_arrives_with_all_its_rows_and_values(frozen, descriptions):
    streams = [name for name in descriptions if name not in REFUSED_FOR_SOME_PARENTS]
    outcome = run_tap(frozen.config(), select=streams)
    assert outcome.error is None
    assert_everything_arrived(frozen, descriptions, outcome, streams)


def test_every_stream_arrives_whole_in_pages_of_seven_rows_too(frozen, descriptions):
    second = frozen.companies()[1]
    streams = [name for name in descriptions if name not in REFUSED_FOR_SOME_PARENTS]
    outcome = run_tap(frozen.config(page_size=7, company_ids=second["id"]), select=streams)
    assert outcome.error is None
    assert_everything_arrived(frozen, descriptions, outcome, streams, [second])


def test_pages_of_one_row_give_the_same_rows(frozen, descriptions):
    second = frozen.companies()[1]
    outcome = run_tap(frozen.config(page_size=1, company_ids=second["name"]), select=SMALL_PAGES)
    assert outcome.error is None
    for name in SMALL_PAGES:
        if name == "dimensionSetLines":
            continue
        expected = [expected_record(descriptions[name], row) for row in truth(frozen, second["name"], name)]
        assert in_order([without_added(record) for record in outcome.records[name]]) == in_order(expected), name


def test_records_fit_the_schemas_that_were_announced_for_them(frozen, descriptions):
    streams = [name for name in descriptions if name not in REFUSED_FOR_SOME_PARENTS]
    outcome = run_tap(frozen.config(company_ids=frozen.companies()[1]["id"]), select=streams)
    schemas = {message["stream"]: message for message in outcome.messages if message["type"] == "SCHEMA"}
    for name, records in outcome.records.items():
        validator = Draft7Validator(schemas[name]["schema"], format_checker=Draft7Validator.FORMAT_CHECKER)
        for record in records[:20]:
            assert set(record) == set(schemas[name]["schema"]["properties"]), name
            validator.validate(record)
            assert all(record[key] is not None for key in schemas[name]["key_properties"])
        keys = {tuple(record[key] for key in schemas[name]["key_properties"]) for record in records}
        assert len(keys) == len(records), f"{name} has rows with equal keys"


@pytest.mark.slow
def test_pages_of_one_row_give_every_stream(frozen, descriptions):
    streams = [name for name in descriptions if name not in REFUSED_FOR_SOME_PARENTS]
    outcome = run_tap(frozen.config(page_size=1), select=streams)
    assert outcome.error is None
    assert_everything_arrived(frozen, descriptions, outcome, streams)


def test_by_default_reports_workflows_and_media_are_left_alone(frozen, descriptions):
    second = frozen.companies()[1]
    outcome = run_tap(frozen.config(company_ids=second["id"]))
    assert outcome.error is None
    schemas = {message["stream"] for message in outcome.messages if message["type"] == "SCHEMA"}
    assert schemas == {name for name, description in descriptions.items() if description.selected}
    assert {"pdfDocument", "trialBalances", "workflows", "subscriptions", "pictures"} & schemas == set()
    assert_everything_arrived(frozen, descriptions, outcome, schemas, [second])


def test_two_requests_a_page_feed_header_lines_and_the_dimensions_of_both(frozen):
    company = frozen.companies()[0]
    before = len(frozen.requests())
    outcome = run_tap(
        frozen.config(company_ids=[company["id"]]), select=["salesInvoices", "salesInvoiceLines", "dimensionSetLines"]
    )
    asked = [request for request in frozen.requests()[before:] if "/salesInvoices" in request["path"]]
    assert [str(each["query"]).count("dimensionSetLines") for each in asked] == [1, 1]
    assert len(outcome.records["salesInvoices"]) == len(truth(frozen, company["name"], "salesInvoices"))


def test_lines_are_fed_by_a_parent_that_is_not_selected(frozen, descriptions):
    outcome = run_tap(frozen.config(), select=["salesInvoiceLines"])
    assert outcome.error is None
    assert set(outcome.records) == {"salesInvoiceLines"}
    assert_everything_arrived(frozen, descriptions, outcome, ["salesInvoiceLines"])
    stamps = {
        row["id"]: row["lastModifiedDateTime"]
        for company in frozen.companies()
        for row in truth(frozen, company["name"], "salesInvoices")
    }
    assert all(
        record["parent_modified_at"] == stamps[record["documentId"]] for record in outcome.records["salesInvoiceLines"]
    )


def test_an_open_entry_that_is_offered_to_several_payments_is_a_record_for_each_of_them(frozen):
    company = frozen.companies()[0]
    one, other, *_ = truth(frozen, company["name"], "vendorPayments")
    vendor = {"vendorId": one["vendorId"], "vendorNumber": one["vendorNumber"]}
    frozen.edit(company=company["id"], entity_set="vendorPayments", id=other["id"], set=vendor)
    streams = ["vendorPayments", "applyVendorEntries"]
    outcome = run_tap(frozen.config(company_ids=company["id"]), select=streams)
    assert outcome.error is None
    (schema,) = [each for each in outcome.messages if each["type"] == "SCHEMA" and each["stream"] == streams[1]]
    assert schema["key_properties"] == ["company_id", "parent_id", "id"]
    records = outcome.records["applyVendorEntries"]
    offered = {(record["parent_id"], record["id"]) for record in records}
    payments = {record["id"]: record["vendorNumber"] for record in outcome.records["vendorPayments"]}
    entries = truth(frozen, company["name"], "applyVendorEntries")
    assert offered == {
        (payment, entry["id"])
        for payment, vendor in payments.items()
        for entry in entries
        if entry["vendorNumber"] == vendor
    }
    assert len(offered) == len(records) > len({record["id"] for record in records})


def test_every_schema_comes_once_and_before_its_first_record(frozen):
    outcome = run_tap(
        frozen.config(), select=["salesInvoices", "salesInvoiceLines", "dimensionSetLines", "purchaseInvoices"]
    )
    seen = []
    for message in outcome.messages:
        if message["type"] == "SCHEMA":
            assert message["stream"] not in seen
            seen.append(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] in seen
    assert set(seen) == {"salesInvoices", "salesInvoiceLines", "dimensionSetLines", "purchaseInvoices"}


def test_no_annotation_and_no_unselected_property_is_asked_for_or_written(frozen):
    def narrow(tap):
        stream = tap.streams["customers"]
        for breadcrumb, metadata in stream.metadata.items():
            if breadcrumb and breadcrumb[-1] not in {"displayName", "company_id", "id", "lastModifiedDateTime"}:
                metadata.selected = False
        stream.selected = True
        # The mapper holds the schemas of what was selected when it was made.
        tap._catalog = None
        tap.setup_mapper()

    before = len(frozen.requests())
    outcome = run_tap(frozen.config(), select=["customers"], prepare=narrow)
    (schema,) = [message["schema"] for message in outcome.messages if message["type"] == "SCHEMA"]
    assert set(schema["properties"]) == {"company_id", "id", "displayName", "lastModifiedDateTime"}
    assert {frozenset(record) for record in outcome.records["customers"]} == {
        frozenset({"company_id", "id", "displayName", "lastModifiedDateTime"})
    }
    queries = [request["query"] for request in frozen.requests()[before:] if request["path"].endswith("/customers")]
    assert queries
    assert all("displayName" in str(query) and "addressLine1" not in str(query) for query in queries)
    assert b"@odata" not in outcome.output


def test_raw_values_are_the_services_own(frozen, descriptions):
    outcome = run_tap(frozen.config(raw_values=True), select=["customers", "items"])
    for name in ("customers", "items"):
        for company in frozen.companies():
            own = [without_added(record) for record in outcome.records[name] if record["company_id"] == company["id"]]
            known = descriptions[name].properties
            expected = [
                {key: value for key, value in row.items() if key in known}
                for row in truth(frozen, company["name"], name)
            ]
            assert in_order(own) == in_order(expected)


def test_records_can_also_be_had_as_dictionaries(frozen):
    from tap_dynamics_bc.tap import TapDynamicsBC

    company = frozen.companies()[0]
    tap = TapDynamicsBC(config=frozen.config())
    try:
        for name in ("customers", "salesInvoiceLines"):
            records = list(tap.streams[name].get_records({"company_id": company["id"]}))
            assert len(records) == len(truth(frozen, company["name"], name))
            assert {record["company_id"] for record in records} == {company["id"]}
    finally:
        tap.close()
