"""Lines of documents for resources, fixed assets and charges, and lines that do not say what they are for."""

from __future__ import annotations

import jsonschema
import pytest

from target_dynamics_bc.describing.schema import unified_schema
from target_dynamics_bc.kinds.standard import standard_kinds
from tests.target.at_the_desk import Target

DOCUMENTS = [kind for kind in standard_kinds() if kind.lines is not None and kind.journal is None]
NUMBERS = {"Resource": "LIFT", "Fixed Asset": "FA000010", "Charge": "FREIGHT"}
every_document = pytest.mark.parametrize("kind", DOCUMENTS, ids=lambda kind: kind.name)


@pytest.fixture
def target(tmp_path):
    target = Target(tmp_path)
    target.desk.company.insert(
        "_resources",
        {"number": "LIFT", "name": "Lift", "baseUnitOfMeasureCode": "HOUR", "unitPrice": 70, "unitCost": 40,
         "taxGroupCode": "", "generalProductPostingGroupCode": "", "blocked": False},
    )  # fmt: skip
    target.desk.company.insert(
        "_itemCharges",
        {"number": "FREIGHT", "description": "Freight", "taxGroupCode": "", "generalProductPostingGroupCode": ""},
    )
    return target


def record(kind, *lines, **more):
    party = "vendorNumber" if "vendorId" in kind.facts.properties else "customerNumber"
    key = kind.natural_key.name if kind.natural_key is not None else "externalId"
    return {party: "20000", key: "L-1", kind.lines_name: list(lines), **more}


def line(kind, type_, **more):
    price = kind.lines.recalculated[0]
    return {"lineType": type_, "lineObjectNumber": NUMBERS[type_], "quantity": 2, price: 10, **more}


@every_document
def test_lines_for_resources_assets_and_charges_are_written_and_found_again(kind, target):
    wanted = record(kind, *(line(kind, each) for each in NUMBERS), line(kind, "Resource", description="Second"))
    (outcome,) = target.write(kind.name, wanted, remember=True)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    rows = target.rows(kind.lines_name, documentId=outcome["id"])
    shown = [(row["lineType"], row["lineObjectNumber"], row["amountExcludingTax"]) for row in rows]
    assert shown == [
        ("Resource", "LIFT", 20), ("Fixed_x0020_Asset", "FA000010", 20), ("Charge", "FREIGHT", 20),
        ("Resource", "LIFT", 20),
    ]  # fmt: skip
    again = target.write(kind.name, wanted)[0]["outcome"]
    assert again == ("unchanged" if kind.natural_key is not None else "rejected")
    changed = record(kind, *(line(kind, each, quantity=3) for each in NUMBERS))
    (outcome,) = target.write(kind.name, changed, remember=True)
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    rows = target.rows(kind.lines_name, documentId=outcome["id"])
    assert [(row["lineObjectNumber"], row["quantity"]) for row in rows] == [(each, 3) for each in NUMBERS.values()]


def test_a_line_keeps_to_what_it_is_for_where_numbers_are_the_same(target):
    target.desk.company.insert(
        "_itemCharges",
        {"number": "LIFT", "description": "Lifting", "taxGroupCode": "", "generalProductPostingGroupCode": ""},
    )
    kind = standard_kinds()["salesInvoices"]
    target.write(kind.name, record(kind, line(kind, "Resource")))
    (outcome,) = target.write(kind.name, record(kind, {**line(kind, "Charge"), "lineObjectNumber": "LIFT"}))
    assert outcome["outcome"] == "updated"
    (row,) = target.rows(kind.lines_name, documentId=outcome["id"])
    assert row["lineType"] == "Charge"


def test_a_line_for_a_resource_is_booked(target):
    kind = standard_kinds()["purchaseInvoices"]
    wanted = record(kind, line(kind, "Resource"), isDraft=False, invoiceDate="2026-01-10", postingDate="2026-01-10")
    (outcome,) = target.write(kind.name, wanted)
    assert (outcome["outcome"], outcome["errors"]) == ("posted", [])
    assert ("7110", 20) in target.desk.ledger(outcome["number"])


def test_what_the_service_does_not_have_refuses_the_document_and_leaves_nothing(target):
    kind = standard_kinds()["salesOrders"]
    (outcome,) = target.write(kind.name, record(kind, {**line(kind, "Resource"), "lineObjectNumber": "NOBODY"}))
    assert outcome["outcome"] == "rejected"
    assert "The Resource does not exist" in outcome["errors"][0]["message"]
    assert target.rows(kind.name, externalDocumentNumber="L-1") == []


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"lineObjectNumber": "1896-S", "quantity": 1, "unitPrice": 5}, "lineType", "required"),
        ({"quantity": 1, "unitPrice": 5}, "lineType", "required"),
        ({"lineType": "Comment", "description": "Free", "quantity": 1, "unitPrice": 5}, "quantity", "unsupported_line"),
        ({"lineType": "Resource", "quantity": 1, "unitPrice": 5}, "lineObjectNumber", "required"),
        ({"lineType": "Resouce", "lineObjectNumber": "LIFT"}, "lineType", "unsupported_line"),
    ],
)
def test_a_line_whose_amount_would_be_lost_is_refused(target, given, field, code):
    kind = standard_kinds()["salesInvoices"]
    (outcome,) = target.write(kind.name, record(kind, given))
    assert [(each["field"], each["code"]) for each in outcome["errors"]] == [(f"{kind.lines_name}[0].{field}", code)]


