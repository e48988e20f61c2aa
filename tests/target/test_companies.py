"""One company that cannot be read, or parts of which cannot, is its own records' matter."""

from __future__ import annotations

import json
import re

import pytest

from dynamics_bc_client.errors import ConfigurationError
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


@pytest.fixture
def two_companies(pipe, company, other):
    return pipe, company, other


TWO_NAMES = {
    "subsidiaryId": ("subsidiaryName", {}),
    "company_id": ("company_name", {"route_by_company": True}),
}


@pytest.mark.parametrize("field", TWO_NAMES)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_record_that_names_two_companies_is_rejected(two_companies, field, is_first):
    pipe, company, other = two_companies
    second, config = TWO_NAMES[field]
    named = {field: company.id, second: other["name"]} if is_first else {field: other["id"], second: COMPANY}
    piped = pipe({"Vendors": [{**vendor("a"), **named}, vendor("b")]}, **config)
    assert piped.kinds == ["rejected", "created"]
    assert piped.errors("a") == {(field, "contradiction")}


@pytest.mark.parametrize("name", ["{its name}", "what it was called before"])
def test_a_company_may_be_named_twice_or_have_been_renamed(pipe, other, name):
    record = vendor("a", other, subsidiaryName=other["name"] if name == "{its name}" else name)
    piped = pipe({"Vendors": [record]})
    assert (piped.kinds, piped.outcome("a")["company_id"]) == (["created"], other["id"])


def test_the_name_of_the_company_that_a_record_was_read_from_contradicts_nothing(pipe, company, other):
    record = vendor("a", other, company_id=company.id, company_name=COMPANY)
    piped = pipe({"Vendors": [record]}, route_by_company=True)
    assert piped.outcome("a")["company_id"] == other["id"]


NOT_ALLOWED = {"subsidiaryId": {}, "subsidiaryName": {}, "company_id": {"route_by_company": True}}


@pytest.mark.parametrize("field", NOT_ALLOWED)
def test_nothing_is_asked_of_a_company_that_is_not_allowed(pipe, other, field):
    names = {"subsidiaryName": other["name"]}
    record = {**vendor("b"), field: names.get(field, other["id"])}
    piped = pipe({"Vendors": [vendor("a"), record]}, allowed_companies=[COMPANY], **NOT_ALLOWED[field])
    assert piped.kinds == ["created", "rejected"]
    assert piped.errors("b") == {(field, "company_not_allowed")}
    assert not [request for request in piped.requests if other["id"] in request.url]


def test_allowed_companies_are_named_by_id_name_or_one_text(pipe, company, other):
    records = [vendor("a"), vendor("b", other)]
    piped = pipe({"Vendors": records}, allowed_companies=f"{company.id}, {other['name']}")
    assert piped.kinds == ["created", "created"]


def test_the_one_company_that_is_allowed_takes_the_records_that_name_none(pipe, other):
    piped = pipe({"Vendors": [vendor("a")]}, company=None, allowed_companies=[other["name"]])
    assert piped.outcome("a")["company_id"] == other["id"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"allowed_companies": ["Nobody Inc."]}, 'allowed_companies: There is no company "Nobody Inc."'),
        ({"allowed_companies": []}, "allowed_companies must name a company"),
        ({"allowed_companies": ["Contoso Services Ltd."]}, f'company is "{COMPANY}", which allowed_companies does not'),
        ({"allowed_company": [COMPANY]}, "did you mean allowed_companies?"),
    ],
)
def test_allowed_companies_that_cannot_hold_end_the_run_before_it_writes(pipe, config, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        pipe({"Vendors": [vendor("a")]}, **config)
