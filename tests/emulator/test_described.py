"""An API of which only the metadata document is there: what it serves, lets one write, and refuses to read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from emulator.in_process import ROOT, START, json_of, seed

from dynamics_bc_emulator.clock import Clock
from dynamics_bc_emulator.command import emulator
from dynamics_bc_emulator.described_routes import described_route, kept_sets
from dynamics_bc_emulator.http.answering import respond
from dynamics_bc_emulator.http.sign_in import Identities
from dynamics_bc_emulator.http.starting import start
from dynamics_bc_emulator.odata.described import described
from dynamics_bc_emulator.odata.documents import LIMIT_BYTES, BadDocument, parse_document
from dynamics_bc_emulator.odata.requests import DataRequest
from dynamics_bc_emulator.routes import standard_route
from dynamics_bc_emulator.rows.service import Service
from dynamics_bc_emulator.rows.store import Store
from dynamics_bc_emulator.seed import further
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dynamics_bc_emulator.odata.requests import DataResponse

READ_ONLY = "".join(
    f'<Annotation Term="Org.OData.Capabilities.V1.{term}Restrictions"><Record>'
    f'<PropertyValue Property="{name}" Bool="false" /></Record></Annotation>'
    for term, name in (("Insert", "Insertable"), ("Update", "Updatable"), ("Delete", "Deletable"))
)
# A company with customers that have a field of an extension, a set of its own, one without a key, one at the root.
DOCUMENT = f"""<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EnumType Name="colour"><Member Name="_x0020_" Value="0" /><Member Name="Dark_x0020_Red" Value="7" /></EnumType>
<EnumType Name="customerBlocked"><Member Name="All" Value="3" /><Member Name="_x0020_" Value="0" /></EnumType>
<EntityType Name="company"><Key><PropertyRef Name="id" /></Key>
<Property Name="id" Type="Edm.Guid" Nullable="false" /><Property Name="name" Type="Edm.String" MaxLength="30" />
<NavigationProperty Name="customers" Type="Collection(Microsoft.NAV.customer)" ContainsTarget="true" />
<NavigationProperty Name="vendors" Type="Collection(Microsoft.NAV.vendor)" ContainsTarget="true" />
<NavigationProperty Name="boats" Type="Collection(Microsoft.NAV.boat)" ContainsTarget="true" />
<NavigationProperty Name="tides" Type="Collection(Microsoft.NAV.tide)" ContainsTarget="true" />
<NavigationProperty Name="berths" Type="Collection(Microsoft.NAV.berth)" ContainsTarget="true" /></EntityType>
<EntityType Name="customer"><Key><PropertyRef Name="id" /></Key>
<Property Name="id" Type="Edm.Guid" Nullable="false" />
<Property Name="number" Type="Edm.String" MaxLength="20" />
<Property Name="displayName" Type="Edm.String" Nullable="false" MaxLength="40" />
<Property Name="balanceDue" Type="Edm.Decimal" Scale="Variable" />
<Property Name="hullColour" Type="Microsoft.NAV.colour" />
<Property Name="crew" Type="Edm.Int32" />
<Property Name="blocked" Type="Microsoft.NAV.customerBlocked" />
<NavigationProperty Name="boats" Type="Collection(Microsoft.NAV.boat)">
<ReferentialConstraint Property="id" ReferencedProperty="ownerId" /></NavigationProperty>
</EntityType>
<EntityType Name="vendor"><Key><PropertyRef Name="id" /></Key>
<Property Name="id" Type="Edm.Guid" Nullable="false" /><Property Name="number" Type="Edm.String" /></EntityType>
<EntityType Name="boat"><Key><PropertyRef Name="id" /></Key>
<Property Name="id" Type="Edm.Guid" Nullable="false" /><Property Name="ownerId" Type="Edm.Guid" />
<Property Name="name" Type="Edm.String" MaxLength="12" /><Property Name="launched" Type="Edm.Date" />
<Property Name="length" Type="Edm.Decimal" /><Property Name="seaworthy" Type="Edm.Boolean" />
<Property Name="colour" Type="Microsoft.NAV.colour" /><Property Name="systemRowVersion" Type="Edm.Int64" />
<Property Name="systemModifiedAt" Type="Edm.DateTimeOffset" /></EntityType>
<EntityType Name="tide"><Property Name="at" Type="Edm.DateTimeOffset" />
<Property Name="metres" Type="Edm.Double" /></EntityType>
<EntityType Name="berth"><Key><PropertyRef Name="pier" /><PropertyRef Name="place" /></Key>
<Property Name="pier" Type="Edm.String" Nullable="false" MaxLength="10" />
<Property Name="place" Type="Edm.Int32" Nullable="false" /><Property Name="note" Type="Edm.String" /></EntityType>
<EntityType Name="harbour"><Key><PropertyRef Name="code" /></Key>
<Property Name="code" Type="Edm.String" Nullable="false" /></EntityType>
<EntityContainer Name="NAV">
<EntitySet Name="companies" EntityType="Microsoft.NAV.company">{READ_ONLY}</EntitySet>
<EntitySet Name="customers" EntityType="Microsoft.NAV.customer" />
<EntitySet Name="vendors" EntityType="Microsoft.NAV.vendor">{READ_ONLY}</EntitySet>
<EntitySet Name="boats" EntityType="Microsoft.NAV.boat" />
<EntitySet Name="tides" EntityType="Microsoft.NAV.tide" />
<EntitySet Name="berths" EntityType="Microsoft.NAV.berth" />
<EntitySet Name="harbours" EntityType="Microsoft.NAV.harbour" />
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>""".encode()


class Harbour:
    """A service whose standard API is the document's."""

    def __init__(self, document: bytes = DOCUMENT) -> None:
        api = described_route(document, "api/v2.0")
        self.clock = Clock(START)
        self.clock.freeze(frozen=True)
        self.clock.set(START)
        store = Store(kept_sets((api,)), self.clock)
        store.copy_from(seed())
        further.put(store, api.kept, 1, START)
        self.service = Service(store, (api.route,), self.clock)
        self.company = str(store.companies()[0]["id"])

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> DataResponse:
        below = path.lstrip("/") if path.startswith("/") else f"companies({self.company})/{path}"
        options = {f"${name}": value for name, value in query.items()}
        content = b"" if body is None else encode(body)
        request = DataRequest(method, below, options, {"if-match": "*"}, content, self.clock, ROOT)
        return respond(self.service, self.service.standard, request)[0]

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        response = self.ask("GET", path, **query)
        assert response.status == 200, response
        return json_of(response)["value"]


