"""What may be written is said with the rules of dimensions, the name that was asked for, and a list of all streams."""

from __future__ import annotations

from uuid import UUID

import pytest

from dynamics_bc_cli.writable import described, writable_streams
from dynamics_bc_client.client import Client
from dynamics_bc_client.errors import ConfigurationError
from dynamics_bc_client.transport import Response
from dynamics_bc_plugin.connection import read_connection
from tests.target.at_the_desk import CONFIG, DeskTransport, Target

OTHER_API = "reportsFinance"


@pytest.fixture
def target(tmp_path):
    return Target(tmp_path)


@pytest.fixture
def desk(target):
    return target.desk


def client_of(desk, around=None):
    return Client(read_connection(CONFIG), transport=DeskTransport(desk, around))


def schema_of(desk, stream="Bills", around=None, **config):
    return described(client_of(desk, around), config, stream, company="CRONUS International Ltd.")


def write_default(target, rule, *, number="20000", value="SMALL"):
    dimension = target.row("dimensions", code="CUSTOMERGROUP")
    value_id = target.row("dimensionValues", dimensionId=dimension["id"], code=value)["id"] if value else None
    vendor = target.row("vendors", number=number)
    record = {"parentType": "Vendor", "parentId": vendor["id"], "dimensionId": dimension["id"]}
    record |= {"dimensionValueId": value_id} if value else {}
    (outcome,) = target.write("defaultDimensions", {**record, "postingValidation": rule})
    assert outcome["outcome"] in {"created", "updated"}, outcome


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ("Code Mandatory", "SMALL", {"rule": "Code Mandatory", "proposed": "SMALL"}),
        ("Code Mandatory", "", {"rule": "Code Mandatory"}),
        ("Same Code", "SMALL", {"rule": "Same Code", "value": "SMALL"}),
        ("No Code", "", {"rule": "No Code"}),
    ],
)
def test_what_a_default_dimension_asks_for_is_said_with_its_value(target, rule, value, said):
    write_default(target, rule, value=value)
    rules = schema_of(target.desk)["x-dimensions"]
    assert rules["asked_for"]["vendors"]["20000"]["CUSTOMERGROUP"] == said
    assert said["rule"] in rules["rules"]


def test_a_rule_of_a_vendor_behind_the_first_page_is_said(target):
    first = target.row("vendors", number="10000")
    for place in range(620):
        vendor = {"number": f"0-{place:04}", "displayName": "Example"}
        target.desk.company.insert("vendors", {**first, **vendor, "id": str(UUID(int=place + 1))})
    write_default(target, "No Code", value="")
    assert "20000" in schema_of(target.desk)["x-dimensions"]["asked_for"]["vendors"]


def test_values_that_are_blocked_or_no_values_of_entries_are_said(target):
    department = target.row("dimensions", code="DEPARTMENT")
    value = target.row("dimensionValues", dimensionId=department["id"], code="SALES")
    target.desk.company.update("dimensionValues", value["id"], {"_blocked": True})
    rules = schema_of(target.desk)["x-dimensions"]
    assert rules["not_taken"] == {"DEPARTMENT": {"SALES": "blocked"}}
    assert "neither which dimensions are blocked" in rules["notes"][-1]


def test_where_the_api_that_shows_blocked_values_is_not_there_that_is_said(desk):
    def without_it(request, ask):
        if OTHER_API in request.url:
            return Response(404, {}, b'{"error": {"code": "BadRequest_NotFound", "message": "Not found."}}')
        return ask(request)

    rules = schema_of(desk, around=without_it)["x-dimensions"]
    assert "not_taken" not in rules
    assert rules["notes"][0].startswith("It is not known which values are blocked")


@pytest.mark.parametrize(
    ("stream", "title", "becomes"),
    [
        ("Bills", "Bills", "purchaseInvoices"),
        ("purchaseinvoices", "purchaseInvoices", None),
        ("PurchaseOrders", "PurchaseOrders", "purchaseOrders"),
        ("JournalEntries", "JournalEntries", "journalLines"),
        ("vendors", "vendors", None),
    ],
)
def test_a_schema_is_called_as_it_was_asked_for_and_says_what_its_records_become(desk, stream, title, becomes):
    schema = schema_of(desk, stream)
    assert (schema["title"], schema.get("x-becomes")) == (title, becomes)
    assert schema["description"].startswith(f"{title} become {becomes}" if becomes else "A ")


def test_a_stream_that_is_not_there_is_an_error_with_the_nearest_names_and_the_command_that_lists_all(desk):
    with pytest.raises(ConfigurationError, match=r'"nothere"; the nearest names are \w+, .*streams --write` lists all'):
        schema_of(desk, "nothere")


def test_every_stream_that_is_listed_can_be_described(desk):
    streams = writable_streams(client_of(desk))
    assert {"customers", "purchaseInvoices", "contoso_demo_loyalCustomers"} <= {each["stream"] for each in streams}
    bills = next(each for each in streams if each["stream"] == "purchaseInvoices")
    assert (bills["other_names"], bills["what"], bills["actions"]) == (["Bills"], "bills", ["post"])
    assert all(each["rights"] for each in streams)
    of_other_apis = [each["stream"] for each in streams if "_" in each["stream"]]
    assert all(schema_of(desk, stream)["title"] == stream for stream in of_other_apis)
