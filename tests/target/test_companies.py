"""One company that cannot be read, or parts of which cannot, is its own records' matter."""

from __future__ import annotations

import json

import pytest

from dynamics_bc_client.transport import Response
from tests.target.conftest import COMPANY

FORBIDDEN = json.dumps({"error": {"code": "Authorization_RequestDenied", "message": "You do not have permission."}})
DOWN = json.dumps({"error": {"code": "Internal_ServerError", "message": "down"}})


@pytest.fixture
def other(emulator):
    """The second company."""
    return next(each for each in emulator.companies() if each["name"] != COMPANY)


def refusing(company_id, entity_set, status=403, text=FORBIDDEN):
    """A service that answers all questions for one set of one company with an error."""

    def around(request, send):
        if f"companies({company_id})/{entity_set}" in request.url:
            return Response(status, {"Content-Type": "application/json"}, text.encode())
        return send(request)

    return around


def vendor(name, company=None, **more):
    where = {} if company is None else {"subsidiaryId": company["id"]}
    return {"externalId": name, "vendorName": name, **where, **more}


MAPPED = {"dimension_mappings": {"class": "CLASS"}}


@pytest.mark.fault("W21")
@pytest.mark.parametrize("config", [{}, MAPPED])
def test_a_company_whose_dimensions_may_not_be_read_takes_records_without_any(pipe, company, other, config):
    records = [vendor("a"), vendor("b", other), vendor("c", other, classNumber="RETAIL"), vendor("d")]
    piped = pipe({"Vendors": records}, around=refusing(other["id"], "dimensions"), **config)
    assert piped.kinds == ["created", "created", "rejected", "created"]
    assert piped.errors("c") == {("classNumber", "Authorization_RequestDenied")}
    assert piped.states == [{"seen": 4}]


def test_the_configured_company_may_be_the_one_whose_dimensions_may_not_be_read(pipe, company, caplog):
    records = [vendor("a"), vendor("b", classNumber="RETAIL")]
    piped = pipe({"Vendors": records}, around=refusing(company.id, "dimensions"), **MAPPED)
    assert piped.kinds == ["created", "rejected"]
    assert "dimensions" in caplog.text


def test_dimensions_that_may_not_be_read_are_asked_for_once(pipe, company):
    records = [vendor(str(n), classNumber="RETAIL") for n in range(3)]
    piped = pipe({"Vendors": records}, around=refusing(company.id, "dimensions"), **MAPPED)
    assert piped.kinds == ["rejected"] * 3
    assert sum("/dimensions" in request.url for request in piped.requests) == 1


@pytest.mark.fault("W21")
def test_without_a_mapping_and_without_dimensions_nobody_asks_for_any(pipe, other):
    piped = pipe({"Vendors": [vendor("a"), vendor("b", other)]})
    assert piped.kinds == ["created"] * 2
    assert not [request for request in piped.requests if "/dimensions" in request.url]


def test_a_company_whose_set_up_cannot_be_read_now_leaves_its_own_records_undecided(pipe, other):
    records = [vendor("a"), vendor("b", other), vendor("c", other), vendor("d")]
    piped = pipe({"Vendors": records}, around=refusing(other["id"], "generalLedgerSetup", 500, DOWN))
    assert piped.kinds == ["created", "rejected", "rejected", "created"]
    assert piped.errors("b") == {("subsidiaryId", "undecided")}
    assert piped.states == []