@pytest.fixture
def harbour() -> Iterator[Harbour]:
    opened = Harbour()
    yield opened
    opened.service.store.close()


def test_the_document_is_served_as_it_is(harbour):
    assert harbour.ask("GET", "/$metadata").body == DOCUMENT
    listed = [each["name"] for each in json_of(harbour.ask("GET", "/"))["value"]]
    assert listed == ["companies", "customers", "vendors", "boats", "tides", "berths", "harbours"]
    assert harbour.ask("GET", "items").status == 404


def test_a_set_that_is_known_has_the_demos_rows_and_no_other_property(harbour, desk):
    rows = {row["id"]: row for row in harbour.rows("customers")}
    for customer in desk.rows("customers"):
        shown = rows.pop(customer["id"])
        assert [name for name in shown if "@" not in name] == [
            "id",
            "number",
            "displayName",
            "balanceDue",
            "hullColour",
            "crew",
            "blocked",
        ]
        assert [shown[name] for name in ("number", "displayName", "balanceDue")] == [
            customer[name] for name in ("number", "displayName", "balanceDue")
        ]
        assert shown["hullColour"] in {"_x0020_", "Dark_x0020_Red"}
        assert isinstance(shown["crew"], int)
    assert not rows
    assert [row["number"] for row in harbour.rows("vendors")] == [row["number"] for row in desk.rows("vendors")]


