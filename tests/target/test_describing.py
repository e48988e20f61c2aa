"""What may be written is said beforehand, and every example is accepted."""

from __future__ import annotations

import jsonschema
import pytest

from target_dynamics_bc.describing.examples import is_complete, own_example, unified_example
from target_dynamics_bc.describing.schema import own_schema, unified_schema
from target_dynamics_bc.kinds.standard import standard_kinds
from target_dynamics_bc.wanted.unified.mapping import names_of_unified
from tests.target.at_the_desk import Target

KINDS = list(standard_kinds())
UNIFIED = [kind for kind in KINDS if kind.unified is not None]
JOURNALS = {"journal": "DEFAULT", "payment_journal": "GENERAL"}


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


@pytest.fixture
def pick(target):
    def picked(entity_set):
        rows = [row for row in target.rows(entity_set) if row.get("directPosting", True)]
        return next((row.get("number") or row.get("code") for row in rows), None)

    return picked


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_example_of_a_kind_fits_its_schema_and_is_written(kind, target, pick):
    example = own_example(kind, pick)
    assert is_complete(example), example
    jsonschema.validate(example, own_schema(kind))
    (outcome,) = target.write(kind.name, example, remember=True, **JOURNALS)
    assert (outcome["outcome"], outcome["errors"]) == ("updated" if kind.is_singular else "created", [])


@pytest.mark.parametrize("kind", UNIFIED, ids=lambda kind: kind.name)
def test_the_unified_example_of_a_kind_fits_its_schema_and_is_written(kind, target, pick):
    example = unified_example(kind, pick)
    assert is_complete(example), example
    jsonschema.validate(example, unified_schema(kind))
    assert set(example) <= set(unified_schema(kind)["properties"])
    (outcome,) = target.write(kind.unified.streams[0], example, remember=True, **JOURNALS)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])


def test_files_and_dimensions_that_may_come_with_a_record_are_described():
    bill, customer = (own_schema(standard_kinds()[name])["properties"] for name in ("purchaseInvoices", "customers"))
    jsonschema.validate([{"path": "a.pdf"}, {"name": "b.txt", "content": "Yg=="}], bill["attachments"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"name": "b.txt"}], bill["attachments"])
    assert "picture" in customer
    assert "picture" not in bill
    assert set(bill["dimensionSetLines"]["items"]["properties"]) == {"code", "valueCode"}
    assert set(customer["defaultDimensions"]["items"]["properties"]) == {"dimensionCode", "dimensionValueCode"}
    line = bill["purchaseInvoiceLines"]["items"]["oneOf"][0]["properties"]
    assert {"externalId", "dimensions", "dimensionSetLines"} <= set(line)
    assert "attachments" in unified_schema(standard_kinds()["generalJournalLines"])["properties"]


def fields_of(schema):
    """All fields of a schema with theirs, by their path."""
    for name, known in schema["properties"].items():
        yield name, known
        if "items" in known:
            yield from ((f"{name}.{path}", each) for path, each in fields_of(known["items"]))


@pytest.mark.parametrize("kind", UNIFIED, ids=lambda kind: kind.name)
def test_each_field_of_a_unified_record_has_a_type_and_is_one_that_is_read(kind):
    schema = unified_schema(kind, ("class",))
    for path, known in fields_of(schema):
        assert known.get("type") or known.get("enum"), path
    assert {"classId", "classNumber", "className"} <= set(schema["properties"])
    assert names_of_unified(kind) <= {*schema["properties"], "action", "isDraft"}


def test_types_lengths_and_references_are_those_of_the_properties_that_fields_go_to():
    bill = unified_schema(standard_kinds()["purchaseInvoices"])["properties"]
    line, expense = (bill[name]["items"] for name in ("lineItems", "expenses"))
    assert bill["billNumber"]["maxLength"] == 35
    assert bill["dueDate"] == {"type": ["string", "null"], "format": "date"}
    assert bill["pricesIncludeTax"]["type"] == ["boolean", "null"]
    assert line["properties"]["quantity"]["type"] == ["number", "null"]
    assert line["properties"]["description"]["maxLength"] == 100
    assert line["properties"]["itemNumber"]["description"].startswith("One of items, by itemId or itemNumber")
    assert "vendors" in bill["vendorName"]["description"]
    needed = [{each["required"][0] for each in group["anyOf"]} for group in expense["allOf"]]
    assert needed == [{"accountId", "accountNumber", "accountExternalId", "accountName"}, {"amount"}]


@pytest.mark.parametrize(
    ("kind", "record", "said"),
    [
        ("purchaseInvoices", {"externalId": "B", "billNumber": "1"}, "not valid under any"),
        ("purchaseInvoices", {"billNumber": "1" * 36, "vendorName": "x", "externalId": "B"}, "too long"),
        ("purchaseInvoices", {"externalId": "B", "vendorName": "x", "lineItems": [{"itemId": 1}]}, "quantity"),
        ("purchaseInvoices", {"externalId": "B", "vendorName": "x", "totalAmount": "much"}, "not of type"),
        ("customers", {"externalId": "C", "email": "a@b.c"}, "companyName"),
        ("generalJournalLines", {"externalId": "E", "transactionDate": "2026-01-28", "lineItems": [{"accountId": "1",
         "entryType": "Middle", "debitAmount": 1}]}, "not one of"),
    ],
)  # fmt: skip
def test_what_the_target_would_reject_of_a_unified_record_does_not_fit_its_schema(kind, record, said):
    with pytest.raises(jsonschema.ValidationError, match=said):
        jsonschema.validate(record, unified_schema(standard_kinds()[kind]))


@pytest.mark.parametrize(
    ("kind", "record", "said"),
    [
        ("customers", {"displayName": "x" * 101}, "too long"),
        ("customers", {"number": "K-1"}, "displayName"),
        ("customers", {"displayName": "x", "type": "Robot"}, "not one of"),
        ("salesOrders", {"externalDocumentNumber": "K-1"}, "not valid under any"),
        ("salesOrders", {"customerNumber": "1", "externalDocumentNumber": "K-1", "action": "dance"}, "not one of"),
    ],
)
def test_what_the_target_would_reject_does_not_fit_the_schema(kind, record, said):
    with pytest.raises(jsonschema.ValidationError, match=said):
        jsonschema.validate(record, own_schema(standard_kinds()[kind]))


def test_the_schema_says_how_a_record_and_its_references_are_found_and_what_it_may_ask_for():
    schema = own_schema(standard_kinds()["salesInvoices"])
    assert schema["x-found-by"] == ["id", "number", "externalDocumentNumber"]
    assert "customers" in schema["properties"]["customerNumber"]["description"]
    assert {each["action"]: each["needs"] for each in schema["x-actions"]}["cancel"] == "allowed_actions"
    assert schema["x-deletion"]["delete"] == "deleted while it has status Draft"
