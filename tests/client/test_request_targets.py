"""What a path or a URL is for: read once, and asked from then on."""

from __future__ import annotations

import pytest
from client.scripted_service import ROOT, fault, page

from dynamics_bc_client.errors import DynamicsError
from dynamics_bc_client.odata.targets import RequestTarget
from dynamics_bc_client.odata.urls import keys_literal, web_service_path

GUID = "5de545bc-f6f9-ef11-9344-6045bdc8c234"


@pytest.mark.parametrize(
    ("path", "company", "entity_set", "key", "action", "kind"),
    [
        ("companies", None, "companies", None, "", "set"),
        (f"companies({GUID})", GUID, "", None, "", "company"),
        (f"companies({GUID})/customers", GUID, "customers", None, "", "set"),
        (f"companies({GUID})/customers?$filter=number eq ')('", GUID, "customers", None, "", "set"),
        (f"companies({GUID})/customers({GUID})", GUID, "customers", GUID, "", "record"),
        (f"/companies({GUID})/customers({GUID})/", GUID, "customers", GUID, "", "record"),
        (f"companies({GUID})/journals({GUID})/journalLines", GUID, "journalLines", None, "", "set"),
        (f"companies({GUID})/salesInvoices({GUID})/Microsoft.NAV.post", GUID, "salesInvoices", GUID, "post", "other"),
        ("companies(1)/items('a%2Fb''(c')", "1", "items", "'a%2Fb''(c'", "", "record"),
        ("companies(1)/items('a/b)c')", "1", "items", "'a/b)c'", "", "record"),
        ("companies(1)/x(a=1,b='2')", "1", "x", "a=1,b='2'", "", "record"),
        (f"companies({GUID})/customers/$count", GUID, "customers", None, "", "set"),
        (
            f"companies({GUID})/journals({GUID})/journalLines/$count?$filter=a eq 1",
            GUID,
            "journalLines",
            None,
            "",
            "set",
        ),
        ("companies/$count", None, "companies", None, "", "set"),
        ("$metadata", None, "$metadata", None, "", "set"),
        ("", None, "", None, "", "other"),
    ],
)
def test_a_path_says_what_it_is_for(path, company, entity_set, key, action, kind):  # noqa: PLR0917 - a row of the table
    target = RequestTarget.of(path)
    assert (target.company, target.set, target.key, target.action) == (company, entity_set, key, action)
    assert target.kind == kind


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{ROOT}/companies(1)/customers?$top=1", "companies(1)/customers"),
        ("companies(1)/customers", "companies(1)/customers"),
        (
            "https://bc.example/v2.0/acme.example/Production/api/acme/hr/v1.0/companies(1)/staff",
            "companies(1)/staff of acme/hr/v1.0",
        ),
        (
            "https://bc.example/v2.0/acme.example/Production/ODataV4/Company('A')/Chart",
            "Company('A')/Chart of ODataV4",
        ),
        ("https://bc.example/environments/v1.2", "environments/v1.2"),
        (f"{ROOT}/", "the root of the API"),
    ],
)
def test_messages_name_what_was_asked_for_and_of_which_route(world, url, said):
    world.will_answer(fault(400, "BadRequest", "no"))
    with pytest.raises(DynamicsError) as caught:
        world.client().request("GET", url)
    assert caught.value.message == f"GET {said} returned 400 BadRequest: no"


def test_a_set_of_a_custom_route_that_is_refused_is_compared_with_its_company(world):
    client = world.client()
    world.will_answer(page(), *[fault(401)] * 4, page(), fault(401))
    client.companies()
    with pytest.raises(DynamicsError) as caught:
        client.request("GET", "https://bc.example/v2.0/acme.example/Production/api/acme/hr/v1.0/companies(1)/staff")
    assert caught.value.scope == "company"
    assert world.requests[-1].url == f"{ROOT}/companies(1)/companyInformation?$select=id"


def test_a_web_service_that_is_refused_is_its_own_matter(world):
    client = world.client()
    world.will_answer(page(), *[fault(401)] * 4, page())
    client.companies()
    with pytest.raises(DynamicsError) as caught:
        client.request("GET", "https://bc.example/v2.0/acme.example/Production/ODataV4/Company('A')/Chart")
    assert caught.value.scope == "stream"


@pytest.mark.parametrize(
    ("key", "literal"),
    [
        ({"id": ("Edm.Guid", GUID)}, GUID),
        ({"No": ("Edm.String", "O'Neil & Co")}, "'O''Neil%20%26%20Co'"),
        ({"No": ("Edm.String", GUID)}, f"'{GUID}'"),
        ({"Entry_No": ("Edm.Int32", 17)}, "17"),
        (
            {"Document_Type": ("NAV.salesDocumentType", "Order"), "No": ("Edm.String", "101")},
            "Document_Type='Order',No='101'",
        ),
        (
            {
                "code": ("Edm.String", "a"),
                "day": ("Edm.Date", "2026-01-02"),
                "at": ("Edm.DateTimeOffset", "2026-01-02T03:04:05Z"),
            },
            "code='a',day=2026-01-02,at=2026-01-02T03:04:05Z",
        ),
    ],
)
def test_a_key_of_several_parts_names_them_and_one_part_stands_alone(key, literal):
    assert keys_literal(key) == literal
    assert RequestTarget.of(f"companies(1)/x({literal})").key == literal


def test_a_company_of_web_services_goes_by_its_name():
    path = web_service_path("CRONUS 'UK' Ltd.", "Customer_List")
    assert path == "Company('CRONUS%20''UK''%20Ltd.')/Customer_List"
    target = RequestTarget.of(path, "ODataV4")
    assert (target.company, target.set) == ("'CRONUS%20''UK''%20Ltd.'", "Customer_List")