def test_an_enum_is_filtered_by_the_documents_members(harbour):
    customer, *others = harbour.rows("customers")
    assert harbour.ask("PATCH", f"customers({customer['id']})", {"blocked": "All"}).status == 200
    assert [row["id"] for row in harbour.rows("customers", filter="blocked eq 'All'")] == [customer["id"]]
    assert len(harbour.rows("customers", filter="blocked eq '_x0020_'")) == len(others)
    assert harbour.ask("GET", "customers/$count", filter="blocked eq 'All'").body == b"1"
    assert harbour.ask("GET", "customers", filter="blocked eq 'Ship'").status == 400


def test_a_set_that_is_not_known_has_invented_rows_that_fit_their_types_and_never_change(harbour):
    rows = harbour.rows("boats")
    assert len(rows) == 5
    for row in rows:
        assert row["colour"] in {"_x0020_", "Dark_x0020_Red"}
        assert len(row["name"]) <= 12
        assert isinstance(row["seaworthy"], bool)
        assert len(row["launched"]) == 10
        assert row["systemModifiedAt"].startswith("2026-02-2")
    assert len({row["id"] for row in rows}) == 5
    again = Harbour()
    assert again.rows("boats") == rows
    again.service.store.close()


def test_rows_are_written_as_far_as_the_document_allows(harbour):
    made = harbour.ask("POST", "boats", {"name": "Aurora", "length": 9, "colour": "Dark_x0020_Red"})
    assert made.status == 201, made
    boat = json_of(made)
    assert (boat["name"], boat["length"], boat["systemModifiedAt"]) == ("Aurora", 9, "2026-03-01T08:00:00Z")
    harbour.clock.advance(timedelta(hours=1))
    changed = json_of(harbour.ask("PATCH", f"boats({boat['id']})", {"name": "Borealis"}))
    assert (changed["name"], changed["length"]) == ("Borealis", 9)
    assert changed["systemModifiedAt"] > boat["systemModifiedAt"]
    assert changed["systemRowVersion"] > boat["systemRowVersion"]
    assert changed["@odata.etag"] != boat["@odata.etag"]
    assert [row["id"] for row in harbour.rows("boats", filter="name eq 'Borealis'")] == [boat["id"]]
    assert harbour.ask("DELETE", f"boats({boat['id']})").status == 204
    assert harbour.ask("GET", f"boats({boat['id']})").status == 404
    vendor = harbour.rows("vendors")[0]["id"]
    for method, path in (("POST", "vendors"), ("PATCH", f"vendors({vendor})"), ("DELETE", f"vendors({vendor})")):
        assert harbour.ask(method, path, {"number": "X"}).status == 405


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "thirteen characters"}, "Application_StringExceededLength"),
        ({"colour": "Green"}, None),
        ({"length": "long"}, "BadRequest"),
        ({"mast": 1}, "BadRequest"),
    ],
)
def test_what_does_not_fit_the_documents_types_is_refused(harbour, body, code):
    refusal = harbour.ask("POST", "boats", body)
    assert refusal.status == 400
    assert code in {None, json_of(refusal)["error"]["code"]}
    assert len(harbour.rows("boats")) == 5


def test_a_known_set_is_written_by_its_rules_with_the_extensions_fields(harbour, desk):
    created = json_of(
        harbour.ask("POST", "customers", {"displayName": "Ada", "crew": 3, "hullColour": "Dark_x0020_Red"})
    )
    assert (created["crew"], created["hullColour"]) == (3, "Dark_x0020_Red")
    assert created["number"]
    assert harbour.ask("POST", "customers", {"crew": 3}).status == 400


