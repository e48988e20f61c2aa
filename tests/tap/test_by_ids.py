"""Every id ends in one of three places, and "gone" is the one that nothing but the service's own word leads to."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest
from tap.desk_service import DeskService, refusal

from dynamics_bc_client.companies import Company
from dynamics_bc_client.errors import BadRequest, Forbidden, RecordNotFound, Transient
from dynamics_bc_client.odata.query import Query
from tap_dynamics_bc.pages.by_ids import read_by_ids
from tap_dynamics_bc.reads.places import Place, Selection, source_places
from tap_dynamics_bc.reads.plan import Target
from tap_dynamics_bc.streams.discovery import describe_streams
from tap_dynamics_bc.streams.routes import STANDARD, Route


@pytest.fixture
def service() -> DeskService:
    return DeskService()


@pytest.fixture(scope="module")
def streams():
    return describe_streams(DeskService().client().metadata())


def place(streams, *selected: str) -> Place:
    selections = {
        name: Selection(streams[name].columns, tuple(streams[name].properties), streams[name].replication)
        for name in selected
    }
    return source_places(streams, selections)[selected[0]]


def found(service: DeskService, wanted: Place, ids):
    company = Company(service.desk.company.id, "CRONUS", "")
    return read_by_ids(service.client(), Target(STANDARD, wanted.stream.name, company), wanted, ids)


def strangers(count: int) -> list[str]:
    return [str(UUID(int=number + 1)) for number in range(count)]


def test_rows_come_as_the_service_wrote_them_and_ids_without_one_are_gone(service, streams):
    known = [row["id"] for row in service.desk.rows("customers")]
    unknown = strangers(150)
    answer = found(service, place(streams, "customers"), [*known, *unknown])
    assert {each: json.loads(row)["id"] for each, row in answer.rows.items()} == {each: each for each in known}
    assert answer.gone == tuple(unknown)
    assert answer.undecided == {}
    assert answer.served_at == service.desk.clock().replace(microsecond=0)
    # What is gone is asked of the database, too.
    assert [each.path.rpartition("/")[2] for each in service.asked if not each.in_batch].count("$batch") == (
        -(-len(known + unknown) // 100) + -(-len(unknown) // 100)
    )


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(refusal(403, "Authorization_RequestDenied"), Forbidden, id="403"),
        pytest.param(refusal(401, "Authentication_InvalidCredentials"), Forbidden, id="401"),
        pytest.param(refusal(400, "BadRequest"), BadRequest, id="400"),
        pytest.param(refusal(500, "Internal_ServerError"), Transient, id="500"),
        pytest.param(refusal(503, "Internal_TenantUnavailable"), Transient, id="503"),
        pytest.param(refusal(404, "BadRequest_ResourceNotFound"), None, id="404 of a set"),
        pytest.param(refusal(404, "Internal_CompanyNotFound"), None, id="404 of a company"),
        pytest.param((404, {"Message": "No HTTP resource was found"}), RecordNotFound, id="404 of a gateway"),
        pytest.param(
            (200, {"error": {"code": "Internal_ServerError", "message": "SQL"}}), None, id="an error in a 200"
        ),
        pytest.param((200, {"number": "without its key"}), None, id="a row without its key"),
        pytest.param((200, None), None, id="nothing"),
    ],
)
def test_only_the_services_own_word_makes_a_row_gone(service, streams, fault, error):
    one, other = (row["id"] for row in service.desk.rows("customers")[:2])
    service.before = lambda asked: fault if asked.in_batch and one in asked.path else None
    answer = found(service, place(streams, "customers"), [one, other])
    assert list(answer.rows) == [other]
    assert answer.gone == ()
    assert list(answer.undecided) == [one]
    assert error is None or isinstance(answer.undecided[one], error)


def test_what_is_expanded_comes_with_the_row_whole(service, streams):
    wanted = place(streams, "salesInvoices", "salesInvoiceLines", "dimensionSetLines")
    assert len(wanted.requests) == 2
    invoice = service.desk.rows("salesInvoices")[0]["id"]
    row = json.loads(found(service, wanted, [invoice]).rows[invoice])
    expected = service.desk.read(
        f"salesInvoices({invoice})", expand="dimensionSetLines,salesInvoiceLines($expand=dimensionSetLines)"
    )
    assert len(row["salesInvoiceLines"]) == len(expected["salesInvoiceLines"]) > 0
    assert len(row["dimensionSetLines"]) == len(expected["dimensionSetLines"])


def test_a_row_whose_expansion_is_not_there_is_not_gone(service, streams):
    """The service words what it cannot expand as a record that does not exist."""
    wanted = place(streams, "salesInvoices", "salesInvoiceLines")
    invoice = service.desk.rows("salesInvoices")[0]["id"]
    missing = refusal(404, "Internal_RecordNotFound", "The Dimension Value does not exist.")
    service.before = lambda asked: missing if asked.in_batch and "$expand" in asked.path else None
    answer = found(service, wanted, [invoice, *strangers(1)])
    assert answer.gone == tuple(strangers(1))
    assert "Dimension Value" in answer.undecided[invoice].message


@pytest.mark.parametrize(
    ("api", "entity_set", "key"),
    [
        ("ODataV4", "SalesOrder", ("Document_Type", "No")),
        ("ODataV4", "General_Ledger_Entries", ("Entry_No",)),
        ("ODataV4", "Customer_List", ("No",)),
        ("microsoft/automation/v2.0", "permissionSets", ("id", "appId", "scope")),
    ],
)
def test_rows_of_other_routes_are_found_by_keys_of_any_type_and_number_of_parts(service, api, entity_set, key):
    client = service.client()
    route = Route(api, "x_", client.settings.route_root(api))
    stream = describe_streams(client.metadata(api), route)[f"x_{entity_set}"]
    wanted = place({stream.name: stream}, stream.name)
    target = Target(route, entity_set, Company(service.desk.company.id, "CRONUS International Ltd.", ""))
    rows = client.rows(Query(target.path))[:3]
    ids = [stream.row_id(row) for row in rows]
    unknown = stream.row_id({name: 999_999 if isinstance(rows[0][name], int) else rows[0][name] for name in key})
    answer = read_by_ids(client, target, wanted, [*ids, unknown])
    assert [{name: json.loads(answer.rows[each])[name] for name in key} for each in ids] == [
        {name: row[name] for name in key} for row in rows
    ]
    assert stream.entity_set.type.key == key
    assert answer.undecided == {}
    assert answer.gone == ((unknown,) if unknown not in ids else ())


def test_a_list_that_goes_on_elsewhere_comes_whole_with_its_row(service, streams):
    wanted = place(streams, "salesInvoices", "salesInvoiceLines")
    invoices = [row["id"] for row in service.desk.rows("salesInvoices")[:30]]
    whole = found(service, wanted, invoices)
    service.desk.service.switches = service.desk.service.switches.changed({"expanded_page_rows": 1})
    cut = found(service, wanted, invoices)
    assert any("skiptoken" in each.path for each in service.asked)
    lines = [
        {each: sorted(line["id"] for line in json.loads(row)["salesInvoiceLines"]) for each, row in rows.items()}
        for rows in (whole.rows, cut.rows)
    ]
    assert lines[0] == lines[1]
    service.before = lambda asked: refusal(403, "Authorization_X") if "skiptoken" in asked.path else None
    refused = found(service, wanted, invoices)
    assert refused.undecided.keys() == {each for each, ids in lines[0].items() if len(ids) > 1}


def test_another_row_than_the_one_that_was_asked_for_is_none(service, streams):
    one, other = service.desk.rows("customers")[:2]
    service.before = lambda asked: (200, other) if asked.in_batch else None
    assert found(service, place(streams, "customers"), [one["id"]]).undecided.keys() == {one["id"]}


def test_a_row_that_does_not_meet_the_filter_any_more_is_gone_from_what_is_read(service, streams):
    one, other, third = service.desk.rows("customers")[:3]
    wanted = replace(
        place(streams, "customers"), filter=f"number eq '{one['number']}' or number eq '{third['number']}'"
    )
    missing = refusal(403, "Authorization_X")
    service.before = lambda asked: missing if "$filter" in asked.path and third["id"] in asked.path else None
    answer = found(service, wanted, [one["id"], other["id"], third["id"], *strangers(1)])
    assert list(answer.rows) == [one["id"]]
    assert answer.gone == (other["id"], *strangers(1))
    assert list(answer.undecided) == [third["id"]]
