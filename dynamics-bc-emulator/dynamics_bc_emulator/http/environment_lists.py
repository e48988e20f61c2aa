"""The lists of environments: for any user, and in the admin centre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from dynamics_bc_emulator.http.emulator import ENVIRONMENT
from dynamics_bc_emulator.http.responses import http_response
from dynamics_bc_emulator.odata.requests import DataResponse
from dynamics_bc_emulator.refusals import no_credentials, unknown_segment
from dynamics_bc_emulator.seed.planting import country_of
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from starlette.requests import Request

    from dynamics_bc_emulator.http.emulator import Emulator


class EnvironmentLists:
    """Both lists of the one environment."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    async def of_users(self, request: Request) -> Response:
        """The list that any user of the service may ask for."""
        if self.emulator.sign_in.principal(request.headers.get("authorization", "")) is None:
            return http_response(DataResponse(401, no_credentials().body()))
        if request.path_params["version"] not in {"v1.0", "v1.1", "v1.2"}:
            return http_response(DataResponse(404, unknown_segment("environments").body()))
        shown = self._environment(request)
        if request.path_params["version"] == "v1.2":
            shown["ringName"] = "PROD"
        headers = {"api-supported-versions": "1.0, 1.1, 1.2", "Content-Type": "application/json; charset=utf-8"}
        return Response(encode({"value": [shown]}), 200, headers=headers)

    async def of_admins(self, request: Request) -> Response:
        """The list of the admin centre, whose errors are flat."""
        allowed = self.emulator.sign_in.principal(request.headers.get("authorization", ""))
        if allowed is None or self.emulator.service.switches.environments_need_consent:
            body = {"code": "Unauthorized", "message": "The caller is not authorized to use the admin center API."}
            return Response(encode(body), 401, media_type="application/json")
        shown = {
            **self._environment(request),
            "friendlyName": ENVIRONMENT,
            "status": "Active",
            "locationName": "Emulator",
            "geoName": "Emulator",
            "ringName": "PROD",
            "versionDetails": {"version": "28.0.0.0"},
        }
        return Response(encode({"value": [shown]}), 200, media_type="application/json")

    def _environment(self, request: Request) -> dict[str, Any]:
        host = str(request.base_url).rstrip("/")
        tenant = self.emulator.identities.tenant_id
        return {
            "aadTenantId": tenant,
            "applicationFamily": "BusinessCentral",
            "type": "Production",
            "name": ENVIRONMENT,
            "countryCode": country_of(self.emulator.service.store),
            "webServiceUrl": host,
            "webClientLoginUrl": f"{host}/{tenant}/{ENVIRONMENT}",
        }