def test_a_set_without_a_key_and_one_with_two_and_one_at_the_root_are_read(harbour):
    tides = harbour.rows("tides")
    assert len(tides) == 5
    assert all("@odata.etag" not in row for row in tides)
    assert harbour.ask("POST", "tides", {"metres": 1}).status == 405
    berth = harbour.rows("berths")[0]
    path = f"berths(pier='{berth['pier']}',place={berth['place']})"
    assert json_of(harbour.ask("GET", path))["note"] == berth["note"]
    assert json_of(harbour.ask("PATCH", path, {"note": "taken"}))["note"] == "taken"
    assert len(harbour.rows("/harbours")) == 5
    assert harbour.ask("GET", "harbours").status == 404


def test_a_navigation_joins_by_the_documents_constraints(harbour):
    customer = harbour.rows("customers")[0]["id"]
    boat = json_of(harbour.ask("POST", "boats", {"ownerId": customer, "name": "Aurora"}))
    assert [row["id"] for row in harbour.rows(f"customers({customer})/boats")] == [boat["id"]]


def test_the_companies_of_a_web_services_document_are_the_companies(desk):
    document = (
        '<Edmx xmlns="http://docs.oasis-open.org/odata/ns/edmx"><DataServices>'
        '<Schema Namespace="NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        '<EntityType Name="Company"><Key><PropertyRef Name="Name" /></Key>'
        '<Property Name="Name" Type="Edm.String" Nullable="false" /><Property Name="Id" Type="Edm.Guid" />'
        '<NavigationProperty Name="Boat" Type="Collection(NAV.Boat)" ContainsTarget="true" /></EntityType>'
        '<EntityType Name="Boat"><Key><PropertyRef Name="No" /></Key>'
        '<Property Name="No" Type="Edm.String" Nullable="false" /></EntityType>'
        '<EntityContainer Name="NAV"><EntitySet Name="Company" EntityType="NAV.Company" />'
        '<EntitySet Name="Boat" EntityType="NAV.Boat" /></EntityContainer></Schema></DataServices></Edmx>'
    )
    api = described_route(document.encode(), "ODataV4")
    assert api.route.companies == "Company"
    assert [each.entity_set.name for each in api.kept] == ["Boat of ODataV4"]
    service = Service(desk.service.store, (api.route,), desk.clock)
    request = DataRequest("GET", "Company('CRONUS International Ltd.')", {}, {}, b"", desk.clock, ROOT)
    assert json_of(respond(service, api.route, request)[0])["Id"] == desk.company.id


@pytest.mark.parametrize("release", [28, 29])
def test_the_document_of_a_release_serves_what_the_release_does(release, desk):
    described_again = Harbour(standard_route(release).metadata)
    for name in ("customers", "salesInvoices", "customerSales", "apicategoryroutes", "dimensions"):
        path = f"/{name}" if name.startswith("api") else name
        if name != "apicategoryroutes":
            assert described_again.rows(path) == desk.rows(path), name
    invoice = desk.rows("salesInvoices")[0]["id"]
    path = f"salesInvoices({invoice})/salesInvoiceLines"
    assert described_again.rows(path) == desk.rows(path)
    described_again.service.store.close()


OPTIONS = {
    "release": "28",
    "companies": 1,
    "seed": 1,
    "country": "GB",
    "scale": 1,
    "data": None,
    "page_limit": 20_000,
    "requests_per_window": 100,
    "concurrent": 5,
    "latency_ms": 0,
    "recorded_answers": True,
}