def test_what_the_tap_reads_of_a_comment_is_one(target):
    kind = standard_kinds()["salesInvoices"]
    comment = {"lineType": "Comment", "lineObjectNumber": "", "description": "Thank you", "quantity": 0, "unitPrice": 0}
    (outcome,) = target.write(kind.name, record(kind, {**line(kind, "Resource")}, comment))
    assert outcome["outcome"] == "created"


def test_the_type_of_a_line_may_be_spelled_in_any_case_and_as_the_service_spells_it(target):
    kind = standard_kinds()["salesInvoices"]
    for number, spelled in enumerate(("fixed asset", "Fixed_x0020_Asset")):
        given = {**line(kind, "Fixed Asset"), "lineType": spelled}
        wanted = {**record(kind, given), "externalDocumentNumber": f"L-{number}"}
        assert target.write(kind.name, wanted)[0]["outcome"] == "created"


UNIFIED = [kind for kind in DOCUMENTS if kind.unified is not None]
every_unified = pytest.mark.parametrize("kind", UNIFIED, ids=lambda kind: kind.name)


def unified(kind, *lines, **more):
    price = "unitPrice" if kind.name == "purchaseInvoices" else "unitCost"
    number = "billNumber" if kind.name == "purchaseInvoices" else "orderNumber"
    priced = [{"quantity": 2, price: 10, **line} for line in lines]
    return {"externalId": "U-1", number: "U-1", "vendorNumber": "20000", "lineItems": priced, **more}


@every_unified
def test_lines_of_unified_records_name_what_they_are_for_as_business_central_does(kind, target):
    lines = [{"lineType": each, "lineObjectNumber": number} for each, number in NUMBERS.items()]
    lines += [{"itemNumber": "1896-S"}, {"lineType": "Item", "lineObjectNumber": "1906-S"}]
    wanted = unified(kind, *lines)
    (outcome,) = target.write(kind.unified.streams[0], wanted, remember=True)
    assert (outcome["outcome"], outcome["errors"]) == ("created", [])
    rows = target.rows(kind.lines_name, documentId=outcome["id"])
    assert [(row["lineType"], row["lineObjectNumber"], row["amountExcludingTax"]) for row in rows] == [
        ("Resource", "LIFT", 20), ("Fixed_x0020_Asset", "FA000010", 20), ("Charge", "FREIGHT", 20),
        ("Item", "1896-S", 20), ("Item", "1906-S", 20),
    ]  # fmt: skip
    jsonschema.validate(wanted, unified_schema(kind))


def test_a_resource_that_a_later_version_of_a_record_does_not_have_goes_and_a_persons_stays(target):
    kind = standard_kinds()["purchaseInvoices"]
    lift = {"lineType": "Resource", "lineObjectNumber": "LIFT", "externalId": "1"}
    item = {"itemNumber": "1896-S", "externalId": "2"}
    (outcome,) = target.write("Bills", unified(kind, lift, item), remember=True)
    theirs = {"lineType": "Resource", "lineObjectNumber": "LIFT", "description": "Theirs", "quantity": 1, "unitCost": 0}
    target.desk.create(f"purchaseInvoices({outcome['id']})/purchaseInvoiceLines", theirs)
    (outcome,) = target.write("Bills", unified(kind, item), remember=True)
    assert (outcome["outcome"], outcome["errors"]) == ("updated", [])
    rows = target.rows(kind.lines_name, documentId=outcome["id"])
    assert {row["description"] for row in rows if row["lineType"] == "Resource"} == {"Theirs"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"lineType": "Resource"}, "lineObjectNumber", "required"),
        ({"lineObjectNumber": "LIFT"}, "lineType", "required"),
        ({"lineType": "Comment", "lineObjectNumber": "LIFT"}, "lineType", "unsupported_line"),
        ({"lineType": "Resource", "lineObjectNumber": "X" * 21}, "lineObjectNumber", "too_long"),
        ({"lineObjectNumber": "1896-S", "itemNumber": "1906-S"}, "itemNumber", "contradiction"),
    ],
)
def test_a_unified_line_that_does_not_say_what_it_is_for_is_refused(target, given, field, code):
    kind = standard_kinds()["purchaseInvoices"]
    (outcome,) = target.write("Bills", unified(kind, given))
    assert (f"lineItems[0].{field}", code) in [(each["field"], each["code"]) for each in outcome["errors"]]


@pytest.mark.parametrize(("stream", "dialect"), [("Bills", unified), ("purchaseInvoices", None)])
def test_a_charge_is_not_posted_and_the_outcome_says_why_before_it_is_tried(target, stream, dialect):
    kind = standard_kinds()["purchaseInvoices"]
    charge = {"lineType": "Charge", "lineObjectNumber": "FREIGHT"}
    wanted = dialect(kind, charge) if dialect else record(kind, line(kind, "Charge"))
    (outcome,) = target.write(stream, {**wanted, "isDraft": False})
    (error,) = outcome["errors"]
    assert (outcome["outcome"], error["code"]) == ("rejected", "unpostable_line")
    assert "FREIGHT: Business Central posts a charge only when it is assigned" in error["message"]
    assert not [each for each in target.requests if b".post" in (each.url.encode() + (each.body or b""))]
