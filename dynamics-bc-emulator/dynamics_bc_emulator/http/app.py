"""The emulator's HTTP: data API, sign-in endpoints, environment lists and control interface on one port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from dynamics_bc_emulator.http import browsing, control
from dynamics_bc_emulator.http.bodies import FORM_LIMIT
from dynamics_bc_emulator.http.data_api import DataApi
from dynamics_bc_emulator.http.environment_lists import EnvironmentLists
from dynamics_bc_emulator.http.origins import Door
from dynamics_bc_emulator.http.sign_in_endpoints import SignInEndpoints
from dynamics_bc_emulator.http.suffering import Suffering
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

    from dynamics_bc_emulator.http.emulator import Emulator

_VERBS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]


def make_app(emulator: Emulator, drop: Callable[[Scope], Awaitable[None]]) -> ASGIApp:
    """The ASGI application.

    Args:
        emulator: What it serves.
        drop: Closes the connection of a request without a response.
    """
    data, lists, sign_in = DataApi(emulator), EnvironmentLists(emulator), SignInEndpoints(emulator)
    logged = Suffering(emulator, data, drop).logged
    routes = [
        *control.routes(emulator),
        *browsing.routes(),
        Route("/health", health),
        Route("/v2.0/{rest:path}", logged(data.answer), methods=_VERBS),
        Route("/environments/{version}", logged(lists.of_users)),
        Route("/admin/{version}/applications/environments", logged(lists.of_admins)),
        Route("/admin/{version}/applications/{family}/environments", logged(lists.of_admins)),
        Route("/{tenant}/oauth2/v2.0/token", logged(sign_in.token, FORM_LIMIT), methods=["POST"]),
        Route("/{tenant}/oauth2/token", logged(sign_in.token, FORM_LIMIT), methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/devicecode", logged(sign_in.device_code, FORM_LIMIT), methods=["POST"]),
        Route("/{tenant}/oauth2/v2.0/authorize", logged(sign_in.authorize)),
        Route("/devicelogin", sign_in.device_page, methods=["GET", "POST"]),
    ]
    return Door(Starlette(routes=routes))


async def health(_: Request) -> Response:
    """Whether requests are answered; nobody signs in for it, and it is not logged."""
    return Response(encode({"status": "ready"}), media_type="application/json")