def test_a_document_stands_beside_the_standard_api_or_in_its_place(tmp_path):
    identities = Identities("t", "t.example", "c", "s")
    documents = {"api/contoso/boats/v1.0": DOCUMENT}
    running = start({**OPTIONS, "data": str(tmp_path / "rows.db")}, identities, Clock(START), documents=documents)
    prefixes = [route.prefix for route in running.service.routes]
    assert prefixes[0] == "api/v2.0"
    assert {"api/contoso/demo/v1.0", "api/contoso/boats/v1.0"} <= set(prefixes)
    store = running.service.store
    company = store.companies()[0]["id"]
    boats = "boats of api/contoso/boats/v1.0"
    assert store.count(company, boats) == 5
    store.delete(company, boats, store.find(company, boats)[0]["id"])
    running.reset()
    assert store.count(company, boats) == 5
    store.close()
    again = start(
        {**OPTIONS, "data": str(tmp_path / "rows.db")}, identities, Clock(START), documents={"api/v2.0": DOCUMENT}
    )
    assert again.service.standard.metadata == DOCUMENT
    assert again.service.store.count(company, "boats of api/v2.0") == 5
    again.service.store.close()


# -- what is refused --------------------------------------------------------------------------------------------------

EDMX = '<Edmx xmlns="http://docs.oasis-open.org/odata/ns/edmx"><DataServices>{}</DataServices></Edmx>'
SCHEMA = EDMX.format('<Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">{}</Schema>')


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("", "The document is not XML: line 1, column 1: no element found."),
        ("<a><b></a>", "The document is not XML: line 1, column 9: mismatched tag."),
        ('{"value": []}', "The document is not XML: line 1, column 1: not well-formed (invalid token)."),
        ("<html />", "The document is no OData metadata: it begins with <html> and has no schema."),
        (EDMX.format(""), "The document is no OData metadata: it begins with <Edmx> and has no schema."),
        (SCHEMA.format(""), "The document names no entity set."),
        (
            SCHEMA.format('<EntityContainer Name="C"><EntitySet Name="a" EntityType="N.b" /></EntityContainer>'),
            "The entity set 'a' has the type 'b', which the document does not have.",
        ),
        (
            SCHEMA.format(
                '<EntityType Name="b"><Key><PropertyRef Name="id" /></Key></EntityType>'
                '<EntityContainer Name="C"><EntitySet Name="a" EntityType="N.b" /></EntityContainer>'
            ),
            "The key of 'b' names 'id', which is not a property of it.",
        ),
        (
            '<!DOCTYPE a [<!ENTITY x "1"><!ENTITY y "&x;&x;">]><a>&y;</a>',
            "The document has a document type (<!DOCTYPE>); metadata needs none, and it is not read.",
        ),
        (
            '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a />',
            "The document has a document type (<!DOCTYPE>); metadata needs none, and it is not read.",
        ),
    ],
)
def test_a_document_that_cannot_be_served_is_refused_with_one_sentence(document, sentence):
    with pytest.raises(BadDocument) as caught:
        described(document.encode())
    assert str(caught.value) == sentence


def test_a_document_without_an_end_is_not_read():
    with pytest.raises(BadDocument, match="at most"):
        parse_document(b" " * (LIMIT_BYTES + 1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html />", "Cannot serve the metadata {path}. The document is no OData metadata: it begins with <html>"),
        (None, "Cannot read the metadata {path}: No such file or directory."),
    ],
)
def test_the_command_ends_with_2_and_one_sentence(tmp_path, capsys, content, said):
    path = tmp_path / "metadata.xml"
    if content is not None:
        path.write_bytes(content)
    for option in (str(path), f"api/contoso/x/v1.0={path}"):
        with pytest.raises(SystemExit) as ended:
            emulator.main(["--metadata", option])
        assert ended.value.code == 2
        printed = capsys.readouterr().err
        assert said.format(path=path) in printed
        assert "Traceback" not in printed


def test_a_route_that_no_request_can_reach_is_refused(tmp_path, capsys):
    path = tmp_path / "metadata.xml"
    path.write_bytes(DOCUMENT)
    with pytest.raises(SystemExit) as ended:
        emulator.main(["--metadata", f"boats={path}"])
    assert ended.value.code == 2
    assert "There can be no API at boats; a route is api/PUBLISHER/GROUP/VERSION or ODataV4." in capsys.readouterr().err
