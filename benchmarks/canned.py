"""How does a benchmark run the tap or the target without a network, so that only their own time is taken?

A service that answers from memory, given to them as their transport.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dynamics_bc_client.transport import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

HOST = "https://bc.example"
ROOT = f"{HOST}/v2.0/acme.example/Production/api/v2.0"
CONFIG: Mapping[str, Any] = {
    "api_url": HOST,
    "auth_url": "https://login.example",
    "tenant_id": "acme.example",
    "client_id": "app",
    "client_secret": "not-a-secret",
    "access_token": "not-a-token",
    "expires_in": 1_000_000,
    "max_requests_per_window": 100_000_000,
}
NOTHING = b'{"value":[]}'
_HEADERS = {"Date": "Wed, 28 Jan 2026 10:00:00 GMT", "Content-Type": "application/json", "OData-Version": "4.0"}
_SET_OF_COMPANY = re.compile(r"/companies\([^)]*\)/(?P<entity_set>\w+)")


class CannedService:
    """Answers what the tap and the target ask.

    Args:
        metadata: The `$metadata` document.
        companies: How many companies there are.
        page: The page of an entity set for a URL; all sets are empty when None.
    """

    def __init__(self, metadata: bytes, *, companies: int = 1, page: Callable[[str, str], bytes] | None = None) -> None:
        self._metadata = metadata
        self._page = page or (lambda _entity_set, _url: NOTHING)
        rows = [{"id": company_id(number), "name": f"Company {number}"} for number in range(companies)]
        self._companies = json.dumps({"value": rows}).encode()

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        return Response(200, _HEADERS, self._body(request))

    def _body(self, request: Request) -> bytes:
        path = request.url.partition("?")[0]
        if path.endswith("$metadata"):
            return self._metadata
        if path.endswith("$batch"):
            return _nothing_found(request.body or b"{}")
        of_company = _SET_OF_COMPANY.search(path)
        if of_company is not None:
            return self._page(of_company["entity_set"], request.url)
        return self._companies if path.endswith("/companies") else NOTHING


def company_id(number: int) -> str:
    """The id of a company."""
    return f"{number:08d}-0000-4000-8000-000000000000"


def metadata_document(
    sets: Mapping[str, Mapping[str, str]], enums: Mapping[str, tuple[str, ...]] | None = None
) -> bytes:
    """A `$metadata` document of companies and what belongs to them.

    Args:
        sets: Types of properties, by entity set and name; the first property is the key.
        enums: Members of enums by name.
    """
    types = "".join(entity_type(name, properties) for name, properties in sets.items())
    company = entity_type("company", {"id": "Edm.Guid"}, navigation_of_company(sets))
    members = "".join(
        f'<EnumType Name="{name}">{"".join(f"<Member Name={chr(34)}{each}{chr(34)}/>" for each in of_enum)}</EnumType>'
        for name, of_enum in (enums or {}).items()
    )
    listed = "".join(entity_set(name) for name in sets)
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" '
        'xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        '<Schema Namespace="Microsoft.NAV" xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{company}{types}{members}<EntityContainer Name="NAV">'
        f'<EntitySet Name="companies" EntityType="Microsoft.NAV.companyRow"/>{listed}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def entity_type(name: str, properties: Mapping[str, str], navigation: str = "") -> str:
    """The type of an entity set's rows."""
    key = next(iter(properties))
    listed = "".join(f'<Property Name="{each}" Type="{type_}"/>' for each, type_ in properties.items())
    return f'<EntityType Name="{name}Row"><Key><PropertyRef Name="{key}"/></Key>{listed}{navigation}</EntityType>'


def entity_set(name: str) -> str:
    """An entity set."""
    return f'<EntitySet Name="{name}" EntityType="Microsoft.NAV.{name}Row"/>'


def navigation_of_company(sets: Iterable[str]) -> str:
    """What tells that sets belong to a company."""
    return "".join(
        f'<NavigationProperty Name="{name}" Type="Collection(Microsoft.NAV.{name}Row)" ContainsTarget="true"/>'
        for name in sets
    )


def _nothing_found(batch: bytes) -> bytes:
    """Every operation of a batch of reads finds nothing."""
    operations = json.loads(batch).get("requests", [])
    return json.dumps(
        {"responses": [{"id": each["id"], "status": 200, "headers": {}, "body": {"value": []}} for each in operations]}
    ).encode()
