"""The client on a Business Central that runs here: nothing scripted, real sockets, the service's own shapes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest

from dynamics_bc_client.client import Client
from dynamics_bc_client.companies import match_company
from dynamics_bc_client.errors import (
    BadRequest,
    CompanyNotFound,
    ConnectionLost,
    DuplicateKey,
    EnvironmentNotFound,
    RecordChanged,
    RecordNotFound,
    ResourceNotFound,
    ServiceError,
    SignInError,
)
from dynamics_bc_client.odata.batch import Operation
from dynamics_bc_client.odata.query import Expansion, Query, any_of, equals
from dynamics_bc_client.odata.urls import company_path, record_path
from dynamics_bc_plugin.connection import read_connection


def settings(emulator, **overrides):
    return read_connection(emulator.config(**overrides), environ={})


class Clock:
    """Real time, but for waits, which take none."""

    def __init__(self):
        self.waits = []

    def __call__(self):
        return time.monotonic() + sum(self.waits)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(emulator, clock):
    with Client(settings(emulator), clock=clock, sleep=clock.waits.append, random=lambda: 0.0) as opened:
        yield opened


@pytest.fixture
def company(client):
    return client.companies()[0]


def test_environments_and_companies_are_listed(emulator, client):
    assert emulator.environment_name in [environment.name for environment in client.environments()]
    companies = client.companies()
    assert {company.id for company in companies} == {row["id"] for row in emulator.companies()}
    assert match_company(companies, companies[0].name.upper()) == companies[0]


def test_the_metadata_has_every_standard_set_with_keys_navigation_and_actions(client):
    metadata = client.metadata()
    assert len(metadata.entity_sets) == 87
    # Two sets are queries over others; their rows have no id.
    keys = {name: found.type.key for name, found in metadata.entity_sets.items() if len(found.type.key) > 1}
    assert keys["customerSales"] == ("customerId", "customerNumber", "name")
    assert keys["vendorPurchases"] == ("vendorId", "vendorNumber", "name")
    invoices = metadata.entity_sets["purchaseInvoices"]
    assert "post" in invoices.actions
    assert invoices.type.navigation["purchaseInvoiceLines"].target_set == "purchaseInvoiceLines"
    assert invoices.type.navigation["purchaseInvoiceLines"].many
    enum = metadata.entity_sets["items"].type.properties["type"].enum
    assert enum is not None
    assert "Non_x002D_Inventory" in enum


@pytest.mark.parametrize("page_size", [1, 7, 500])
def test_every_row_is_read_once_whatever_the_page_size(emulator, client, company, page_size):
    rows = client.rows(Query(company_path(company.id, "customers")), page_size=page_size)
    ids = [row["id"] for row in rows]
    assert sorted(ids) == sorted(row["id"] for row in emulator.rows(company.id, "customers"))
    assert len(set(ids)) == len(ids)


def test_filters_find_what_they_say(client, company):
    path = company_path(company.id, "customers")
    rows = client.rows(Query(path))
    numbers = [row["number"] for row in rows][:3]
    found = client.rows(Query(path, select=("number",), filter=any_of("number", numbers)))
    assert sorted(row["number"] for row in found) == sorted(numbers)
    assert client.rows(Query(path, filter=equals("displayName", "A & B #1 + 50% O'Brien"))) == []


def test_children_come_with_their_parents(client, company):
    query = Query(
        company_path(company.id, "purchaseInvoices"),
        select=("id",),
        expand=(Expansion("purchaseInvoiceLines", ("id", "sequence"), (Expansion("dimensionSetLines"),)),),
    )
    rows = client.rows(query)
    assert any(row["purchaseInvoiceLines"] for row in rows)


def test_decimals_are_exact(client, company):
    rows = client.rows(Query(company_path(company.id, "items"), select=("unitPrice",)))
    assert all(isinstance(row["unitPrice"], int | Decimal) for row in rows)


# --- what goes wrong ------------------------------------------------------------------------------------------------


def test_a_wrong_secret_is_a_sign_in_error(emulator):
    with (
        Client(settings(emulator, client_secret="not-the-secret")) as client,
        pytest.raises(SignInError, match="AADSTS7000215") as caught,
    ):
        client.companies()
    assert "client_secret is wrong" in caught.value.remedy
    assert "not-the-secret" not in caught.value.explained


def test_an_unknown_environment_is_named(emulator):
    with (
        Client(settings(emulator, environment_name="Nowhere")) as client,
        pytest.raises(EnvironmentNotFound, match='There is no environment "Nowhere"'),
    ):
        client.companies()


def test_an_unknown_company_is_told_from_an_unknown_set(client, company):
    with pytest.raises(CompanyNotFound):
        client.rows(Query(company_path(str(uuid4()), "customers")))
    with pytest.raises(ResourceNotFound):
        client.rows(Query(company_path(company.id, "nothings")))


def test_a_record_that_is_not_there_is_told_from_a_set_that_is_not_there(client, company):
    with pytest.raises(RecordNotFound):
        client.read(company_path(company.id, "customers", str(uuid4())))


def test_an_unknown_property_is_a_bad_request_with_its_correlation_id(client, company):
    with pytest.raises(BadRequest) as caught:
        client.rows(Query(company_path(company.id, "customers"), filter="nothing eq 1"))
    assert caught.value.correlation_id
    assert "CorrelationId" not in caught.value.message
    assert caught.value.scope == "stream"


@pytest.mark.parametrize("status", [429, 502, 503])
def test_passing_faults_are_waited_for(emulator, client, clock, status):
    busy = {"method": "GET", "path": "companies", "times": 2, "status": status, "headers": {"Retry-After": "7"}}
    emulator.faults([busy])
    assert client.companies()
    assert clock.waits == pytest.approx([7, 7], abs=0.5)
    assert [each["status"] for each in emulator.requests()][-3:] == [status, status, 200]


def test_a_page_that_times_out_is_asked_for_smaller(emulator, client, company):
    emulator.faults([{"method": "GET", "path": "customers", "times": 2, "status": 504}])
    pages = list(client.pages(Query(company_path(company.id, "customers")), page_size=100))
    assert {page.page_size for page in pages} == {25}


def test_a_dropped_answer_of_a_read_is_asked_for_again(emulator, client):
    emulator.faults([{"method": "GET", "path": "companies", "times": 1, "drop": "after"}])
    assert client.companies()


def test_a_token_that_the_service_forgets_is_renewed(emulator, client):
    client.companies()
    emulator.faults([{"method": "GET", "path": "companies", "times": 1, "status": 401}])
    assert client.companies()


def test_five_threads_read_what_one_reads(client, company):
    names = ("customers", "vendors", "items", "accounts", "dimensions") * 2
    queries = [Query(company_path(company.id, name)) for name in names]
    with ThreadPoolExecutor(5) as pool:
        together = list(pool.map(lambda query: client.rows(query, page_size=20), queries))
    assert together == [client.rows(query, page_size=20) for query in queries]


# --- writing ----------------------------------------------------------------------------------------------------


def test_a_customer_is_created_changed_and_removed(client, company):
    path = company_path(company.id, "customers")
    created = client.create(path, {"displayName": "A & B #1 + 50% O'Brien", "creditLimit": Decimal("0.10")})
    record = record_path(path, created["id"])
    assert client.rows(Query(path, filter=equals("displayName", "A & B #1 + 50% O'Brien")))[0]["id"] == created["id"]
    changed = client.update(record, {"displayName": "New"}, etag=created["@odata.etag"])
    assert changed["displayName"] == "New"
    with pytest.raises(RecordChanged) as caught:
        client.update(record, {"displayName": "Newer"}, etag=created["@odata.etag"])
    assert caught.value.may_have_happened is False
    client.delete(record)
    with pytest.raises(RecordNotFound):
        client.read(record)


def test_an_id_of_our_own_keeps_a_repeat_from_creating_twice(emulator, client, company):
    path = company_path(company.id, "customers")
    body = {"id": str(uuid4()), "displayName": "Once"}
    emulator.faults([{"method": "POST", "path": "customers", "times": 1, "drop": "after"}])
    with pytest.raises(ConnectionLost) as lost:
        client.create(path, body)
    assert lost.value.may_have_happened is True
    with pytest.raises(DuplicateKey):
        client.create(path, body)


def test_a_batch_has_a_result_for_every_operation(client, company):
    path = company_path(company.id, "customers")
    results = client.batch(
        [
            Operation("good", "POST", path, {"displayName": "Good"}),
            Operation("bad", "POST", path, {"noSuchProperty": 1}),
            Operation("read", "GET", f"{path}?$select=number"),
        ]
    )
    assert [(result.operation.id, result.ended) for result in results] == [
        ("good", "done"),
        ("bad", "failed"),
        ("read", "done"),
    ]
    assert isinstance(results[1].error, ServiceError)


def test_a_snapshot_that_fails_leaves_nothing_and_says_so(emulator, client, company):
    path = company_path(company.id, "customers")
    before = len(emulator.rows(company.id, "customers"))
    results = client.batch(
        [
            Operation("good", "POST", path, {"displayName": "Good"}),
            Operation("bad", "POST", path, {"noSuchProperty": 1}),
        ],
        snapshot=True,
    )
    assert [result.ended for result in results] == ["failed", "failed"]
    assert len(emulator.rows(company.id, "customers")) == before
