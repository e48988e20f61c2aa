"""The page at `/`, for people who look: its files, which come with the package and ask no other address."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dynamics_bc_emulator.http.origins import FOREIGN, is_ours

if TYPE_CHECKING:
    from starlette.requests import Request

_TYPES = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
# Nothing but these files runs, whatever a row says; nothing is asked but this emulator.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'"


def routes() -> list[Route]:
    """The page and what it loads."""
    return [Route("/", _page), *(Route(f"/_emulator/{name}", _page) for name in _TYPES)]


async def _page(request: Request) -> Response:
    if not is_ours(request.headers):
        return PlainTextResponse(FOREIGN, 403)
    name = request.url.path.rpartition("/")[2] or "page.html"
    headers = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(_file(name), 200, headers=headers, media_type=_TYPES[name])


@cache
def _file(name: str) -> bytes:
    return files("dynamics_bc_emulator").joinpath(f"http/page/{name}").read_bytes()
