"""The sign-in service over HTTP: its endpoints, and the page where a person enters a code."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, RedirectResponse, Response

from dynamics_bc_emulator.http.bodies import FORM_LIMIT, TooLarge, read_body
from dynamics_bc_emulator.http.sign_in import SignInRefusal
from dynamics_bc_emulator.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from dynamics_bc_emulator.http.emulator import Emulator


class SignInEndpoints:
    """What answers where tokens are asked for."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    async def token(self, request: Request) -> Response:
        """The token endpoints, old and new."""
        form = dict(parse_qsl(request.state.body.decode(errors="replace"), keep_blank_values=True))
        old = not request.url.path.endswith("/oauth2/v2.0/token")
        return self._signed_in(lambda: self.emulator.sign_in.token(request.path_params["tenant"], form, old=old))

    async def device_code(self, request: Request) -> Response:
        """The beginning of a sign-in on another device."""
        form = dict(parse_qsl(request.state.body.decode(errors="replace"), keep_blank_values=True))
        page = f"{str(request.base_url).rstrip('/')}/devicelogin"
        return self._signed_in(lambda: self.emulator.sign_in.device_code(request.path_params["tenant"], form, page))

    async def authorize(self, request: Request) -> Response:
        """Send a browser back with a code; nobody is asked, because nobody is there."""
        query = request.query_params
        try:
            code = self.emulator.sign_in.authorization_code(request.path_params["tenant"], query)
        except SignInRefusal as refusal:
            return Response(
                encode(refusal.body(self.emulator.service.clock())), refusal.status, media_type="application/json"
            )
        joined = "&" if "?" in query["redirect_uri"] else "?"
        return RedirectResponse(f"{query['redirect_uri']}{joined}code={code}&state={query.get('state', '')}", 302)

    async def device_page(self, request: Request) -> Response:
        """Where a person enters the user code."""
        try:
            form = dict(parse_qsl((await read_body(request, FORM_LIMIT)).decode(errors="replace")))
        except TooLarge as error:
            return error.response()
        if request.method == "POST":
            known = self.emulator.sign_in.decide_device(form.get("code", ""), approve=form.get("decision") != "decline")
            return HTMLResponse(
                "<p>Done. Go back to the device.</p>" if known else "<p>That code is not known.</p>",
                200 if known else 400,
            )
        return HTMLResponse('<form method="post"><input name="code"><button>Sign in</button></form>')

    def _signed_in(self, sign_in: Callable[[], dict[str, Any]]) -> Response:
        headers = {"Cache-Control": "no-store, no-cache", "x-ms-request-id": str(uuid.uuid4())}
        try:
            return Response(encode(sign_in()), 200, headers=headers, media_type="application/json")
        except SignInRefusal as refusal:
            body = encode(refusal.body(self.emulator.service.clock()))
            return Response(body, refusal.status, headers=headers, media_type="application/json")
