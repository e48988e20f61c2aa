"""A path is read once: company, steps, keys."""

from __future__ import annotations

import pytest

from dynamics_bc_emulator.odata.addresses import Step, parse_address
from dynamics_bc_emulator.refusals import Refusal
from dynamics_bc_emulator.routes import standard_route

ROUTE = standard_route()
ID = "10000000-0000-4000-8000-00000000000a"


def key(name: str, *keys: str | tuple[str, str]) -> Step:
    return Step(name, tuple(("", each) if isinstance(each, str) else each for each in keys))


@pytest.mark.parametrize(
    ("path", "company", "steps"),
    [
        ("", None, ()),
        ("/", None, ()),
        ("companies", None, (Step("companies"),)),
        (f"companies({ID})", None, (key("companies", ID),)),
        (f"companies({ID})/customers", ID, (Step("customers"),)),
        (f"companies({ID})/customers/", ID, (Step("customers"),)),
        ("companies('Cronus')/customers", "Cronus", (Step("customers"),)),
        ("companies(name='Cronus')/items", "Cronus", (Step("items"),)),
        ("companies('A/B''s')/items", "A/B's", (Step("items"),)),
        ("companies/customers", None, (Step("companies"), Step("customers"))),
        (f"customers({ID})/picture", None, (key("customers", ID), Step("picture"))),
        (f"customers( {ID} )", None, (key("customers", ID),)),
        (f"customers(id={ID})", None, (key("customers", ("id", ID)),)),
        ("lines(documentId=1,sequence=2)", None, (key("lines", ("documentId", "1"), ("sequence", "2")),)),
        ("lines(No='A,B',Line=2)", None, (key("lines", ("No", "A,B"), ("Line", "2")),)),
        ("names(Hull, East)", None, (key("names", "Hull, East"),)),
        ("names()", None, (key("names", ""),)),
        ("$batch", None, (Step("$batch"),)),
        (f"journals({ID})/Microsoft.NAV.post", None, (key("journals", ID), Step("Microsoft.NAV.post"))),
    ],
)
def test_a_path_is_read_into_company_and_steps(path, company, steps):
    address = parse_address(ROUTE, path)
    assert (address.company, address.steps) == (company, steps)


@pytest.mark.parametrize("path", ["customers(", "customers)", "(x)", "a//b", f"customers({ID})x"])
def test_a_path_that_cannot_be_read_is_refused(path):
    with pytest.raises(Refusal) as refusal:
        parse_address(ROUTE, path)
    assert (refusal.value.status, refusal.value.code) == (400, "BadRequest_NotFound")


@pytest.mark.parametrize(
    "path",
    ["companies", f"companies({ID})/items", f"companies({ID})/items({ID})/picture", "lines(documentId=1,sequence=2)"],
)
def test_an_address_is_spelled_as_a_path_that_leads_there(path):
    address = parse_address(ROUTE, path)
    assert str(address) == path
    assert parse_address(ROUTE, str(address)) == address


def test_a_key_is_a_guid_in_lower_case_or_refused():
    assert key("customers", ID.upper()).id == ID
    for step in (key("customers", "10000"), key("lines", ("a", ID), ("b", ID)), Step("customers")):
        with pytest.raises(Refusal):
            step.id  # noqa: B018 - reading it is what is refused


def test_a_batch_is_known_by_its_address_in_any_case():
    assert parse_address(ROUTE, "$Batch/").is_batch
    assert not parse_address(ROUTE, f"companies({ID})/$batch").is_batch
    assert not parse_address(ROUTE, "$batch/customers").is_batch


def test_an_address_leads_on_to_a_row_and_to_another_company():
    address = parse_address(ROUTE, "companies('Cronus')/customers")
    assert str(address.in_company(ID).at("7")) == f"companies({ID})/customers(7)"
    assert str(address.to(Step("items"))) == "companies(Cronus)/items"


@pytest.mark.parametrize(
    ("path", "below"),
    [("api/v2.0", ""), ("api/v2.0/", ""), ("api/v2.0/companies", "companies"), ("api/v2.00", None), ("api/v1.0", None)],
)
def test_a_route_knows_what_is_below_it(path, below):
    assert ROUTE.path_below(path) == below
